import { expect } from "chai";
import type { onnx } from "onnx-proto";
import { describeInput, readModel } from "./index.js";
import { complaint, DataType, failure, valueInfo, write } from "./support.test.js";

async function shapeOf(...dims: onnx.TensorShapeProto.IDimension[]): Promise<readonly (number | string)[]> {
  const graph = await readModel(write({ input: [valueInfo("x", dims)] }));
  return graph.inputs[0]!.shape;
}

describe("inputs", () => {
  it("have numbers and names as sizes", async () => {
    expect(await shapeOf({ dimParam: "N" }, { dimValue: 3 })).to.deep.equal(["N", 3]);
  });

  it("have no axes where they are scalars", async () => {
    expect(await shapeOf()).to.deep.equal([]);
  });

  it("get a name for each size that is unknown, zero or negative", async () => {
    expect(await shapeOf({}, { dimValue: 0 }, { dimValue: -1 })).to.deep.equal(["x_axis_0", "x_axis_1", "x_axis_2"]);
  });

  it("never share a made-up name with a size of the file", async () => {
    expect(await shapeOf({}, { dimParam: "x_axis_0" })).to.deep.equal(["x_axis_0_", "x_axis_0"]);
  });

  it("are floats, integers or booleans", async () => {
    const types = [DataType.FLOAT16, DataType.DOUBLE, DataType.INT64, DataType.UINT8, DataType.BOOL];
    const graph = await readModel(
      write({ input: [valueInfo("x", []), ...types.map((type, i) => valueInfo(`i${i}`, [], type))] }),
    );
    expect(graph.inputs.map(({ dtype }) => dtype)).to.deep.equal(["float", "float", "float", "int", "int", "bool"]);
  });

  it("must have a shape", async () => {
    const error = await failure(
      readModel(write({ input: [{ name: "x", type: { tensorType: { elemType: DataType.FLOAT } } }] })),
    );
    expect(error.code).to.equal("LIRPA_MODEL");
    expect(error.message).to.include('"x" has no shape');
    expect(error.hint).to.be.a("string");
  });

  it("must be tensors of numbers, and have names", async () => {
    expect(await complaint(readModel(write({ input: [{ name: "x", type: { sequenceType: {} } }] })))).to.include(
      '"x" is not a tensor',
    );
    expect(await complaint(readModel(write({ input: [{ name: "x" }] })))).to.include('"x" is not a tensor');
    expect(await complaint(readModel(write({ input: [valueInfo("x", [], DataType.STRING)] })))).to.include("STRING");
    expect(await complaint(readModel(write({ input: [valueInfo("", [])] })))).to.include("no name");
  });

  it("are described in one line", () => {
    expect(describeInput({ name: "x", shape: ["batch", 3, 32, 32], dtype: "float" })).to.equal(
      "x: float[batch, 3, 32, 32]",
    );
    expect(describeInput({ name: "k", shape: [], dtype: "int" })).to.equal("k: int[]");
  });
});
