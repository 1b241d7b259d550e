import { expect } from "chai";
import { callsOf, ones } from "@lirpa/conformance/kit";
import type { RawAttributes, Shape } from "@lirpa/core/plugin";
import plugin from "./index.js";

const { forward, prepared } = callsOf(plugin);

type Code = "LIRPA_ATTRIBUTE" | "LIRPA_SHAPE" | "LIRPA_UNSUPPORTED_ATTRIBUTE";
type Refusals = Readonly<Record<string, readonly [attributes: RawAttributes, code: Code, shape?: Shape]>>;

const BOTH: Refusals = {
  "no kernel": [{}, "LIRPA_ATTRIBUTE"],
  "a kernel for other axes": [{ kernel_shape: [2, 2] }, "LIRPA_ATTRIBUTE"],
  "an empty kernel": [{ kernel_shape: [0] }, "LIRPA_ATTRIBUTE"],
  "a stride of 0": [{ kernel_shape: [2], strides: [0] }, "LIRPA_ATTRIBUTE"],
  "negative pads": [{ kernel_shape: [2], pads: [0, -1] }, "LIRPA_ATTRIBUTE"],
  "an auto_pad that ONNX does not know": [{ kernel_shape: [2], auto_pad: "SAME" }, "LIRPA_ATTRIBUTE"],
  "auto_pad and pads at once": [{ kernel_shape: [2], auto_pad: "SAME_UPPER", pads: [1, 1] }, "LIRPA_ATTRIBUTE"],
  "a kernel that spans more than the padded image": [{ kernel_shape: [9] }, "LIRPA_SHAPE"],
  "a window that sees nothing but padding": [{ kernel_shape: [1], pads: [1, 0] }, "LIRPA_UNSUPPORTED_ATTRIBUTE"],
  "ceil_mode with auto_pad, on which runtimes disagree": [
    { kernel_shape: [2], auto_pad: "VALID", ceil_mode: 1 },
    "LIRPA_UNSUPPORTED_ATTRIBUTE",
  ],
  "dilations with auto_pad, on which runtimes disagree": [
    { kernel_shape: [2], auto_pad: "SAME_LOWER", dilations: [2] },
    "LIRPA_UNSUPPORTED_ATTRIBUTE",
  ],
  "an image without spatial axes": [{ kernel_shape: [] }, "LIRPA_SHAPE", [1, 2]],
  "four spatial axes": [{ kernel_shape: [1, 1, 1, 1] }, "LIRPA_UNSUPPORTED_ATTRIBUTE", [1, 1, 2, 2, 2, 2]],
};

const OF: Readonly<Record<string, Refusals>> = {
  MaxPool: {
    ...BOTH,
    "indices in column-major order": [{ kernel_shape: [2], storage_order: 1 }, "LIRPA_UNSUPPORTED_ATTRIBUTE"],
  },
  AveragePool: BOTH,
  GlobalAveragePool: {
    "an image without spatial axes": [{}, "LIRPA_SHAPE", [1, 2]],
    "four spatial axes": [{}, "LIRPA_UNSUPPORTED_ATTRIBUTE", [1, 1, 2, 2, 2, 2]],
  },
};

for (const [type, refusals] of Object.entries(OF)) {
  describe(`${type} refuses`, () => {
    for (const [what, [attributes, code, shape = [1, 2, 5]]] of Object.entries(refusals)) {
      it(what, () => {
        const record = () => forward({ type, attributes, inputs: [ones(...shape)] }, false);
        expect(record).throw("node").with.property("code", code);
        if (code !== "LIRPA_SHAPE") expect(record).throw().with.property("hint").a("string");
      });
    }
  });
}

describe("MaxPool's indices", () => {
  it("are refused where something reads them", () => {
    const call = { type: "MaxPool", attributes: { kernel_shape: [2] }, inputs: [ones(1, 1, 4)] };
    expect(() => prepared({ ...call, outputs: [true, true] }))
      .throw("Indices")
      .with.property("code", "LIRPA_UNSUPPORTED_ATTRIBUTE");
    expect(() => prepared({ ...call, outputs: [true, false] })).not.throw();
  });
});
