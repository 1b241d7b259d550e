import { defaultRelax, type HostTensor, type Operator, type RuleContext } from "@lirpa/core/plugin";
import { type IrNode, type Marks, Vocabulary } from "@lirpa/core/recording";
import { readAttributes } from "@lirpa/core";
import fc from "fast-check";
import { reals } from "@lirpa/conformance/kit";
import { hostErf } from "./host-erf.js";
import plugin from "./index.js";

/** What the tests of this pack share: every operator with the function that it should be, and boxes to try it on. */

/** One way to call an operator. */
export interface Case {
  readonly name: string;
  readonly type: string;
  readonly attributes?: Readonly<Record<string, number | string>>;
  readonly exponent?: number;
  readonly f: (x: number) => number;
  /** Where the function is defined and fits into float32. */
  readonly least?: number;
  readonly most?: number;
  /** Where it bends, has extremes or changes its curvature: boxes end and points lie there often. */
  readonly bends?: readonly number[];
}

export type Elementwise = Extract<Operator, { readonly kind: "elementwise" }>;
export type Numbers = readonly number[];

const expm1 =
  (scale: number, width: number, right: number) =>
  (x: number): number =>
    x < 0 ? scale * Math.expm1(x / width) : right * x;
const elu = (alpha: number): Case => ({
  name: `Elu, alpha ${alpha}`,
  type: "Elu",
  attributes: { alpha },
  f: expm1(alpha, 1, 1),
  bends: [0],
});
const celu = (alpha: number): Case => ({
  name: `Celu, alpha ${alpha}`,
  type: "Celu",
  attributes: { alpha },
  f: expm1(alpha, alpha, 1),
  bends: [0],
});
const power = (exponent: number, limits: { readonly least?: number; readonly most?: number } = {}): Case => ({
  name: `Pow, exponent ${exponent}${limits.most === undefined ? "" : ", left of zero"}`,
  type: "Pow",
  exponent,
  f: (x) => x ** exponent,
  bends: [0, 1, -1],
  ...limits,
});
const rightOfPole = { least: 1e-6 };
const leftOfPole = { most: -1e-6 };
const geluByTanh = (x: number): number => (x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))) / 2;
const mish = (x: number): number => {
  const e = Math.exp(-Math.abs(x));
  return x < 0 ? (x * (e * e + 2 * e)) / (e * e + 2 * e + 2) : (x * (1 + 2 * e)) / (1 + 2 * e + 2 * e * e);
};
const turns = [-Math.PI, -Math.PI / 2, 0, Math.PI / 2, Math.PI, 1.5 * Math.PI, 2 * Math.PI];

