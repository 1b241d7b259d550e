import fc from "fast-check";
import { inputOf, Vocabulary, type IrNode, type RowSpace } from "@lirpa/core/recording";
import { isLirpaError } from "@lirpa/core";
import type { HostTensor } from "@lirpa/core/plugin";
import { feed, leaf, type Hidden } from "./primitives/sketch.js";

/** Rows that are fed, and rows that a run decides on. */
const FED: RowSpace = { name: "fed", size: 2 };
const PICKED: RowSpace = { name: "picked", size: undefined, most: 3 };

/** One operation on values of the pool. It may be refused for shapes or rows that do not fit. */
type Operation = (t: Vocabulary, x: IrNode, y: IrNode) => IrNode;

const OPERATIONS: readonly Operation[] = [
  (t, x) => t.neg(x),
  (t, x) => t.abs(x),
  (t, x) => t.relu(x),
  (t, x) => t.tanh(x),
  (t, x) => t.sin(x),
  (t, x) => t.floor(x),
  (t, x) => t.stopGradient(x),
  (t, x) => t.cast(t.cast(x, "int"), "float"),
  (t, x, y) => t.add(x, y),
  (t, x, y) => t.sub(x, y),
  (t, x, y) => t.mul(x, t.tanh(y)),
  (t, x, y) => t.max(x, y),
  (t, x, y) => t.min(x, y),
  (t, x, y) => t.where(t.less(x, y), x, t.neg(y)),
  (t, x, y) => t.div(x, t.add(1, t.square(y))),
  (t, x) => t.sub(x, t.neg(x)),
  (t, x) => t.mul(x, t.zeros([])),
  (t, x, y) => t.matmul(x, t.swapLast(y)),
  (t, x, y) => t.dot(x, y),
  (t, x, y) => t.concat([x, y], 0),
  (t, x) => t.sum(x, [-1], true),
  (t, x) => t.mean(x),
  (t, x) => t.reduceMax(x, [0]),
  (t, x) => t.reduceMin(x, [-1]),
  (t, x) => t.cast(t.argMax(x, -1), "float"),
  (t, x) => t.topK(x, 2, -1).values,
  (t, x) => t.reshape(x, [x.shape.reduce((a, b) => a * b, 1)]),
  (t, x) => t.transpose(x),
  (t, x) => t.expand(x, [3, 3]),
  (t, x) =>
    t.slice(
      x,
      x.shape.map(() => 0),
      x.shape.map((size) => size - 1),
    ),
  (t, x) => t.flip(x, [-1]),
  (t, x) =>
    t.pad(
      x,
      x.shape.map(() => 1),
      x.shape.map(() => 0),
      0.5,
      x.shape.map(() => 1),
    ),
  (t, x) => t.gather(x, t.constant([1, 0, 1], [3], "int"), 0),
  (t, x) => t.rowsToShape(x),
  (t, x) => t.shapeToRows(x, FED),
  (t, x, y) => t.spread(x, y),
  (t, x) => t.sumHidden(x, { instances: true, rows: true }),
  (t, x) => t.pickByRow(x, picked(t, x)),
  (t, x, y) => t.mul(t.pickedEye(picked(t, y), x.shape), x),
  (t, x, y) => t.placeRows(t.reshape(x, [3]), t.dot(y, y), picked(t, y)),
  (t, x, y) => t.fact(x, y, "bounds").lower,
];

/** Some of three places, by what is fed. */
function picked(t: Vocabulary, like: IrNode): IrNode {
  const value = leaf(t, `mask${like.shape.length}`, [3], "float", "none", FED);
  return t.rowsWhere(t.less(t.constant([-9, 0, 9]), t.reshape(t.add(value, 8), [3])), PICKED);
}

/** A recording that nobody thought of, and what to feed it. */
export interface RandomRecording {
  readonly t: Vocabulary;
  readonly inputs: readonly IrNode[];
  readonly outputs: readonly IrNode[];
}

