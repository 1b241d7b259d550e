import { shapeError } from "../plugin/errors.js";
import { hostSize } from "../plugin/host-size.js";
import type {
  ConvOptions,
  ConvTransposeOptions,
  DType,
  HostTensor,
  Shape,
  Tensor,
  TensorLike,
  TensorOps,
  WindowOptions,
} from "../plugin/tensor.js";
import type { Side } from "../plugin/pair.js";
import { isIrNode, type IrNode, type RowSpace } from "./ir.js";
import { constantOf, isConstant, type InputAttributes } from "./primitives/leaves.js";
import type { BinaryName, PrimitiveName, UnaryName } from "./primitives/names.js";
import { PRIMITIVES } from "./primitives/table.js";
import { Recorder } from "./recorder.js";
import { normalizeAxes, normalizeAxis, reducedShape, sameShape, showShape, sizeOf } from "./shapes.js";
import { convByWindows, convTransposeByWindows, windows } from "./windows.js";

type Operand = TensorLike;
type Unary = (x: Operand) => IrNode;
type Binary = (a: Operand, b: Operand) => IrNode;

/** How one recording treats the marks that rules leave. An analysis gives its own. */
export interface Marks {
  free?(t: Vocabulary, value: IrNode, min: IrNode, max: IrNode): IrNode;
}

/** The vocabulary over one recorder, with what only core may say: inputs, rows, hidden axes. Rules see `TensorOps`. */
export class Vocabulary implements TensorOps {
  constructor(
    private readonly recorder: Recorder = new Recorder(),
    private readonly marks: Marks = {},
  ) {}

  /** The same recording with other marks. */
  with(marks: Marks): Vocabulary {
    return new Vocabulary(this.recorder, marks);
  }

  private record(name: PrimitiveName, inputs: readonly IrNode[], attributes?: unknown): IrNode {
    return this.recorder.record(this, PRIMITIVES[name], inputs, attributes);
  }

  // ── constants and leaves
  constant(value: HostTensor | number | readonly number[], shape?: Shape, dtype: DType = "float"): IrNode {
    if (typeof value === "number") return this.typedFull(shape ?? [], value, dtype);
    const listed = (numbers: readonly number[]): HostTensor => ({
      shape: shape ?? [numbers.length],
      dtype,
      data: Float64Array.from(numbers),
    });
    const host = "data" in value ? value : listed(value);
    if (host.data.length !== sizeOf(host.shape)) {
      throw shapeError(`${host.data.length} numbers are no tensor of shape ${showShape(host.shape)}`);
    }
    if (host.data.length === 1) return this.typedFull(host.shape, host.data[0]!, host.dtype);
    return this.record("constant", [], { value: host });
  }
  full(shape: Shape, value: number): IrNode {
    return this.typedFull(shape, value, "float");
  }
  typedFull(shape: Shape, value: number, dtype: DType): IrNode {
    return this.record("full", [], { shape, dtype, value });
  }
  zeros(shape: Shape): IrNode {
    return this.full(shape, 0);
  }
  arange(n: number): IrNode {
    hostSize([n], "a list of places");
    return this.constant(
      Array.from({ length: n }, (_, i) => i),
      [n],
      "int",
    );
  }
  constantValue(x: Tensor): HostTensor | undefined {
    const node = this.node(x);
    return isConstant(node) ? constantOf(node) : undefined;
  }
  input(attributes: InputAttributes): IrNode {
    return this.record("input", [], attributes);
  }
  /** The row space of this description: one object for all that ask for it in this recording. */
  rows(space: RowSpace): RowSpace {
    return this.recorder.rows(space);
  }
  /** The unit rows of a tensor of some shape; `rows` has one row for each of its elements. */
  eye(shape: Shape, rows: RowSpace): IrNode {
    return this.record("eye", [], { shape, rows });
  }

