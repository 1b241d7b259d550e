import { shapeError } from "../../plugin/errors.js";
import type { HostTensor } from "../../plugin/tensor.js";
import { definePrimitive, type IrNode, type Primitive } from "../ir.js";
import type { Dim, Lowering } from "../lowering.js";
import { broadcastShapes, broadcastStrides, sameShape, showShape, sizeOf, walk } from "../shapes.js";
import { eyePrimitive, uniformValue } from "./leaves.js";
import { pickedEyePrimitive } from "./rows.js";

/** Products over the last two axes. */
export const matmulPrimitive: Primitive = definePrimitive<undefined>({
  name: "matmul",
  takes: ["numbers", "numbers"],
  alike: true,
  contraction: true,
  infer: ([a, b]) => ({ shape: matmulShape(a!, b!), dtype: a!.dtype }),
  simplify: (t, [a, b]) => {
    if (uniformValue(a!) === 0 || uniformValue(b!) === 0) return t.typedFull(matmulShape(a!, b!), 0, a!.dtype);
    // Unit rows through a matrix are the matrix's own rows: no identity, no product.
    const isRow = sizeOf(a!.shape) === a!.shape[a!.shape.length - 1];
    if (isRow && a!.primitive === eyePrimitive && b!.shape.length === 2 && b!.rows === undefined && !b!.instances) {
      const n = b!.shape[1]!;
      const shape = [...a!.shape.slice(0, -1), n];
      return t.shapeToRows(t.reshape(b!, [b!.shape[0]!, ...shape]), a!.rows!);
    }
    if (isRow && a!.primitive === pickedEyePrimitive && b!.shape.length === 2 && b!.rows === undefined) {
      const rows = t.reshape(b!, [b!.shape[0]!, ...a!.shape.slice(0, -1), b!.shape[1]!]);
      return t.pickByRow(rows, a!.inputs[0]!);
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
  takes: ["floats", "floats"],
  alike: true,
  infer: ([a, b]) => {
    if (!sameShape(a!.shape, b!.shape)) throw shapeError(`dot of ${showShape(a!.shape)} and ${showShape(b!.shape)}`);
    return { shape: [], dtype: a!.dtype };
  },
  simplify: (t, [a, b]) => {
    if (uniformValue(a!) === 0 || uniformValue(b!) === 0) return t.typedFull([], 0, a!.dtype);
    // A unit row picks one element.
    if (b!.rows !== undefined) return undefined;
    const flat = (): IrNode => t.reshape(b!, [sizeOf(b!.shape)]);
    if (a!.primitive === pickedEyePrimitive) return t.pickByRow(flat(), a!.inputs[0]!);
    if (a!.primitive === eyePrimitive) return t.shapeToRows(flat(), a!.rows!);
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
      const matrix = emitter.reshape(a!, emitter.dims(left), [merged, size]);
      const product = emitter.node("MatMul", [matrix, emitter.reshape(b!, emitter.dims(right), [size, 1])]);
      return emitter.reshape(product, [merged, 1], emitter.dims(node));
    }
    const matrices = emitter.reshape(a!, emitter.dims(left), [instances, rows, size]);
    const vectors = emitter.reshape(b!, emitter.dims(right), [emitter.instancesOf(right), size, 1]);
    const products = emitter.node("MatMul", [matrices, vectors]);
    return emitter.reshape(products, [emitter.instancesOf(node), rows, 1], emitter.dims(node));
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
function lowerMatmul(emitter: Lowering, node: IrNode, [left, right]: readonly string[]): string {
  const [a, b] = [node.inputs[0]!, node.inputs[1]!];
  const [m, k] = a.shape.slice(-2) as [number, number];
  const n = b.shape[b.shape.length - 1]!;
  const bBatch = b.shape.slice(0, -2);
  const to = emitter.dims(node);
  if (b.rows === undefined && sizeOf(bBatch) === 1) {
    const lead = (of: IrNode): Dim[] => (b.instances ? [emitter.instancesOf(of)] : []);
    const merged = emitter.product([...emitter.dims(a).slice(b.instances ? 1 : 0, -2), m]);
    const flatLeft = emitter.reshape(left!, emitter.dims(a), [...lead(a), merged, k]);
    const flatRight = emitter.reshape(right!, emitter.dims(b), [...lead(b), k, n]);
    // A left factor without instances meets every instance's right factor.
    return emitter.reshape(emitter.node("MatMul", [flatLeft, flatRight]), [...lead(node), merged, n], to);
  }
  return emitter.node("MatMul", emitter.aligned(node, [left!, right!]));
}

/**
 * The sum of matrix products over all hidden axes as one product, in which instances and rows are further inner
 * positions: the gradient of a matrix that all share. Undefined where the products would take less memory than their
 * factors.
 */
export function lowerSummedMatmul(emitter: Lowering, sum: IrNode): string | undefined {
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