type Step = readonly [operation: number, x: number, y: number];

export const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.tuple(fc.nat(OPERATIONS.length - 1), fc.nat(60), fc.nat(60)),
  { minLength: 1, maxLength: 24 },
);

/** Up to 24 operations over inputs of all hidden axes; what is refused is left out. */
export function recorded(list: readonly Step[]): RandomRecording {
  const t = new Vocabulary();
  const axes: readonly Hidden[] = ["none", "instances", "rows", "both"];
  const inputs = axes.flatMap((hidden) => [
    leaf(t, "m", [2, 3], "float", hidden, FED),
    leaf(t, "v", [3], "float", hidden, FED),
  ]);
  const pool = [
    ...inputs,
    t.constant(
      [
        [0.5, -1, 2],
        [1.5, 3, -2],
      ].flat(),
      [2, 3],
    ),
    t.full([3], 0.25),
  ];
  for (const [operation, x, y] of list) {
    const made = attempt(() => OPERATIONS[operation]!(t, pool[x % pool.length]!, pool[y % pool.length]!));
    // What was made last is read more often than what there was before.
    if (made !== undefined) pool.push(made, made);
  }
  return { t, inputs, outputs: pool.slice(-2) };
}

export const layers: fc.Arbitrary<readonly number[]> = fc.array(fc.nat(6), { maxLength: 5 });

/** What CROWN records over images: unit rows, carried back through layers to where they meet a set. */
export function carried(list: readonly number[]): RandomRecording {
  const t = new Vocabulary();
  const shape = [1, 2, 6, 6];
  const rows = t.rows({ name: "elements", size: 72 });
  const input = (name: string): IrNode => t.input({ name, shape, dtype: "float", instances: true, rows: undefined });
  const [slope, other, center] = [input("slope"), input("other"), input("center")];
  const kernel = t.constant(
    Array.from({ length: 36 }, (_, i) => Math.sin(i + 1)),
    [2, 2, 3, 3],
  );
  const window = { strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1, outputPadding: [0, 0] };
  const steps: readonly ((a: IrNode) => IrNode)[] = [
    (a) => t.convTranspose(a, kernel, window),
    (a) => t.mul(a, slope),
    (a) => t.mul(a, t.where(t.less(a, 0), slope, other)),
    (a) => t.neg(t.relu(a)),
    (a) => t.sub(t.max(a, 0), t.mul(t.min(a, 0), other)),
    (a) => t.fact(a, a, "rows").upper,
    // No rule of patches carries this one.
    (a) => t.add(a, slope),
  ];
  const a = list.reduce((rowsSoFar, layer) => steps[layer]!(rowsSoFar), t.eye(shape, rows));
  const ends = [t.dot(a, center), t.reduceMax(t.abs(a)), t.sqrt(t.sum(t.square(a)))];
  return { t, inputs: [slope, other, center], outputs: ends.map((end) => t.rowsToShape(end)) };
}

/** An array for each input, the same for the same name. */
export function feedsOf(inputs: readonly IrNode[]): Record<string, HostTensor> {
  return Object.fromEntries(
    inputs.map((input) => {
      const { name, shape, instances, rows } = inputOf(input)!;
      const [none, some]: readonly Hidden[] = instances ? ["instances", "both"] : ["none", "rows"];
      const hidden = rows === undefined ? none! : some!;
      const part = [...name].reduce((sum, letter) => (31 * sum + letter.charCodeAt(0)) % PARTS, 0);
      return [name, feed({ shape }, hidden, rows ?? FED, part, PARTS)];
    }),
  );
}

const PARTS = 97;

function attempt(make: () => IrNode): IrNode | undefined {
  try {
    return make();
  } catch (error) {
    if (isLirpaError(error) && error.code === "LIRPA_SHAPE") return undefined;
    throw error;
  }
}
