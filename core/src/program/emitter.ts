import { LirpaError } from "../plugin/errors.js";
import type { DType, HostTensor } from "../plugin/tensor.js";
import type { IrNode, RowSpace } from "../tensor/ir.js";
import type { Dim, Lowering, NodeAttributes } from "../tensor/lowering.js";
import { topological } from "../tensor/order.js";
import { inputOf, type InputAttributes } from "../tensor/primitives/leaves.js";
import { showShape, sizeOf } from "../tensor/shapes.js";
import { OnnxModelWriter } from "./onnx-writer.js";

const INSTANCES = "instances";
/** Up to this size constants are compared number by number. */
const FEW_NUMBERS = 16;

/** Lowers nodes to ONNX: the one implementation of what lowerings may say. */
export class Emitter implements Lowering {
  private readonly writer: OnnxModelWriter;
  private readonly names = new Map<IrNode, string>();
  private readonly constants = new Map<string, HostTensor>();
  private readonly derivedNames = new Map<string, string>();
  private readonly initializers = new Map<string, string>();
  private readonly dataIds = new Map<HostTensor["data"], number>();
  private readonly nodes = new Map<string, string>();
  private readonly reshaped = new Map<string, string>();
  private readonly dtypes = new Map<string, DType>();
  private readonly sizes = new Map<string, string>();
  private readonly inputs = new Map<string, InputAttributes>();

  constructor(name: string) {
    this.writer = new OnnxModelWriter(name);
  }

  /** Lowers everything that the outputs need and returns the model's bytes. */
  emit(outputs: Readonly<Record<string, IrNode>>, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
    // ONNX Runtime runs what stands last in the file first, as far as it may. So it will run the first addend of a sum
    // before the second one: a bound's terms as they come, rather than keep every layer's coefficients to the end.
    const order = topological(Object.values(outputs), "last");
    for (const node of order) {
      if (inputOf(node) !== undefined) this.names.set(node, node.primitive.lower(this, node, []));
    }
    for (const node of order) {
      if (this.names.has(node)) continue;
      const name = node.primitive.lower(
        this,
        node,
        node.inputs.map((input) => this.names.get(input)!),
      );
      this.names.set(node, name);
      this.announce(name, node.dtype, this.symbolic(node));
    }
    for (const [name, node] of Object.entries(outputs).toReversed()) {
      this.writer.node("Identity", [this.names.get(node)!], [name], {});
    }
    for (const [name, node] of Object.entries(outputs)) this.writer.output(name, node.dtype, this.symbolic(node));
    return this.writer.finish(this.constants, metadata);
  }

  /** What holds a node that was lowered before. */
  nameOf(node: IrNode): string {
    return this.names.get(node)!;
  }

  /** Equal operations are one node: what is the same behind a fact and before it, and what lowerings make besides. */
  node(type: string, inputs: readonly string[], attributes: NodeAttributes = {}, output = 0): string {
    const key = [type, output, ...Object.entries(attributes).map(attributeKey), ...inputs].join("|");
    let name = this.nodes.get(key);
    if (name === undefined) {
      const outputs = Array.from({ length: output + 1 }, () => this.writer.freshName(type));
      this.writer.node(type, inputs, outputs, attributes);
      this.nodes.set(key, (name = outputs[output]!));
    }
    return name;
  }

  input(attributes: InputAttributes): string {
    const { name, dtype, shape, instances, rows } = attributes;
    this.inputs.set(name, attributes);
    this.dtypes.set(name, dtype);
    this.writer.input(name, dtype, [instances ? INSTANCES : 1, rows?.size ?? rows?.name ?? 1, ...shape]);
    return name;
  }

  /**
   * Equal constants are one initializer: ONNX Runtime's passes over a large model grow with their number. `dims` is
   * copied: a lowering may go on with its array. Throws `LIRPA_INTERNAL` where the numbers do not fill `dims`.
   */
  initializer(value: HostTensor, dims: readonly number[]): string {
    checkFilled(value, dims);
    const key = `${value.dtype}|${dims.join(",")}|${this.contentOf(value.data)}`;
    let name = this.initializers.get(key);
    if (name === undefined) {
      name = this.writer.freshName("constant");
      this.constants.set(name, { ...value, shape: Object.freeze([...dims]) });
      this.initializers.set(key, name);
    }
    return name;
  }