export const CASES: readonly Case[] = [
  { name: "Sigmoid", type: "Sigmoid", f: (x) => 1 / (1 + Math.exp(-x)), bends: [0] },
  { name: "Tanh", type: "Tanh", f: Math.tanh, bends: [0] },
  { name: "Atan", type: "Atan", f: Math.atan, bends: [0] },
  { name: "Erf", type: "Erf", f: hostErf, bends: [0] },
  { name: "Softsign", type: "Softsign", f: (x) => x / (1 + Math.abs(x)), bends: [0] },
  { name: "Softplus", type: "Softplus", f: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))) },
  { name: "Exp", type: "Exp", f: Math.exp, most: 80 },
  { name: "Log", type: "Log", f: Math.log, least: 1e-29, bends: [1] },
  { name: "Sqrt", type: "Sqrt", f: Math.sqrt, least: 0 },
  { name: "Reciprocal", type: "Reciprocal", f: (x) => 1 / x, least: 1e-10 },
  { name: "Reciprocal, left of zero", type: "Reciprocal", f: (x) => 1 / x, most: -1e-10 },
  { name: "Sin", type: "Sin", f: Math.sin, bends: turns },
  { name: "Cos", type: "Cos", f: Math.cos, bends: turns },
  { name: "Tan", type: "Tan", f: Math.tan, least: -1.57, most: 1.57, bends: [0] },
  { name: "Tan, the next branch", type: "Tan", f: Math.tan, least: 1.59, most: 4.69, bends: [Math.PI] },
  {
    name: "Gelu",
    type: "Gelu",
    f: (x) => (x * (1 + hostErf(x / Math.SQRT2))) / 2,
    bends: [0, -Math.SQRT2, -0.7518, Math.SQRT2],
  },
  {
    name: "Gelu by tanh",
    type: "Gelu",
    attributes: { approximate: "tanh" },
    f: geluByTanh,
    bends: [0, -1.41, -0.7525, 1.41],
  },
  { name: "Mish", type: "Mish", f: mish, bends: [0, -2.256, -1.1924, 1.49] },
  {
    name: "HardSwish",
    type: "HardSwish",
    f: (x) => x * Math.min(Math.max(x / 6 + 0.5, 0), 1),
    bends: [-3, -1.5, 0, 3],
  },
  ...[0, 0.3, 1, 1.5, 10].map(elu),
  ...[0.2, 1, 5].map(celu),
  { name: "Selu", type: "Selu", f: expm1(1.0507010221481323 * 1.6732631921768188, 1, 1.0507010221481323), bends: [0] },
  ...[0, 1, 2, 3, 4, 5, 7].map((exponent) => power(exponent)),
  ...[0.1, 0.5, 0.9, 1.5, 3.7].map((exponent) => power(exponent, { least: 0 })),
  ...[-0.5, -1, -1.7, -2, -3].map((exponent) => power(exponent, rightOfPole)),
  ...[-1, -2, -3].map((exponent) => power(exponent, leftOfPole)),
];

export function elementwise(type: string): Elementwise {
  const operator = plugin.operators.find((candidate) => candidate.type === type);
  if (operator?.kind !== "elementwise") throw new Error(`${type} is not elementwise`);
  return operator;
}

/** Intervals, and points in each of them. */
export interface Boxes {
  readonly lower: Numbers;
  readonly upper: Numbers;
  readonly points: readonly Numbers[];
}

const SHARES = [0, 1e-3, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.999, 1];

/** As many boxes, of all sizes, about all kinds of middles, with points all over them. */
export function boxes(example: Case, count: number, round: (x: number) => number = (x) => x): fc.Arbitrary<Boxes> {
  const { least = -1e4, most = 1e4, bends = [0] } = example;
  const inside = (x: number): number => Math.min(Math.max(x, round(least)), round(most));
  const magnitude = fc.tuple(reals(-10, 4), fc.constantFrom(-1, 1)).map(([digits, sign]) => sign * 10 ** digits);
  const center = fc.oneof(
    reals(-8, 8),
    fc.constantFrom(...bends),
    magnitude,
    reals(Math.max(least, -100), Math.min(most, 100)),
  );
  const width = fc.oneof(
    { weight: 1, arbitrary: fc.constant(0) },
    { weight: 9, arbitrary: reals(-12, 4).map((digits) => 10 ** digits) },
  );
  const box = fc
    .tuple(center, width, fc.oneof(reals(0, 1), fc.constantFrom(0, 1)), reals(0, 1))
    .map(([at, size, part, share]) => {
      const l = inside(round(at - size * part));
      const u = Math.max(l, inside(round(at + size * (1 - part))));
      const points = [...[...SHARES, share].map((s) => l + s * (u - l)), ...bends].map((x) =>
        Math.min(Math.max(x, l), u),
      );
      return { l, u, points };
    });
  return fc.array(box, { minLength: count, maxLength: count }).map((all) => ({
    lower: all.map(({ l }) => l),
    upper: all.map(({ u }) => u),
    points: all.map(({ points }) => points),
  }));
}

/** Everything that an operator says of intervals. */
export interface Said {
  readonly below: { readonly slope: Numbers; readonly intercept: Numbers };
  readonly above: { readonly slope: Numbers; readonly intercept: Numbers };
  readonly least: Numbers;
  readonly most: Numbers;
}

