import { attributeError, defineOperator, type Operator } from "@lirpa/core/plugin";
import { axisOf, integers, show } from "./reading.js";

interface SplitAttributes {
  readonly axis: number;
  readonly sizes: readonly number[] | undefined;
  readonly parts: number;
  /** `num_outputs` of opset 18 allows a smaller last part. */
  readonly unequal: boolean;
}

/** Cuts a tensor along one axis: into the sizes given (an attribute up to opset 12, an input since 13), or equal ones. */
export const split: Operator = defineOperator({
  type: "Split",
  sinceVersion: 2,
  kind: "linear",
  inputs: ["input", "split?"],
  nonnegative: true,
  attributes: (raw, context) => {
    const sizes = integers(raw, context, "split", 1);
    const unequal = raw["num_outputs"] !== undefined;
    const parts = sizes?.length ?? (unequal ? Number(raw["num_outputs"]) : context.outputs.length);
    if (parts !== context.outputs.length) {
      throw attributeError(`${context.node}: ${parts} parts for ${context.outputs.length} outputs`, { hint: "Each part needs an output." });
    }
    return Object.freeze({ axis: Number(raw["axis"] ?? 0), sizes, parts, unequal });
  },
  forward: ({ t, attributes, node }, x) => {
    const { shape } = x;
    const axis = axisOf(node, attributes.axis, shape.length);
    let start = 0;
    return sizesOf(node, shape[axis]!, attributes).map((size) => {
      const starts = shape.map((_, at) => (at === axis ? start : 0));
      const stops = shape.map((whole, at) => (at === axis ? start + size : whole));
      start += size;
      return t.slice(x, starts, stops);
    });
  },
});

function sizesOf(node: string, total: number, { sizes, parts, unequal }: SplitAttributes): readonly number[] {
  const each = Math.ceil(total / parts);
  const result = sizes ?? Array.from({ length: parts }, (_, part) => (part < parts - 1 ? each : total - each * (parts - 1)));
  const sum = result.reduce((all, size) => all + size, 0);
  if (sum !== total || result.some((size) => size < 0 || !Number.isInteger(size)) || (sizes === undefined && !unequal && total % parts !== 0)) {
    throw attributeError(`${node}: an axis of size ${total} does not split into ${sizes === undefined ? `${parts} parts` : show(sizes)}`, {
      hint: "The sizes must add up to that of the axis; without sizes the parts must be equal.",
    });
  }
  return result;
}