  isConstant(name: string): boolean {
    return this.constants.has(name);
  }

  /** A constant that is computed from another one, once for all nodes that want the same. */
  derived(name: string, what: string, compute: (constant: HostTensor) => HostTensor): string {
    const key = `${name}|${what}`;
    let result = this.derivedNames.get(key);
    if (result === undefined) {
      const value = compute(this.constants.get(name)!);
      this.derivedNames.set(key, (result = this.initializer(value, value.shape)));
    }
    return result;
  }

  ints(values: readonly number[]): string {
    return this.initializer({ shape: [values.length], dtype: "int", data: Float64Array.from(values) }, [values.length]);
  }

  /** Few numbers by their values, many by the array that holds them. */
  private contentOf(data: HostTensor["data"]): string {
    if (data.length <= FEW_NUMBERS) return Array.from(data, (x) => (Object.is(x, -0) ? "-0" : String(x))).join(",");
    let id = this.dataIds.get(data);
    if (id === undefined) this.dataIds.set(data, (id = this.dataIds.size));
    return `#${id}`;
  }

  /** The physical shape of a node's value. */
  dims(node: IrNode): Dim[] {
    return [this.instancesOf(node), rowsOf(node.rows), ...node.shape];
  }

  instancesOf(node: IrNode): Dim {
    return node.instances ? { factor: 1, symbols: [INSTANCES] } : 1;
  }

  product(dims: readonly Dim[]): Dim {
    const factor = dims.reduce<number>((product, dim) => product * (typeof dim === "number" ? dim : dim.factor), 1);
    const symbols = dims.flatMap((dim) => (typeof dim === "number" ? [] : dim.symbols));
    return symbols.length === 0 ? factor : { factor, symbols };
  }

  reshape(name: string, from: readonly Dim[], to: readonly Dim[]): string {
    if (from.length === to.length && from.every((dim, axis) => keyOf(dim) === keyOf(to[axis]!))) return name;
    const constant = this.constants.get(name);
    if (constant !== undefined) return this.initializer(constant, to as number[]);
    const key = `${name}|${to.map(keyOf).join(",")}`;
    let result = this.reshaped.get(key);
    if (result === undefined) {
      const open = to.filter((dim) => typeof dim !== "number").length;
      // A 0 of an empty tensor is a size; by itself Reshape would copy the one of its operand.
      const empty = to.includes(0);
      const one = (): string => this.ints(to.map((dim) => (typeof dim === "number" ? dim : -1)));
      const target = open > 1 || (empty && open > 0) ? this.sizeVector(to) : one();
      result = this.node("Reshape", [name, target], empty ? { allowzero: 1 } : {});
      this.announce(result, this.dtypes.get(name), to.map(symbolOf));
      this.reshaped.set(key, result);
    }
    return result;
  }

  /**
   * Writes the shape of a value into the file. ONNX Runtime cannot infer what lies behind a Reshape with an open size;
   * and where it knows no shapes it reuses no memory, and searches all that is free for every value: time grew with the
   * square of the number of nodes.
   */
  private announce(name: string, dtype: DType | undefined, dims: readonly (number | string)[]): void {
    if (dtype === undefined || this.constants.has(name) || this.dtypes.has(name)) return;
    this.dtypes.set(name, dtype);
    this.writer.shape(name, dtype, dims);
  }

  /** Says where an open size is read off, if no input has it. */
  declareOpenSize(symbol: string, name: string, axis: number): void {
    this.sizes.set(symbol, this.node("Shape", [name], { start: axis, end: axis + 1 }));
  }

  /** Sizes as a vector, for what takes a shape. */
  vector(dims: readonly Dim[]): string {
    return dims.every((dim) => typeof dim === "number") ? this.ints(dims as number[]) : this.sizeVector(dims);
  }

