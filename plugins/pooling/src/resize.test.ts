import { expect } from "chai";
import onnxProto from "onnx-proto";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { composeLirpa, readAttributes, type Model } from "@lirpa/core";
import { evaluate, vjp, Vocabulary } from "@lirpa/core/recording";
import type { HostTensor, RawAttributes } from "@lirpa/core/plugin";
import { referenceExecutor } from "@lirpa/executor-reference";
import { readModel } from "@lirpa/onnx";
import plugin from "./index.js";

const { onnx } = onnxProto;
const { AttributeType } = onnx.AttributeProto;

interface Case {
  readonly type?: "Resize" | "Upsample";
  readonly opset: number;
  readonly shape: readonly number[];
  /** The inputs after X. */
  readonly scales?: readonly number[];
  readonly sizes?: readonly number[];
  readonly attributes?: RawAttributes;
}

const nearest = (nearest_mode: string, coordinate_transformation_mode: string): RawAttributes => ({
  mode: "nearest",
  nearest_mode,
  coordinate_transformation_mode,
});
const linear = (coordinate_transformation_mode: string): RawAttributes => ({
  mode: "linear",
  coordinate_transformation_mode,
});
const COORDINATES = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"];
const FACTORS = [
  [1, 1, 2, 3],
  [1, 1, 1.5, 0.6],
  [1, 1, 0.5, 1.7],
  [1, 1, 1 / 3, 2.5],
];

const CASES: readonly Case[] = [
  ...["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"].flatMap((rounding) =>
    COORDINATES.flatMap((coordinates) =>
      FACTORS.map((scales) => ({ opset: 13, shape: [1, 2, 4, 5], scales, attributes: nearest(rounding, coordinates) })),
    ),
  ),
  ...COORDINATES.flatMap((coordinates) =>
    FACTORS.map((scales) => ({ opset: 13, shape: [1, 2, 4, 5], scales, attributes: linear(coordinates) })),
  ),
  ...[
    [1, 2, 7, 3],
    [1, 2, 1, 9],
    [1, 2, 4, 5],
  ].flatMap((sizes) => [
    { opset: 11, shape: [1, 2, 4, 5], sizes, attributes: linear("half_pixel") },
    { opset: 18, shape: [1, 2, 4, 5], sizes, attributes: nearest("floor", "asymmetric") },
    { opset: 18, shape: [1, 2, 4, 5], sizes, attributes: linear("align_corners") },
  ]),
  { opset: 11, shape: [1, 2, 4, 5], scales: [1, 1, 2, 0.5], attributes: nearest("floor", "tf_half_pixel_for_nn") },
  { opset: 18, shape: [1, 2, 4, 5], scales: [3, 2], attributes: { ...nearest("floor", "asymmetric"), axes: [3, 2] } },
  { opset: 19, shape: [1, 1, 4, 5], scales: [1, 1, 1.7, 0.6], attributes: linear("half_pixel_symmetric") },
  { opset: 10, shape: [1, 2, 4, 5], scales: [1, 1, 2, 1.5], attributes: { mode: "nearest" } },
  { opset: 10, shape: [1, 2, 4, 5], scales: [1, 1, 0.6, 0.4], attributes: { mode: "nearest" } },
  { opset: 10, shape: [1, 2, 4, 5], scales: [1, 1, 1.5, 0.5], attributes: { mode: "linear" } },
  { type: "Upsample", opset: 9, shape: [1, 2, 4, 5], scales: [1, 1, 2, 3], attributes: { mode: "nearest" } },
  { type: "Upsample", opset: 9, shape: [1, 2, 4, 5], scales: [1, 1, 2, 3], attributes: { mode: "linear" } },
  { type: "Upsample", opset: 8, shape: [1, 2, 4, 5], attributes: { mode: "nearest", scales: [1, 1, 2, 1.5] } },
  { opset: 13, shape: [1, 1, 2, 3, 4], scales: [1, 1, 2, 1.5, 0.5], attributes: linear("half_pixel") },
  { opset: 13, shape: [3, 4], scales: [2, 1.5], attributes: linear("half_pixel") },
];

