import { expect } from "chai";
import { evaluate, Vocabulary, vjp, type IrNode } from "@lirpa/core/recording";
import type { HostTensor } from "@lirpa/core/plugin";
import type { ConvOptions } from "@lirpa/core/plugin";
import { randomTensor, seeded } from "./graphs.js";

describe("Second-order gradients", () => {
  it("differentiates the gradient of a convolution's kernel again, in input and kernel", () => {
    const random = seeded(5);
    const t = new Vocabulary();
    const options: ConvOptions = { strides: [2, 1], pads: [1, 0, 0, 1], dilations: [1, 1], groups: 1 };
    const leaf = (name: string, shape: readonly number[]): IrNode =>
      t.input({ name, shape, dtype: "float", instances: false, rows: undefined });
    const x = leaf("x", [2, 2, 4, 4]);
    const w = leaf("w", [3, 2, 2, 2]);
    const y = t.conv(x, w, options);
    const loss = t.sum(t.mul(t.tanh(y), y));
    const [gw] = vjp(t, [loss], [t.full([], 1)], [w]);
    const penalty = t.sum(t.square(gw!));
    const second = vjp(t, [penalty], [t.full([], 1)], [x, w]).map((g) => g!);
    const feeds: Record<string, HostTensor> = {
      x: { ...randomTensor([2, 2, 4, 4], random), shape: [1, 1, 2, 2, 4, 4] },
      w: { ...randomTensor([3, 2, 2, 2], random), shape: [1, 1, 3, 2, 2, 2] },
    };
    const values = evaluate([penalty, ...second], feeds);
    for (const [i, name] of (["x", "w"] as const).entries()) {
      for (const at of [0, 5, 11]) {
        const shifted = (step: number): number => {
          const data = Float64Array.from(feeds[name]!.data);
          data[at]! += step;
          return evaluate([penalty], { ...feeds, [name]: { ...feeds[name]!, data } })[0]!.data[0]!;
        };
        const difference = (shifted(1e-5) - shifted(-1e-5)) / 2e-5;
        expect(values[i + 1]!.data[at]).to.be.closeTo(difference, 1e-5 * (1 + Math.abs(difference)));
      }
    }
  });
});