  // ── elementwise
  private unary(name: UnaryName): Unary {
    return (x) => this.record(name, [this.node(x)]);
  }
  private binary(name: BinaryName): Binary {
    return (a, b) => this.record(name, this.pair(a, b));
  }
  readonly neg: Unary = this.unary("neg");
  readonly abs: Unary = this.unary("abs");
  readonly sign: Unary = this.unary("sign");
  readonly relu: Unary = this.unary("relu");
  readonly exp: Unary = this.unary("exp");
  readonly log: Unary = this.unary("log");
  readonly sqrt: Unary = this.unary("sqrt");
  readonly reciprocal: Unary = this.unary("reciprocal");
  readonly floor: Unary = this.unary("floor");
  readonly ceil: Unary = this.unary("ceil");
  readonly round: Unary = this.unary("round");
  readonly sin: Unary = this.unary("sin");
  readonly cos: Unary = this.unary("cos");
  readonly atan: Unary = this.unary("atan");
  readonly tanh: Unary = this.unary("tanh");
  readonly sigmoid: Unary = this.unary("sigmoid");
  readonly erf: Unary = this.unary("erf");
  readonly not: Unary = this.unary("not");
  square(x: Operand): IrNode {
    return this.mul(x, x);
  }
  cast(x: Tensor, to: DType): IrNode {
    return this.record("cast", [this.node(x)], { to });
  }
  readonly add: Binary = this.binary("add");
  readonly sub: Binary = this.binary("sub");
  readonly mul: Binary = this.binary("mul");
  readonly div: Binary = this.binary("div");
  readonly pow: Binary = this.binary("pow");
  readonly min: Binary = this.binary("min");
  readonly max: Binary = this.binary("max");
  readonly less: Binary = this.binary("less");
  readonly lessEqual: Binary = this.binary("lessEqual");
  readonly equal: Binary = this.binary("equal");
  readonly and: Binary = this.binary("and");
  readonly or: Binary = this.binary("or");
  greater(a: Operand, b: Operand): IrNode {
    return this.less(b, a);
  }
  greaterEqual(a: Operand, b: Operand): IrNode {
    return this.lessEqual(b, a);
  }
  where(condition: Tensor, a: Operand, b: Operand): IrNode {
    const [yes, no] = this.pair(a, b);
    // ONNX Runtime has no Where on booleans.
    if (yes.dtype === "bool") return this.or(this.and(condition, yes), this.and(this.not(condition), no));
    return this.record("where", [this.node(condition), yes, no]);
  }

  // ── contraction
  matmul(a: Tensor, b: Tensor): IrNode {
    return this.record("matmul", [this.node(a), this.node(b)]);
  }
  dot(a: Tensor, b: Tensor): IrNode {
    const [left, right] = [this.node(a), this.node(b)];
    if (!sameShape(left.shape, right.shape)) {
      throw shapeError(`dot of ${showShape(left.shape)} and ${showShape(right.shape)}`);
    }
    // Rows go to the left factor: the lowering then makes one matrix of them.
    const [x, y] = left.rows === undefined && right.rows !== undefined ? [right, left] : [left, right];
    return this.record("dot", [x, y]);
  }
  conv(x: Tensor, w: Tensor, options: ConvOptions): IrNode {
    const [input, kernel] = [this.node(x), this.node(w)];
    if (kernel.instances || kernel.rows !== undefined) return convByWindows(this, input, kernel, options);
    return this.record("conv", [input, kernel], pick(options));
  }
  convTranspose(x: Tensor, w: Tensor, options: ConvTransposeOptions): IrNode {
    const [input, kernel] = [this.node(x), this.node(w)];
    if (kernel.instances || kernel.rows !== undefined) return convTransposeByWindows(this, input, kernel, options);
    return this.record("convTranspose", [input, kernel], { ...pick(options), outputPadding: options.outputPadding });
  }
  windows(x: Tensor, kernel: readonly number[], options: WindowOptions, padValue = 0): IrNode {
    return windows(this, this.node(x), kernel, options, padValue);
  }

