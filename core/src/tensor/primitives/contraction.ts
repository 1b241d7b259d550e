import { shapeError } from "../../plugin/errors.js";
import type { ConvOptions, ConvTransposeOptions, HostTensor } from "../../plugin/tensor.js";
import type { Dim, Emitter } from "../../program/emitter.js";
import { definePrimitive, type IrNode, type Primitive } from "../ir.js";
import { uniformValue } from "../recorder.js";
import { lowerConv, lowerConvTranspose } from "../lowering/convolution.js";
import { broadcastShapes, broadcastStrides, showShape, sizeOf, stridesOf, walk } from "../shapes.js";

/** Products over the last two axes. */
export const matmulPrimitive: Primitive = definePrimitive<undefined>({
  name: "matmul",
  infer: ([a, b]) => ({ shape: matmulShape(a!, b!), dtype: a!.dtype }),
  simplify: (t, [a, b]) => {
    if (uniformValue(a!) === 0 || uniformValue(b!) === 0) return t.fullOf(matmulShape(a!, b!), 0, a!.dtype);
    // Unit rows through a matrix are the matrix's own rows: no identity, no product.
    const isRow = a!.primitive.name === "eye" && sizeOf(a!.shape) === a!.shape[a!.shape.length - 1];
    if (isRow && b!.shape.length === 2 && b!.rows === undefined && !b!.instances) {
      const n = b!.shape[1]!;
      const shape = [...a!.shape.slice(0, -1), n];
      return t.shapeToRows(t.reshape(b!, [b!.shape[0]!, ...shape]), a!.rows!);
    }
    const isPicked = a!.primitive.name === "pickedEye" && sizeOf(a!.shape) === a!.shape[a!.shape.length - 1];
    if (isPicked && b!.shape.length === 2 && b!.rows === undefined) {
      return t.pickByRow(t.reshape(b!, [b!.shape[0]!, ...a!.shape.slice(0, -1), b!.shape[1]!]), a!.inputs[0]!);
    }
    return undefined;
  },
  gradient: (t, { inputs: [a, b] }, g) => [
    t.unbroadcast(t.matmul(g, t.swapLast(b!)), a!.shape),
    t.unbroadcast(t.matmul(t.swapLast(a!), g), b!.shape),
  ],
  lower: lowerMatmul,
  evaluate: ([a, b], _, { shape }) => {
    const m = shape[shape.length - 2]!;
    const n = shape[shape.length - 1]!;
    const k = a!.shape[a!.shape.length - 1]!;
    const batch = shape.slice(0, -2);
    const result = new Float64Array(sizeOf(shape));
    const aAt = offsets(a!, batch, m * k);
    const bAt = offsets(b!, batch, k * n);
    for (let i = 0; i < sizeOf(batch); i++) {
      for (let row = 0; row < m; row++) {
        for (let inner = 0; inner < k; inner++) {
          const left = a!.data[aAt[i]! + row * k + inner]!;
          if (left === 0) continue;
          for (let column = 0; column < n; column++) {
            result[(i * m + row) * n + column]! += left * b!.data[bAt[i]! + inner * n + column]!;
          }
        }
      }
    }
    return result;
  },
});

