import { readFileSync } from "node:fs";
import { expect } from "chai";
import fc from "fast-check";
import { reals } from "@lirpa/conformance/kit";
import { Vocabulary, type HostTensor, type IrNode, type Marks, type Operator, type RelaxRule } from "@lirpa/core";
import plugin from "./index.js";

interface Case {
  readonly type: string;
  readonly attributes: Readonly<Record<string, number>>;
  readonly constants?: readonly (HostTensor | undefined)[];
  readonly opset?: number;
  readonly f: (x: number) => number;
  /** Where the function bends or jumps: boxes end and points lie there often. */
  readonly bends: readonly number[];
}

type Elementwise = Extract<Operator, { readonly kind: "elementwise" }>;
type Numbers = readonly number[];

const scalar = (value: number): HostTensor => ({ shape: [], dtype: "float", data: Float64Array.of(value) });
const leaky = (alpha: number): Case => ({ type: "LeakyRelu", attributes: { alpha }, f: (x) => (x < 0 ? alpha * x : x), bends: [0] });
const parametric = (slope: number): Case => ({ type: "PRelu", attributes: {}, constants: [scalar(slope)], f: (x) => (x < 0 ? slope * x : x), bends: [0] });
const clip = (min?: number, max?: number): Case => ({
  type: "Clip",
  attributes: {},
  constants: [min, max].map((limit) => (limit === undefined ? undefined : scalar(limit))),
  f: (x) => Math.min(Math.max(x, min ?? -Infinity), max ?? Infinity),
  bends: [min ?? 0, max ?? 0],
});
const hard = (alpha: number, beta: number): Case => ({
  type: "HardSigmoid",
  attributes: { alpha, beta },
  f: (x) => Math.max(0, Math.min(1, alpha * x + beta)),
  bends: alpha === 0 ? [] : [-beta / alpha, (1 - beta) / alpha],
});

const CASES: readonly Case[] = [
  { type: "Relu", attributes: {}, f: (x) => Math.max(x, 0), bends: [0] },
  { type: "Abs", attributes: {}, f: Math.abs, bends: [0] },
  { type: "Sign", attributes: {}, f: Math.sign, bends: [0] },
  ...[0.01, 0, 1, 2.5, -0.5, -3].map(leaky),
  ...[0.25, 1, 4, -2].map(parametric),
  clip(0, 6), clip(-1, 1), clip(-0.5, undefined), clip(undefined, 0.5), clip(undefined, undefined), clip(2, -1), clip(1, 1),
  hard(0.2, 0.5), hard(1 / 6, 0.5), hard(-1, 0.25), hard(0, 0.75), hard(0, 3),
];

for (const example of CASES) {
  const given = example.constants?.map((limit) => limit?.data[0] ?? "none").join(", ") ?? "";
  describe(`${example.type} ${Object.entries(example.attributes).map(([name, value]) => `${name} ${value}`).join(", ")}${given}`, () => {
    const operator = elementwise(example.type);
    const rules: [string, RelaxRule<unknown>][] = [["its default lines", operator.relax], ...Object.entries(operator.relaxations ?? {})];

    it("computes its function", () => {
      fc.assert(fc.property(boxes(example), ({ points }) => {
        const t = new Vocabulary();
        expect(near(value(t, operator.forward(contextOf(t, example), t.constant(points), ...parameters(t, example))), points.map(example.f))).equal(true);
      }));
    });

    it("has a range that contains its values and ends at two of them", () => {
      fc.assert(fc.property(boxes(example), ({ lower, upper, points }) => {
        const [low, high] = rangeOf(example, lower, upper);
        points.forEach((x, i) => expect(example.f(x)).within(low[i]! - 1e-9, high[i]! + 1e-9));
        const ends = lower.map((l, i) => [l, upper[i]!, ...example.bends.map((bend) => Math.min(Math.max(bend, l), upper[i]!))].map(example.f));
        expect(near(low, ends.map((values) => Math.min(...values)))).equal(true);
        expect(near(high, ends.map((values) => Math.max(...values)))).equal(true);
      }));
    });

    for (const [name, rule] of rules) {
      it(`lies between ${name === "its default lines" ? name : `the lines called ${name}`}`, () => {
        fc.assert(fc.property(boxes(example), ({ lower, upper, points }) => brackets(example, linesOf(example, rule, lower, upper), points)));
      });

      it(`meets ${name} where the interval is a point`, () => {
        fc.assert(fc.property(boxes(example), ({ lower }) => {
          const { below, above } = linesOf(example, rule, lower, lower);
          expect(near(at(below, lower), lower.map(example.f))).equal(true);
          expect(near(at(above, lower), lower.map(example.f))).equal(true);
        }));
      });
    }

    it("lies between its lines for every free choice", () => {
      fc.assert(fc.property(boxes(example), fc.float({ min: 0, max: 1, noNaN: true }), ({ lower, upper, points }, share) => {
        const choose = (t: Vocabulary, _: IrNode, min: IrNode, max: IrNode): IrNode => t.add(min, t.mul(t.sub(max, min), share));
        brackets(example, linesOf(example, operator.relax, lower, upper, { free: choose }), points);
      }));
    });

    it("chooses by default what is free to be chosen", () => {
      fc.assert(fc.property(boxes(example), ({ lower, upper }) => {
        linesOf(example, operator.relax, lower, upper, {
          free: (t, chosen, min, max) => {
            const inside = t.and(t.lessEqual(min, chosen), t.lessEqual(chosen, max));
            expect([...t.constantValue(inside)!.data]).not.include(0);
            return chosen;
          },
        });
      }));
    });

    it("calls itself stable where its lines meet", () => {
      fc.assert(fc.property(boxes(example), ({ lower, upper }) => {
        const t = new Vocabulary();
        const stable = operator.stable!(contextOf(t, example), { lower: t.constant(lower), upper: t.constant(upper) }, ...parameters(t, example));
        const { below, above } = linesOf(example, operator.relax, lower, upper);
        value(t, t.cast(stable, "float")).forEach((yes, i) => {
          if (yes === 0) return;
          for (const ends of [lower, upper]) expect(at(above, ends)[i]! - at(below, ends)[i]!).within(-1e-9, 1e-9);
        });
      }));
    });

    it("stays finite on huge and on tiny intervals", () => {
      const sizes = [1e30, 1, 1e-10, 1e-38, 0];
      const ends = sizes.flatMap((size) => [-size, size]).sort((a, b) => a - b);
      for (const l of ends) {
        for (const u of ends.filter((end) => end >= l)) {
          const lines = linesOf(example, operator.relax, [l], [u]);
          expect([lines.below, lines.above].flatMap(({ slope, intercept }) => [...slope, ...intercept]).every(Number.isFinite)).equal(true);
          brackets(example, lines, [l]);
          brackets(example, lines, [u]);
        }
      }
    });
  });
}

