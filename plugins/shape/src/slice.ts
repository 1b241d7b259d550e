import {
  attributeError,
  axesOf,
  defineOperator,
  ints,
  nth,
  sameLength,
  unsupportedAttribute,
  type Operator,
} from "@lirpa/core/plugin";

/** From here on an end means "to the end". */
const INT32_MAX = 2 ** 31 - 1;

/** Every `step`-th element from `start` to before `end` along some axes (attributes up to opset 9, inputs since 10). */
export const slice: Operator = defineOperator({
  type: "Slice",
  sinceVersion: 1,
  kind: "linear",
  inputs: ["data", "starts?", "ends?", "axes?", "steps?"],
  nonnegative: true,
  attributes: {
    starts: ints().orInput(),
    ends: ints().orInput(),
    axes: ints().optional().orInput(),
    steps: ints().optional().fromInput(),
  },
  derive: ({ starts, ends, axes: named, steps = starts.map(() => 1) }, { node, shapes: [x] }) => {
    sameLength(node, "ends", ends, "starts", starts);
    if (named !== undefined) sameLength(node, "axes", named, "starts", starts);
    sameLength(node, "steps", steps, "starts", starts);
    if (steps.some((step) => step === 0))
      throw attributeError(`${node}: a step is 0`, { hint: "Steps are positive or negative." });
    if (steps.some((step, at) => step < 0 && nth(ends, at) >= INT32_MAX)) {
      throw unsupportedAttribute(`${node}: a negative step runs up to the greatest integer`, {
        hint: "Readers of ONNX disagree on it; write the least integer for a slice down to the first element.",
      });
    }
    const axes = axesOf(node, named ?? [...starts.keys()], x.length);
    return {
      cuts: axes.map((axis, at) => ({ axis, ...cutOf(nth(starts, at), nth(ends, at), nth(steps, at), nth(x, axis)) })),
    };
  },
  forward: ({ t, attributes: { cuts } }, x) => {
    const along = (part: "start" | "stop" | "step", whole: readonly number[]): number[] =>
      whole.map((all, axis) => cuts.find((cut) => cut.axis === axis)?.[part] ?? all);
    const backward = cuts.filter((cut) => cut.backward).map(({ axis }) => axis);
    const ones = x.shape.map(() => 1);
    const begins = along(
      "start",
      ones.map(() => 0),
    );
    return t.slice(
      backward.length === 0 ? x : t.flip(x, backward),
      begins,
      along("stop", x.shape),
      along("step", ones),
    );
  },
});

/**
 * What to cut out of an axis of `size` elements, counted from its end where the step is negative. Ends far outside
 * (such as the least and greatest int64, "to the end") are moved to the nearest one that means the same, as ONNX
 * says.
 */
function cutOf(
  start: number,
  end: number,
  step: number,
  size: number,
): { start: number; stop: number; step: number; backward: boolean } {
  const within = (value: number, least: number, most: number) =>
    Math.min(Math.max(value < 0 ? value + size : value, least), most);
  const backward = step < 0;
  const from = backward ? size - 1 - within(start, 0, size - 1) : within(start, 0, size);
  const to = backward ? size - 1 - within(end, -1, size - 1) : within(end, 0, size);
  return { start: from, stop: Math.max(from, to), step: Math.abs(step), backward };
}
