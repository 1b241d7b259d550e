import { expect } from "chai";
import fc from "fast-check";
import { evaluate, Vocabulary, type IrNode, type RowSpace } from "@lirpa/core/recording";
import type { HostTensor } from "@lirpa/core/plugin";
import { expectClose } from "./primitives/laws.js";
import { feed, HIDDEN, leaf, OPEN, type Hidden } from "./primitives/sketch.js";

const FOUR: RowSpace = { name: "four", size: 4 };

/** Shows a node as it is, or hides from simplification what it is. */
type Show = (node: IrNode) => IrNode;

interface Simplification {
  readonly law: string;
  build(t: Vocabulary, x: IrNode, show: Show): IrNode;
  /** The node that it is. */
  readonly is?: (t: Vocabulary, x: IrNode) => IrNode;
  /** Of x: [2, 2] where absent. */
  readonly shape?: readonly number[];
  readonly rows?: RowSpace;
  readonly hidden?: readonly Hidden[];
}

const same = (_: Vocabulary, x: IrNode): IrNode => x;
const zeros = (t: Vocabulary): IrNode => t.zeros([2, 2]);
const conv = { strides: [1], pads: [0, 0], dilations: [1], groups: 1 } as const;

const NUMBERS: readonly Simplification[] = [
  { law: "x + 0 is x", build: (t, x, show) => t.add(x, show(t.zeros([]))), is: same },
  { law: "0 + x is x", build: (t, x, show) => t.add(show(t.zeros([1])), x), is: same },
  {
    law: "x + 0 keeps the shape of a larger zero",
    build: (t, x, show) => t.add(x, show(t.zeros([3, 2, 2]))),
    is: (t, x) => t.expand(x, [3, 2, 2]),
  },
  { law: "x − 0 is x", build: (t, x, show) => t.sub(x, show(zeros(t))), is: same },
  { law: "0 − x is −x", build: (t, x, show) => t.sub(show(t.zeros([])), x), is: (t, x) => t.neg(x) },
  { law: "x + −y is x − y", build: (t, x, show) => t.add(x, show(t.neg(t.exp(x)))), is: (t, x) => t.sub(x, t.exp(x)) },
  { law: "x − −y is x + y", build: (t, x, show) => t.sub(x, show(t.neg(t.exp(x)))), is: (t, x) => t.add(x, t.exp(x)) },
  { law: "x · 1 is x", build: (t, x, show) => t.mul(x, show(t.full([], 1))), is: same },
  {
    law: "1 · x keeps the shape of a larger one",
    build: (t, x, show) => t.mul(show(t.full([3, 1, 2], 1)), x),
    is: (t, x) => t.expand(x, [3, 2, 2]),
  },
  { law: "x · 0 is 0", build: (t, x, show) => t.mul(x, show(t.zeros([]))), is: zeros },
  { law: "−1 · x is −x", build: (t, x, show) => t.mul(show(t.full([], -1)), x), is: (t, x) => t.neg(x) },
  { law: "x / 1 is x", build: (t, x, show) => t.div(x, show(t.full([2], 1))), is: same },
  { law: "0 / x is 0", build: (t, x, show) => t.div(show(t.zeros([])), x), is: zeros },
  { law: "x¹ is x", build: (t, x, show) => t.pow(x, show(t.full([], 1))), is: same },
  { law: "x² is x · x", build: (t, x, show) => t.pow(x, show(t.full([], 2))), is: (t, x) => t.mul(x, x) },
  {
    law: "the greater of x and 0 is relu x",
    build: (t, x, show) => t.max(x, show(t.zeros([]))),
    is: (t, x) => t.relu(x),
  },
  { law: "the greater of x and x is x", build: (t, x, show) => t.max(x, show(x)), is: same },
  { law: "the lesser of x and x is x", build: (t, x, show) => t.min(x, show(x)), is: same },
  { law: "−−x is x", build: (t, x, show) => t.neg(show(t.neg(x))), is: same },
  { law: "||x|| is |x|", build: (t, x, show) => t.abs(show(t.abs(x))), is: (t, x) => t.abs(x) },
  { law: "relu of relu is relu", build: (t, x, show) => t.relu(show(t.relu(x))), is: (t, x) => t.relu(x) },
  { law: "relu |x| is |x|", build: (t, x, show) => t.relu(show(t.abs(x))), is: (t, x) => t.abs(x) },
  {
    law: "a choice that is always the same is the one chosen",
    build: (t, x, show) => t.where(show(t.equal(t.zeros([1, 2, 2]), 0)), x, 7),
    is: (t, x) => t.expand(x, [1, 2, 2]),
  },
  { law: "a choice between x and x is x", build: (t, x, show) => t.where(t.less(x, 0), x, show(x)), is: same },
  {
    law: "a cast to its own type is nothing",
    build: (t, x, show) => t.cast(show(x), "float"),
    is: (t, x) => t.cast(x, "float"),
  },
];

