import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect } from "chai";
import fc from "fast-check";
import {
  evaluateProgram,
  gradientNames,
  makeProgram,
  valueAndGradients,
  Vocabulary,
  type IrNode,
  type Program,
} from "@lirpa/core/recording";
import type { HostTensor } from "lirpa";

// Nodes of several recordings in one program: the same numbers as from one recording, and the same derivatives.

const SIZE = 3;
const NAMES = ["x", "y"] as const;

const unary = ["tanh", "sigmoid", "sin", "cos", "exp", "neg", "square"] as const;
const binary = ["add", "sub", "mul", "div"] as const;

/** One operation on what was recorded before, in one of the recordings. */
interface Operation {
  readonly recording: number;
  readonly name: (typeof unary)[number] | (typeof binary)[number];
  readonly operands: readonly [number, number];
}

const operations = fc.array(
  fc.record({
    recording: fc.nat(2),
    name: fc.constantFrom(...unary, ...binary),
    operands: fc.tuple(fc.nat(20), fc.nat(20)),
  }),
  { minLength: 1, maxLength: 14 },
);

/** Constants that nothing else uses: recordings that count from different numbers. */
const offsets = fc.tuple(fc.nat(6), fc.nat(6), fc.nat(6));

function input(t: Vocabulary, name: string): IrNode {
  return t.input({ name, shape: [SIZE], dtype: "float", instances: false, rows: undefined });
}

/** The same operations, each by the recording that it names, or all of them by one. */
function program(list: readonly Operation[], recordings: readonly Vocabulary[]): Program {
  const by = (recording: number): Vocabulary => recordings[recording % recordings.length]!;
  const nodes = NAMES.map((name, i) => input(by(i), name));
  for (const { recording, name, operands } of list) {
    const t = by(recording);
    // Tanh keeps values and derivatives of any depth moderate.
    const [a, b] = operands.map((at) => t.tanh(nodes[at % nodes.length]!));
    const result = (unary as readonly string[]).includes(name)
      ? t[name as "exp"](a!)
      : name === "div"
        ? t.div(a!, t.add(t.square(b!), 1))
        : t[name as "add"](a!, b!);
    nodes.push(result);
  }
  // Each recording reads all inputs by itself, too.
  const sum = recordings.reduce<IrNode>(
    (all, t) => t.add(all, t.mul(t.sin(input(t, "x")), input(t, "y"))),
    nodes.at(-1)!,
  );
  return makeProgram("mixed", { last: nodes.at(-1)!, sum });
}

function recordings(counts: readonly number[]): Vocabulary[] {
  return counts.map((count) => {
    const t = new Vocabulary();
    for (let i = 0; i < count; i++) t.constant([i, i + 1, i + 2]);
    return t;
  });
}

const feeds: Record<string, HostTensor> = {
  x: { shape: [1, 1, SIZE], dtype: "float", data: Float64Array.of(0.3, -0.8, 1.1) },
  y: { shape: [1, 1, SIZE], dtype: "float", data: Float64Array.of(-0.5, 0.9, 0.2) },
};
const weight = (...data: number[]): HostTensor => ({
  shape: [1, 1, SIZE],
  dtype: "float",
  data: Float64Array.from(data),
});
const cotangents = {
  [gradientNames.cotangent("last")]: weight(1, -0.5, 2),
  [gradientNames.cotangent("sum")]: weight(0.7, 1.5, -1),
  ...Object.fromEntries(
    NAMES.map((name) => [gradientNames.cotangent(gradientNames.gradient(name)), weight(0.4, 1, -0.6)]),
  ),
};

function run(program: Program): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(evaluateProgram(program, { ...feeds, ...cotangents })).map(([name, { data }]) => [
      name,
      Array.from(data),
    ]),
  );
}

