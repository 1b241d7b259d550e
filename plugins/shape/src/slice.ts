import { attributeError, defineOperator, unsupportedAttribute, type Operator } from "@lirpa/core/plugin";
import { axesOf, integers, requiredIntegers, sameLength } from "./reading.js";

/** From here on an end means "to the end". */
const INT32_MAX = 2 ** 31 - 1;

/** Every `step`-th element from `start` to before `end` along some axes (attributes up to opset 9, inputs since 10). */
export const slice: Operator = defineOperator({
  type: "Slice",
  sinceVersion: 1,
  kind: "linear",
  inputs: ["data", "starts?", "ends?", "axes?", "steps?"],
  nonnegative: true,
  attributes: (raw, context) => {
    const { node } = context;
    const starts = requiredIntegers(raw, context, "starts", 1);
    const ends = requiredIntegers(raw, context, "ends", 2);
    const axes = integers(raw, context, "axes", 3);
    const steps = integers(raw, context, "steps", 4);
    sameLength(node, "ends", ends, "starts", starts);
    if (axes !== undefined) sameLength(node, "axes", axes, "starts", starts);
    if (steps !== undefined) sameLength(node, "steps", steps, "starts", starts);
    if (steps?.some((step) => step === 0)) throw attributeError(`${node}: a step is 0`, { hint: "Steps are positive or negative." });
    if (steps?.some((step, at) => step < 0 && ends[at]! >= INT32_MAX)) {
      throw unsupportedAttribute(`${node}: a negative step runs up to the greatest integer`, {
        hint: "Readers of ONNX disagree on what this is; write the least integer for a slice down to the first element.",
      });
    }
    return Object.freeze({ starts, ends, axes, steps });
  },
  forward: ({ t, attributes, node }, x) => {
    const { shape } = x;
    const begins = shape.map(() => 0);
    const stops = [...shape];
    const strides = shape.map(() => 1);
    const backward: number[] = [];
    const axes = axesOf(node, attributes.axes ?? attributes.starts.map((_, at) => at), shape.length);
    axes.forEach((axis, at) => {
      const cut = cutOf(attributes.starts[at]!, attributes.ends[at]!, attributes.steps?.[at] ?? 1, shape[axis]!);
      begins[axis] = cut.start;
      stops[axis] = cut.stop;
      strides[axis] = cut.step;
      if (cut.backward) backward.push(axis);
    });
    return t.slice(backward.length === 0 ? x : t.flip(x, backward), begins, stops, strides);
  },
});

/**
 * What to cut out of an axis of `size` elements, counted from its end where the step is negative. Ends far outside (such
 * as the least and greatest int64, "to the end") are moved to the nearest one that means the same, as ONNX says.
 */
function cutOf(start: number, end: number, step: number, size: number): { start: number; stop: number; step: number; backward: boolean } {
  const within = (value: number, least: number, most: number) => Math.min(Math.max(value < 0 ? value + size : value, least), most);
  const backward = step < 0;
  const from = backward ? size - 1 - within(start, 0, size - 1) : within(start, 0, size);
  const to = backward ? size - 1 - within(end, -1, size - 1) : within(end, 0, size);
  return { start: from, stop: Math.max(from, to), step: Math.abs(step), backward };
}
