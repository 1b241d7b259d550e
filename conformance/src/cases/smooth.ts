import { tensor } from "../kit/numbers.js";
import type { OpenInput, OperatorCase } from "../operator/case.js";
import type { OperatorCases } from "../operator/describe.js";

/** Tangents are found by bisection or table, and float32 rounds what cancels. */
const NEAR = { tolerance: 1e-6, singleTolerance: 5e-3 };
const on = (least: number, most: number, center: readonly [number, number] = [-2, 2], radius = 2): OpenInput => ({ shape: [3], center, radius, domain: [least, most] });
const anywhere: readonly OperatorCase[] = [{ inputs: [on(-100, 100)], points: [-1, 1], ...NEAR }];
const aboveZero: readonly OperatorCase[] = [{ inputs: [on(0.125, 1e4, [0.5, 3], 1)], ...NEAR }];
const square = (exponent: number, input: OpenInput): OperatorCase => ({ inputs: [input, tensor([], [exponent])], ...NEAR });

/** Smooth functions of one variable. */
export const smoothCases: OperatorCases = {
  Atan: anywhere,
  Celu: [{ inputs: [on(-100, 100)], attributes: { alpha: 0.5 }, points: [0], ...NEAR }],
  Cos: [{ inputs: [on(-100, 100, [-6, 6], 4)], points: [-Math.PI, Math.PI], ...NEAR }],
  Elu: [{ inputs: [on(-100, 100)], attributes: { alpha: 1.5 }, points: [0], ...NEAR }],
  Erf: anywhere,
  Exp: [{ inputs: [on(-30, 10)], ...NEAR }],
  Gelu: [{ inputs: [on(-100, 100)], opset: 20, ...NEAR }, { inputs: [on(-100, 100)], attributes: { approximate: "tanh" }, opset: 20, ...NEAR }],
  HardSwish: [{ inputs: [on(-100, 100, [-4, 4])], points: [-3, 3, -1.5], ...NEAR }],
  Log: aboveZero,
  Mish: [{ inputs: [on(-100, 100)], opset: 18, points: [-1.1924], ...NEAR }],
  Pow: [
    square(2, on(-100, 100)),
    square(3, on(-20, 20)),
    square(1.5, on(0, 100, [1, 3], 1)),
    square(-2, on(0.25, 100, [1, 3], 1)),
    { inputs: [on(0.25, 20, [1, 3], 1), tensor([3], [2, 0, 1])], ...NEAR },
  ],
  Reciprocal: [...aboveZero, { inputs: [on(-1e4, -0.125, [-3, -1], 1)], ...NEAR }],
  Selu: [{ inputs: [on(-100, 100)], points: [0], ...NEAR }],
  Sigmoid: anywhere,
  Sin: [{ inputs: [on(-100, 100, [-6, 6], 4)], points: [-Math.PI / 2, Math.PI / 2], ...NEAR }],
  Softplus: anywhere,
  Softsign: [{ inputs: [on(-100, 100)], points: [0], ...NEAR }],
  Sqrt: [{ inputs: [on(0.015625, 1e4, [1, 3], 1)], ...NEAR }],
  Tan: [{ inputs: [on(-1.375, 1.375, [-1, 1], 1)], ...NEAR }],
  Tanh: anywhere,
};
