import { expect } from "chai";
import { callsOf, ints, ones, scalar, tensor, type Call } from "@lirpa/conformance/kit";
import plugin from "./index.js";

const { apply, forward } = callsOf(plugin);

const channels = [ones(2), ones(2), ones(2), ones(2)];
const normalization = (rest: Partial<Call>): Call => ({
  type: "BatchNormalization",
  inputs: [ones(1, 2, 3), ...channels],
  ...rest,
});
const dropout = (training: ReturnType<typeof scalar>, constants: readonly number[]): Call => ({
  type: "Dropout",
  inputs: [ones(2), scalar(0.5), training],
  constants,
});

type Code = "LIRPA_ATTRIBUTE" | "LIRPA_SHAPE" | "LIRPA_UNSUPPORTED_ATTRIBUTE";

const REFUSED: Readonly<Record<string, readonly [Call, Code]>> = {
  "a cast of computed floats to integers": [
    { type: "Cast", inputs: [ones(2)], attributes: { to: 7 } },
    "LIRPA_UNSUPPORTED_ATTRIBUTE",
  ],
  "a cast to float16": [{ type: "Cast", inputs: [ones(2)], attributes: { to: 10 } }, "LIRPA_UNSUPPORTED_ATTRIBUTE"],
  "a cast to nothing": [{ type: "Cast", inputs: [ones(2)] }, "LIRPA_ATTRIBUTE"],
  "a division by a stored zero": [
    { type: "Div", inputs: [ones(2), tensor([2], [1, 0])], constants: [1] },
    "LIRPA_ATTRIBUTE",
  ],
  "a mask of dropout": [{ type: "Dropout", inputs: [ones(2)], outputs: [true, true] }, "LIRPA_UNSUPPORTED_ATTRIBUTE"],
  "dropout in training": [dropout(scalar(1, "bool"), [1, 2]), "LIRPA_UNSUPPORTED_ATTRIBUTE"],
  "dropout that a run decides on": [dropout(scalar(0, "bool"), [1]), "LIRPA_UNSUPPORTED_ATTRIBUTE"],
  "batch normalization in training": [
    normalization({ attributes: { training_mode: 1 } }),
    "LIRPA_UNSUPPORTED_ATTRIBUTE",
  ],
  "batch normalization whose statistics are read": [
    normalization({ outputs: [true, true, false, false, false], opset: 9 }),
    "LIRPA_UNSUPPORTED_ATTRIBUTE",
  ],
  "batch normalization with statistics per element": [
    normalization({ attributes: { spatial: 0 }, opset: 8 }),
    "LIRPA_UNSUPPORTED_ATTRIBUTE",
  ],
  "parameters for other channels": [normalization({ inputs: [ones(1, 3), ...channels] }), "LIRPA_SHAPE"],
  "batch normalization of a vector": [normalization({ inputs: [ones(2), ...channels] }), "LIRPA_SHAPE"],
};

describe("the linear pack refuses", () => {
  for (const [what, [call, code]] of Object.entries(REFUSED)) {
    it(what, () => {
      const record = () => forward(call, false);
      expect(record).throw("node").with.property("code", code);
      if (code !== "LIRPA_SHAPE") expect(record).throw().with.property("hint").a("string");
    });
  }
});

describe("the linear pack reads", () => {
  it("casts of constants, cut off toward zero", () => {
    const cast = (data: readonly number[], to: number) =>
      apply({ type: "Cast", inputs: [tensor([data.length], data)], attributes: { to }, constants: [0] });
    expect([...cast([1.7, -1.7, 0], 7).data].map((x) => x + 0)).deep.equal([1, -1, 0]);
    expect(cast([1.7], 6).dtype).equal("int");
    expect([...cast([0.5, 0, -2], 9).data]).deep.equal([1, 0, 1]);
    expect(cast([0.5], 11).dtype).equal("float");
  });

  it("quotients of integers, cut off toward zero", () => {
    const { dtype, data } = apply({ type: "Div", inputs: [ints(7, -7, 8, -1), scalar(2, "int")], constants: [0, 1] });
    expect(dtype).equal("int");
    expect([...data].map((x) => x + 0)).deep.equal([3, -3, 4, 0]);
  });

  it("other arithmetic of integers", () => {
    const of = (type: string) => [...apply({ type, inputs: [ints(3, 4), ints(5)] }).data];
    expect([of("Add"), of("Sub"), of("Mul")]).deep.equal([
      [8, 9],
      [-2, -1],
      [15, 20],
    ]);
  });

  it("dropout whose training mode is stored as false, and unread outputs", () => {
    expect([...apply(dropout(scalar(0, "bool"), [1, 2])).data]).deep.equal([1, 1]);
    expect([...apply({ type: "Dropout", inputs: [ones(2)], outputs: [true, false] }).data]).deep.equal([1, 1]);
    expect(apply(normalization({ outputs: [true, false, false, false, false], opset: 9 })).shape).deep.equal([1, 2, 3]);
  });
});
