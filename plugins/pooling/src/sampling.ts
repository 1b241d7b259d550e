import { attributeError, hostSize, unsupportedAttribute, type RawAttributes } from "@lirpa/core/plugin";

/** How one axis is resized. */
export interface AxisResize {
  readonly axis: number;
  readonly from: number;
  readonly to: number;
  readonly scale: number;
}

/** For each output position along an axis where it lies among the inputs. */
export type Coordinates = (resize: AxisResize) => readonly number[];

/** The input that stands for a position between two. */
export type Nearest = (position: number, resize: AxisResize) => number;

// Runtimes compute positions in float32; where one falls halfway between two inputs, so must this do.
const { fround } = Math;
const divided = (at: number, { scale }: AxisResize): number => fround(fround(at) / fround(scale));
const halfPixel = (at: number, resize: AxisResize): number => fround(divided(at + 0.5, resize) - 0.5);

const POSITIONS: Readonly<Record<string, (at: number, resize: AxisResize) => number>> = {
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

const NEAREST: Readonly<Record<string, Nearest>> = {
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  floor: (x) => Math.floor(x),
  ceil: (x) => Math.ceil(x),
  // What ONNX Runtime does before opset 11, where the standard is silent.
  simple: (x, { scale }) => (scale < 1 ? Math.ceil(x) : Math.trunc(x)),
};

export function coordinatesOf(node: string, mode: string): Coordinates {
  const position = POSITIONS[mode];
  if (mode === "tf_crop_and_resize") {
    throw unsupportedAttribute(`${node}: coordinate_transformation_mode ${mode} is not supported`, { hint: `Supported are ${Object.keys(POSITIONS).join(", ")}.` });
  }
  if (position === undefined) {
    throw attributeError(`${node}: coordinate_transformation_mode is '${mode}'`, { hint: `It must be one of ${Object.keys(POSITIONS).join(", ")}.` });
  }
  return (resize) => Array.from({ length: hostSize([resize.to], `${node}: an axis`) }, (_, at) => position(at, resize));
}

export function nearestOf(node: string, mode: string): Nearest {
  const nearest = NEAREST[mode];
  if (nearest === undefined) {
    throw attributeError(`${node}: nearest_mode is '${mode}'`, { hint: "It must be one of round_prefer_floor, round_prefer_ceil, floor, ceil." });
  }
  return nearest;
}

/** `nearest` or `linear`; interpolation by cubic polynomials has negative weights. */
export function modeOf(node: string, raw: RawAttributes): "nearest" | "linear" {
  const mode = String(raw["mode"] ?? "nearest");
  if (mode === "nearest" || mode === "linear") return mode;
  // Opset 7 to 9 files have been seen with the number of axes in the name.
  if (mode === "bilinear" || mode === "trilinear") return "linear";
  if (mode === "cubic") throw unsupportedAttribute(`${node}: mode cubic is not supported`, { hint: "Supported are nearest and linear." });
  throw attributeError(`${node}: mode is '${mode}'`, { hint: "It must be nearest, linear or cubic." });
}
