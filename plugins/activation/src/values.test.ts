import { readFileSync } from "node:fs";
import { expect } from "chai";
import fc from "fast-check";
import { callsOf, isNear, reals, scalar, tensor } from "@lirpa/conformance/kit";
import type { HostTensor } from "@lirpa/core/plugin";
import plugin from "./index.js";

const { apply } = callsOf(plugin);

/** An operator and the function that it is. */
interface Case {
  readonly type: string;
  readonly attributes: Readonly<Record<string, number>>;
  readonly constants?: readonly (HostTensor | undefined)[];
  readonly f: (x: number) => number;
  /** Where the function bends or jumps: points lie there often. */
  readonly bends: readonly number[];
}

const leaky = (alpha: number): Case => ({
  type: "LeakyRelu",
  attributes: { alpha },
  f: (x) => (x < 0 ? alpha * x : x),
  bends: [0],
});
const parametric = (slope: number): Case => ({
  type: "PRelu",
  attributes: {},
  constants: [scalar(slope)],
  f: (x) => (x < 0 ? slope * x : x),
  bends: [0],
});
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
  clip(0, 6),
  clip(-1, 1),
  clip(-0.5, undefined),
  clip(undefined, 0.5),
  clip(undefined, undefined),
  clip(2, -1),
  clip(1, 1),
  hard(0.2, 0.5),
  hard(1 / 6, 0.5),
  hard(-1, 0.25),
  hard(0, 0.75),
  hard(0, 3),
];

for (const { type, attributes, constants = [], f, bends } of CASES) {
  const numbers = [...Object.values(attributes), ...constants.map((constant) => constant?.data[0] ?? "none")];
  it(`${[type, ...numbers].join(" ")} computes its function`, () => {
    const x = fc.oneof(reals(-10, 10), fc.constantFrom(0, -1, 1, 1e-30, -1e30, 1e30, ...bends));
    fc.assert(
      fc.property(fc.array(x, { minLength: 1, maxLength: 4 }), (xs) => {
        const { data } = apply({
          type,
          attributes,
          inputs: [tensor([xs.length], xs), ...constants],
          constants: [1, 2],
        });
        expect(isNear(data, xs.map(f), 1e-12)).equal(true);
      }),
    );
  });
}

describe("The activation pack", () => {
  it("declares in its manifest what it provides, and its values are tested here", () => {
    const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
      lirpa: { operators: string[] };
    };
    expect(manifest.lirpa.operators).deep.equal(plugin.operators.map(({ type }) => type).sort());
    expect(new Set(CASES.map(({ type }) => type))).deep.equal(new Set(manifest.lirpa.operators));
  });
});