/** The sum of all products of two tensors of one shape. */
export const dotPrimitive: Primitive = definePrimitive<undefined>({
  name: "dot",
  infer: ([a]) => ({ shape: [], dtype: a!.dtype }),
  simplify: (t, [a, b]) => {
    if (uniformValue(a!) === 0 || uniformValue(b!) === 0) return t.fullOf([], 0, a!.dtype);
    // A unit row picks one element.
    if (a!.primitive.name === "pickedEye" && b!.rows === undefined) return t.pickByRow(t.reshape(b!, [sizeOf(b!.shape)]), a!.inputs[0]!);
    if (a!.primitive.name === "eye" && b!.rows === undefined) return t.shapeToRows(t.reshape(b!, [sizeOf(b!.shape)]), a!.rows!);
    return undefined;
  },
  gradient: (t, { inputs: [a, b] }, g) => [t.mul(g, b!), t.mul(g, a!)],
  lower: (emitter, node, [a, b]) => {
    const [left, right] = [node.inputs[0]!, node.inputs[1]!];
    const size = sizeOf(left.shape);
    // Rows of both sides cannot become rows of one matrix.
    if (right.rows !== undefined) {
      const column = emitter.reshape(b!, emitter.dims(right), [...emitter.dims(right).slice(0, 2), size, 1]);
      const row = emitter.reshape(a!, emitter.dims(left), [...emitter.dims(left).slice(0, 2), 1, size]);
      return emitter.reshape(emitter.node("MatMul", [row, column]), [...emitter.dims(node), 1, 1], emitter.dims(node));
    }
    const [instances, rows] = emitter.dims(left) as [Dim, Dim];
    if (!right.instances) {
      const merged = emitter.product([instances, rows]);
      const product = emitter.node("MatMul", [emitter.reshape(a!, emitter.dims(left), [merged, size]), emitter.reshape(b!, emitter.dims(right), [size, 1])]);
      return emitter.reshape(product, [merged, 1], emitter.dims(node));
    }
    const product = emitter.node("MatMul", [emitter.reshape(a!, emitter.dims(left), [instances, rows, size]), emitter.reshape(b!, emitter.dims(right), [emitter.instancesOf(right), size, 1])]);
    return emitter.reshape(product, [emitter.instancesOf(node), rows, 1], emitter.dims(node));
  },
  evaluate: ([a, b]) => Float64Array.of(sumOfProducts(a!.data, b!.data)),
});

function sumOfProducts(a: HostTensor["data"], b: HostTensor["data"]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function matmulShape(a: IrNode, b: IrNode): number[] {
  const [ra, rb] = [a.shape.length, b.shape.length];
  if (ra < 2 || rb < 2 || a.shape[ra - 1] !== b.shape[rb - 2]) {
    throw shapeError(`no matrix product of ${showShape(a.shape)} and ${showShape(b.shape)}`);
  }
  return [...broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2)), a.shape[ra - 2]!, b.shape[rb - 1]!];
}

function offsets(x: HostTensor, batch: readonly number[], matrix: number): number[] {
  const result: number[] = [];
  const own = x.shape.slice(0, -2);
  walk(batch, broadcastStrides(own, batch), 0, (offset) => result.push(offset * matrix));
  return result;
}

/**
 * Where the right factor has no rows and no batch of its own, the left one's rows and batch become rows of one matrix:
 * ONNX Runtime runs one product per instance instead of one per row.
 */
function lowerMatmul(emitter: Emitter, node: IrNode, [left, right]: readonly string[]): string {
  const [a, b] = [node.inputs[0]!, node.inputs[1]!];
  const [m, k] = a.shape.slice(-2) as [number, number];
  const n = b.shape[b.shape.length - 1]!;
  const bBatch = b.shape.slice(0, -2);
  const to = emitter.dims(node);
  if (b.rows === undefined && sizeOf(bBatch) === 1) {
    const instances = b.instances ? emitter.instancesOf(a) : undefined;
    const merged = emitter.product([...emitter.dims(a).slice(instances === undefined ? 0 : 1, -2), m]);
    const lead = instances === undefined ? [] : [instances];
    const flatLeft = emitter.reshape(left!, emitter.dims(a), [...lead, merged, k]);
    const flatRight = emitter.reshape(right!, emitter.dims(b), [...(instances === undefined ? [] : [emitter.instancesOf(b)]), k, n]);
    // A left factor without instances meets every instance's right factor.
    return emitter.reshape(emitter.node("MatMul", [flatLeft, flatRight]), [...(instances === undefined ? [] : [emitter.instancesOf(node)]), merged, n], to);
  }
  return emitter.node("MatMul", emitter.aligned(node, [left!, right!]));
}

