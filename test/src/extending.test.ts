import { expect } from "chai";
import fc from "fast-check";
import {
  batchMoments,
  evaluateProgram,
  extendProgram,
  gradientNames,
  makeProgram,
  substitute,
  valueAndGradients,
  vjp,
  Vocabulary,
  type IrNode,
  type Program,
  type RowSpace,
} from "@lirpa/core/recording";
import { isLirpaError, type HostTensor } from "lirpa";

// Programs that build on programs: one goes on where another ends, with nodes of a third, and is differentiated.

const SIZE = 3;
const NAMES = ["x", "y"] as const;
type Name = (typeof NAMES)[number];

const unary = ["tanh", "sigmoid", "sin", "cos"] as const;
const binary = ["add", "sub", "mul"] as const;

interface Operation {
  readonly name: (typeof unary)[number] | (typeof binary)[number];
  readonly operands: readonly [number, number];
}

const recipes = fc.array(
  fc.record({ name: fc.constantFrom(...unary, ...binary), operands: fc.tuple(fc.nat(20), fc.nat(20)) }),
  { minLength: 1, maxLength: 8 },
);
const numbers = fc.array(fc.double({ min: -1.5, max: 1.5, noNaN: true }), { minLength: SIZE, maxLength: SIZE });
const points = fc.record({ x: numbers, y: numbers });
/** Constants that nothing reads: recordings that begin otherwise. */
const counts = fc.tuple(fc.nat(6), fc.nat(6));

function begun(count: number): Vocabulary {
  const t = new Vocabulary();
  for (let i = 0; i < count; i++) t.constant([i, i + 1, i + 2]);
  return t;
}

function leaf(t: Vocabulary, name: string): IrNode {
  return t.input({ name, shape: [SIZE], dtype: "float", instances: false, rows: undefined });
}

/** Operations on what there is; tanh keeps values and derivatives of any depth moderate. */
function recorded(t: Vocabulary, recipe: readonly Operation[], from: readonly IrNode[]): IrNode {
  const nodes = [...from];
  for (const { name, operands } of recipe) {
    const [a, b] = operands.map((at) => t.tanh(nodes[at % nodes.length]!)) as [IrNode, IrNode];
    nodes.push((unary as readonly string[]).includes(name) ? t[name as "tanh"](a) : t[name as "add"](a, b));
  }
  return nodes.at(-1)!;
}

function fed(...data: number[]): HostTensor {
  return { shape: [1, 1, data.length], dtype: "float", data: Float64Array.from(data) };
}

type Point = Readonly<Record<Name, readonly number[]>>;

function feedsOf({ x, y }: Point): Record<string, HostTensor> {
  return { x: fed(...x), y: fed(...y) };
}

function moved(point: Point, name: Name, at: number, by: number): Point {
  return { ...point, [name]: point[name].map((value, i) => (i === at ? value + by : value)) };
}

/** A value, and its gradient by hand in a program that goes on from it: the value's sum of squares in both inputs. */
function withSlope(program: Program, other: IrNode): Program {
  return extendProgram(program, "slope", (t, { inputs, outputs }) => {
    const value = t.sum(t.mul(t.square(outputs["first"]!), other));
    const wrt = NAMES.map((name) => inputs[name] ?? leaf(t, name));
    const slopes = vjp(t, [value], [t.full([], 1)], wrt).map((slope, i) => slope ?? t.zeros(wrt[i]!.shape));
    return { ...outputs, value, slope: t.sum(t.mul(slopes[0]!, t.sin(slopes[1]!))) };
  });
}

describe("a program that goes on where another one ends", () => {
  it("of two recordings, differentiated to the second order, has the derivatives that differences show", () => {
    const where = fc.record({ name: fc.constantFrom(...NAMES), at: fc.nat(SIZE - 1) });
    fc.assert(
      fc.property(recipes, recipes, counts, points, where, (one, two, [a, b], point, { name, at }) => {
        const [t, u] = [begun(a), begun(b)];
        const first = makeProgram("first", {
          first: recorded(
            t,
            one,
            NAMES.map((input) => leaf(t, input)),
          ),
        });
        const program = withSlope(
          first,
          recorded(
            u,
            two,
            NAMES.map((input) => leaf(u, input)),
          ),
        );
        const reached = program.inputs.some((input) => input.name === name);
        if (!reached) return;
        const second = valueAndGradients(program, [name], ["slope"]);
        const results = evaluateProgram(second, { ...feedsOf(point), [gradientNames.cotangent("slope")]: scalar(1) });
        const slope = (by: number): number =>
          evaluateProgram(program, feedsOf(moved(point, name, at, by)))["slope"]!.data[0]!;
        const difference = (slope(1e-6) - slope(-1e-6)) / 2e-6;
        const derivative = results[gradientNames.gradient(name)]!.data[at]!;
        expect(derivative).to.be.closeTo(difference, 1e-5 * (1 + Math.abs(difference)));
      }),
      { numRuns: 200 },
    );
  });

  it("leaves the other one as it is, and gives only what it says", () => {
    const t = new Vocabulary();
    const program = makeProgram("first", { first: t.add(leaf(t, "x"), 1) });
    const longer = extendProgram(program, "longer", (u, { outputs }) => ({ sum: u.sum(outputs["first"]!) }));
    expect(Object.keys(program.outputs)).to.deep.equal(["first"]);
    expect(Object.keys(longer.outputs)).to.deep.equal(["sum"]);
    expect(longer.inputs).to.deep.equal(program.inputs);
    expect(evaluateProgram(longer, { x: fed(1, 2, 3) })["sum"]!.data[0]).to.equal(9);
  });
});

