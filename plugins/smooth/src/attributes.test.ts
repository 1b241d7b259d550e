import { expect } from "chai";
import { isLirpaError, readAttributes } from "@lirpa/core";
import { elementwise } from "./cases.test.js";

/** The code of the error that reading the attributes ends in. */
function refusal(type: string, raw: Readonly<Record<string, number | string>>): string {
  try {
    readAttributes(elementwise(type), raw, {
      node: "node",
      opset: 20,
      shapes: [[1]],
      constants: [undefined],
      names: ["x"],
      isRead: [true],
    });
    return "none";
  } catch (error) {
    return isLirpaError(error) && error.message.startsWith("node: ") && error.hint !== undefined
      ? error.code
      : String(error);
  }
}

describe("The smooth pack refuses", () => {
  it("Elu that falls, Celu that is not convex, Selu that falls", () => {
    expect([-0.5, 0, 2].map((alpha) => refusal("Elu", { alpha }))).deep.equal([
      "LIRPA_UNSUPPORTED_ATTRIBUTE",
      "none",
      "none",
    ]);
    expect([-0.5, 0, 2].map((alpha) => refusal("Celu", { alpha }))).deep.equal([
      "LIRPA_UNSUPPORTED_ATTRIBUTE",
      "LIRPA_UNSUPPORTED_ATTRIBUTE",
      "none",
    ]);
    expect([{ alpha: -1 }, { gamma: 0 }, {}].map((raw) => refusal("Selu", raw))).deep.equal([
      "LIRPA_UNSUPPORTED_ATTRIBUTE",
      "LIRPA_UNSUPPORTED_ATTRIBUTE",
      "none",
    ]);
  });

  it("an approximation of Gelu that ONNX does not know", () => {
    expect(["none", "tanh", "sigmoid"].map((approximate) => refusal("Gelu", { approximate }))).deep.equal([
      "none",
      "none",
      "LIRPA_ATTRIBUTE",
    ]);
  });
});
