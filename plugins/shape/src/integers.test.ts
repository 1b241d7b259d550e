import { readFileSync } from "node:fs";
import { expect } from "chai";
import plugin from "./index.js";
import { apply, counting, dataSlots, ints, linear, scalar, tensor, type Call } from "./support.test.js";

/** Operators on data of floats. */
const CALLS: readonly Call[] = [
  { type: "Reshape", inputs: [counting(2, 3), ints(3, 2)] },
  { type: "Flatten", inputs: [counting(2, 3, 2)] },
  { type: "Squeeze", inputs: [counting(2, 1, 3)] },
  { type: "Unsqueeze", inputs: [counting(2, 3), ints(1)] },
  { type: "Transpose", inputs: [counting(2, 3, 2)], attributes: { perm: [2, 0, 1] } },
  { type: "DepthToSpace", inputs: [counting(1, 4, 2, 1)], attributes: { blocksize: 2 } },
  { type: "SpaceToDepth", inputs: [counting(1, 1, 2, 4)], attributes: { blocksize: 2 } },
  { type: "Concat", inputs: [counting(2, 1), counting(2, 3)], attributes: { axis: 1 } },
  { type: "Split", inputs: [counting(5, 2), ints(2, 3)], outputs: 2 },
  { type: "Slice", inputs: [counting(4, 3), ints(3, 0), ints(-9, 2), ints(0, 1), ints(-2, 1)] },
  { type: "Gather", inputs: [counting(3, 2), tensor([2, 2], [0, 2, -1, 0], "int")] },
  { type: "GatherElements", inputs: [counting(3, 2), tensor([2, 2], [0, 2, -1, 0], "int")] },
  { type: "Pad", inputs: [counting(2, 3), ints(1, 2, 0, 1)], attributes: { mode: "reflect" } },
  { type: "Pad", inputs: [counting(2, 3), ints(1, 2, 0, 1)], attributes: { mode: "edge" } },
  { type: "Pad", inputs: [counting(2, 3), ints(1, 2, 0, 4)], attributes: { mode: "wrap" } },
  { type: "Expand", inputs: [counting(2, 1), ints(3, 1, 2)] },
  { type: "Tile", inputs: [counting(2, 2), ints(2, 3)] },
  { type: "Identity", inputs: [counting(3)] },
  { type: "CumSum", inputs: [counting(2, 3), scalar(1, "int")], attributes: { exclusive: 1 } },
];

for (const call of CALLS) {
  it(`${call.type} ${JSON.stringify(call.attributes ?? {})} moves integers as it moves floats`, () => {
    const data = dataSlots(call);
    const inputs = call.inputs.map((input, slot) =>
      data.includes(slot) ? { ...input!, dtype: "int" as const } : input,
    );
    expect(apply({ ...call, inputs })).deep.equal({ ...apply(call), dtype: "int" });
  });
}

describe("The shape pack", () => {
  it("declares in its manifest what it provides", () => {
    const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
      lirpa: { operators: string[] };
    };
    expect(manifest.lirpa.operators).deep.equal(plugin.operators.map(({ type }) => type).sort());
  });

  it("says of every operator that its coefficients are not negative", () => {
    for (const { type } of plugin.operators) expect(linear(type).nonnegative, type).equal(true);
  });
});