  // ── reduction
  private reduced(
    name: "sum" | "reduceMax" | "reduceMin",
    x: Tensor,
    axes: readonly number[] | undefined,
    keepDims: boolean,
  ): IrNode {
    const node = this.node(x);
    const normal = normalizeAxes(axes, node.shape.length);
    return this.reshape(this.record(name, [node], { axes: normal }), reducedShape(node.shape, normal, keepDims));
  }
  sum(x: Tensor, axes?: readonly number[], keepDims = false): IrNode {
    return this.reduced("sum", x, axes, keepDims);
  }
  mean(x: Tensor, axes?: readonly number[], keepDims = false): IrNode {
    const sum = this.sum(x, axes, keepDims);
    return this.mul(sum, sizeOf(sum.shape) / sizeOf(x.shape));
  }
  reduceMax(x: Tensor, axes?: readonly number[], keepDims = false): IrNode {
    return this.reduced("reduceMax", x, axes, keepDims);
  }
  reduceMin(x: Tensor, axes?: readonly number[], keepDims = false): IrNode {
    return this.reduced("reduceMin", x, axes, keepDims);
  }
  argMax(x: Tensor, axis: number): IrNode {
    return this.record("argMax", [this.node(x)], { axis: normalizeAxis(axis, x.shape.length) });
  }
  argMin(x: Tensor, axis: number): IrNode {
    return this.record("argMin", [this.node(x)], { axis: normalizeAxis(axis, x.shape.length) });
  }
  topK(x: Tensor, k: number, axis: number): { values: IrNode; indices: IrNode } {
    const at = normalizeAxis(axis, x.shape.length);
    if (!Number.isInteger(k) || k < 0 || k > x.shape[at]!) throw shapeError(`top ${k} of ${x.shape[at]} elements`);
    const indices = this.record("topKIndices", [this.node(x)], { k, axis: at });
    return { values: this.gatherElements(x, indices, at), indices };
  }

  // ── shape
  reshape(x: Tensor, shape: Shape): IrNode {
    return this.record("reshape", [this.node(x)], { shape: [...shape] });
  }
  transpose(x: Tensor, permutation?: readonly number[]): IrNode {
    const rank = x.shape.length;
    const order = permutation ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
    const isOne = order.length === rank && new Set(order).size === rank;
    if (!isOne) throw shapeError(`[${order}] is no permutation of ${rank} axes`);
    return this.record("transpose", [this.node(x)], { permutation: order.map((axis) => normalizeAxis(axis, rank)) });
  }
  swapLast(x: Tensor): IrNode {
    const rank = x.shape.length;
    return this.transpose(
      x,
      x.shape.map((_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis)),
    );
  }
  /** Records an operation again on other operands; the same node where they are the same. */
  recordAgain(node: IrNode, inputs: readonly IrNode[]): IrNode {
    if (inputs.every((input, i) => input === node.inputs[i])) return node;
    const { name, again } = node.primitive;
    return again?.(this, node, inputs) ?? this.record(name, inputs, node.attributes);
  }
  /** A vector as a matrix of one row; anything else as it is. */
  asRowVector(x: Tensor): IrNode {
    return x.shape.length === 1 ? this.reshape(x, [1, ...x.shape]) : this.node(x);
  }
  expand(x: Operand, shape: Shape): IrNode {
    return this.record("expand", [this.node(x)], { shape: [...shape] });
  }
  concat(xs: readonly Tensor[], axis: number): IrNode {
    if (xs.length === 0) throw shapeError("nothing to join");
    return this.record(
      "concat",
      xs.map((x) => this.node(x)),
      { axis: normalizeAxis(axis, xs[0]!.shape.length) },
    );
  }
  slice(
    x: Tensor,
    starts: readonly number[],
    stops: readonly number[],
    steps: readonly number[] = starts.map(() => 1),
  ): IrNode {
    const rank = x.shape.length;
    const fits = [starts, stops, steps].every((list) => list.length === rank) && steps.every((step) => step >= 1);
    if (!fits || starts.some((start, axis) => start < 0 || stops[axis]! > x.shape[axis]!)) {
      throw shapeError(`slice [${starts}] to [${stops}] by [${steps}] of ${showShape(x.shape)}`);
    }
    const sizes = starts.map((start, axis) => Math.max(0, Math.ceil((stops[axis]! - start) / steps[axis]!)));
    return this.record("slice", [this.node(x)], { starts: [...starts], sizes, steps: [...steps] });
  }
  flip(x: Tensor, axes: readonly number[]): IrNode {
    return this.record("flip", [this.node(x)], { axes: normalizeAxes(axes, x.shape.length) });
  }
  pad(
    x: Tensor,
    low: readonly number[],
    high: readonly number[],
    value = 0,
    interior: readonly number[] = low.map(() => 0),
  ): IrNode {
    const rank = x.shape.length;
    const fits = [low, high, interior].every((list) => list.length === rank && list.every((count) => count >= 0));
    if (!fits) throw shapeError(`pad [${low}], [${high}], [${interior}] of ${showShape(x.shape)}`);
    return this.record("pad", [this.node(x)], { low: [...low], high: [...high], interior: [...interior], value });
  }

