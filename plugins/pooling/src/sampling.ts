import { hostSize, oneOf, type Attribute } from "@lirpa/core/plugin";

/** How one axis is resized. */
export interface AxisResize {
  readonly axis: number;
  readonly from: number;
  readonly to: number;
  readonly scale: number;
}

// Runtimes compute positions in float32; where one falls halfway between two inputs, so must this do.
const { fround } = Math;
const divided = (at: number, { scale }: AxisResize): number => fround(fround(at) / fround(scale));
const halfPixel = (at: number, resize: AxisResize): number => fround(divided(at + 0.5, resize) - 0.5);

/** Where an output lies among the inputs. */
export type Position =
  | "half_pixel"
  | "pytorch_half_pixel"
  | "half_pixel_symmetric"
  | "align_corners"
  | "asymmetric"
  | "tf_half_pixel_for_nn";

const POSITIONS: Readonly<Record<Position, (at: number, resize: AxisResize) => number>> = {
  half_pixel: halfPixel,
  pytorch_half_pixel: (at, resize) => (resize.to > 1 ? halfPixel(at, resize) : 0),
  half_pixel_symmetric: (at, resize) => {
    const { from, to, scale } = resize;
    const adjustment = fround(to / fround(fround(scale) * from));
    return fround(fround((from / 2) * fround(1 - adjustment)) + halfPixel(at, resize));
  },
  align_corners: (at, { from, to }) => (to === 1 ? 0 : fround((at * (from - 1)) / (to - 1))),
  asymmetric: divided,
  tf_half_pixel_for_nn: (at, resize) => divided(at + 0.5, resize),
};

/** Which input stands for a position between two. */
export type Rounding = "round_prefer_floor" | "round_prefer_ceil" | "floor" | "ceil" | "simple";

const NEAREST: Readonly<Record<Rounding, (position: number, resize: AxisResize) => number>> = {
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  floor: (x) => Math.floor(x),
  ceil: (x) => Math.ceil(x),
  // What ONNX Runtime does before opset 11, where the standard is silent.
  simple: (x, { scale }) => (scale < 1 ? Math.ceil(x) : Math.trunc(x)),
};

export type Mode = "nearest" | "linear" | "bilinear" | "trilinear";

/**
 * Interpolation by cubic polynomials has negative weights. Opset 7 to 9 files have been seen with the number of axes
 * in the name.
 */
export const mode: Attribute<Mode> = oneOf(["nearest", "linear", "bilinear", "trilinear", "cubic"], "nearest").only(
  "nearest",
  "linear",
  "bilinear",
  "trilinear",
);

const POSITION_NAMES = Object.keys(POSITIONS) as readonly Position[];

/** Cropping is left out. */
export const coordinates: Attribute<Position> = oneOf([...POSITION_NAMES, "tf_crop_and_resize"], "half_pixel").only(
  ...POSITION_NAMES,
);

export const nearest: Attribute<Rounding> = oneOf(
  ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"],
  "round_prefer_floor",
);

/** For each output position along an axis where it lies among the inputs. */
export function coordinatesOf(node: string, position: Position, axis: AxisResize): readonly number[] {
  return Array.from({ length: hostSize([axis.to], `${node}: an axis`) }, (_, at) => POSITIONS[position](at, axis));
}

/** The input that stands for a position between two. */
export function nearestOf(rounding: Rounding, position: number, axis: AxisResize): number {
  return NEAREST[rounding](position, axis);
}
