import onnxProto from "onnx-proto";
import { LirpaError } from "../plugin/errors.js";
import type { DType, HostTensor } from "../plugin/tensor.js";
import { BYTES } from "../tensor/extent.js";
import type { NodeAttributes } from "../tensor/lowering.js";

const { onnx } = onnxProto;

/** The opset that emitted programs use, and the oldest file format that carries it. */
const OPSET = 17;
const IR_VERSION = 8;
/** What protocol buffers encode at most, less what nodes take. */
const MOST_BYTES = 2 ** 31 - 2 ** 26;
const TYPES = { float: 1, int: 7, bool: 9 } as const;

/** Collects nodes, inputs and outputs of one ONNX graph; `finish` encodes it. */
export class OnnxModelWriter {
  private readonly nodes: InstanceType<typeof onnx.NodeProto>[] = [];
  private readonly inputs: InstanceType<typeof onnx.ValueInfoProto>[] = [];
  private readonly outputs: InstanceType<typeof onnx.ValueInfoProto>[] = [];
  private readonly shapes = new Map<string, InstanceType<typeof onnx.ValueInfoProto>>();
  private count = 0;

  constructor(private readonly name: string) {}

  freshName(hint: string): string {
    return `${hint}_${this.count++}`;
  }

  node(type: string, inputs: readonly string[], outputs: readonly string[], attributes: NodeAttributes): void {
    const attribute = Object.entries(attributes).map(([name, value]) => attributeProto(name, value));
    const name = outputs[outputs.length - 1]!;
    this.nodes.push(onnx.NodeProto.create({ opType: type, name, input: [...inputs], output: [...outputs], attribute }));
  }

  input(name: string, dtype: DType, dims: readonly (number | string)[]): void {
    this.inputs.push(valueInfo(name, dtype, dims));
  }

  output(name: string, dtype: DType, dims: readonly (number | string)[]): void {
    this.outputs.push(valueInfo(name, dtype, dims));
  }

  /** The shape of what a node gives. */
  shape(name: string, dtype: DType, dims: readonly (number | string)[]): void {
    this.shapes.set(name, valueInfo(name, dtype, dims));
  }

  /** The model's bytes. Only nodes that an output needs are written, and constants that such a node reads. */
  finish(constants: ReadonlyMap<string, HostTensor>, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
    const nodes = this.neededNodes();
    const used = new Set(nodes.flatMap((node) => node.input ?? []));
    const written = [...constants].filter(([name]) => used.has(name));
    const bytes = written.reduce((sum, [, { data, dtype }]) => sum + data.length * BYTES[dtype], 0);
    if (bytes > MOST_BYTES) {
      const taken = `${Math.ceil(bytes / 2 ** 20)} MiB`;
      throw new LirpaError("LIRPA_MEMORY", `the constants of ${this.name} take ${taken}; a program holds 2 GiB`);
    }
    const initializer = written.map(([name, value]) => tensorProto(name, value));
    const valueInfo = nodes.flatMap(({ output }) => (output ?? []).flatMap((name) => this.shapes.get(name) ?? []));
    const graph = onnx.GraphProto.create({
      name: this.name,
      node: nodes,
      input: this.inputs,
      output: this.outputs,
      initializer,
      valueInfo,
    });
    const model = onnx.ModelProto.create({
      irVersion: IR_VERSION,
      producerName: "lirpa",
      opsetImport: [onnx.OperatorSetIdProto.create({ domain: "", version: OPSET })],
      graph,
      metadataProps: Object.entries(metadata).map(([key, value]) => onnx.StringStringEntryProto.create({ key, value })),
    });
    return onnx.ModelProto.encode(model).finish();
  }

  /** Some lowerings take what is before their operands, which nothing else may read then. */
  private neededNodes(): InstanceType<typeof onnx.NodeProto>[] {
    const needed = new Set(this.outputs.map(({ name }) => name));
    const kept = this.nodes
      .slice()
      .reverse()
      .filter(({ input, output }) => {
        const keep = (output ?? []).some((name) => needed.has(name));
        if (keep) for (const name of input ?? []) needed.add(name);
        return keep;
      });
    return kept.reverse();
  }
}

function valueInfo(
  name: string,
  dtype: DType,
  dims: readonly (number | string)[],
): InstanceType<typeof onnx.ValueInfoProto> {
  const dim = dims.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  return onnx.ValueInfoProto.create({ name, type: { tensorType: { elemType: TYPES[dtype], shape: { dim } } } });
}

function attributeProto(name: string, value: number | readonly number[]): InstanceType<typeof onnx.AttributeProto> {
  const { AttributeType } = onnx.AttributeProto;
  return typeof value === "number"
    ? onnx.AttributeProto.create({ name, type: AttributeType.INT, i: value })
    : onnx.AttributeProto.create({ name, type: AttributeType.INTS, ints: [...value] });
}

function tensorProto(name: string, { shape, dtype, data }: HostTensor): InstanceType<typeof onnx.TensorProto> {
  return onnx.TensorProto.create({ name, dataType: TYPES[dtype], dims: [...shape], rawData: bytesOf(dtype, data) });
}

function bytesOf(dtype: DType, data: HostTensor["data"]): Uint8Array {
  if (dtype === "bool") return Uint8Array.from(data);
  if (dtype === "int") return new Uint8Array(BigInt64Array.from(Array.from(data, int64)).buffer);
  const floats = data instanceof Float32Array ? data : new Float32Array(data);
  return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
}

/** The greatest int64 reads as 2^63, which would wrap around to the least one. */
function int64(value: number): bigint {
  return BigInt(Math.min(Math.max(value, -(2 ** 63)), 2 ** 63 - 1024));
}
