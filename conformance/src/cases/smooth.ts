import { tensor } from "../kit/numbers.js";
import type { OpenInput, OperatorCase } from "../operator/case.js";
import type { OperatorCases } from "../operator/describe.js";

/** Tangents are found by bisection or table, and float32 rounds what cancels. */
const NEAR = { tolerance: 1e-6, singleTolerance: 5e-3 };
const on = (least: number, most: number, center: readonly [number, number] = [-2, 2], radius = 2): OpenInput => ({
  shape: [3],
  center,
  radius,
  domain: [least, most],
});
/** Where values are worth a look; the function itself is defined everywhere. */
const nearby = (least: number, most: number, center?: readonly [number, number], radius?: number): OpenInput => ({
  ...on(least, most, center, radius),
  defined: [-Infinity, Infinity],
});
const anywhere: readonly OperatorCase[] = [{ inputs: [nearby(-100, 100)], points: [-1, 0, 1], ...NEAR }];
/** Poles and ends of domains lie at zero. */
const aboveZero: readonly OperatorCase[] = [
  { inputs: [{ ...on(0.125, 1e4, [0.5, 3], 1), defined: [0.125, Infinity] }], points: [0], ...NEAR },
];
const power = (exponent: number, input: OpenInput): OperatorCase => ({
  inputs: [input, tensor([], [exponent])],
  points: [0],
  ...NEAR,
});
const aboutOne = on(0.25, 100, [1, 3], 1);
const TURNS = [-Math.PI, -Math.PI / 2, 0, Math.PI / 2, Math.PI];

/** Smooth functions of one variable. */
export const smoothCases: OperatorCases = {
  Atan: anywhere,
  Celu: [0.5, 5].map((alpha) => ({ inputs: [nearby(-100, 100)], attributes: { alpha }, points: [0], ...NEAR })),
  Cos: [{ inputs: [nearby(-100, 100, [-6, 6], 4)], points: TURNS, ...NEAR }],
  Elu: [0, 0.3, 1.5].map((alpha) => ({ inputs: [nearby(-100, 100)], attributes: { alpha }, points: [0], ...NEAR })),
  Erf: anywhere,
  Exp: [{ inputs: [nearby(-30, 10)], ...NEAR }],
  Gelu: [
    { inputs: [nearby(-100, 100)], opset: 20, points: [-Math.SQRT2, -0.7518, 0], ...NEAR },
    {
      inputs: [nearby(-100, 100)],
      attributes: { approximate: "tanh" },
      opset: 20,
      points: [-1.41, -0.7525, 0],
      ...NEAR,
    },
  ],
  HardSwish: [{ inputs: [nearby(-100, 100, [-4, 4])], points: [-3, 3, -1.5], ...NEAR }],
  Log: aboveZero,
  Mish: [{ inputs: [nearby(-100, 100)], opset: 18, points: [-1.1924], ...NEAR }],
  Pow: [
    power(2, nearby(-100, 100)),
    power(3, nearby(-20, 20)),
    power(1.5, on(0, 100, [1, 3], 1)),
    ...[-1, -2, -3, -0.5, -1.5, 0.25, 1 / 3].map((exponent) => power(exponent, aboutOne)),
    { inputs: [on(0.25, 20, [1, 3], 1), tensor([3], [2, 0, 1])], points: [0], ...NEAR },
    { inputs: [aboutOne, tensor([3], [-1, -2, 0.5])], points: [0], ...NEAR },
    { inputs: [nearby(-10, 10), tensor([3], [4, 5, 7])], points: [-1, 0, 1], ...NEAR },
    { inputs: [on(0, 100, [1, 3], 1), tensor([3], [0.1, 0.9, 3.7])], points: [0], ...NEAR },
    { inputs: [on(-100, -0.25, [-3, -1], 1), tensor([3], [-1, -2, -3])], points: [0], ...NEAR },
  ],
  Reciprocal: [
    ...aboveZero,
    { inputs: [{ ...on(-1e4, -0.125, [-3, -1], 1), defined: [-Infinity, -0.125] }], points: [0], ...NEAR },
  ],
  Selu: [{ inputs: [nearby(-100, 100)], points: [0], ...NEAR }],
  Sigmoid: anywhere,
  Sin: [{ inputs: [nearby(-100, 100, [-6, 6], 4)], points: TURNS, ...NEAR }],
  Softplus: anywhere,
  Softsign: [{ inputs: [nearby(-100, 100)], points: [0], ...NEAR }],
  Sqrt: [{ inputs: [{ ...on(0.015625, 1e4, [1, 3], 1), defined: [0.015625, Infinity] }], points: [0], ...NEAR }],
  Tan: [
    { inputs: [on(-1.375, 1.375, [-1, 1], 1)], points: [-Math.PI / 2, 0, Math.PI / 2, 1.5 * Math.PI], ...NEAR },
    { inputs: [on(1.75, 4.5, [2, 4], 1)], points: [Math.PI], ...NEAR },
  ],
  Tanh: anywhere,
};