  // ── indexing
  gather(x: Tensor, indices: Tensor, axis: number): IrNode {
    return this.record("gather", [this.node(x), this.node(indices)], { axis: normalizeAxis(axis, x.shape.length) });
  }
  gatherElements(x: Tensor, indices: Tensor, axis: number): IrNode {
    const along = normalizeAxis(axis, x.shape.length);
    return this.record("gatherElements", [this.node(x), this.node(indices)], { axis: along });
  }

  // ── meaning
  free(value: Tensor, min: Operand, max: Operand): IrNode {
    return this.marks.free?.(this, this.node(value), this.node(min), this.node(max)) ?? this.node(value);
  }
  /** Two ends of a value as bounds that relaxations rely on, for core alone (`asFact`). */
  fact(lower: IrNode, upper: IrNode, of: string): { readonly lower: IrNode; readonly upper: IrNode } {
    const end = (x: IrNode, side: Side): IrNode => this.record("fact", [x], { of, side });
    return { lower: end(lower, "lower"), upper: end(upper, "upper") };
  }
  stopGradient(x: Tensor): IrNode {
    return this.record("stopGradient", [this.node(x)]);
  }

  // ── hidden axes, for core alone
  rowsToShape(x: IrNode, rows: RowSpace | undefined = x.rows): IrNode {
    if (x.rows === undefined && rows?.size !== undefined) {
      return this.expand(this.reshape(x, [1, ...x.shape]), [rows.size, ...x.shape]);
    }
    return this.record("rowsToShape", [x]);
  }
  shapeToRows(x: IrNode, rows: RowSpace): IrNode {
    return this.record("shapeToRows", [x], { rows });
  }
  /** One row for each place at which a mask [K] holds; its index. */
  rowsWhere(mask: IrNode, rows: RowSpace): IrNode {
    return this.record("rowsWhere", [mask], { rows });
  }
  /** For each row the slice of x [L, …] at its index. */
  pickByRow(x: IrNode, index: IrNode): IrNode {
    return this.record("pickByRow", [x, index]);
  }
  /** The unit rows at the rows' indices. */
  pickedEye(index: IrNode, shape: Shape): IrNode {
    return this.record("pickedEye", [index], { shape: [...shape] });
  }
  /** `base` [K] with each row's number at its index. */
  placeRows(base: IrNode, values: IrNode, index: IrNode): IrNode {
    return this.record("placeRows", [base, this.spread(values, index), index]);
  }
  spread(x: IrNode, like: IrNode): IrNode {
    return this.record("spread", [x, like]);
  }
  sumHidden(x: IrNode, over: { readonly instances: boolean; readonly rows: boolean }): IrNode {
    const instances = over.instances && x.instances;
    const rows = over.rows && x.rows !== undefined;
    return instances || rows ? this.record("sumHidden", [x], { instances, rows }) : x;
  }
  /** Sums a cotangent over the axes along which an operand of this shape was broadcast. */
  unbroadcast(g: IrNode, shape: Shape): IrNode {
    if (sameShape(g.shape, shape)) return g;
    const lead = g.shape.length - shape.length;
    const isBroadcast = (size: number, axis: number): boolean =>
      axis < lead || (shape[axis - lead] === 1 && size !== 1);
    const axes = g.shape.flatMap((size, axis) => (isBroadcast(size, axis) ? [axis] : []));
    return this.reshape(this.sum(g, axes, true), shape);
  }

  /** A tensor as the node it is; a number as a scalar constant. */
  node(x: Operand, dtype: DType = "float"): IrNode {
    if (typeof x === "number") return this.typedFull([], x, dtype);
    if (!isIrNode(x)) throw shapeError("an operand is neither a number nor a tensor that was recorded");
    return x;
  }
  /** Two operands; a number takes the other one's dtype. */
  private pair(a: Operand, b: Operand): [IrNode, IrNode] {
    const dtype = typeof a !== "number" ? a.dtype : typeof b !== "number" ? b.dtype : "float";
    const left = this.node(a, dtype);
    const right = this.node(b, dtype);
    if (left.dtype !== right.dtype) throw shapeError(`an operation joins ${left.dtype} and ${right.dtype}`);
    return [left, right];
  }
}

/** Only the options that a primitive knows, in one order, so that equal convolutions are one node. */
function pick({ strides, pads, dilations, groups }: ConvOptions): ConvOptions {
  return { strides: [...strides], pads: [...pads], dilations: [...dilations], groups };
}
