import { expect } from "chai";
import { apply, counting, ints, scalar, tensor, type Call } from "./support.test.js";

const refusal = (call: Call) =>
  expect(() => apply(call))
    .throw("node")
    .with.property("code");

describe("Concat", () => {
  it("joins along any axis, also what is empty", () => {
    const call = { type: "Concat", inputs: [counting(2, 1), counting(2, 0), counting(2, 2)], attributes: { axis: -1 } };
    expect(apply(call)).deep.equal({ shape: [2, 3], dtype: "float", data: [0, 0, 1, 1, 2, 3] });
  });

  it("refuses parts that do not fit, and a missing axis", () => {
    refusal({ type: "Concat", inputs: [counting(2, 1), counting(3, 1)], attributes: { axis: 1 } }).equal("LIRPA_SHAPE");
    refusal({ type: "Concat", inputs: [counting(2), counting(3)] }).equal("LIRPA_ATTRIBUTE");
  });
});

describe("Expand", () => {
  it("broadcasts both ways", () => {
    expect(apply({ type: "Expand", inputs: [counting(3, 1), ints(2, 1, 2)] })).deep.equal({
      shape: [2, 3, 2],
      dtype: "float",
      data: [0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2],
    });
    expect(apply({ type: "Expand", inputs: [counting(3), ints(1)] }).shape).deep.equal([3]);
    refusal({ type: "Expand", inputs: [counting(3), ints(2)] }).equal("LIRPA_SHAPE");
  });
});

describe("Tile", () => {
  it("repeats the whole tensor", () => {
    expect(apply({ type: "Tile", inputs: [counting(2, 2), ints(2, 1)] }).data).deep.equal([0, 1, 2, 3, 0, 1, 2, 3]);
    expect(apply({ type: "Tile", inputs: [counting(2, 2), ints(1, 2)] }).data).deep.equal([0, 1, 0, 1, 2, 3, 2, 3]);
    refusal({ type: "Tile", inputs: [counting(2, 2), ints(2)] }).equal("LIRPA_ATTRIBUTE");
  });
});

describe("Where", () => {
  it("chooses element by element, with broadcasting", () => {
    const inputs = [tensor([2, 1], [1, 0], "bool"), counting(2), scalar(9)];
    expect(apply({ type: "Where", inputs })).deep.equal({ shape: [2, 2], dtype: "float", data: [0, 1, 9, 9] });
  });
});

describe("CumSum", () => {
  const sums = (attributes = {}, axis = 0) =>
    apply({ type: "CumSum", inputs: [tensor([3], [1, 2, 4]), scalar(axis, "int")], attributes }).data;

  it("sums from either end, with or without the element itself", () => {
    expect(sums()).deep.equal([1, 3, 7]);
    expect(sums({ exclusive: 1 }, -1)).deep.equal([0, 1, 3]);
    expect(sums({ reverse: 1 })).deep.equal([7, 6, 4]);
    expect(sums({ reverse: 1, exclusive: 1 })).deep.equal([6, 4, 0]);
  });

  it("sums along an inner axis, integers too", () => {
    const call = { type: "CumSum", inputs: [tensor([2, 2, 1], [1, 2, 3, 4], "int"), scalar(1, "int")] };
    expect(apply(call)).deep.equal({ shape: [2, 2, 1], dtype: "int", data: [1, 3, 3, 7] });
  });
});
