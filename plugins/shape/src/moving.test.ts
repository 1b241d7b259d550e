import { expect } from "chai";
import { apply, counting, ints } from "./support.test.js";

const shapeOf = (call: Parameters<typeof apply>[0]) => apply(call).shape;
const refusal = (call: Parameters<typeof apply>[0]) =>
  expect(() => apply(call))
    .throw("node")
    .with.property("code");

describe("Reshape", () => {
  const reshape = (target: number[], attributes = {}) => ({
    type: "Reshape",
    inputs: [counting(2, 3, 4), ints(...target)],
    attributes,
  });

  it("keeps the order of the elements", () => {
    expect(apply(reshape([4, 6]))).deep.equal({ shape: [4, 6], dtype: "float", data: [...counting(24).data] });
  });

  it("copies a size for 0 and finds the one that is -1", () => {
    expect(shapeOf(reshape([0, -1]))).deep.equal([2, 12]);
    expect(shapeOf(reshape([-1, 0, 2]))).deep.equal([4, 3, 2]);
    expect(shapeOf(reshape([-1]))).deep.equal([24]);
  });

  it("takes 0 for a size with allowzero", () => {
    expect(shapeOf({ type: "Reshape", inputs: [counting(0, 3), ints(3, 0)], attributes: { allowzero: 1 } })).deep.equal(
      [3, 0],
    );
  });

  it("refuses what is no shape, or another number of elements", () => {
    refusal(reshape([-1, -1])).equal("LIRPA_ATTRIBUTE");
    refusal(reshape([1, 1, 1, 0])).equal("LIRPA_ATTRIBUTE");
    refusal(reshape([5, -1])).equal("LIRPA_SHAPE");
    refusal(reshape([4, 5])).equal("LIRPA_SHAPE");
  });
});

describe("Flatten", () => {
  it("parts the axes before any of them, from either end", () => {
    const at = (axis: number) => shapeOf({ type: "Flatten", inputs: [counting(2, 3, 4)], attributes: { axis } });
    expect([-3, -1, 0, 1, 3].map(at)).deep.equal([
      [1, 24],
      [6, 4],
      [1, 24],
      [2, 12],
      [24, 1],
    ]);
    expect(shapeOf({ type: "Flatten", inputs: [counting(2, 3, 4)] })).deep.equal([2, 12]);
  });

  it("refuses other axes", () => {
    refusal({ type: "Flatten", inputs: [counting(2)], attributes: { axis: 2 } }).equal("LIRPA_ATTRIBUTE");
  });
});

describe("Squeeze and Unsqueeze", () => {
  it("drop axes of size 1, all where none are named", () => {
    expect(shapeOf({ type: "Squeeze", inputs: [counting(1, 3, 1)] })).deep.equal([3]);
    expect(shapeOf({ type: "Squeeze", inputs: [counting(1, 3, 1), ints(-1)] })).deep.equal([1, 3]);
    expect(shapeOf({ type: "Squeeze", inputs: [counting(1, 3, 1)], attributes: { axes: [0] }, opset: 11 })).deep.equal([
      3, 1,
    ]);
    refusal({ type: "Squeeze", inputs: [counting(1, 3, 1), ints(1)] }).equal("LIRPA_SHAPE");
  });

  it("insert axes as the result counts them, in any order", () => {
    expect(shapeOf({ type: "Unsqueeze", inputs: [counting(3, 2), ints(-1, 0)] })).deep.equal([1, 3, 2, 1]);
    expect(shapeOf({ type: "Unsqueeze", inputs: [counting(3, 2)], attributes: { axes: [1] }, opset: 11 })).deep.equal([
      3, 1, 2,
    ]);
    refusal({ type: "Unsqueeze", inputs: [counting(3), ints(0, -3)] }).equal("LIRPA_ATTRIBUTE");
    refusal({ type: "Unsqueeze", inputs: [counting(3)] }).equal("LIRPA_ATTRIBUTE");
  });
});

describe("Transpose", () => {
  it("permutes the axes, and reverses them by default", () => {
    expect(apply({ type: "Transpose", inputs: [counting(2, 3)] }).data).deep.equal([0, 3, 1, 4, 2, 5]);
    expect(shapeOf({ type: "Transpose", inputs: [counting(2, 3, 4)], attributes: { perm: [1, 2, 0] } })).deep.equal([
      3, 4, 2,
    ]);
    refusal({ type: "Transpose", inputs: [counting(2, 3)], attributes: { perm: [0, 0] } }).equal("LIRPA_ATTRIBUTE");
  });
});

describe("DepthToSpace and SpaceToDepth", () => {
  it("undo each other", () => {
    const image = counting(1, 4, 2, 3);
    const spread = apply({ type: "DepthToSpace", inputs: [image], attributes: { blocksize: 2 } });
    expect(spread.shape).deep.equal([1, 1, 4, 6]);
    expect(spread.data.slice(0, 4)).deep.equal([0, 6, 1, 7]);
    const back = apply({
      type: "SpaceToDepth",
      inputs: [{ ...spread, data: Float64Array.from(spread.data) }],
      attributes: { blocksize: 2 },
    });
    expect(back.data).deep.equal([...image.data]);
  });

  it("take channels in either order", () => {
    const call = { type: "DepthToSpace", inputs: [counting(1, 8, 1, 1)] };
    expect(apply({ ...call, attributes: { blocksize: 2 } }).data).deep.equal([0, 2, 4, 6, 1, 3, 5, 7]);
    expect(apply({ ...call, attributes: { blocksize: 2, mode: "CRD" } }).data).deep.equal([0, 1, 2, 3, 4, 5, 6, 7]);
    refusal({ ...call, attributes: { blocksize: 3 } }).equal("LIRPA_SHAPE");
  });
});