  /** The inputs with as many axes as the node: ONNX broadcasts S against S, and hidden axes against hidden axes. */
  aligned(node: IrNode, inputs: readonly string[]): string[] {
    return inputs.map((name, i) => {
      const input = node.inputs[i]!;
      const missing = node.shape.length - input.shape.length;
      if (missing <= 0) return name;
      const constant = this.constants.get(name);
      const ones = new Array<number>(missing + 2).fill(1);
      if (constant !== undefined) return this.initializer(constant, [...ones, ...input.shape]);
      const key = `${name}|+${missing}`;
      let result = this.reshaped.get(key);
      if (result === undefined) {
        result = this.node("Unsqueeze", [name, this.ints(Array.from({ length: missing }, (_, axis) => axis + 2))]);
        this.reshaped.set(key, result);
      }
      return result;
    });
  }

  /** The inputs repeated along the hidden axes that the node has and they lack. */
  repeatedInputs(node: IrNode, inputs: readonly string[]): string[] {
    return inputs.map((name, i) => {
      const input = node.inputs[i]!;
      if (input.instances === node.instances && input.rows === node.rows) return name;
      const target = [this.instancesOf(node), rowsOf(node.rows), ...input.shape.map(() => 1)];
      return this.node("Expand", [name, this.vector(target)]);
    });
  }

  private sizeVector(dims: readonly Dim[]): string {
    const key = dims.map(keyOf).join(",");
    let name = this.sizes.get(key);
    if (name === undefined) {
      name = this.node(
        "Concat",
        dims.map((dim) => this.sizeOf(dim)),
        { axis: 0 },
      );
      this.sizes.set(key, name);
    }
    return name;
  }

  private sizeOf(dim: Dim): string {
    if (typeof dim === "number") return this.ints([dim]);
    const factors = dim.symbols.map((symbol) => this.symbol(symbol));
    if (dim.factor !== 1) factors.push(this.ints([dim.factor]));
    return factors.reduce((product, factor) => this.node("Mul", [product, factor]));
  }

  /** The value of an open size, read from the shape of any input that has it. */
  private symbol(symbol: string): string {
    let name = this.sizes.get(symbol);
    if (name === undefined) {
      const axis = symbol === INSTANCES ? 0 : 1;
      const tells = ({ instances, rows }: InputAttributes): boolean => (axis === 0 ? instances : rows?.name === symbol);
      const source = [...this.inputs.values()].find(tells);
      if (source === undefined) {
        throw new LirpaError("LIRPA_INTERNAL", `no input of the program tells the size of ${symbol}`);
      }
      name = this.node("Shape", [source.name], { start: axis, end: axis + 1 });
      this.sizes.set(symbol, name);
    }
    return name;
  }

  private symbolic({ instances, rows, shape }: IrNode): (number | string)[] {
    return [instances ? INSTANCES : 1, rows === undefined ? 1 : (rows.size ?? rows.name), ...shape];
  }
}

/** A runtime would read the bytes of another shape, or refuse the whole program without saying why. */
function checkFilled({ dtype, data }: HostTensor, dims: readonly number[]): void {
  const fits = dims.every((size) => Number.isInteger(size) && size >= 0) && sizeOf(dims) === data.length;
  if (fits && (dtype !== "int" || data.every(Number.isInteger))) return;
  const given = `${data.length} numbers that are not its own`;
  throw new LirpaError("LIRPA_INTERNAL", `a constant of ${dtype} ${showShape(dims)} is emitted from ${given}`);
}

function rowsOf(rows: RowSpace | undefined): Dim {
  if (rows === undefined) return 1;
  return rows.size ?? { factor: 1, symbols: [rows.name] };
}

function symbolOf(dim: Dim): number | string {
  if (typeof dim === "number") return dim;
  return dim.factor === 1 && dim.symbols.length === 1 ? dim.symbols[0]! : keyOf(dim);
}

/** Infinite numbers and −0 count, which JSON would not tell apart. */
function attributeKey([name, value]: [string, number | readonly number[]]): string {
  const numbers = [value]
    .flat()
    .map((x) => (Object.is(x, -0) ? "-0" : String(x)))
    .join(",");
  return `${name}=${numbers}${typeof value === "number" ? "" : "[]"}`;
}

function keyOf(dim: Dim): string {
  return typeof dim === "number" ? String(dim) : `${dim.factor}*${[...dim.symbols].sort().join("*")}`;
}