const PARTS = ["belowSlope", "belowIntercept", "aboveSlope", "aboveIntercept", "least", "most"] as const;
export type Parts<T> = Readonly<Record<(typeof PARTS)[number], T>>;

export function contextOf(
  t: Vocabulary,
  { type, attributes = {}, exponent }: Case,
  count: number,
): RuleContext<unknown> {
  const constant: HostTensor | undefined =
    exponent === undefined ? undefined : { shape: [], dtype: "float", data: Float64Array.of(exponent) };
  const given = {
    node: "node",
    opset: 20,
    shapes: [[count], constant?.shape],
    constants: [undefined, constant],
    names: [],
    isRead: [true],
  };
  return { t, attributes: readAttributes(elementwise(type), attributes, given), node: "node" };
}

/** The rules' results as nodes of a recording. */
export function record(t: Vocabulary, example: Case, lower: IrNode, upper: IrNode): Parts<IrNode> {
  const { shape } = lower;
  const context = contextOf(t, example, shape[0]!);
  const operator = elementwise(example.type);
  const lines = defaultRelax(operator.relax)(context, { lower, upper });
  const ends = operator.range?.(context, { lower, upper }) ?? {
    lower: operator.forward(context, lower),
    upper: operator.forward(context, upper),
  };
  return {
    belowSlope: t.expand(lines.lower.slope, shape),
    belowIntercept: t.expand(lines.lower.intercept, shape),
    aboveSlope: t.expand(lines.upper.slope, shape),
    aboveIntercept: t.expand(lines.upper.intercept, shape),
    least: t.expand(ends.lower, shape),
    most: t.expand(ends.upper, shape),
  };
}

export function said(parts: Parts<ArrayLike<number>>): Said {
  const list = (name: (typeof PARTS)[number]): Numbers => Array.from(parts[name]);
  return {
    below: { slope: list("belowSlope"), intercept: list("belowIntercept") },
    above: { slope: list("aboveSlope"), intercept: list("aboveIntercept") },
    least: list("least"),
    most: list("most"),
  };
}

/** In float64: all operands are constants, so that recording already computes. */
export function say(example: Case, lower: Numbers, upper: Numbers, marks: Marks = {}): Said {
  const t = new Vocabulary(undefined, marks);
  const nodes = record(t, example, t.constant(lower), t.constant(upper));
  return said(
    Object.fromEntries(PARTS.map((name) => [name, t.constantValue(nodes[name])!.data])) as unknown as Parts<
      ArrayLike<number>
    >,
  );
}

/** Chooses everything that is free by the same share of its range, element by element. */
export function choosing(shares: Numbers): Marks {
  return {
    free: (t, value, min, max) => {
      const row = t.constant(shares, value.shape.length === 2 ? [1, shares.length] : [shares.length]);
      return t.expand(t.add(min, t.mul(t.sub(max, min), row)), value.shape);
    },
  };
}

/** The worst that the lines and the range do to the function, relative to the numbers that they are computed from. */
export function violation({ f }: Case, { points }: Boxes, { below, above, least, most }: Said): number {
  let worst = 0;
  points.forEach((xs, i) => {
    for (const x of xs) {
      const y = f(x);
      const under = below.slope[i]! * x;
      const over = above.slope[i]! * x;
      const size = 1 + Math.abs(y);
      const parts = [
        (under + below.intercept[i]! - y) / (size + Math.abs(under) + Math.abs(below.intercept[i]!)),
        (y - over - above.intercept[i]!) / (size + Math.abs(over) + Math.abs(above.intercept[i]!)),
        (least[i]! - y) / size,
        (y - most[i]!) / size,
      ];
      // A number that is none violates everything.
      worst = parts.reduce((a, b) => (b <= a ? a : Number.isNaN(b) ? Infinity : b), worst);
    }
  });
  return worst;
}