describe("The activation pack", () => {
  it("declares in its manifest what it provides, all of it tested here", () => {
    const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { lirpa: { operators: string[] } };
    expect(manifest.lirpa.operators).deep.equal(plugin.operators.map(({ type }) => type).sort());
    expect(new Set(CASES.map(({ type }) => type))).deep.equal(new Set(manifest.lirpa.operators));
  });
});

function elementwise(type: string): Elementwise {
  const operator = plugin.operators.find((candidate) => candidate.type === type);
  if (operator?.kind !== "elementwise") throw new Error(`${type} is not elementwise`);
  return operator;
}

interface Boxes {
  readonly lower: Numbers;
  readonly upper: Numbers;
  readonly points: Numbers;
}

/** A few intervals with a point in each; ends and points are often bends. */
function boxes({ bends }: Case): fc.Arbitrary<Boxes> {
  const number = fc.oneof(reals(-10, 10), fc.constantFrom(0, -1, 1, ...bends));
  const one = fc.tuple(number, number, reals(0, 1), fc.constantFrom(undefined, ...bends)).map(([a, b, share, bend]) => {
    const [l, u] = [Math.min(a, b), Math.max(a, b)];
    return { l, u, x: Math.min(Math.max(bend ?? l + share * (u - l), l), u) };
  });
  return fc.array(one, { minLength: 2, maxLength: 4 }).map((all) => ({ lower: all.map(({ l }) => l), upper: all.map(({ u }) => u), points: all.map(({ x }) => x) }));
}

function contextOf(t: Vocabulary, { type, attributes: raw, constants = [], opset = 17 }: Case) {
  const shapes = [[2], ...constants.map((constant) => constant?.shape)];
  const attributes = elementwise(type).attributes?.(raw, { node: "node", opset, shapes, constants: [undefined, ...constants], values: [], outputs: [true] });
  return { t, attributes, node: "node" };
}

function parameters(t: Vocabulary, { constants = [] }: Case): (IrNode | undefined)[] {
  return constants.map((constant) => (constant === undefined ? undefined : t.constant(constant)));
}

/** All operands are constants, so that recording already computes. */
function value(t: Vocabulary, tensor: Parameters<Vocabulary["constantValue"]>[0]): Numbers {
  return [...t.constantValue(tensor)!.data];
}

function rangeOf(example: Case, lower: Numbers, upper: Numbers): [Numbers, Numbers] {
  const t = new Vocabulary();
  const operator = elementwise(example.type);
  const context = contextOf(t, example);
  const interval = { lower: t.constant(lower), upper: t.constant(upper) };
  const range = operator.range?.(context, interval, ...parameters(t, example)) ?? {
    lower: operator.forward(context, interval.lower, ...parameters(t, example)),
    upper: operator.forward(context, interval.upper, ...parameters(t, example)),
  };
  return [value(t, range.lower), value(t, range.upper)];
}

interface Line {
  readonly slope: Numbers;
  readonly intercept: Numbers;
}

function linesOf(example: Case, rule: RelaxRule<unknown>, lower: Numbers, upper: Numbers, marks: Marks = {}): { below: Line; above: Line } {
  const t = new Vocabulary(undefined, marks);
  const lines = rule(contextOf(t, example), { lower: t.constant(lower), upper: t.constant(upper) }, ...parameters(t, example));
  const read = (part: IrNode | number): Numbers => value(t, t.expand(part, [lower.length]));
  const [below, above] = [lines.lower, lines.upper].map(({ slope, intercept }) => ({ slope: read(slope as IrNode), intercept: read(intercept as IrNode) }));
  return { below: below!, above: above! };
}

function at({ slope, intercept }: Line, xs: Numbers): Numbers {
  return xs.map((x, i) => slope[i]! * x + intercept[i]!);
}

function brackets({ f }: Case, { below, above }: { below: Line; above: Line }, points: Numbers): void {
  points.forEach((x, i) => {
    const slack = 1e-12 * (1 + Math.abs(x) + Math.abs(f(x)) + Math.abs(below.intercept[i]!) + Math.abs(above.intercept[i]!));
    expect(at(below, points)[i]!).at.most(f(x) + slack);
    expect(at(above, points)[i]!).at.least(f(x) - slack);
  });
}

function near(got: Numbers, wanted: Numbers): boolean {
  return got.length === wanted.length && got.every((x, i) => Math.abs(x - wanted[i]!) <= 1e-12 * (1 + Math.abs(wanted[i]!)));
}
