import type { HostTensor } from "@lirpa/core/plugin";
import { expect } from "chai";
import onnxProto, { type onnx } from "onnx-proto";
import { readModel } from "./index.js";
import { complaint, DataType, failure, floats, rawBytes, write } from "./support.test.js";

async function read(tensor: onnx.ITensorProto): Promise<HostTensor> {
  const graph = await readModel(write({ initializer: [{ name: "w", ...tensor }] }));
  return graph.initializers.get("w")!;
}

interface Case {
  readonly type: number;
  readonly dtype: HostTensor["dtype"];
  readonly values: readonly number[];
  readonly raw: ArrayBufferView;
  readonly field: onnx.ITensorProto;
}

const integers = (
  type: number,
  raw: ArrayBufferView & ArrayLike<number>,
  field: "int32Data" | "uint64Data" = "int32Data",
): Case => {
  const values = Array.from(raw);
  return { type, dtype: "int", values, raw, field: { [field]: values } };
};

const cases: readonly Case[] = [
  {
    type: DataType.FLOAT,
    dtype: "float",
    values: [1.5, -0.25, 3],
    raw: Float32Array.of(1.5, -0.25, 3),
    field: { floatData: [1.5, -0.25, 3] },
  },
  {
    type: DataType.DOUBLE,
    dtype: "float",
    values: [0.1, -1e300],
    raw: Float64Array.of(0.1, -1e300),
    field: { doubleData: [0.1, -1e300] },
  },
  {
    // One, minus two, the greatest and the smallest positive value, the greatest subnormal one.
    type: DataType.FLOAT16,
    dtype: "float",
    values: [1, -2, 65504, 2 ** -24, 1023 * 2 ** -24],
    raw: Uint16Array.of(0x3c00, 0xc000, 0x7bff, 1, 0x03ff),
    field: { int32Data: [0x3c00, 0xc000, 0x7bff, 1, 0x03ff] },
  },
  {
    type: DataType.BFLOAT16,
    dtype: "float",
    values: [1, -2, 3.140625],
    raw: Uint16Array.of(0x3f80, 0xc000, 0x4049),
    field: { int32Data: [0x3f80, 0xc000, 0x4049] },
  },
  integers(DataType.INT8, Int8Array.of(-128, 127, 0)),
  integers(DataType.INT16, Int16Array.of(-32768, 32767)),
  integers(DataType.INT32, Int32Array.of(-(2 ** 31), 2 ** 31 - 1)),
  integers(DataType.UINT8, Uint8Array.of(0, 255)),
  integers(DataType.UINT16, Uint16Array.of(0, 65535)),
  integers(DataType.UINT32, Uint32Array.of(0, 2 ** 32 - 1), "uint64Data"),
  {
    type: DataType.INT64,
    dtype: "int",
    values: [-3, 2 ** 40],
    raw: BigInt64Array.of(-3n, 2n ** 40n),
    field: { int64Data: [-3, 2 ** 40] },
  },
  {
    type: DataType.UINT64,
    dtype: "int",
    values: [7, 2 ** 40],
    raw: BigUint64Array.of(7n, 2n ** 40n),
    field: { uint64Data: [7, 2 ** 40] },
  },
  {
    type: DataType.BOOL,
    dtype: "bool",
    values: [1, 0, 1],
    raw: Uint8Array.of(1, 0, 2),
    field: { int32Data: [1, 0, 2] },
  },
];

describe("tensors", () => {
  for (const { type, dtype, values, raw, field } of cases) {
    const name = DataType[type]!;
    it(`of type ${name} are read from raw bytes and from numbers`, async () => {
      const shape = [1, values.length];
      for (const stored of [{ rawData: rawBytes(raw) }, field]) {
        const tensor = await read({ dataType: type, dims: shape, ...stored });
        expect(tensor).to.deep.include({ shape, dtype });
        expect([...tensor.data]).to.deep.equal(values);
      }
    });

    it(`of type ${name} must have exactly the bytes of their shape`, async () => {
      const bytes = rawBytes(raw);
      const wrong = [{ rawData: bytes.subarray(1) }, { rawData: Uint8Array.of(...bytes, 0) }, {}];
      for (const stored of wrong) {
        expect(await complaint(read({ dataType: type, dims: [values.length], ...stored }))).to.match(
          /initializer "w" of shape \[\d\].*needs/,
        );
      }
      expect(await complaint(read({ dataType: type, dims: [values.length + 1], ...field }))).to.include(
        `needs ${values.length + 1} values`,
      );
    });
  }

  it("hold floats up to 32 bits as a Float32Array, all else as a Float64Array", async () => {
    for (const { type, field, values } of cases) {
      const narrow = [DataType.FLOAT, DataType.FLOAT16, DataType.BFLOAT16].includes(type);
      const { data } = await read({ dataType: type, dims: [values.length], ...field });
      expect(data).to.be.instanceOf(narrow ? Float32Array : Float64Array);
    }
  });

  it("may be scalars, or empty", async () => {
    expect(await read(floats("w", [], [4]))).to.deep.equal({ shape: [], dtype: "float", data: Float32Array.of(4) });
    expect(await read(floats("w", [0, 3], []))).to.deep.equal({
      shape: [0, 3],
      dtype: "float",
      data: new Float32Array(0),
    });
  });

  it("turn the ends of int64 into the nearest numbers", async () => {
    const ends = BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n));
    expect([...(await read({ dataType: DataType.INT64, dims: [2], rawData: rawBytes(ends) })).data]).to.deep.equal([
      2 ** 63,
      -(2 ** 63),
    ]);
  });

  it("are read wherever they lie in the file, and share no memory with it", async () => {
    for (let shift = 0; shift < 8; shift++) {
      const model = write({ name: "n".repeat(shift + 1), initializer: [floats("w", [2], [1.5, -2.5])] });
      const file = new Uint8Array(model.length + shift);
      file.set(model, shift);
      const graph = await readModel(Buffer.from(file.buffer, shift));
      file.fill(255);
      expect([...graph.initializers.get("w")!.data]).to.deep.equal([1.5, -2.5]);
    }
  });

  it("of other types are refused with a list of what is supported", async () => {
    for (const [type, name] of [
      [DataType.STRING, "STRING"],
      [DataType.COMPLEX64, "COMPLEX64"],
      [17, "FLOAT8E4M3FN"],
      [22, "INT4"],
      [99, "number 99"],
      [0, "UNDEFINED"],
    ] as const) {
      const error = await failure(read({ dataType: type, dims: [0] }));
      expect(error.code).to.equal("LIRPA_MODEL");
      expect(error.message).to.include('"w"').and.include(name);
      expect(error.hint).to.include("BFLOAT16");
    }
  });

  it("of impossible shapes are refused before any memory is asked for", async () => {
    for (const dims of [[-1], [2 ** 40, 2 ** 40], [1, -3]]) {
      expect(await complaint(read({ dataType: DataType.FLOAT, dims }))).to.include("impossible shape");
    }
    expect(await complaint(read({ dataType: DataType.FLOAT, dims: [2 ** 45] }))).to.include("needs");
  });

  it("in segments or with their values twice are refused", async () => {
    expect(await complaint(read({ ...floats("w", [1], [1]), segment: { begin: 0, end: 1 } }))).to.include("segments");
    expect(await complaint(read({ ...floats("w", [1], [1]), floatData: [1] }))).to.include("twice");
  });

  it("must have a name where they are initializers", async () => {
    const nameless = onnxProto.onnx.TensorProto.create(floats("", [], [1]));
    expect(await complaint(readModel(write({ initializer: [nameless] })))).to.include("no name");
  });
});
