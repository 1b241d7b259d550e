import { attributeError, axisOf, defineOperator, int, ints, nth, showShape, type Operator } from "@lirpa/core/plugin";

/**
 * Cuts a tensor along one axis: into the sizes given (an attribute up to opset 12, an input since 13), or equal ones.
 */
export const split: Operator = defineOperator({
  type: "Split",
  sinceVersion: 2,
  kind: "linear",
  inputs: ["input", "split?"],
  nonnegative: true,
  attributes: { axis: int(0), split: ints().optional().orInput(), num_outputs: int().atLeast(1).optional() },
  derive: ({ axis: named, split, num_outputs: count }, { node, isRead, shapes: [x] }) => {
    const parts = split?.length ?? count ?? isRead.length;
    if (parts !== isRead.length) {
      throw attributeError(`${node}: ${parts} parts for ${isRead.length} outputs`, {
        hint: "Each part needs an output.",
      });
    }
    const axis = axisOf(node, named, x.length);
    // `num_outputs` of opset 18 allows a smaller last part.
    return { axis, sizes: partSizes(node, nth(x, axis), split, parts, count !== undefined) };
  },
  forward: ({ t, attributes: { axis, sizes } }, x) => {
    let start = 0;
    return sizes.map((size) => {
      const starts = x.shape.map((_, at) => (at === axis ? start : 0));
      start += size;
      return t.slice(x, starts, x.shape.with(axis, start));
    });
  },
});

function partSizes(
  node: string,
  total: number,
  sizes: readonly number[] | undefined,
  parts: number,
  unequal: boolean,
): readonly number[] {
  const each = Math.ceil(total / parts);
  const result =
    sizes ?? Array.from({ length: parts }, (_, part) => (part < parts - 1 ? each : total - each * (parts - 1)));
  const sum = result.reduce((all, size) => all + size, 0);
  if (sum !== total || result.some((size) => size < 0) || (sizes === undefined && !unequal && total % parts !== 0)) {
    const into = sizes === undefined ? `${parts} parts` : showShape(sizes);
    throw attributeError(`${node}: an axis of size ${total} does not split into ${into}`, {
      hint: "The sizes must add up to that of the axis; without sizes the parts must be equal.",
    });
  }
  return result;
}