function expectSame(actual: Record<string, number[]>, expected: Record<string, number[]>): void {
  expect(Object.keys(actual)).to.deep.equal(Object.keys(expected));
  for (const [name, values] of Object.entries(expected)) {
    values.forEach((value, i) =>
      expect(actual[name]![i], `${name}[${i}]`).to.be.closeTo(value, 1e-9 * (1 + Math.abs(value))),
    );
  }
}

describe("a program of several recordings", () => {
  it("gives what the same operations of one recording give, with its derivatives to the second order", () => {
    fc.assert(
      fc.property(operations, offsets, (list, counts) => {
        const mixed = program(list, recordings(counts));
        const [one] = recordings([counts[0]]);
        const single = program(list, [one!, one!, one!]);
        expectSame(run(mixed), run(single));
        const first = (of: Program): Program => valueAndGradients(of, NAMES);
        expectSame(run(first(mixed)), run(first(single)));
        const second = (of: Program): Program =>
          valueAndGradients(
            first(of),
            NAMES,
            NAMES.map((name) => gradientNames.gradient(name)),
          );
        expectSame(run(second(mixed)), run(second(single)));
      }),
      { numRuns: 150 },
    );
  });

  it("has the derivatives that differences show", () => {
    fc.assert(
      fc.property(operations, offsets, fc.constantFrom(...NAMES), fc.nat(SIZE - 1), (list, counts, name, at) => {
        const mixed = program(list, recordings(counts));
        const gradient = run(valueAndGradients(mixed, NAMES))[gradientNames.gradient(name)]![at]!;
        const weighted = (shift: number): number => {
          const moved = Float64Array.from(feeds[name]!.data);
          moved[at]! += shift;
          const results = evaluateProgram(mixed, { ...feeds, [name]: { ...feeds[name]!, data: moved } });
          return Object.entries(results).reduce(
            (sum, [output, { data }]) =>
              sum +
              Array.from(data).reduce(
                (part, value, i) => part + value * cotangents[gradientNames.cotangent(output)]!.data[i]!,
                0,
              ),
            0,
          );
        };
        const difference = (weighted(1e-6) - weighted(-1e-6)) / 2e-6;
        expect(gradient).to.be.closeTo(difference, 1e-5 * (1 + Math.abs(difference)));
      }),
      { numRuns: 150 },
    );
  });

  it("takes no node of one recording for a node of another, whatever was recorded before", () => {
    fc.assert(
      fc.property(fc.nat(8), fc.nat(8), (before, after) => {
        const [a, b] = recordings([before, after]) as [Vocabulary, Vocabulary];
        const [x, y] = [input(a, "x"), input(b, "y")];
        const t = new Vocabulary();
        expect(t.exp(x)).not.to.equal(t.exp(y));
        expect(t.exp(x)).to.equal(t.exp(x));
      }),
    );
  });

  it("has one input for each name, and refuses two that differ", () => {
    const [a, b] = [new Vocabulary(), new Vocabulary()];
    const joined = makeProgram("joined", { out: a.add(a.exp(input(a, "x")), b.exp(input(b, "x"))) });
    expect(joined.inputs.map(({ name }) => name)).to.deep.equal(["x"]);
    const other = b.input({ name: "x", shape: [1], dtype: "float", instances: false, rows: undefined });
    expect(() => makeProgram("joined", { out: a.add(input(a, "x"), other) }))
      .to.throw(/two inputs .* called x/)
      .with.property("code", "LIRPA_SHAPE");
  });

  it("leaves nothing behind when it goes", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const watched: WeakRef<IrNode>[] = [];
    (() => {
      for (let i = 0; i < 100; i++)
        watched.push(
          new WeakRef(
            new Vocabulary().input({
              name: `gone ${i}`,
              shape: [i],
              dtype: "float",
              instances: false,
              rows: undefined,
            }),
          ),
        );
    })();
    await new Promise((resolve) => setTimeout(resolve, 10));
    collect();
    expect(watched.filter((node) => node.deref() !== undefined).length).to.be.lessThan(5);
  });
});