const SHAPES: readonly Simplification[] = [
  { law: "a reshape to its own shape is nothing", build: (t, x) => t.reshape(x, [2, 2]), is: same },
  {
    law: "a reshape of a reshape is one",
    build: (t, x, show) => t.reshape(show(t.reshape(x, [4])), [1, 4]),
    is: (t, x) => t.reshape(x, [1, 4]),
  },
  { law: "a reshape back is nothing", build: (t, x, show) => t.reshape(show(t.reshape(x, [4])), [2, 2]), is: same },
  {
    law: "a transpose of a transpose is one",
    shape: [2, 3, 2],
    build: (t, x, show) => t.transpose(show(t.transpose(x, [1, 2, 0])), [1, 0, 2]),
    is: (t, x) => t.transpose(x, [2, 1, 0]),
  },
  { law: "a transpose back is nothing", build: (t, x, show) => t.transpose(show(t.transpose(x))), is: same },
  {
    law: "moving axes of size 1 is a reshape",
    shape: [2, 1, 3],
    build: (t, x) => t.transpose(x, [1, 0, 2]),
    is: (t, x) => t.reshape(x, [1, 2, 3]),
  },
  {
    law: "an expand by axes of size 1 is a reshape",
    build: (t, x) => t.expand(x, [1, 2, 2]),
    is: (t, x) => t.reshape(x, [1, 2, 2]),
  },
  { law: "a concat of one is nothing", build: (t, x) => t.concat([x], 1), is: same },
  {
    law: "a concat of equal constants is a constant",
    build: (t, x, show) => t.add(x, t.concat([show(t.full([1, 2], 3)), show(t.full([1, 2], 3))], 0)),
    is: (t, x) => t.add(x, t.full([2, 2], 3)),
  },
  { law: "a slice of everything is nothing", build: (t, x) => t.slice(x, [0, 0], [2, 2]), is: same },
  { law: "a flip of an axis of size 1 is nothing", shape: [1, 3], build: (t, x) => t.flip(x, [0]), is: same },
  { law: "a pad of nothing is nothing", build: (t, x) => t.pad(x, [0, 0], [0, 0], 5), is: same },
  {
    law: "a pad between one element is nothing",
    shape: [1, 2],
    build: (t, x) => t.pad(x, [0, 0], [0, 0], 5, [3, 0]),
    is: same,
  },
  {
    law: "a constant padded with its own value is a constant",
    build: (t, x, show) => t.mul(x, t.pad(show(t.full([2], 3)), [0], [0], 3)),
    is: (t, x) => t.mul(x, t.full([2], 3)),
  },
  {
    law: "a sum over axes of size 1 is a reshape",
    shape: [2, 1, 3],
    build: (t, x) => t.sum(x, [1]),
    is: (t, x) => t.reshape(x, [2, 3]),
  },
  {
    law: "a maximum over axes of size 1 is a reshape",
    shape: [2, 1],
    build: (t, x) => t.reduceMax(x, [1]),
    is: (t, x) => t.reshape(x, [2]),
  },
  {
    law: "the sum of a constant is a multiple of it",
    build: (t, x, show) => t.mul(x, t.sum(show(t.full([3, 2], 0.5)), [0])),
    is: (t, x) => t.mul(x, t.full([2], 1.5)),
  },
  {
    law: "the greatest of a constant is itself",
    build: (t, x, show) => t.mul(x, t.reduceMax(show(t.full([3, 2], 0.5)), [0])),
    is: (t, x) => t.mul(x, t.full([2], 0.5)),
  },
  {
    law: "what is gathered from a constant is the constant",
    build: (t, x, show) => t.mul(x, t.gather(show(t.full([3], 0.5)), t.constant([2, 0], [2], "int"), 0)),
    is: (t, x) => t.mul(x, t.full([2], 0.5)),
  },
];