/**
 * The sum of matrix products over all hidden axes as one product, in which instances and rows are further inner positions:
 * the gradient of a matrix that all share. Undefined where the products would take less memory than their factors.
 */
export function lowerSummedMatmul(emitter: Emitter, sum: IrNode): string | undefined {
  const [product] = sum.inputs as [IrNode];
  if (product.primitive !== matmulPrimitive || sum.instances || sum.rows !== undefined) return undefined;
  const [a, b] = product.inputs as [IrNode, IrNode];
  const sameHidden = [a, b].every((factor) => factor.instances === product.instances && factor.rows === product.rows);
  const [m, k] = a.shape.slice(-2) as [number, number];
  const n = b.shape[b.shape.length - 1]!;
  if (!sameHidden || sizeOf(product.shape) !== m * n || m * n <= k * (m + n)) return undefined;
  const hidden = emitter.product(emitter.dims(a).slice(0, 2));
  const inner = emitter.product([hidden, k]);
  const columns = emitter.reshape(emitter.nameOf(a), emitter.dims(a), [hidden, m, k]);
  const left = emitter.reshape(emitter.node("Transpose", [columns], { perm: [0, 2, 1] }), [hidden, k, m], [inner, m]);
  const right = emitter.reshape(emitter.nameOf(b), emitter.dims(b), [inner, n]);
  const result = emitter.node("MatMul", [emitter.node("Transpose", [left], { perm: [1, 0] }), right]);
  return emitter.reshape(result, [m, n], emitter.dims(sum));
}

function convShape(x: readonly number[], w: readonly number[], { strides, pads, dilations }: ConvOptions): number[] {
  const spatial = x.length - 2;
  const result = [x[0]!, w[0]!];
  for (let axis = 0; axis < spatial; axis++) {
    const reach = (w[axis + 2]! - 1) * dilations[axis]! + 1;
    result.push(Math.floor((x[axis + 2]! + pads[axis]! + pads[axis + spatial]! - reach) / strides[axis]!) + 1);
  }
  return result;
}

function checkConv(name: string, x: IrNode, w: IrNode, channels: number | undefined, { strides, pads, dilations }: ConvOptions): void {
  const spatial = x.shape.length - 2;
  const fits = spatial >= 1 && w.shape.length === spatial + 2 && x.shape[1] === channels;
  if (!fits || strides.length !== spatial || dilations.length !== spatial || pads.length !== 2 * spatial) {
    throw shapeError(`${name}: input ${showShape(x.shape)} and kernel ${showShape(w.shape)} do not fit each other or the options`);
  }
}

/** Cross-correlation. Kernels with hidden axes never come here: the vocabulary writes those as windows and a product. */
export const convPrimitive: Primitive = definePrimitive<ConvOptions>({
  name: "conv",
  infer: ([x, w], options) => {
    checkConv("conv", x!, w!, w!.shape[1]! * options.groups, options);
    const shape = convShape(x!.shape, w!.shape, options);
    if (shape.some((size) => size < 1)) throw shapeError(`conv: kernel ${showShape(w!.shape)} is larger than the padded input ${showShape(x!.shape)}`);
    return { shape, dtype: "float" };
  },
  simplify: (t, [x, w], options) => (uniformValue(x!) === 0 || uniformValue(w!) === 0 ? t.fullOf(convShape(x!.shape, w!.shape, options), 0, "float") : undefined),
  gradient: (t, { inputs: [x, w], attributes }, g) => [
    t.convTranspose(g, w!, { ...attributes, outputPadding: leftover(x!.shape, g.shape, w!.shape, attributes) }),
    t.convWeightGradient(x!, g, w!.shape, attributes),
  ],
  lower: (emitter, node, [x, w]) => lowerConv(emitter, node, x!, w!),
  evaluate: ([x, w], options, { shape }) => {
    const result = new Float64Array(sizeOf(shape));
    connect(x!.shape, shape, w!.shape, options, (input, output, weight) => (result[output]! += x!.data[input]! * w!.data[weight]!));
    return result;
  },
});

