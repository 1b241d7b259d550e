import {
  attributeError,
  axesOf,
  defineOperator,
  float,
  hostSize,
  ints,
  nth,
  oneOf,
  sameLength,
  shapeError,
  showShape,
  type Operator,
  type RuleContext,
  type Tensor,
} from "@lirpa/core/plugin";

type Mode = "constant" | "edge" | "reflect" | "wrap";

interface PadAttributes {
  readonly mode: Mode;
  /** What is added before and after each of the axes; less than nothing cuts off. */
  readonly begins: readonly number[];
  readonly ends: readonly number[];
  readonly value: number;
}

/**
 * Adds elements before and after some axes: a constant, or copies of the tensor's own. `pads` and `value` are
 * attributes up to opset 10 and inputs since 11; `axes` came with 18, the mode "wrap" with 19.
 */
export const pad: Operator = defineOperator({
  type: "Pad",
  sinceVersion: 2,
  kind: "linear",
  inputs: ["data", "pads?", "constant_value?", "axes?"],
  nonnegative: true,
  attributes: {
    mode: oneOf(["constant", "edge", "reflect", "wrap"], "constant"),
    // All begins, then all ends.
    pads: ints().orInput(),
    value: float(0).orInput("constant_value"),
    axes: ints().optional().fromInput(),
  },
  derive: ({ mode, pads, value, axes: named }, { node, shapes: [x] }) => {
    if (pads.length % 2 !== 0) {
      throw attributeError(`${node}: ${pads.length} pads`, { hint: "There must be a begin and an end for each axis." });
    }
    const axes = axesOf(node, named ?? [...x.keys()], x.length);
    sameLength(node, "pads", pads, "begins and ends", [...axes, ...axes]);
    const amount = (offset: number) =>
      x.map((_, axis) => (axes.includes(axis) ? nth(pads, axes.indexOf(axis) + offset) : 0));
    return { mode, value, begins: amount(0), ends: amount(axes.length) };
  },
  forward: (context, x) => {
    const {
      t,
      attributes: { mode, begins, ends, value },
    } = context;
    const inner = cropped(context, x);
    const low = begins.map((count) => Math.max(count, 0));
    const high = ends.map((count) => Math.max(count, 0));
    if (mode === "constant") return t.pad(inner, low, high, value);
    return low.reduce((part, before, axis) => extended(context, part, axis, before, nth(high, axis)), inner);
  },
});

/** What the negative pads leave. */
function cropped({ t, node, attributes: { begins, ends } }: RuleContext<PadAttributes>, x: Tensor): Tensor {
  if ([...begins, ...ends].every((count) => count >= 0)) return x;
  const starts = begins.map((count) => Math.max(-count, 0));
  const stops = x.shape.map((size, axis) => size + Math.min(nth(ends, axis), 0));
  if (starts.some((start, axis) => start > nth(stops, axis))) {
    const pads = showShape([...begins, ...ends]);
    throw shapeError(`${node}: pads ${pads} cut off more than ${showShape(x.shape)} has`, {
      hint: "Negative pads remove elements.",
    });
  }
  return t.slice(x, starts, stops);
}

/** Copies of the tensor's own slices before and after one axis. */
function extended(
  { t, attributes, node }: RuleContext<PadAttributes>,
  x: Tensor,
  axis: number,
  low: number,
  high: number,
): Tensor {
  if (low === 0 && high === 0) return x;
  const size = nth(x.shape, axis);
  if (size === 0)
    throw shapeError(`${node}: axis ${axis} is empty`, {
      hint: `The mode "${attributes.mode}" needs something to copy.`,
    });
  const indices = Array.from({ length: hostSize([low + size + high], `${node}: axis ${axis}`) }, (_, at) =>
    source(attributes.mode, at - low, size),
  );
  return t.gather(x, t.constant(indices, [indices.length], "int"), axis);
}

/** Where the element at a position outside [0, size) comes from. */
function source(mode: Mode, position: number, size: number): number {
  const modulo = (value: number, period: number) => ((value % period) + period) % period;
  if (mode === "edge") return Math.min(Math.max(position, 0), size - 1);
  if (mode === "wrap") return modulo(position, size);
  if (size === 1) return 0;
  const folded = modulo(position, 2 * (size - 1));
  return folded < size ? folded : 2 * (size - 1) - folded;
}
