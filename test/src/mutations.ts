import onnxProto, { type onnx as Onnx } from "onnx-proto";
import { seeded } from "./graphs.js";

const { onnx } = onnxProto;

type Model = Onnx.ModelProto;
type Graph = Onnx.GraphProto;

/** Draws of one mutation, the same for the same seed. */
export class Draws {
  private readonly random: () => number;

  constructor(seed: number) {
    this.random = seeded(seed);
    for (let i = 0; i < 5; i++) this.random();
  }

  below(count: number): number {
    return Math.min(count - 1, Math.floor(((this.random() + 1) / 2) * count));
  }

  of<T>(list: readonly T[]): T | undefined {
    return list.length === 0 ? undefined : list[this.below(list.length)];
  }
}

const SIZES = [
  0,
  1,
  -1,
  2,
  3,
  7,
  -2,
  1000,
  65536,
  2 ** 20,
  2 ** 24,
  2 ** 28,
  2 ** 31,
  2 ** 40,
  2 ** 53,
  -(2 ** 31),
  -(2 ** 62),
];
const NUMBERS = [0, -0, 1, -1, 1e-30, 1e30, -1e38, 3.4e38, Infinity, -Infinity, NaN, 0.5];
const TYPES = [1, 2, 3, 5, 6, 7, 9, 10, 11, 12, 13, 16, 8, 14, 99];

const graphOf = (model: Model): Graph => model.graph as Graph;
const nodesOf = (model: Model): Onnx.NodeProto[] => graphOf(model).node as Onnx.NodeProto[];
const storedIn = (model: Model): Onnx.TensorProto[] => graphOf(model).initializer as Onnx.TensorProto[];

function valuesIn(model: Model): string[] {
  return [
    ...graphOf(model).input.map(({ name }) => name ?? ""),
    ...storedIn(model).map(({ name }) => name),
    ...nodesOf(model).flatMap(({ output }) => output),
  ];
}

function integers(name: string, values: readonly number[]): Onnx.TensorProto {
  const data = BigInt64Array.from(values.map((value) => BigInt(Math.trunc(value))));
  return onnx.TensorProto.create({
    name,
    dataType: 7,
    dims: [values.length],
    rawData: new Uint8Array(data.buffer),
  }) as Onnx.TensorProto;
}

/** Puts a node that grows what one node reads in front of that node. */
function grow(model: Model, draws: Draws): void {
  const reader = draws.of(nodesOf(model).filter(({ input }) => input.length > 0));
  if (reader === undefined) return;
  const name = `grown${nodesOf(model).length}`;
  const from = reader.input[0]!;
  const size = Math.abs(draws.of(SIZES)!);
  const sizes = Array.from({ length: 1 + draws.below(4) }, () => (draws.below(2) === 0 ? 1 : size));
  const stored = (values: readonly number[]): string => {
    const tensor = integers(`${name}c${storedIn(model).length}`, values);
    graphOf(model).initializer.push(tensor);
    return tensor.name;
  };
  const scalar = (value: number): string => {
    const tensor = stored([value]);
    storedIn(model).at(-1)!.dims = [];
    return tensor;
  };
  const made = [
    (): [string, string[]] => ["Expand", [from, stored(sizes)]],
    (): [string, string[]] => ["Tile", [from, stored(sizes)]],
    (): [string, string[]] => ["Pad", [from, stored([...sizes, ...sizes])]],
    (): [string, string[]] => ["ConstantOfShape", [stored(sizes)]],
    (): [string, string[]] => ["Range", [scalar(0), scalar(size), scalar(1)]],
    (): [string, string[]] => ["Reshape", [from, stored(sizes)]],
    (): [string, string[]] => ["Gather", [from, stored(sizes)]],
    (): [string, string[]] => ["CumSum", [from, scalar(0)]],
    (): [string, string[]] => ["Concat", Array.from({ length: 2 + draws.below(6) }, () => from)],
    (): [string, string[]] => ["Resize", [from, "", "", stored(sizes)]],
  ][draws.below(10)]!();
  const attribute =
    made[0] === "Concat" ? [onnx.AttributeProto.create({ name: "axis", type: 2, i: draws.below(3) })] : [];
  const repeats = made[0] === "Concat" ? 1 + draws.below(40) : 1;
  const nodes = Array.from({ length: repeats }, (_, i) =>
    onnx.NodeProto.create({
      opType: made[0],
      name: `${name}_${i}`,
      output: [`${name}_${i}`],
      attribute,
      input: i === 0 ? made[1] : made[1].map(() => `${name}_${i - 1}`),
    }),
  );
  const at = nodesOf(model).indexOf(reader);
  reader.input[0] = `${name}_${repeats - 1}`;
  nodesOf(model).splice(at, 0, ...(nodes as Onnx.NodeProto[]));
}

