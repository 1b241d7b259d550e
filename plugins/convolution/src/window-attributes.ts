import { attributeError, shapeError, unsupportedAttribute, type AttributeContext, type RawAttributes, type Shape } from "@lirpa/core/plugin";

export type AutoPad = "NOTSET" | "VALID" | "SAME_UPPER" | "SAME_LOWER";

/** What Conv and ConvTranspose have in common; one entry per spatial axis. */
export interface WindowAttributes {
  readonly batch: number;
  readonly channels: number;
  /** Of the input X. */
  readonly sizes: readonly number[];
  readonly weight: Shape;
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly groups: number;
  readonly autoPad: AutoPad;
  /** All begins, then all ends, as the attribute has them: zeros where `autoPad` decides. */
  readonly pads: readonly number[];
}

const AUTO_PADS: readonly string[] = ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"];

export function windowAttributes(raw: RawAttributes, { node, shapes }: AttributeContext): WindowAttributes {
  const [x, weight] = shapes;
  if (x === undefined || weight === undefined) throw shapeError(`${node}: the shapes of X and W are not known`);
  if (x.length < 3 || weight.length !== x.length) {
    throw shapeError(`${node}: X [${x.join(", ")}] and W [${weight.join(", ")}] need one rank, three or more`);
  }
  if (x.length > 5) {
    throw unsupportedAttribute(`${node}: ${x.length - 2} spatial axes are not supported`, { hint: "One, two and three are." });
  }
  const [batch, channels, ...sizes] = x as readonly [number, number, ...number[]];
  const kernel = weight.slice(2);
  const ones = kernel.map(() => 1);
  const declared = integers(node, raw, "kernel_shape", kernel, 1);
  if (declared.some((size, axis) => size !== kernel[axis])) {
    throw attributeError(`${node}: kernel_shape [${declared.join(", ")}] is not that of W, [${kernel.join(", ")}]`, { hint: "Drop kernel_shape or correct it." });
  }
  const autoPad = parseAutoPad(node, raw);
  const pads = integers(node, raw, "pads", [...kernel, ...kernel].fill(0), 0);
  if (autoPad !== "NOTSET" && pads.some((pad) => pad !== 0)) {
    throw attributeError(`${node}: 'pads' and auto_pad ${autoPad} exclude each other`, { hint: "Drop one of the two attributes." });
  }
  return {
    batch,
    channels,
    sizes,
    weight,
    kernel,
    strides: integers(node, raw, "strides", ones, 1),
    dilations: integers(node, raw, "dilations", ones, 1),
    groups: integers(node, { group: [Number(raw["group"] ?? 1)] }, "group", [1], 1)[0]!,
    autoPad,
    pads,
  };
}

function parseAutoPad(node: string, raw: RawAttributes): AutoPad {
  // An empty string is how some exporters write the default.
  const value = raw["auto_pad"] || "NOTSET";
  if (typeof value !== "string" || !AUTO_PADS.includes(value)) {
    throw attributeError(`${node}: auto_pad is '${String(value)}'`, { hint: `It must be one of ${AUTO_PADS.join(", ")}.` });
  }
  return value as AutoPad;
}

/** A list of integers of the fallback's length, each at least `min`. */
export function integers(node: string, raw: RawAttributes, name: string, fallback: readonly number[], min: number): readonly number[] {
  const value = raw[name] ?? fallback;
  const valid = Array.isArray(value) && value.length === fallback.length && value.every((n) => Number.isInteger(n) && n >= min);
  if (!valid) {
    throw attributeError(`${node}: '${name}' is [${String(value)}]`, { hint: `Expected: ${fallback.length} integer(s), each at least ${min}.` });
  }
  return value as readonly number[];
}

/** Splits the padding of one axis in two; the odd one stands at the end for SAME_UPPER. */
export function half(total: number, autoPad: AutoPad): number {
  return autoPad === "SAME_UPPER" ? Math.floor(total / 2) : Math.ceil(total / 2);
}
