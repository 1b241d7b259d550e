import type { Shape } from "../../plugin/tensor.js";
import { definePrimitive, type Hidden, type Primitive, type RowSpace } from "../ir.js";
import { sizeOf } from "../shapes.js";

/**
 * Rows that a run decides on: the places [K] at which a mask holds, in ascending order, as one integer per row. The mask
 * must hold somewhere, since runtimes do not agree on empty tensors.
 */
export const rowsWherePrimitive: Primitive = definePrimitive<{ readonly rows: RowSpace }>({
  name: "rowsWhere",
  infer: () => ({ shape: [], dtype: "int" }),
  hidden: (_, { rows }): Hidden => ({ instances: false, rows }),
  lower: (emitter, node, [mask]) => {
    const { shape } = node.inputs[0]!;
    const places = emitter.node("NonZero", [emitter.reshape(mask!, [1, 1, ...shape], shape)]);
    emitter.defineSize(node.attributes.rows.name, places, 1);
    return places;
  },
});

/** For each row the slice of x [L, …] at the row's index. */
export const pickByRowPrimitive: Primitive = definePrimitive<undefined>({
  name: "pickByRow",
  infer: ([x]) => ({ shape: x!.shape.slice(1), dtype: x!.dtype }),
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
  infer: (_, { shape }) => ({ shape, dtype: "float" }),
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
  infer: ([base]) => ({ shape: base!.shape, dtype: base!.dtype }),
  hidden: ([base, values]): Hidden => ({ instances: base!.instances || values!.instances, rows: undefined }),
  gradient: (t, { inputs: [, values, index] }, g) => [t.placeRows(g, t.mul(t.stopGradient(values!), 0), index!), t.pickByRow(g, index!), undefined],
  lower: (emitter, node, [base, values, index]) => {
    const [from, rows] = [node.inputs[0]!, node.inputs[1]!];
    const size = from.shape[0]!;
    const [instances] = emitter.dims(node);
    const level = (name: string, have: boolean, dims: readonly number[]): string => (have || !node.instances ? name : emitter.node("Expand", [name, emitter.vector([instances!, ...dims])]));
    const flat = emitter.reshape(level(base!, from.instances, [1, 1]), [instances!, 1, size], [instances!, size]);
    const updates = level(values!, rows.instances, [1]);
    const spread = node.instances ? emitter.node("Expand", [index!, emitter.vector([instances!, 1])]) : index!;
    return emitter.reshape(emitter.node("ScatterElements", [flat, spread, updates], { axis: 1 }), [instances!, size], [instances!, 1, size]);
  },
});
