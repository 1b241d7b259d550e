import { expect } from "chai";
import { callsOf, ones } from "@lirpa/conformance/kit";
import type { RawAttributes, Shape } from "@lirpa/core/plugin";
import plugin from "./index.js";

const { forward } = callsOf(plugin);

type Code = "LIRPA_ATTRIBUTE" | "LIRPA_SHAPE" | "LIRPA_UNSUPPORTED_ATTRIBUTE";
type Refusals = Readonly<
  Record<string, readonly [attributes: RawAttributes, code: Code, shapes?: readonly [Shape, Shape]]>
>;

const IMAGE: readonly [Shape, Shape] = [
  [1, 2, 5],
  [2, 2, 3],
];

const BOTH: Refusals = {
  "a stride of 0": [{ strides: [0] }, "LIRPA_ATTRIBUTE"],
  "strides for other axes": [{ strides: [1, 1] }, "LIRPA_ATTRIBUTE"],
  "half a stride": [{ strides: [1.5] }, "LIRPA_ATTRIBUTE"],
  "negative pads": [{ pads: [-1, 0] }, "LIRPA_ATTRIBUTE"],
  "pads at one end": [{ pads: [1] }, "LIRPA_ATTRIBUTE"],
  "pads that are no list": [{ pads: "x" }, "LIRPA_ATTRIBUTE"],
  "an auto_pad that ONNX does not know": [{ auto_pad: "SAME" }, "LIRPA_ATTRIBUTE"],
  "auto_pad and pads at once": [{ auto_pad: "VALID", pads: [1, 1] }, "LIRPA_ATTRIBUTE"],
  "a kernel shape that is not the kernel's": [{ kernel_shape: [2] }, "LIRPA_ATTRIBUTE"],
  "no groups": [{ group: 0 }, "LIRPA_ATTRIBUTE"],
  "half groups": [{ group: 1.5 }, "LIRPA_ATTRIBUTE"],
  "groups that do not part the channels": [{ group: 3 }, "LIRPA_SHAPE"],
  "an image without spatial axes": [
    {},
    "LIRPA_SHAPE",
    [
      [1, 1],
      [1, 1],
    ],
  ],
  "a kernel of another rank": [
    {},
    "LIRPA_SHAPE",
    [
      [1, 1, 3],
      [1, 1, 2, 2],
    ],
  ],
  "four spatial axes": [
    {},
    "LIRPA_UNSUPPORTED_ATTRIBUTE",
    [
      [1, 1, 2, 2, 2, 2],
      [1, 1, 2, 2, 2, 2],
    ],
  ],
};

const OF: Readonly<Record<"Conv" | "ConvTranspose", Refusals>> = {
  Conv: {
    ...BOTH,
    "a kernel that spans more than the padded image": [{ dilations: [3] }, "LIRPA_SHAPE"],
    "a kernel for other channels": [
      {},
      "LIRPA_SHAPE",
      [
        [1, 3, 5],
        [2, 2, 3],
      ],
    ],
  },
  ConvTranspose: {
    ...BOTH,
    "output padding as large as the stride": [{ output_padding: [1] }, "LIRPA_UNSUPPORTED_ATTRIBUTE"],
    "negative output padding": [{ output_padding: [-1] }, "LIRPA_ATTRIBUTE"],
    "an output shape far beyond the kernels": [{ output_shape: [9] }, "LIRPA_UNSUPPORTED_ATTRIBUTE"],
    "an output shape with batch and channels": [{ output_shape: [1, 2, 5] }, "LIRPA_ATTRIBUTE"],
    "auto_pad with a kernel smaller than the stride": [
      { auto_pad: "SAME_UPPER", strides: [4] },
      "LIRPA_UNSUPPORTED_ATTRIBUTE",
    ],
    "pads that leave no output": [{ pads: [4, 4] }, "LIRPA_SHAPE"],
    "a kernel for other channels": [
      {},
      "LIRPA_SHAPE",
      [
        [1, 3, 5],
        [2, 2, 3],
      ],
    ],
  },
};

for (const [type, refusals] of Object.entries(OF)) {
  describe(`${type} refuses`, () => {
    for (const [what, [attributes, code, shapes = IMAGE]] of Object.entries(refusals)) {
      it(what, () => {
        const record = () => forward({ type, attributes, inputs: shapes.map((shape) => ones(...shape)) }, false);
        expect(record).throw("node").with.property("code", code);
        if (code !== "LIRPA_SHAPE") expect(record).throw().with.property("hint").a("string");
      });
    }
  });
}

describe("Conv and ConvTranspose read", () => {
  it("an empty auto_pad, which some exporters write", () => {
    for (const type of ["Conv", "ConvTranspose"])
      expect(() =>
        forward({ type, attributes: { auto_pad: "" }, inputs: [ones(1, 1, 3), ones(1, 1, 2)] }, false),
      ).not.throw();
  });
});
