import { expect } from "chai";
import { evaluate, Vocabulary, type IrNode } from "@lirpa/core/recording";
import { apply, applyAll, counting, ints, linear, scalar, tensor, type Call } from "./support.test.js";

/** As the importer delivers them: the nearest numbers. */
const INT64_MAX = 2 ** 63;
const INT64_MIN = -(2 ** 63);

const data = (call: Call) => apply(call).data;
const refusal = (call: Call) =>
  expect(() => apply(call))
    .throw("node")
    .with.property("code");

describe("Split", () => {
  it("cuts into given sizes, an attribute or an input", () => {
    const parts = applyAll({
      type: "Split",
      inputs: [counting(2, 3), ints(1, 2)],
      attributes: { axis: -1 },
      outputs: 2,
    });
    expect(parts.map((part) => part.data)).deep.equal([
      [0, 3],
      [1, 2, 4, 5],
    ]);
    const older = applyAll({
      type: "Split",
      inputs: [counting(3)],
      attributes: { split: [2, 1] },
      opset: 11,
      outputs: 2,
    });
    expect(older.map((part) => part.data)).deep.equal([[0, 1], [2]]);
  });

  it("cuts into equal parts, and with num_outputs into almost equal ones", () => {
    const sizes = (outputs: number, attributes = {}) =>
      applyAll({ type: "Split", inputs: [counting(6)], attributes, outputs }).map(({ shape }) => shape[0]);
    expect(sizes(3)).deep.equal([2, 2, 2]);
    expect(sizes(4, { num_outputs: 4 })).deep.equal([2, 2, 2, 0]);
    expect(() => sizes(4))
      .throw("node")
      .with.property("code", "LIRPA_ATTRIBUTE");
  });

  it("refuses sizes that do not add up, or do not match the outputs", () => {
    refusal({ type: "Split", inputs: [counting(4), ints(1, 2)], outputs: 2 }).equal("LIRPA_ATTRIBUTE");
    refusal({ type: "Split", inputs: [counting(4), ints(1, 3)], outputs: 3 }).equal("LIRPA_ATTRIBUTE");
  });
});

describe("Slice", () => {
  const slice = (starts: number[], ends: number[], axes?: number[], steps?: number[]): Call => ({
    type: "Slice",
    inputs: [counting(5), ints(...starts), ints(...ends), axes && ints(...axes), steps && ints(...steps)],
  });

  it("counts negative ends from the back and stays inside", () => {
    expect(data(slice([-3], [-1]))).deep.equal([2, 3]);
    expect(data(slice([1], [INT64_MAX]))).deep.equal([1, 2, 3, 4]);
    expect(data(slice([-100], [2]))).deep.equal([0, 1]);
    expect(data(slice([3], [2]))).deep.equal([]);
  });

  it("steps forwards and backwards", () => {
    expect(data(slice([0], [INT64_MAX], [0], [2]))).deep.equal([0, 2, 4]);
    expect(data(slice([-1], [INT64_MIN], [-1], [-1]))).deep.equal([4, 3, 2, 1, 0]);
    expect(data(slice([3], [0], [0], [-2]))).deep.equal([3, 1]);
  });

  it("reads attributes up to opset 9", () => {
    expect(
      data({ type: "Slice", inputs: [counting(2, 3)], attributes: { starts: [1], ends: [3], axes: [1] }, opset: 9 }),
    ).deep.equal([1, 2, 4, 5]);
    expect(
      data({ type: "Slice", inputs: [counting(2, 3)], attributes: { starts: [1, 0], ends: [2, 1] }, opset: 9 }),
    ).deep.equal([3]);
  });

  it("refuses a step of 0, an axis twice, and an end whose meaning is not agreed upon", () => {
    refusal(slice([0], [1], [0], [0])).equal("LIRPA_ATTRIBUTE");
    refusal(slice([0, 0], [1, 1], [0, -1])).equal("LIRPA_ATTRIBUTE");
    refusal(slice([3], [INT64_MAX], [0], [-1])).equal("LIRPA_UNSUPPORTED_ATTRIBUTE");
  });

  it("refuses ends that are not constant", () => {
    const open = { type: "Slice", inputs: [counting(5), ints(0), ints(1)] };
    expect(() => apply({ ...open, inputs: [counting(5)] }))
      .throw("starts")
      .with.property("code", "LIRPA_ATTRIBUTE");
  });
});