const PRODUCTS: readonly Simplification[] = [
  {
    law: "a product with zeros is zero",
    build: (t, x, show) => t.matmul(x, show(t.zeros([2, 3]))),
    is: (t) => t.zeros([2, 3]),
  },
  { law: "a dot with zeros is zero", build: (t, x, show) => t.dot(show(zeros(t)), x), is: (t) => t.zeros([]) },
  {
    law: "a convolution with zeros is zero",
    shape: [1, 2, 3],
    build: (t, x, show) => t.conv(x, show(t.zeros([3, 2, 2])), conv),
    is: (t) => t.zeros([1, 3, 2]),
  },
  {
    law: "a transposed convolution with zeros is zero",
    shape: [1, 2, 3],
    build: (t, x, show) => t.convTranspose(x, show(t.zeros([2, 1, 2])), { ...conv, outputPadding: [0] }),
    is: (t) => t.zeros([1, 1, 4]),
  },
];

const ROWS: readonly Simplification[] = [
  {
    law: "rows made of axes and back are nothing",
    shape: [4, 2],
    rows: FOUR,
    hidden: ["none", "instances"],
    build: (t, x, show) => t.rowsToShape(show(t.shapeToRows(x, FOUR))),
    is: same,
  },
  {
    law: "axes made of rows and back are nothing",
    rows: FOUR,
    hidden: ["rows", "both"],
    build: (t, x, show) => t.shapeToRows(show(t.rowsToShape(x)), FOUR),
    is: same,
  },
  {
    law: "rows of a constant are one",
    rows: FOUR,
    build: (t, x, show) => t.mul(x, t.shapeToRows(show(t.full([4, 2], 3)), FOUR)),
    is: (t, x) => t.mul(x, t.full([2], 3)),
  },
  { law: "a spread along axes that a value has is nothing", build: (t, x) => t.spread(x, t.exp(x)), is: same },
  {
    law: "a sum over hidden axes that a value lacks is nothing",
    hidden: ["none"],
    build: (t, x) => t.sumHidden(x, { instances: true, rows: true }),
    is: same,
  },
  {
    law: "unit rows in another shape are unit rows",
    rows: FOUR,
    build: (t, x, show) => t.mul(t.reshape(show(t.eye([2, 2], FOUR)), [4]), t.reshape(x, [4])),
    is: (t, x) => t.mul(t.eye([4], FOUR), t.reshape(x, [4])),
  },
  {
    law: "unit rows through a matrix are its rows",
    shape: [4, 3],
    rows: FOUR,
    hidden: ["none"],
    build: (t, x, show) => t.matmul(show(t.eye([1, 4], FOUR)), x),
    is: (t, x) => t.shapeToRows(t.reshape(x, [4, 1, 3]), FOUR),
  },
  {
    law: "unit rows through matrices that differ are their rows",
    shape: [4, 3],
    rows: FOUR,
    build: (t, x, show) => t.matmul(show(t.eye([1, 4], FOUR)), x),
  },
  {
    law: "unit rows through one of several matrices are its rows",
    shape: [2, 2, 3],
    rows: FOUR,
    build: (t, x, show) => t.matmul(show(t.eye([2, 1, 2], FOUR)), x),
  },
  {
    law: "a dot with unit rows is an element for each row",
    rows: FOUR,
    hidden: ["none", "instances"],
    build: (t, x, show) => t.dot(show(t.eye([2, 2], FOUR)), x),
    is: (t, x) => t.shapeToRows(t.reshape(x, [4]), FOUR),
  },
  {
    law: "a dot of unit rows and rows",
    rows: FOUR,
    hidden: ["rows", "both"],
    build: (t, x, show) => t.dot(show(t.eye([2, 2], FOUR)), x),
  },
];

