import { readAttributes } from "@lirpa/core";
import { expect } from "chai";
import { apply, counting, ints, linear, scalar, tensor, type Call } from "./support.test.js";

describe("Shape and Size", () => {
  it("are integers that depend on nothing but the shape", () => {
    expect(apply({ type: "Shape", inputs: [counting(2, 3, 4)] })).deep.equal({
      shape: [3],
      dtype: "int",
      data: [2, 3, 4],
    });
    expect(apply({ type: "Size", inputs: [counting(2, 3, 4)] })).deep.equal({ shape: [], dtype: "int", data: [24] });
  });

  it("take a part of the shape since opset 15", () => {
    const part = (start: number, end?: number) =>
      apply({ type: "Shape", inputs: [counting(2, 3, 4)], attributes: { start, ...(end !== undefined && { end }) } })
        .data;
    expect([part(1), part(-1), part(0, -1), part(-9, 9), part(2, 1)]).deep.equal([[3, 4], [4], [2, 3], [2, 3, 4], []]);
  });
});

describe("Constant", () => {
  it("reads every way to write numbers", () => {
    const read = (attributes: Call["attributes"]) =>
      apply({ type: "Constant", inputs: [], ...(attributes && { attributes }) });
    expect(read({ value: tensor([1, 2], [3, 4], "int") })).deep.equal({ shape: [1, 2], dtype: "int", data: [3, 4] });
    expect(read({ value_float: 0.5 })).deep.equal({ shape: [], dtype: "float", data: [0.5] });
    expect(read({ value_floats: [0.5, 1] })).deep.equal({ shape: [2], dtype: "float", data: [0.5, 1] });
    expect(read({ value_int: -7 })).deep.equal({ shape: [], dtype: "int", data: [-7] });
    expect(read({ value_ints: [] })).deep.equal({ shape: [0], dtype: "int", data: [] });
  });

  it("refuses strings, and nothing at all", () => {
    expect(() => apply({ type: "Constant", inputs: [], attributes: { value_string: "a" } }))
      .throw("value_string")
      .with.property("code", "LIRPA_UNSUPPORTED_ATTRIBUTE");
    expect(() => apply({ type: "Constant", inputs: [] }))
      .throw("node")
      .with.property("code", "LIRPA_ATTRIBUTE");
  });
});

describe("ConstantOfShape", () => {
  it("repeats its value, a float zero by default", () => {
    expect(apply({ type: "ConstantOfShape", inputs: [ints(2)] })).deep.equal({
      shape: [2],
      dtype: "float",
      data: [0, 0],
    });
    expect(
      apply({ type: "ConstantOfShape", inputs: [ints(1, 2)], attributes: { value: tensor([1], [1], "int") } }),
    ).deep.equal({ shape: [1, 2], dtype: "int", data: [1, 1] });
    expect(apply({ type: "ConstantOfShape", inputs: [ints()] }).shape).deep.equal([]);
  });
});

describe("Range", () => {
  it("runs up or down to its limit, which it leaves out", () => {
    const range = (start: number, limit: number, delta: number) =>
      apply({ type: "Range", inputs: [start, limit, delta].map((value) => scalar(value, "int")) }).data;
    expect([range(0, 3, 1), range(5, 0, -2), range(0, 0, 1), range(3, 0, 1)]).deep.equal([
      [0, 1, 2],
      [5, 3, 1],
      [],
      [],
    ]);
    expect(() => range(0, 1, 0))
      .throw("node")
      .with.property("code", "LIRPA_ATTRIBUTE");
  });
});

describe("Equal", () => {
  it("compares constants", () => {
    expect(apply({ type: "Equal", inputs: [ints(1, -1), scalar(-1, "int")] })).deep.equal({
      shape: [2],
      dtype: "bool",
      data: [0, 1],
    });
  });

  it("refuses values that only a run knows", () => {
    const read = () =>
      readAttributes(
        linear("Equal"),
        {},
        { node: "node", opset: 17, shapes: [[2], []], constants: [undefined, scalar(0)], names: [], isRead: [true] },
      );
    expect(read).throw("node").with.property("code", "LIRPA_UNSUPPORTED_ATTRIBUTE");
  });
});
