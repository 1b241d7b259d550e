import { shapeError } from "../../plugin/errors.js";
import { definePrimitive, type Hidden, type Primitive, type RowSpace } from "../ir.js";
import { sizeOf } from "../shapes.js";
import { lowerSummedMatmul } from "./contraction.js";
import { uniformValue } from "./leaves.js";

interface SumHiddenAttributes {
  readonly instances: boolean;
  readonly rows: boolean;
}

/** Adds up over hidden axes: the gradient of a value that all instances or rows share. */
export const sumHiddenPrimitive: Primitive = definePrimitive<SumHiddenAttributes>({
  name: "sumHidden",
  takes: ["anything"],
  infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  hidden: ([x], over) => ({ instances: x!.instances && !over.instances, rows: over.rows ? undefined : x!.rows }),
  gradient: (_, __, g) => [g],
  lower: (emitter, node, [x]) => {
    const { instances, rows } = node.attributes;
    const product = lowerSummedMatmul(emitter, node);
    if (product !== undefined) return product;
    const axes = [...(instances ? [0] : []), ...(rows ? [1] : [])];
    return emitter.node("ReduceSum", [x!, emitter.ints(axes)], { keepdims: 1 });
  },
  evaluateHidden: (node, [x]) => {
    const { instances, rows, data } = x!;
    const outInstances = node.instances ? instances : 1;
    const outRows = node.rows === undefined ? 1 : rows;
    const size = sizeOf(node.shape);
    const sum = new Float64Array(outInstances * outRows * size);
    for (let n = 0; n < instances; n++) {
      for (let k = 0; k < rows; k++) {
        const to = ((outInstances === 1 ? 0 : n) * outRows + (outRows === 1 ? 0 : k)) * size;
        const from = (n * rows + k) * size;
        for (let i = 0; i < size; i++) sum[to + i]! += data[from + i]!;
      }
    }
    return { instances: outInstances, rows: outRows, data: sum };
  },
});

/** Repeats a value along hidden axes that it lacks, so that a later `sumHidden` counts it once for each. */
export const spreadPrimitive: Primitive = definePrimitive<undefined>({
  name: "spread",
  takes: ["anything", "anything"],
  infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  simplify: (_, [x, like]) => {
    const hasRows = like!.rows === undefined || x!.rows === like!.rows;
    return hasRows && (x!.instances || !like!.instances) ? x : undefined;
  },
  gradient: (_, __, g) => [g, undefined],
  lower: (emitter, node, [x]) => emitter.repeatedInputs(node, [x!])[0]!,
  evaluate: ([x]) => Float64Array.from(x!.data),
});

/** [rows; ...S] → [rows, ...S]: rows of a fixed number become the first axis of the shape. */
export const rowsToShapePrimitive: Primitive = definePrimitive<undefined>({
  name: "rowsToShape",
  takes: ["anything"],
  view: true,
  reshapesRows: true,
  infer: ([x]) => {
    if (x!.rows?.size === undefined) throw shapeError("rowsToShape needs rows of a fixed number");
    return { shape: [x!.rows.size, ...x!.shape], dtype: x!.dtype };
  },
  hidden: ([x]): Hidden => ({ instances: x!.instances, rows: undefined }),
  simplify: (_, [x]) => (x!.primitive === shapeToRowsPrimitive ? x!.inputs[0] : undefined),
  // A simplified operand may have lost its rows.
  again: (t, node, [x]) => t.rowsToShape(x!, node.inputs[0]!.rows),
  gradient: (t, { inputs: [x] }, g) => [t.shapeToRows(g, x!.rows!)],
  lower: (emitter, node, [x]) => emitter.reshape(x!, emitter.dims(node.inputs[0]!), emitter.dims(node)),
  evaluateHidden: (_, [x]) => ({ ...x!, rows: 1 }),
});

/** [rows, ...S] → [rows; ...S]. */
export const shapeToRowsPrimitive: Primitive = definePrimitive<{ readonly rows: RowSpace }>({
  name: "shapeToRows",
  takes: ["anything"],
  view: true,
  reshapesRows: true,
  infer: ([x], { rows }) => {
    if (x!.rows !== undefined) throw shapeError(`shapeToRows: the value has rows already, ${x!.rows.name}`);
    if (rows.size !== x!.shape[0]) throw shapeError(`shapeToRows: ${x!.shape[0]} rows for a space of ${rows.size}`);
    return { shape: x!.shape.slice(1), dtype: x!.dtype };
  },
  hidden: ([x], { rows }): Hidden => ({ instances: x!.instances, rows }),
  simplify: (t, [x], { rows }) => {
    const value = uniformValue(x!);
    if (value !== undefined && sizeOf(x!.shape) > 0) return t.typedFull(x!.shape.slice(1), value, x!.dtype);
    return x!.primitive === rowsToShapePrimitive && x!.inputs[0]!.rows === rows ? x!.inputs[0] : undefined;
  },
  gradient: (t, { attributes: { rows } }, g) => [t.rowsToShape(g, rows)],
  lower: (emitter, node, [x]) => emitter.reshape(x!, emitter.dims(node.inputs[0]!), emitter.dims(node)),
  evaluateHidden: ({ attributes: { rows } }, [x]) => ({ ...x!, rows: rows.size! }),
});