describe("Gather", () => {
  it("puts the axes of the indices where the axis was", () => {
    const { shape, data: got } = apply({
      type: "Gather",
      inputs: [counting(2, 3), tensor([2, 1], [2, -3], "int")],
      attributes: { axis: 1 },
    });
    expect(shape).deep.equal([2, 2, 1]);
    expect(got).deep.equal([2, 0, 5, 3]);
    expect(apply({ type: "Gather", inputs: [counting(2, 3), scalar(-1, "int")] })).deep.equal({
      shape: [3],
      dtype: "float",
      data: [3, 4, 5],
    });
  });

  it("takes indices that only a run knows, another one for each instance", () => {
    const t = new Vocabulary();
    const indices = t.input({ name: "ids", shape: [2], dtype: "int", instances: true, rows: undefined });
    const context = { t, attributes: { axis: -1, constant: undefined }, node: "node" };
    const result = linear("Gather").forward(context, t.constant(counting(2, 3)), indices) as IrNode;
    const [got] = evaluate([result], { ids: { shape: [2, 1, 2], dtype: "int", data: Float64Array.of(0, -1, 1, 1) } });
    expect([...got!.data]).deep.equal([0, 2, 3, 5, 1, 1, 4, 4]);
  });

  it("refuses indices outside the axis", () => {
    refusal({ type: "Gather", inputs: [counting(2, 3), scalar(2, "int")] }).equal("LIRPA_ATTRIBUTE");
  });
});

describe("GatherElements", () => {
  it("takes one element for each index, also of fewer rows than there are", () => {
    expect(
      data({
        type: "GatherElements",
        inputs: [counting(3, 2), tensor([2, 2], [1, 0, -1, 1], "int")],
        attributes: { axis: 1 },
      }),
    ).deep.equal([1, 0, 3, 3]);
    expect(data({ type: "GatherElements", inputs: [counting(3, 2), tensor([1, 1], [-1], "int")] })).deep.equal([4]);
    refusal({ type: "GatherElements", inputs: [counting(3, 2), ints(1)] }).equal("LIRPA_SHAPE");
  });
});

describe("Pad", () => {
  const pad = (pads: number[], attributes = {}, ...more: (ReturnType<typeof ints> | undefined)[]): Call => ({
    type: "Pad",
    inputs: [counting(4), ints(...pads), ...more],
    attributes,
  });

  it("puts a constant around, and cuts where it is negative", () => {
    expect(data(pad([1, 2]))).deep.equal([0, 0, 1, 2, 3, 0, 0]);
    expect(data(pad([1, -1], {}, scalar(0.5)))).deep.equal([0.5, 0, 1, 2]);
    expect(data({ type: "Pad", inputs: [counting(2)], attributes: { pads: [0, 1], value: 7 }, opset: 2 })).deep.equal([
      0, 1, 7,
    ]);
  });

  it("pads the axes named", () => {
    expect(apply({ type: "Pad", inputs: [counting(1, 2, 1), ints(1, 0), undefined, ints(-1)] }).shape).deep.equal([
      1, 2, 2,
    ]);
  });

  it("copies the edge, the reflection or the other end", () => {
    expect(data(pad([2, 1], { mode: "edge" }))).deep.equal([0, 0, 0, 1, 2, 3, 3]);
    expect(data(pad([2, 3], { mode: "reflect" }))).deep.equal([2, 1, 0, 1, 2, 3, 2, 1, 0]);
    expect(data(pad([1, 2], { mode: "wrap" }))).deep.equal([3, 0, 1, 2, 3, 0, 1]);
    refusal(pad([1, 1], { mode: "symmetric" })).equal("LIRPA_ATTRIBUTE");
  });

  it("refuses a wrong number of pads, and cutting off more than there is", () => {
    refusal(pad([1])).equal("LIRPA_ATTRIBUTE");
    refusal(pad([1, 1, 1, 1])).equal("LIRPA_ATTRIBUTE");
    refusal(pad([-3, -3])).equal("LIRPA_SHAPE");
  });
});