const PICKED: RowSpace = { name: "picked", size: undefined, most: 4 };
const MASK: HostTensor = { shape: [4], dtype: "bool", data: Float64Array.of(1, 0, 0, 1) };
const index = (t: Vocabulary): IrNode => t.rowsWhere(t.constant(MASK), PICKED);

const PICKED_ROWS: readonly Simplification[] = [
  {
    law: "picked unit rows in another shape are picked unit rows",
    rows: PICKED,
    build: (t, x, show) => t.mul(t.reshape(show(t.pickedEye(index(t), [2, 2])), [4]), t.reshape(x, [4])),
    is: (t, x) => t.mul(t.pickedEye(index(t), [4]), t.reshape(x, [4])),
  },
  {
    law: "picked unit rows through a matrix are its rows",
    shape: [4, 3],
    rows: PICKED,
    hidden: ["none", "instances"],
    build: (t, x, show) => t.matmul(show(t.pickedEye(index(t), [1, 4])), x),
    is: (t, x) => t.pickByRow(t.reshape(x, [4, 1, 3]), index(t)),
  },
  {
    law: "a dot with picked unit rows is an element for each row",
    rows: PICKED,
    hidden: ["none", "instances"],
    build: (t, x, show) => t.dot(show(t.pickedEye(index(t), [2, 2])), x),
    is: (t, x) => t.pickByRow(t.reshape(x, [4]), index(t)),
  },
  {
    law: "a dot of picked unit rows and rows",
    rows: PICKED,
    hidden: ["rows", "both"],
    build: (t, x, show) => t.dot(show(t.pickedEye(index(t), [2, 2])), x),
  },
];

const FAMILIES = { numbers: NUMBERS, shapes: SHAPES, products: PRODUCTS, rows: ROWS, "picked rows": PICKED_ROWS };

for (const [family, laws] of Object.entries(FAMILIES)) {
  describe(`simplification of ${family}`, () => {
    for (const { law, build, is, shape = [2, 2], rows = OPEN, hidden = HIDDEN } of laws) {
      it(law, () => {
        for (const axes of hidden) {
          const t = new Vocabulary();
          const x = leaf(t, "x", shape, "float", axes, rows);
          const simple = build(t, x, (node) => node);
          if (is !== undefined) expect(simple, `with ${axes}`).to.equal(is(t, x));
          const feeds: Record<string, HostTensor> = { [`x.${axes}.${rows.name}`]: feed({ shape }, axes, rows, 0, 1) };
          expectEqualValues(simple, build(t, x, hider(t, feeds)), feeds, `with ${axes}`);
        }
      });
    }
  });
}

/**
 * A step of a random computation on matrices of shape [2, 2]: an operation and two operands among those made so far.
 */
const OPERATIONS: readonly ((t: Vocabulary, a: IrNode, b: IrNode, show: Show) => IrNode)[] = [
  (t, a, b) => t.add(a, b),
  (t, a, b) => t.sub(a, b),
  (t, a, b) => t.mul(a, b),
  (t, a, b) => t.matmul(a, b),
  (t, a, b) => t.min(a, b),
  (t, a, b) => t.max(a, b),
  (t, a, b) => t.where(t.less(a, b), a, b),
  (t, a, b, show) => t.where(t.lessEqual(t.slice(a, [0, 0], [1, 1]), 0), show(t.slice(b, [1, 1], [2, 2])), a),
  (t, a) => t.neg(a),
  (t, a) => t.abs(a),
  (t, a) => t.relu(a),
  (t, a) => t.transpose(a),
  (t, a, _, show) => t.reshape(show(t.flip(show(t.reshape(a, [4])), [0])), [2, 2]),
  (t, a, _, show) => t.expand(show(t.sum(a, [0], true)), [2, 2]),
  (t, a, _, show) => t.expand(show(t.reduceMax(a)), [2, 2]),
  (t, a, b, show) => t.slice(show(t.concat([a, b], 1)), [0, 0], [2, 4], [1, 2]),
  (t, a, _, show) => t.slice(show(t.pad(a, [1, 0], [0, 1], 2, [1, 0])), [0, 1], [3, 3], [2, 1]),
  (t, a) => t.gather(a, t.constant([1, 1], [2], "int"), 0),
  (t, a, b) => t.mul(t.dot(a, b), t.full([2, 2], 1)),
];

