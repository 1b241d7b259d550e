import type { HostTensor } from "@lirpa/core/plugin";
import type { IrNode, PrimitiveName, RowSpace, Vocabulary } from "@lirpa/core/recording";
import type { DType, Shape } from "@lirpa/core/plugin";
import { seeded } from "../graphs.js";

/** Which hidden axes a value has. */
export type Hidden = "none" | "instances" | "rows" | "both";
export const HIDDEN: readonly Hidden[] = ["none", "instances", "rows", "both"];

export const INSTANCES = 3;
const OPEN_ROWS = 2;
/** Rows whose number the caller decides at each run, and rows whose number the program knows. */
export const OPEN: RowSpace = { name: "open", size: undefined };
export const TWO: RowSpace = { name: "two", size: 2 };

export interface InputSketch {
  readonly shape: Shape;
  readonly dtype?: DType;
  /**
   * Ends of the range of its values; −2 and 2 where absent. No two floats of a case are equal, and none is an integer.
   */
  readonly from?: number;
  readonly to?: number;
  /** Given values instead, repeated along the hidden axes. */
  readonly values?: readonly number[];
  /** All where absent. */
  readonly hidden?: readonly Hidden[];
}

/** A small computation around one primitive. */
export interface PrimitiveCase {
  readonly primitive: PrimitiveName;
  /** What sets the case apart from others of the primitive. */
  readonly of: string;
  readonly inputs: readonly InputSketch[];
  build(t: Vocabulary, ...inputs: IrNode[]): IrNode;
  /** Open rows and two rows where absent. */
  readonly rows?: readonly RowSpace[];
  /** Hidden axes of cotangents; all, in turn, where absent. */
  readonly cotangents?: readonly Hidden[];
  /** True where the values lie on kinks, so that no difference quotient tells a gradient. */
  readonly kinks?: boolean;
}

/** Hidden axes for each input, and for the cotangent of the result. */
export interface Combination {
  readonly rows: RowSpace;
  readonly inputs: readonly Hidden[];
  readonly cotangent: Hidden;
}

/** All combinations of hidden axes; those without rows once. */
export function combinations({ inputs, rows = [OPEN, TWO], cotangents = HIDDEN }: PrimitiveCase): Combination[] {
  const all = inputs.reduce<Hidden[][]>(
    (heads, { hidden = HIDDEN }) => heads.flatMap((head) => hidden.map((one) => [...head, one])),
    [[]],
  );
  const list = rows.flatMap((space, i) =>
    all.filter((one) => i === 0 || one.some(hasRows)).map((one) => ({ rows: space, inputs: one })),
  );
  return list.map((combination, i) => ({
    ...combination,
    cotangent: cotangents[(i + Math.floor(i / HIDDEN.length)) % cotangents.length]!,
  }));
}

export function hasInstances(hidden: Hidden): boolean {
  return hidden === "instances" || hidden === "both";
}

export function hasRows(hidden: Hidden): boolean {
  return hidden === "rows" || hidden === "both";
}

/** An input of the program: equal names are one input. */
export function leaf(t: Vocabulary, name: string, shape: Shape, dtype: DType, hidden: Hidden, rows: RowSpace): IrNode {
  return t.input({
    name: `${name}.${hidden}.${rows.name}`,
    shape,
    dtype,
    instances: hasInstances(hidden),
    rows: hasRows(hidden) ? rows : undefined,
  });
}

/** The physical array of an input: float32 numbers, so that both executors compute with the same ones. */
export function feed(
  { shape, dtype = "float", from = -2, to = 2, values }: InputSketch,
  hidden: Hidden,
  rows: RowSpace,
  part: number,
  parts: number,
): HostTensor {
  const physical = [hasInstances(hidden) ? INSTANCES : 1, hasRows(hidden) ? (rows.size ?? OPEN_ROWS) : 1, ...shape];
  const count = physical.reduce((product, size) => product * size, 1);
  const random = seeded(17 * part + HIDDEN.indexOf(hidden) + 1);
  const share = (i: number): number =>
    dtype === "float" ? (i * parts + part + 0.37) / (count * parts) : i / Math.max(1, count - 1);
  const spaced = shuffled(
    Array.from({ length: count }, (_, i) => from + (to - from) * share(i)),
    random,
  );
  const data = Float64Array.from({ length: count }, (_, i) => {
    if (values !== undefined) return values[i % values.length]!;
    if (dtype === "bool") return random() > 0 ? 1 : 0;
    return dtype === "int" ? Math.round(spaced[i]!) : Math.fround(spaced[i]!);
  });
  return { shape: physical, dtype, data };
}

function shuffled(values: number[], random: () => number): number[] {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(((random() + 1) / 2) * (i + 1));
    [values[i], values[j]] = [values[j]!, values[i]!];
  }
  return values;
}

export const floats = (...shape: number[]): InputSketch => ({ shape });
export const between = (from: number, to: number, ...shape: number[]): InputSketch => ({ shape, from, to });
export const ints = (from: number, to: number, ...shape: number[]): InputSketch => ({ shape, dtype: "int", from, to });
export const bools = (...shape: number[]): InputSketch => ({ shape, dtype: "bool" });
export const given = (values: readonly number[], dtype: DType = "float"): InputSketch => ({
  shape: [values.length],
  values,
  dtype,
});
