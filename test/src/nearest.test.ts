import { expect } from "chai";
import { nearest } from "@lirpa/core/plugin";

const NAMES = ["Relu", "LeakyRelu", "PRelu", "Selu", "Sum", "Sub"];

describe("the nearest name", () => {
  for (const [name, expected] of [
    ["relu", ["Relu"]],
    ["Rleu", ["Relu"]],
    ["Relus", ["Relu"]],
    ["LeakyReLu", ["LeakyRelu"]],
    ["Su", ["Sum", "Sub"]],
    ["Softmax", []],
    ["", []],
    ["constructor", []],
    ["__proto__", []],
  ] as const) {
    it(`to ${JSON.stringify(name)} is ${expected.join(" or ") || "none"}`, () => {
      expect(nearest(name, NAMES)).to.deep.equal(expected);
    });
  }
});
