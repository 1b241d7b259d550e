import { readFileSync } from "node:fs";
import { expect } from "chai";
import fc from "fast-check";
import { reals } from "@lirpa/conformance/kit";
import type { HostTensor } from "@lirpa/core";
import plugin from "./index.js";
import { apply, applyAll, bothSides, counting, dataSlots, ints, linear, scalar, tensor, type Call } from "./support.test.js";

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
  { type: "Pad", inputs: [counting(2, 3), ints(1, -1, 0, 2), scalar(0.5)] },
  { type: "Pad", inputs: [counting(2, 3), ints(1, 2, 0, 1)], attributes: { mode: "reflect" } },
  { type: "Pad", inputs: [counting(2, 3), ints(1, 2, 0, 1)], attributes: { mode: "edge" } },
  { type: "Pad", inputs: [counting(2, 3), ints(1, 2, 0, 4)], attributes: { mode: "wrap" } },
  { type: "Expand", inputs: [counting(2, 1), ints(3, 1, 2)] },
  { type: "Tile", inputs: [counting(2, 2), ints(2, 3)] },
  { type: "Identity", inputs: [counting(3)] },
  { type: "Where", inputs: [tensor([2, 2], [1, 0, 0, 1], "bool"), counting(2), counting(2, 1)] },
  { type: "CumSum", inputs: [counting(2, 3), scalar(1, "int")], attributes: { exclusive: 1 } },
];

const numbers = (length: number) => fc.array(reals(-10, 10), { minLength: length, maxLength: length });

/** The call on other data. */
function withData(call: Call, values: readonly (readonly number[])[]): Call {
  const open = dataSlots(call);
  return { ...call, inputs: call.inputs.map((input, slot) => (open.includes(slot) ? tensor(input!.shape, values[open.indexOf(slot)]!) : input)) };
}

const dataOf = (call: Call): HostTensor[] => dataSlots(call).map((slot) => call.inputs[slot]!);

for (const call of CALLS) {
  describe(`${call.type} ${JSON.stringify(call.attributes ?? {})}`, () => {
    const someData = fc.tuple(...dataOf(call).map(({ data }) => numbers(data.length)));

    it("is affine, and its gradient is the adjoint", () => {
      fc.assert(fc.property(someData, numbers(64), (values, cotangents) => {
        const [forward, backward] = bothSides(withData(call, values), (size) => cotangents.slice(0, size));
        expect(forward).closeTo(backward, 1e-9 * (1 + Math.abs(backward)));
      }));
    });

    it("never falls where its data rise", () => {
      fc.assert(fc.property(someData, someData, (values, rises) => {
        const low = applyAll(withData(call, values));
        const high = applyAll(withData(call, values.map((row, i) => row.map((entry, at) => entry + Math.abs(rises[i]![at]!)))));
        low.forEach(({ data }, i) => data.forEach((entry, at) => expect(entry).at.most(high[i]!.data[at]! + 1e-9)));
      }));
    });

    if (call.type !== "Where") {
      it("moves integers as it moves floats", () => {
        const whole = { ...call, inputs: call.inputs.map((input, slot) => (dataSlots(call).includes(slot) ? { ...input!, dtype: "int" as const } : input)) };
        if (call.inputs[2]?.data[0] === 0.5) return;
        expect(apply(whole)).deep.equal({ ...apply(call), dtype: "int" });
      });
    }
  });
}

describe("The shape pack", () => {
  it("declares in its manifest what it provides", () => {
    const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { lirpa: { operators: string[] } };
    expect(manifest.lirpa.operators).deep.equal(plugin.operators.map(({ type }) => type).sort());
  });

  it("says of every operator that its coefficients are not negative", () => {
    for (const { type } of plugin.operators) expect(linear(type).nonnegative, type).equal(true);
  });
});