describe("Resize and Upsample", function () {
  this.timeout(60_000);

  it("agree with ONNX Runtime in every mode that it has", async () => {
    const failures: string[] = [];
    for (const example of CASES) {
      const bytes = encode(example);
      const size = example.shape.reduce((product, axis) => product * axis, 1);
      const x = Float32Array.from({ length: size }, (_, i) => Math.sin(3 * i) + i / 7);
      const session = await InferenceSession.create(bytes, { logSeverityLevel: 3 });
      const wanted = (await session.run({ x: new Tensor("float32", x, [...example.shape]) }))["y"]!;
      const { y } = await (await load(bytes)).forward({ x });
      const worst = [...(wanted.data as Float32Array)].reduce(
        (most, value, i) => Math.max(most, Math.abs(value - y!.data[i]!)),
        0,
      );
      if (y!.shape.join() !== wanted.dims.join() || !(worst < 1e-5))
        failures.push(`${JSON.stringify(example)}: ${worst}, [${y!.shape.join()}] for [${wanted.dims.join()}]`);
      await session.release();
    }
    expect(failures, failures.join("\n")).deep.equal([]);
  });

  it("have weights that are not negative and add up to one", () => {
    for (const example of CASES) {
      const t = new Vocabulary();
      const operator = plugin.operators.find(({ type }) => type === (example.type ?? "Resize"))!;
      if (operator.kind !== "linear") throw new Error("not linear");
      const slots = slotsOf(example);
      const attributes = readAttributes(operator, example.attributes ?? {}, {
        node: "node",
        opset: example.opset,
        shapes: [example.shape, ...slots.map((slot) => slot?.shape)],
        constants: [undefined, ...slots],
        names: [],
        isRead: [true],
      });
      const x = t.input({ name: "x", shape: example.shape, dtype: "float", instances: false, rows: undefined });
      const y = operator.forward({ t, attributes, node: "node" }, x);
      if (Array.isArray(y)) throw new Error("one output");
      const node = t.node(y as ReturnType<Vocabulary["node"]>);
      const ones = {
        x: {
          shape: [1, 1, ...example.shape],
          dtype: "float" as const,
          data: new Float64Array(example.shape.reduce((a, b) => a * b, 1)).fill(1),
        },
      };
      for (const value of evaluate([node], ones)[0]!.data) expect(value).closeTo(1, 1e-12);
      // One output element's weights are its gradient.
      const unit = Float64Array.from({ length: node.shape.reduce((a, b) => a * b, 1) }, (_, i) => Number(i === 1));
      const [weights] = vjp(t, [node], [t.constant({ shape: node.shape, dtype: "float", data: unit })], [x]);
      for (const weight of evaluate([weights!], ones)[0]!.data) expect(weight).at.least(0);
    }
  });

  it("refuse what is not linear with nonnegative weights, and what is missing", async () => {
    const code = async (example: Partial<Case>) => {
      try {
        (await load(encode({ opset: 18, shape: [1, 1, 4, 4], ...example }))).check();
      } catch (error) {
        return String((error as { code?: unknown }).code);
      }
      return "none";
    };
    const scales = [1, 1, 0.5, 2];
    expect(await code({ scales, attributes: { mode: "cubic" } })).equal("LIRPA_UNSUPPORTED_ATTRIBUTE");
    expect(await code({ scales, attributes: { ...linear("half_pixel"), antialias: 1 } })).equal(
      "LIRPA_UNSUPPORTED_ATTRIBUTE",
    );
    expect(await code({ scales, attributes: linear("tf_crop_and_resize") })).equal("LIRPA_UNSUPPORTED_ATTRIBUTE");
    expect(await code({ sizes: [1, 1, 8, 8], attributes: { keep_aspect_ratio_policy: "not_larger" } })).equal(
      "LIRPA_UNSUPPORTED_ATTRIBUTE",
    );
    expect(await code({ scales, attributes: { nearest_mode: "up" } })).equal("LIRPA_ATTRIBUTE");
    expect(await code({ scales: [1, 2] })).equal("LIRPA_ATTRIBUTE");
    expect(await code({ scales: [1, 1, 0.1, 1] })).equal("LIRPA_ATTRIBUTE");
    expect(await code({})).equal("LIRPA_ATTRIBUTE");
  });
});

async function load(bytes: Uint8Array): Promise<Model> {
  return composeLirpa({ plugins: [plugin], executor: referenceExecutor() }).model(await readModel(bytes));
}

/** The constants after X, in the order of the opset. */
function slotsOf({ type, opset, scales, sizes }: Case): (HostTensor | undefined)[] {
  const list = (values: readonly number[] | undefined, dtype: "float" | "int"): HostTensor | undefined =>
    values && {
      shape: [values.length],
      dtype,
      data: dtype === "float" ? Float32Array.from(values) : Float64Array.from(values),
    };
  if (type === "Upsample" || opset < 11) return [list(scales, "float")];
  // Before opset 13 an absent list is an empty one.
  const none = opset < 13 ? [] : undefined;
  return [list(none, "float"), list(scales ?? none, "float"), list(sizes, "int")];
}

/** A model x → y of one node. */
function encode(example: Case): Uint8Array {
  const { type = "Resize", opset, shape, attributes = {} } = example;
  const slots = slotsOf(example);
  const last = slots.findLastIndex((slot) => slot !== undefined);
  const initializer = slots.flatMap((slot, i) =>
    slot === undefined
      ? []
      : [
          {
            name: `c${i}`,
            dims: [...slot.shape],
            dataType: slot.dtype === "float" ? 1 : 7,
            ...(slot.dtype === "float" ? { floatData: [...slot.data] } : { int64Data: [...slot.data] }),
          },
        ],
  );
  const attribute = Object.entries(attributes).map(([name, value]) => {
    if (typeof value === "string") return { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) };
    if (typeof value === "number") return { name, type: AttributeType.INT, i: value };
    const numbers = value as readonly number[];
    return name === "scales"
      ? { name, type: AttributeType.FLOATS, floats: [...numbers] }
      : { name, type: AttributeType.INTS, ints: [...numbers] };
  });
  return onnx.ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: "", version: opset }],
    graph: {
      name: "one",
      input: [
        { name: "x", type: { tensorType: { elemType: 1, shape: { dim: shape.map((dimValue) => ({ dimValue })) } } } },
      ],
      output: [{ name: "y", type: { tensorType: { elemType: 1 } } }],
      initializer,
      node: [
        {
          name: "node",
          opType: type,
          input: ["x", ...slots.slice(0, last + 1).map((slot, i) => (slot === undefined ? "" : `c${i}`))],
          output: ["y"],
          attribute,
        },
      ],
    },
  }).finish();
}
