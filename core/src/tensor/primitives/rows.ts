import { shapeError } from "../../plugin/errors.js";
import type { Shape } from "../../plugin/tensor.js";
import { definePrimitive, type Hidden, type IrNode, type Primitive, type RowSpace } from "../ir.js";
import { sameShape, showShape, sizeOf } from "../shapes.js";

/**
 * Rows that a run decides on: the places [K] at which a mask holds, in ascending order, as one integer per row. The
 * mask must hold somewhere, since runtimes do not agree on empty tensors.
 */
export const rowsWherePrimitive: Primitive = definePrimitive<{ readonly rows: RowSpace }>({
  name: "rowsWhere",
  takes: ["a condition"],
  gradient: "none",
  infer: ([mask]) => {
    if (mask!.shape.length !== 1 || mask!.instances || mask!.rows !== undefined) {
      throw shapeError(`rowsWhere: a mask of shape ${showShape(mask!.shape)}, or with instances or rows; it is [K]`);
    }
    return { shape: [], dtype: "int" };
  },
  hidden: (_, { rows }): Hidden => ({ instances: false, rows }),
  lower: (emitter, node, [mask]) => {
    const { shape } = node.inputs[0]!;
    const places = emitter.node("NonZero", [emitter.reshape(mask!, [1, 1, ...shape], shape)]);
    emitter.declareOpenSize(node.attributes.rows.name, places, 1);
    return places;
  },
  evaluateHidden: (_, [mask]) => {
    const places = Array.from(mask!.data).flatMap((holds, i) => (holds === 0 ? [] : [i]));
    return { instances: 1, rows: places.length, data: Float64Array.from(places) };
  },
});

/** One index per row, as `rowsWhere` gives them. */
function checkIndex(operation: string, index: IrNode): void {
  if (index.shape.length === 0 && index.rows !== undefined && !index.instances) return;
  throw shapeError(`${operation}: an index of shape ${showShape(index.shape)}; it is one number for each row`);
}

/** For each row the slice of x [L, …] at the row's index. */
export const pickByRowPrimitive: Primitive = definePrimitive<undefined>({
  name: "pickByRow",
  takes: ["anything", "indices"],
  infer: ([x, index]) => {
    checkIndex("pickByRow", index!);
    if (x!.shape.length === 0 || x!.rows !== undefined) throw shapeError("pickByRow: a number, or a value with rows");
    return { shape: x!.shape.slice(1), dtype: x!.dtype };
  },
  gradient: (t, { inputs: [x, index] }, g) => {
    const [length, ...rest] = x!.shape as [number, ...number[]];
    const mine = t.equal(t.reshape(t.arange(length), [length, ...rest.map(() => 1)]), index!);
    return [t.where(mine, t.reshape(g, [1, ...rest]), 0), undefined];
  },
  lower: (emitter, node, [x, index]) => {
    const [instances, , ...shape] = emitter.dims(node.inputs[0]!);
    const flat = emitter.reshape(x!, emitter.dims(node.inputs[0]!), [instances!, ...shape]);
    const places = emitter.node("Squeeze", [index!, emitter.ints([0])]);
    return emitter.node("Gather", [flat, places], { axis: 1 });
  },
  evaluate: ([x, index]) => {
    const size = sizeOf(x!.shape.slice(1));
    const from = index!.data[0]! * size;
    return Float64Array.from(x!.data.subarray(from, from + size));
  },
});

/** The unit rows at the rows' indices: coefficients of some elements of a tensor. */
export const pickedEyePrimitive: Primitive = definePrimitive<{ readonly shape: Shape }>({
  name: "pickedEye",
  takes: ["indices"],
  gradient: "none",
  infer: ([index], { shape }) => {
    checkIndex("pickedEye", index!);
    return { shape, dtype: "float" };
  },
  lower: (emitter, node, [index]) => {
    const values = emitter.initializer({ shape: [2], dtype: "float", data: Float64Array.of(0, 1) }, [2]);
    const size = sizeOf(node.shape);
    const units = emitter.node("OneHot", [index!, emitter.ints([size]), values], { axis: -1 });
    return emitter.reshape(units, [...emitter.dims(node.inputs[0]!), size], emitter.dims(node));
  },
  evaluate: ([index], _, { shape }) => {
    const result = new Float64Array(sizeOf(shape));
    result[index!.data[0]!] = 1;
    return result;
  },
});

/** `base` [K] with each row's number put at the row's index. Indices differ. */
export const placeRowsPrimitive: Primitive = definePrimitive<undefined>({
  name: "placeRows",
  takes: ["anything", "anything", "indices"],
  infer: ([base, values, index]) => {
    checkIndex("placeRows", index!);
    if (base!.shape.length !== 1 || base!.rows !== undefined || !sameShape(values!.shape, [])) {
      throw shapeError(`placeRows: numbers of shape ${showShape(values!.shape)} into ${showShape(base!.shape)}`);
    }
    if (values!.rows !== index!.rows) throw shapeError("placeRows: numbers whose rows are not those of the index");
    return { shape: base!.shape, dtype: base!.dtype };
  },
  hidden: ([base, values]): Hidden => ({ instances: base!.instances || values!.instances, rows: undefined }),
  // A simplified operand may have lost its rows.
  again: (t, _, [base, values, index]) => t.placeRows(base!, values!, index!),
  gradient: (t, { inputs: [, values, index] }, g) => {
    const nothing = t.mul(t.stopGradient(values!), 0);
    return [t.placeRows(g, nothing, index!), t.pickByRow(g, index!), undefined];
  },
  lower: (emitter, node, [base, values, index]) => {
    const [from, rows] = [node.inputs[0]!, node.inputs[1]!];
    const size = from.shape[0]!;
    const [instances] = emitter.dims(node);
    const level = (name: string, have: boolean, dims: readonly number[]): string =>
      have || !node.instances ? name : emitter.node("Expand", [name, emitter.vector([instances!, ...dims])]);
    const flat = emitter.reshape(level(base!, from.instances, [1, 1]), [instances!, 1, size], [instances!, size]);
    const updates = level(values!, rows.instances, [1]);
    const spread = node.instances ? emitter.node("Expand", [index!, emitter.vector([instances!, 1])]) : index!;
    const placed = emitter.node("ScatterElements", [flat, spread, updates], { axis: 1 });
    return emitter.reshape(placed, [instances!, size], [instances!, 1, size]);
  },
  evaluateHidden: (node, [base, values, index]) => {
    const instances = Math.max(base!.instances, values!.instances);
    const size = sizeOf(node.shape);
    const data = new Float64Array(instances * size);
    for (let n = 0; n < instances; n++) {
      const from = base!.instances === 1 ? 0 : n;
      data.set(base!.data.subarray(from * size, (from + 1) * size), n * size);
      for (let row = 0; row < index!.rows; row++) {
        const at = (values!.instances === 1 ? 0 : n) * values!.rows + (values!.rows === 1 ? 0 : row);
        data[n * size + index!.data[row]!] = values!.data[at]!;
      }
    }
    return { instances, rows: 1, data };
  },
});
