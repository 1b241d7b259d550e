/** Limits of each input element, in row-major order. */
export interface InputBox {
  readonly lower: readonly number[];
  readonly upper: readonly number[];
}

/**
 * The input box of a VNN-LIB property: of several boxes in a disjunction, the first. Throws where an input element has
 * no limit on both sides. Conditions on outputs are left aside.
 */
export function inputBox(text: string): InputBox {
  const lower: number[] = [];
  const upper: number[] = [];
  const plain = text.replaceAll(/;.*$/gm, "");
  for (const [, relation, variable, limit] of plain.matchAll(/\(\s*(<=|>=)\s+X_(\d+)\s+([^\s()]+)\s*\)/g)) {
    const ends = relation === "<=" ? upper : lower;
    ends[Number(variable)] ??= numberOf(limit!);
  }
  const count = new Set(Array.from(plain.matchAll(/declare-const\s+X_(\d+)/g), ([, i]) => i)).size;
  for (let i = 0; i < count; i++) {
    if (lower[i] === undefined || upper[i] === undefined) throw new Error(`X_${i} has no limit on both sides`);
  }
  return { lower: lower.slice(0, count), upper: upper.slice(0, count) };
}

function numberOf(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  throw new Error(`${text} is no number`);
}
