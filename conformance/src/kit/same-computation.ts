import type { IrNode } from "@lirpa/core/recording";

/** Whether two recordings compute the same by the same steps; equal constants may be different arrays. */
export function sameComputation(a: IrNode, b: IrNode): boolean {
  const known = new Map<IrNode, IrNode>();
  const pending: [IrNode, IrNode][] = [[a, b]];
  for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
    const [left, right] = pair;
    if (left === right || known.get(left) === right) continue;
    if (
      left.primitive !== right.primitive ||
      left.inputs.length !== right.inputs.length ||
      !equal(left.attributes, right.attributes)
    )
      return false;
    known.set(left, right);
    left.inputs.forEach((input, i) => pending.push([input, right.inputs[i]!]));
  }
  return true;
}

function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => equal((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
  );
}
