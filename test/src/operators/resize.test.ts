import { expect } from "chai";
import fc from "fast-check";
import { tensor } from "../graphs.js";
import { counted, numbers, type OneNode } from "./support.test.js";

const COORDINATES = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"] as const;
const NEAREST = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"] as const;

const sketch = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 2 }),
  to: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 2 }),
  mode: fc.constantFrom("nearest", "linear"),
  coordinates: fc.constantFrom(...COORDINATES),
  nearest: fc.constantFrom(...NEAREST),
  opset: fc.constantFrom(11, 13, 18, 19),
  byScales: fc.boolean(),
  seed: fc.nat(1000),
});

/** Images that grow or shrink to given sizes or by given scales. */
const resizes: fc.Arbitrary<OneNode> = sketch.map(
  ({ sizes, to, mode, coordinates, nearest, opset, byScales, seed }) => {
    const scales = byScales
      ? tensor([4], [1, 1, ...sizes.map((size, axis) => to[axis]! / size)].map(Math.fround))
      : undefined;
    return {
      type: "Resize",
      opset,
      inputs: [
        numbers([1, 2, ...sizes], seed),
        undefined,
        scales ?? (opset < 13 ? tensor([0], []) : undefined),
        ...(byScales ? [] : [tensor([4], [1, 2, ...to], "int")]),
      ],
      attributes: {
        mode,
        coordinate_transformation_mode: coordinates,
        ...(mode === "nearest" && { nearest_mode: nearest }),
      },
      stored: [2, 3],
    };
  },
);

/** Whole factors, by the operators before Resize got its attributes. */
const old: fc.Arbitrary<OneNode> = fc
  .record({
    sizes: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 2 }),
    factors: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 2 }),
    mode: fc.constantFrom("nearest", "linear"),
    opset: fc.constantFrom(9, 10),
    seed: fc.nat(1000),
  })
  .map(({ sizes, factors, mode, opset, seed }) => ({
    type: opset === 9 ? "Upsample" : "Resize",
    opset,
    inputs: [numbers([1, 2, ...sizes], seed), tensor([4], [1, 1, ...factors])],
    attributes: { mode },
    stored: [1],
  }));

describe("resizing", () => {
  it("computes what ONNX Runtime does, by scales and by sizes, near and between", async () => {
    const outcomes = await counted(resizes, {
      numRuns: 150,
      seed: 6,
      codes: ["LIRPA_ATTRIBUTE", "LIRPA_UNSUPPORTED_ATTRIBUTE"],
    });
    expect(outcomes["both agree"]).to.be.greaterThan(100);
  });

  it("computes what ONNX Runtime does in opsets 9 and 10", async () => {
    expect(await counted(old, { numRuns: 40, seed: 7, codes: [] })).to.include({ "both agree": 40 });
  });
});