describe("nodes in place of others", () => {
  it("give what the same operations give on what stands in", () => {
    fc.assert(
      fc.property(recipes, recipes, counts, points, (one, two, [a, b], point) => {
        const [t, u] = [begun(a), begun(b)];
        const [x, y] = NAMES.map((name) => leaf(t, name)) as [IrNode, IrNode];
        const standIn = recorded(u, two, [x, y]);
        const [actual] = substitute(t, [recorded(t, one, [x, y])], new Map([[x, standIn]]));
        const expected = recorded(t, one, [standIn, y]);
        const values = evaluateProgram(makeProgram("both", { actual: actual!, expected }), feedsOf(point));
        expect([...values["actual"]!.data]).to.deep.equal([...values["expected"]!.data]);
      }),
    );
  });

  it("may rely on what they stand for", () => {
    const t = new Vocabulary();
    const x = leaf(t, "x");
    const [shifted] = substitute(t, [t.square(x)], new Map([[x, t.add(x, 1)]]));
    const { result } = evaluateProgram(makeProgram("shifted", { result: shifted! }), { x: fed(1, 2, 3) });
    expect([...result!.data]).to.deep.equal([4, 9, 16]);
  });

  it("leave what does not rely on them as it is", () => {
    const t = new Vocabulary();
    const [x, y] = NAMES.map((name) => leaf(t, name)) as [IrNode, IrNode];
    const [same, other] = substitute(t, [t.exp(y), t.exp(x)], new Map([[x, y]]));
    expect(same).to.equal(t.exp(y));
    expect(other).to.equal(t.exp(y));
  });

  it("are refused where shape, type or hidden axes differ", () => {
    const t = new Vocabulary();
    const rows: RowSpace = { name: "r", size: 2 };
    const plain = { name: "z", shape: [SIZE], dtype: "float", instances: false, rows: undefined } as const;
    const x = leaf(t, "x");
    const wrong = [{ shape: [1] }, { dtype: "int" }, { instances: true }, { rows }] as const;
    const others = wrong.map((fields) => ({ ...plain, ...fields }));
    for (const other of others) {
      let caught: unknown;
      try {
        substitute(t, [t.exp(x)], new Map([[x, t.input(other)]]));
      } catch (error) {
        caught = error;
      }
      expect(isLirpaError(caught) && caught.code, JSON.stringify(other)).to.equal("LIRPA_SHAPE");
    }
  });
});

describe("rows of another space", () => {
  it("may stand in for rows, which then are of a fixed number", () => {
    const t = new Vocabulary();
    const rows = (space: RowSpace): IrNode =>
      t.input({ name: "rows", shape: [SIZE], dtype: "float", instances: false, rows: space, role: { is: "rows" } });
    const open = rows({ name: "open", size: undefined });
    const bound = t.dot(open, leaf(t, "x"));
    const [fixed] = substitute(t, [bound], new Map([[open, rows({ name: "two", size: 2 })]]));
    const most = makeProgram("most", { most: t.reduceMax(t.rowsToShape(fixed!)) });
    const matrix: HostTensor = { shape: [1, 2, SIZE], dtype: "float", data: Float64Array.of(1, 0, 0, 0, 1, 1) };
    expect([...evaluateProgram(most, { x: fed(1, 2, 3), rows: matrix })["most"]!.data]).to.deep.equal([5]);
  });
});

describe("moments of a batch", () => {
  it("are those of all instances and places of a channel", () => {
    const data = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 24, maxLength: 24 });
    fc.assert(
      fc.property(data, (values) => {
        const t = new Vocabulary();
        const x = t.input({ name: "x", shape: [2, 2, 2], dtype: "float", instances: true, rows: undefined });
        const program = makeProgram("moments", { ...batchMoments(t, x, 1) });
        const images: HostTensor = { shape: [3, 1, 2, 2, 2], dtype: "float", data: Float64Array.from(values) };
        const { mean, variance, count } = evaluateProgram(program, { x: images });
        expect([...count!.data]).to.deep.equal([12]);
        for (const channel of [0, 1]) {
          const own = values.filter((_, i) => Math.floor(i / 2) % 2 === channel);
          const middle = own.reduce((a, b) => a + b, 0) / own.length;
          const spread = own.reduce((sum, value) => sum + (value - middle) ** 2, 0) / own.length;
          expect(mean!.data[channel]).to.be.closeTo(middle, 1e-12);
          expect(variance!.data[channel]).to.be.closeTo(spread, 1e-12);
        }
      }),
    );
  });
});

function scalar(value: number): HostTensor {
  return { shape: [1, 1], dtype: "float", data: Float64Array.of(value) };
}