/** Where strides do not divide evenly, the last input elements are seen by no window. */
function leftover(x: readonly number[], y: readonly number[], w: readonly number[], { strides, pads, dilations }: ConvOptions): number[] {
  const spatial = x.length - 2;
  return strides.map((stride, axis) => {
    const reach = (w[axis + 2]! - 1) * dilations[axis]! + 1;
    return x[axis + 2]! - (stride * (y[axis + 2]! - 1) + reach - pads[axis]! - pads[axis + spatial]!);
  });
}

function transposedShape(x: readonly number[], w: readonly number[], { strides, pads, dilations, groups, outputPadding }: ConvTransposeOptions): number[] {
  const spatial = x.length - 2;
  return [
    x[0]!,
    w[1]! * groups,
    ...strides.map((stride, axis) => stride * (x[axis + 2]! - 1) + (w[axis + 2]! - 1) * dilations[axis]! + 1 + outputPadding[axis]! - pads[axis]! - pads[axis + spatial]!),
  ];
}

/** The adjoint of `conv` in its input. */
export const convTransposePrimitive: Primitive = definePrimitive<ConvTransposeOptions>({
  name: "convTranspose",
  infer: ([x, w], options) => {
    checkConv("convTranspose", x!, w!, w!.shape[0], options);
    return { shape: transposedShape(x!.shape, w!.shape, options), dtype: "float" };
  },
  simplify: (t, [x, w], options) => (uniformValue(x!) === 0 || uniformValue(w!) === 0 ? t.fullOf(transposedShape(x!.shape, w!.shape, options), 0, "float") : undefined),
  gradient: (t, { inputs: [x, w], attributes }, g) => [t.conv(g, w!, attributes), t.convWeightGradient(g, x!, w!.shape, attributes)],
  lower: (emitter, node, [x, w]) => lowerConvTranspose(emitter, node, x!, w!),
  evaluate: ([x, w], options, { shape }) => {
    const result = new Float64Array(sizeOf(shape));
    connect(shape, x!.shape, w!.shape, options, (input, output, weight) => (result[input]! += x!.data[output]! * w!.data[weight]!));
    return result;
  },
});

/** Visits every (input element, output element, weight) that a convolution connects. */
function connect(x: readonly number[], y: readonly number[], w: readonly number[], { strides, pads, dilations, groups }: ConvOptions, visit: (input: number, output: number, weight: number) => void): void {
  const [xs, ys, ws] = [stridesOf(x), stridesOf(y), stridesOf(w)];
  const perGroup = w[0]! / groups;
  const kernel = w.slice(2);
  const positions = y.slice(2);
  const none = new Array<number>(kernel.length).fill(0);
  walk(positions, ys.slice(2), 0, (yOffset, index) => {
    const position = unravel(index, positions);
    walk(kernel, none, 0, (_, element) => {
      const offset = unravel(element, kernel);
      const at = position.map((p, axis) => p * strides[axis]! + offset[axis]! * dilations[axis]! - pads[axis]!);
      if (at.some((p, axis) => p < 0 || p >= x[axis + 2]!)) return;
      const xOffset = at.reduce((sum, p, axis) => sum + p * xs[axis + 2]!, 0);
      for (let b = 0; b < x[0]!; b++) {
        for (let co = 0; co < w[0]!; co++) {
          const firstIn = Math.floor(co / perGroup) * w[1]!;
          for (let ci = 0; ci < w[1]!; ci++) {
            visit(b * xs[0]! + (firstIn + ci) * xs[1]! + xOffset, b * ys[0]! + co * ys[1]! + yOffset, co * ws[0]! + ci * ws[1]! + element);
          }
        }
      }
    });
  });
}

function unravel(index: number, shape: readonly number[]): number[] {
  const result = new Array<number>(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    result[axis] = index % shape[axis]!;
    index = Math.floor(index / shape[axis]!);
  }
  return result;
}
