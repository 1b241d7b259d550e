import { shapeError } from "../../plugin/errors.js";
import { definePrimitive, type Hidden, type Primitive, type RowSpace } from "../ir.js";
import { uniformValue } from "../recorder.js";
import { lowerSummedMatmul } from "./contraction.js";
import { sizeOf } from "../shapes.js";

/** Adds up over hidden axes: the gradient of a value that all instances or rows share. */
export const sumHiddenPrimitive: Primitive = definePrimitive<{ readonly instances: boolean; readonly rows: boolean }>({
  name: "sumHidden",
  infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  hidden: ([x], over) => ({ instances: x!.instances && !over.instances, rows: over.rows ? undefined : x!.rows }),
  gradient: (_, __, g) => [g],
  lower: (emitter, node, [x]) => {
    const { instances, rows } = node.attributes;
    const product = lowerSummedMatmul(emitter, node);
    if (product !== undefined) return product;
    return emitter.node("ReduceSum", [x!, emitter.ints([...(instances ? [0] : []), ...(rows ? [1] : [])])], { keepdims: 1 });
  },
});

/** Repeats a value along hidden axes that it lacks, so that a later `sumHidden` counts it once for each. */
export const spreadPrimitive: Primitive = definePrimitive<undefined>({
  name: "spread",
  infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  simplify: (_, [x, like]) => ((x!.instances || !like!.instances) && (x!.rows !== undefined || like!.rows === undefined) ? x : undefined),
  gradient: (_, __, g) => [g, undefined],
  lower: (emitter, node, [x]) => emitter.leveled(node, [x!])[0]!,
  evaluate: ([x]) => Float64Array.from(x!.data),
});

/** [rows; ...S] → [rows, ...S]: rows of a fixed number become the first axis of the shape. */
export const rowsToShapePrimitive: Primitive = definePrimitive<undefined>({
  name: "rowsToShape",
  infer: ([x]) => {
    if (x!.rows?.size === undefined) throw shapeError("rowsToShape needs rows of a fixed number");
    return { shape: [x!.rows.size, ...x!.shape], dtype: x!.dtype };
  },
  hidden: ([x]): Hidden => ({ instances: x!.instances, rows: undefined }),
  simplify: (_, [x]) => (x!.primitive.name === "shapeToRows" ? x!.inputs[0] : undefined),
  gradient: (t, { inputs: [x] }, g) => [t.shapeToRows(g, x!.rows!)],
  lower: (emitter, node, [x]) => emitter.reshape(x!, emitter.dims(node.inputs[0]!), emitter.dims(node)),
});

/** [rows, ...S] → [rows; ...S]. */
export const shapeToRowsPrimitive: Primitive = definePrimitive<{ readonly rows: RowSpace }>({
  name: "shapeToRows",
  infer: ([x], { rows }) => {
    if (x!.rows !== undefined) throw shapeError(`shapeToRows: the value has rows already, ${x!.rows.name}`);
    if (rows.size !== x!.shape[0]) throw shapeError(`shapeToRows: ${x!.shape[0]} rows for a space of ${rows.size}`);
    return { shape: x!.shape.slice(1), dtype: x!.dtype };
  },
  hidden: ([x], { rows }): Hidden => ({ instances: x!.instances, rows }),
  simplify: (t, [x], { rows }) => {
    const value = uniformValue(x!);
    if (value !== undefined && sizeOf(x!.shape) > 0) return t.fullOf(x!.shape.slice(1), value, x!.dtype);
    return x!.primitive.name === "rowsToShape" && x!.inputs[0]!.rows === rows ? x!.inputs[0] : undefined;
  },
  gradient: (t, { attributes: { rows } }, g) => [t.rowsToShape(g, rows)],
  lower: (emitter, node, [x]) => emitter.reshape(x!, emitter.dims(node.inputs[0]!), emitter.dims(node)),
});
