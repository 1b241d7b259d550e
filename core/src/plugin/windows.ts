import { ints, oneOf, type Declared } from "./attributes.js";
import { attributeError, shapeError, unsupportedAttribute } from "./errors.js";
import { nth } from "./reading.js";
import type { Shape } from "./tensor.js";

/** Who decides how a window's input is padded: the attribute `pads`, nobody, or the output's size. */
export type AutoPad = "NOTSET" | "VALID" | "SAME_UPPER" | "SAME_LOWER";

/** What operators with sliding windows read. */
export interface WindowAttributes {
  readonly auto_pad: AutoPad;
  readonly kernel_shape: readonly number[] | undefined;
  readonly strides: readonly number[] | undefined;
  readonly dilations: readonly number[] | undefined;
  readonly pads: readonly number[] | undefined;
}

/** The attributes of every operator with sliding windows: to be spread into its own. */
export const windowAttributes: Declared<WindowAttributes> = Object.freeze({
  auto_pad: oneOf(["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"], "NOTSET"),
  kernel_shape: ints().atLeast(1).optional(),
  strides: ints().atLeast(1).optional(),
  dilations: ints().atLeast(1).optional(),
  pads: ints().atLeast(0).optional(),
});

/** One spatial axis of an input over which windows slide. */
export interface WindowAxis {
  /** Its position among all axes of the input: 2 for the first one. */
  readonly axis: number;
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** How many elements the kernel spans. */
  readonly extent: number;
  /** The paddings before and behind that the attribute `pads` asks for: zeros where `auto_pad` decides. */
  readonly begin: number;
  readonly end: number;
}

/**
 * A shape as batch, channels and one to three spatial axes. Throws `LIRPA_SHAPE`, or `LIRPA_UNSUPPORTED_ATTRIBUTE`
 * for more.
 */
export function spatialShape(
  node: string,
  shape: Shape,
): readonly [batch: number, channels: number, ...sizes: number[]] {
  const [batch, channels, ...sizes] = shape;
  if (batch === undefined || channels === undefined || sizes.length === 0) {
    throw shapeError(`${node}: its operand [${shape.join(", ")}] needs batch, channels and one spatial axis or more`);
  }
  if (sizes.length > 3) {
    throw unsupportedAttribute(`${node}: ${sizes.length} spatial axes are not supported`, {
      hint: "One, two and three are.",
    });
  }
  return [batch, channels, ...sizes];
}

/**
 * The spatial axes of windows. Throws `LIRPA_ATTRIBUTE` for lists of another length, and where `pads` and `auto_pad`
 * meet.
 */
export function windowAxes(
  node: string,
  sizes: readonly number[],
  kernel: readonly number[],
  attributes: WindowAttributes,
): WindowAxis[] {
  const ones = sizes.map(() => 1);
  perAxis(node, "kernel_shape", kernel, sizes.length);
  const strides = perAxis(node, "strides", attributes.strides ?? ones, sizes.length);
  const dilations = perAxis(node, "dilations", attributes.dilations ?? ones, sizes.length);
  const pads = perAxis(node, "pads", attributes.pads ?? [...ones, ...ones].fill(0), 2 * sizes.length);
  if (attributes.auto_pad !== "NOTSET" && pads.some((pad) => pad !== 0)) {
    throw attributeError(`${node}: 'pads' and auto_pad ${attributes.auto_pad} exclude each other`, {
      hint: "Drop one of the two attributes.",
    });
  }
  return sizes.map((size, i) => {
    const [span, stride, dilation] = [nth(kernel, i), nth(strides, i), nth(dilations, i)];
    const extent = (span - 1) * dilation + 1;
    return {
      axis: i + 2,
      size,
      kernel: span,
      stride,
      dilation,
      extent,
      begin: nth(pads, i),
      end: nth(pads, i + sizes.length),
    };
  });
}

/** A list with one entry for each spatial axis, or two. */
export function perAxis(node: string, name: string, values: readonly number[], count: number): readonly number[] {
  if (values.length === count) return values;
  throw attributeError(`${node}: '${name}' is [${values.join(", ")}]`, { hint: `Expected: ${count} integer(s).` });
}

/** True where padding is such that as many windows begin in the input as strides do. */
export function isSame(autoPad: AutoPad): boolean {
  return autoPad === "SAME_UPPER" || autoPad === "SAME_LOWER";
}

/** The padding of an axis by which as many windows begin in it as strides do. */
export function samePadding({ size, stride, extent }: WindowAxis): number {
  return Math.max(0, (Math.ceil(size / stride) - 1) * stride + extent - size);
}

/** What of an axis' padding stands before it; the odd one stands behind for SAME_UPPER. */
export function halfBefore(total: number, autoPad: AutoPad): number {
  return autoPad === "SAME_UPPER" ? Math.floor(total / 2) : Math.ceil(total / 2);
}
