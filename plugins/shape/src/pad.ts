import { attributeError, defineOperator, hostSize, shapeError, unsupportedAttribute, type Operator, type RuleContext, type Shape, type Tensor } from "@lirpa/core/plugin";
import { axesOf, constantScalar, integers, requiredIntegers, sameLength, show } from "./reading.js";

type Mode = "constant" | "edge" | "reflect" | "wrap";

interface PadAttributes {
  readonly mode: Mode;
  /** All begins, then all ends; a negative one cuts off. */
  readonly pads: readonly number[];
  readonly axes: readonly number[] | undefined;
  readonly value: number;
}

/**
 * Adds elements before and after some axes: a constant, or copies of the tensor's own. `pads` and `value` are attributes
 * up to opset 10 and inputs since 11; `axes` came with 18, the mode "wrap" with 19.
 */
export const pad: Operator = defineOperator({
  type: "Pad",
  sinceVersion: 2,
  kind: "linear",
  inputs: ["data", "pads?", "constant_value?", "axes?"],
  nonnegative: true,
  attributes: (raw, context) => {
    const pads = requiredIntegers(raw, context, "pads", 1);
    const axes = integers(raw, context, "axes", 3);
    const value = raw["value"] === undefined ? constantScalar(context, 2, "constant_value") : Number(raw["value"]);
    if (pads.length % 2 !== 0) {
      throw attributeError(`${context.node}: ${pads.length} pads`, { hint: "There must be a begin and an end for each axis." });
    }
    return Object.freeze({ mode: modeOf(context.node, raw["mode"] ?? "constant"), pads, axes, value: value ?? 0 });
  },
  forward: (context, x) => {
    const { t, attributes, node } = context;
    const { shape } = x;
    const axes = axesOf(node, attributes.axes ?? shape.map((_, axis) => axis), shape.length);
    sameLength(node, "pads", attributes.pads, "begins and ends", [...axes, ...axes]);
    const amount = (offset: number) => shape.map((_, axis) => (axes.includes(axis) ? attributes.pads[axes.indexOf(axis) + offset]! : 0));
    const begins = amount(0);
    const ends = amount(axes.length);
    const inner = cropped(context, x, begins, ends);
    const low = begins.map((count) => Math.max(count, 0));
    const high = ends.map((count) => Math.max(count, 0));
    if (attributes.mode === "constant") return t.pad(inner, low, high, attributes.value);
    return low.reduce((part, _, axis) => extended(context, part, axis, low[axis]!, high[axis]!), inner);
  },
});

/** What the negative pads leave. */
function cropped({ t, node }: RuleContext<PadAttributes>, x: Tensor, begins: Shape, ends: Shape): Tensor {
  if ([...begins, ...ends].every((count) => count >= 0)) return x;
  const starts = begins.map((count) => Math.max(-count, 0));
  const stops = x.shape.map((size, axis) => size + Math.min(ends[axis]!, 0));
  if (starts.some((start, axis) => start > stops[axis]!)) {
    throw shapeError(`${node}: pads ${show([...begins, ...ends])} cut off more than ${show(x.shape)} has`, { hint: "Negative pads remove elements." });
  }
  return t.slice(x, starts, stops);
}

/** Copies of the tensor's own slices before and after one axis. */
function extended({ t, attributes, node }: RuleContext<PadAttributes>, x: Tensor, axis: number, low: number, high: number): Tensor {
  if (low === 0 && high === 0) return x;
  const size = x.shape[axis]!;
  if (size === 0) throw shapeError(`${node}: axis ${axis} is empty`, { hint: `The mode "${attributes.mode}" needs something to copy.` });
  const indices = Array.from({ length: hostSize([low + size + high], `${node}: axis ${axis}`) }, (_, at) => source(attributes.mode, at - low, size));
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

function modeOf(node: string, mode: unknown): Mode {
  if (mode === "constant" || mode === "edge" || mode === "reflect" || mode === "wrap") return mode;
  throw unsupportedAttribute(`${node}: mode "${String(mode)}" is not supported`, { hint: "Supported are constant, edge, reflect and wrap." });
}