describe("simplification of random computations", () => {
  it("never changes a value", () => {
    const step = fc.record({ operation: fc.nat(OPERATIONS.length - 1), a: fc.nat(), b: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), fc.constantFrom(...HIDDEN), (steps, axes) => {
        const t = new Vocabulary();
        const feeds: Record<string, HostTensor> = {};
        const run = (show: Show): IrNode => {
          const made = [
            leaf(t, "x", [2, 2], "float", axes, OPEN),
            leaf(t, "y", [2, 2], "float", "none", OPEN),
            ...[0, 1, -1, 2].map((value) => t.full([2, 2], value)),
            t.constant([1, -1, 0, 2], [2, 2]),
          ];
          for (const { operation, a, b } of steps) {
            const operand = (i: number): IrNode => show(made[i % made.length]!);
            const result = OPERATIONS[operation]!(t, operand(made.length - 1 - (a % made.length)), operand(b), show);
            // Small whole numbers, so that no order of sums matters.
            made.push(t.min(show(t.max(show(result), -9)), 9));
          }
          return made[made.length - 1]!;
        };
        feeds[`x.${axes}.open`] = wholeNumbers(feed({ shape: [2, 2] }, axes, OPEN, 0, 2));
        feeds["y.none.open"] = wholeNumbers(feed({ shape: [2, 2] }, "none", OPEN, 1, 2));
        expectEqualValues(
          run((node) => node),
          run(hider(t, feeds)),
          feeds,
          "a random computation",
        );
      }),
      { numRuns: 300, seed: 11 },
    );
  });
});

function wholeNumbers(value: HostTensor): HostTensor {
  return { ...value, data: Float64Array.from(value.data, Math.round) };
}

/** Constants become inputs, and operations are seen through a node that says nothing. */
function hider(t: Vocabulary, feeds: Record<string, HostTensor>): Show {
  return (node) => {
    const constant = t.constantValue(node);
    if (constant === undefined) return t.stopGradient(node);
    const name = `hidden ${node.id}`;
    feeds[name] = { ...constant, shape: [1, 1, ...constant.shape] };
    return t.input({ name, shape: node.shape, dtype: node.dtype, instances: false, rows: undefined });
  };
}

function expectEqualValues(
  simple: IrNode,
  plain: IrNode,
  feeds: Readonly<Record<string, HostTensor>>,
  title: string,
): void {
  expect(simple.shape, title).to.deep.equal(plain.shape);
  expect(simple.dtype, title).to.equal(plain.dtype);
  const [got, wanted] = evaluate([simple, plain], feeds);
  expectClose(spread(got!, wanted!), wanted!.data, 1e-12, title);
}

/** A value repeated along the hidden axes that it lacks. */
function spread(value: HostTensor, like: HostTensor): number[] {
  const [n, k] = value.shape as [number, number];
  const [instances, rows] = like.shape as [number, number];
  const size = value.data.length / (n * k);
  return Array.from({ length: instances * rows * size }, (_, i) => {
    const [at, row, instance] = [i % size, Math.floor(i / size) % rows, Math.floor(i / (size * rows))];
    return value.data[((n === 1 ? 0 : instance) * k + (k === 1 ? 0 : row)) * size + at]!;
  });
}