/** What may go wrong with a model, each in its own way. */
const MUTATIONS: readonly ((model: Model, draws: Draws) => void)[] = [
  grow,
  grow,
  function dims(model, draws) {
    const tensor = draws.of(storedIn(model));
    if (tensor !== undefined && tensor.dims.length > 0) tensor.dims[draws.below(tensor.dims.length)] = draws.of(SIZES)!;
  },
  function storedInteger(model, draws) {
    const tensor = draws.of(storedIn(model).filter(({ dataType, rawData }) => dataType === 7 && rawData.length >= 8));
    if (tensor === undefined) return;
    const data = new BigInt64Array(new Uint8Array(tensor.rawData).buffer);
    data[draws.below(data.length)] = BigInt(draws.of(SIZES)!);
    tensor.rawData = new Uint8Array(data.buffer);
  },
  function dtype(model, draws) {
    const tensor = draws.of(storedIn(model));
    if (tensor !== undefined) tensor.dataType = draws.of(TYPES)!;
  },
  function dtypeOfFour(model, draws) {
    const tensor = draws.of(storedIn(model).filter(({ dataType }) => dataType === 1));
    if (tensor !== undefined) tensor.dataType = draws.of([6, 12])!;
  },
  function attributeNumber(model, draws) {
    const attribute = draws.of(nodesOf(model).flatMap((node) => node.attribute as Onnx.AttributeProto[]));
    if (attribute === undefined) return;
    if (attribute.type === 2) attribute.i = draws.of(SIZES)!;
    if (attribute.type === 1) attribute.f = draws.of(NUMBERS)!;
    if (attribute.type === 7 && attribute.ints.length > 0)
      attribute.ints[draws.below(attribute.ints.length)] = draws.of(SIZES)!;
    if (attribute.type === 3) attribute.s = Uint8Array.of(110, 111);
  },
  function attributeLength(model, draws) {
    const attribute = draws.of(
      nodesOf(model)
        .flatMap((node) => node.attribute as Onnx.AttributeProto[])
        .filter(({ type }) => type === 7),
    );
    if (attribute !== undefined)
      attribute.ints = draws.below(2) === 0 ? attribute.ints.slice(1) : [...attribute.ints, draws.of(SIZES)!];
  },
  function attributeGone(model, draws) {
    const node = draws.of(nodesOf(model).filter(({ attribute }) => attribute.length > 0));
    node?.attribute.splice(draws.below(node.attribute.length), 1);
  },
  function attributeType(model, draws) {
    const attribute = draws.of(nodesOf(model).flatMap((node) => node.attribute as Onnx.AttributeProto[]));
    if (attribute !== undefined) attribute.type = draws.of([0, 1, 2, 3, 4, 5, 6, 7, 8])!;
  },
  function type(model, draws) {
    const [one, other] = [draws.of(nodesOf(model)), draws.of(nodesOf(model))];
    one!.opType = draws.of([
      other!.opType,
      "Softmax",
      "Reshape",
      "constructor",
      "Conv",
      "MatMul",
      "Where",
      "Equal",
      "ReduceSum",
      "Not",
      "Pow",
    ])!;
  },
  function input(model, draws) {
    const node = draws.of(nodesOf(model).filter((one) => one.input.length > 0));
    if (node !== undefined) node.input[draws.below(node.input.length)] = draws.of([...valuesIn(model), "", "nothing"])!;
  },
  function inputs(model, draws) {
    const node = draws.of(nodesOf(model));
    if (draws.below(2) === 0) node!.input.push(draws.of(valuesIn(model))!);
    else node!.input.pop();
  },
  function swapped(model, draws) {
    draws.of(nodesOf(model))!.input.reverse();
  },
  function output(model, draws) {
    const node = draws.of(nodesOf(model).filter((one) => one.output.length > 0));
    if (node !== undefined) node.output[0] = draws.of([...valuesIn(model), "", "lost"])!;
  },
  function names(model, draws) {
    const [one, other] = [draws.of(nodesOf(model)), draws.of(nodesOf(model))];
    one!.name = draws.of([other!.name, "", "__proto__"])!;
  },
  function order(model) {
    nodesOf(model).reverse();
  },
  function gone(model, draws) {
    nodesOf(model).splice(draws.below(nodesOf(model).length), 1);
  },
  function twice(model, draws) {
    nodesOf(model).push(draws.of(nodesOf(model))!);
  },
  function inputShape(model, draws) {
    const info = draws.of(graphOf(model).input);
    const dim = draws.of(info?.type?.tensorType?.shape?.dim ?? []);
    if (dim !== undefined) Object.assign(dim, { dimValue: draws.of(SIZES)! });
  },
  function inputType(model, draws) {
    const info = draws.of(graphOf(model).input)?.type?.tensorType;
    if (info != null) info.elemType = draws.of(TYPES)!;
  },
  function inputGone(model, draws) {
    graphOf(model).input.splice(draws.below(graphOf(model).input.length), 1);
  },
  function storedGone(model, draws) {
    if (storedIn(model).length > 0) graphOf(model).initializer.splice(draws.below(storedIn(model).length), 1);
  },
  function opset(model, draws) {
    const one = draws.of(model.opsetImport);
    if (one !== undefined) one.version = draws.of([1, 6, 7, 9, 11, 13, 18, 21, 30, -1, 0, 2 ** 40])!;
  },
];

/** The bytes of a model in which a few things went wrong. */
export function mutated(bytes: Uint8Array, seed: number): Uint8Array {
  const draws = new Draws(seed);
  const model = onnx.ModelProto.decode(bytes);
  for (let i = 0; i <= draws.below(3); i++)
    if (nodesOf(model).length > 0) MUTATIONS[draws.below(MUTATIONS.length)]!(model, draws);
  const written = onnx.ModelProto.encode(model).finish();
  if (draws.below(12) === 0) return written.slice(0, draws.below(written.length));
  if (draws.below(12) === 0) written[draws.below(written.length)] = draws.below(256);
  return written;
}
