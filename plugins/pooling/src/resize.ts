import {
  attributeError,
  axesOf,
  constantInput,
  defineOperator,
  flag,
  float,
  floats,
  hostSize,
  ints,
  nth,
  oneOf,
  sameLength,
  sizeOf,
  sizesOf,
  unsupportedAttribute,
  type AttributeContext,
  type Operator,
  type RuleContext,
  type Tensor,
} from "@lirpa/core/plugin";
import {
  coordinates,
  coordinatesOf,
  mode,
  nearest,
  nearestOf,
  type AxisResize,
  type Mode,
  type Position,
  type Rounding,
} from "./sampling.js";

interface ResizeAttributes {
  /** For each axis whose size or order of elements changes the inputs of every output position and their weights. */
  readonly axes: readonly { readonly axis: number; readonly from: number; readonly samples: readonly Sample[] }[];
}

/** One input with weight 1, or two with weights that add up to it. */
type Sample = readonly [Weighted, ...Weighted[]];

interface Weighted {
  readonly at: number;
  readonly weight: number;
}

/** Resizing by the nearest element or by linear interpolation, axis by axis: weights of elements, none negative. */
export const resize: Operator = defineOperator({
  type: "Resize",
  sinceVersion: 10,
  kind: "linear",
  inputs: ["X", "roi?", "scales?", "sizes?"],
  nonnegative: true,
  attributes: {
    mode,
    coordinate_transformation_mode: coordinates,
    nearest_mode: nearest,
    antialias: flag(false),
    axes: ints().optional(),
    keep_aspect_ratio_policy: oneOf(["stretch", "not_larger", "not_smaller"], "stretch"),
    // Of the mode cubic, and of tf_crop_and_resize.
    cubic_coeff_a: float(-0.75),
    exclude_outside: flag(false),
    extrapolation_value: float(0),
  },
  derive: (attributes, context) => {
    // Opset 10 has the scales where the region of interest stands since, and neither of the two modes.
    if (context.opset < 11)
      return read(
        { ...attributes, ...OLD },
        context,
        scaledAxes(context, attributes, listOf(context, 1, "scales"), undefined),
      );
    const { coordinate_transformation_mode: position, nearest_mode: rounding } = attributes;
    const names = { ...attributes, position, rounding };
    return read(
      names,
      context,
      scaledAxes(context, attributes, listOf(context, 2, "scales"), listOf(context, 3, "sizes")),
    );
  },
  forward: resized,
});

/** What Resize was called before opset 10. */
export const upsample: Operator = defineOperator({
  type: "Upsample",
  sinceVersion: 7,
  kind: "linear",
  inputs: ["X", "scales?"],
  nonnegative: true,
  attributes: { mode, scales: floats().optional().orInput() },
  derive: (attributes, context) => {
    const { scales } = attributes;
    return read(
      { ...attributes, ...OLD },
      context,
      scaledAxes(context, {}, scales?.length === 0 ? undefined : scales, undefined),
    );
  },
  forward: resized,
});

/** Positions and rounding before there were attributes for them. */
const OLD = { position: "asymmetric", rounding: "simple" } as const;

interface Sampling {
  readonly mode: Mode;
  readonly antialias?: boolean;
  readonly position: Position;
  readonly rounding: Rounding;
}

type Operands = AttributeContext<readonly ["X", ...string[]]>;

function resized({ t, attributes }: RuleContext<ResizeAttributes>, x: Tensor): Tensor {
  return attributes.axes.reduce((value, { axis, from, samples }) => {
    const places = samples.map(([{ at }]) => at);
    if (samples.every(({ length }) => length === 1))
      return t.gather(value, t.constant(places, [places.length], "int"), axis);
    const matrix = new Float64Array(hostSize([from, samples.length], `resizing axis ${axis}`));
    // Both of a sample's inputs may be the same one.
    samples.forEach((sample, to) =>
      sample.forEach(
        ({ at, weight }) => (matrix[at * samples.length + to] = weight + (matrix[at * samples.length + to] ?? 0)),
      ),
    );
    const others = [...value.shape.keys()].filter((other) => other !== axis);
    const kept = sizesOf(value.shape, others);
    const rows = t.reshape(t.transpose(value, [...others, axis]), [sizeOf(kept), from]);
    const product = t.matmul(rows, t.constant({ shape: [from, samples.length], dtype: "float", data: matrix }));
    const order = [...others, axis];
    return t.transpose(
      t.reshape(product, [...kept, samples.length]),
      [...order.keys()].map((at) => order.indexOf(at)),
    );
  }, x);
}

function read(
  { mode: by, antialias, position, rounding }: Sampling,
  { node }: Operands,
  resizes: readonly AxisResize[],
): ResizeAttributes {
  if (by !== "nearest" && antialias === true && resizes.some(({ scale }) => scale < 1)) {
    throw unsupportedAttribute(`${node}: antialias 1 is not supported where an axis shrinks`, {
      hint: "Export the model with antialias 0.",
    });
  }
  const axes = resizes
    // An axis of the same size stays as it is, whatever the coordinates say.
    .filter(({ from, to, scale }) => from !== to || scale !== 1)
    .map((axis) => {
      const inside = (at: number): number => Math.min(Math.max(at, 0), axis.from - 1);
      const samples = coordinatesOf(node, position, axis).map((at): Sample => {
        if (by === "nearest") return [{ at: inside(nearestOf(rounding, at, axis)), weight: 1 }];
        const place = inside(at);
        const first = Math.floor(place);
        return [
          { at: first, weight: 1 - (place - first) },
          { at: inside(first + 1), weight: place - first },
        ];
      });
      return Object.freeze({ axis: axis.axis, from: axis.from, samples });
    });
  return { axes };
}

interface Scaling {
  readonly axes?: readonly number[] | undefined;
  readonly keep_aspect_ratio_policy?: string;
}

/** Every axis with its size before and after and the factor between: from scales or sizes, one of which is given. */
function scaledAxes(
  { node, shapes: [shape] }: Operands,
  { axes, keep_aspect_ratio_policy: policy = "stretch" }: Scaling,
  scales: readonly number[] | undefined,
  sizes: readonly number[] | undefined,
): readonly AxisResize[] {
  const given = scales ?? sizes;
  if (given === undefined || (scales !== undefined && sizes !== undefined)) {
    throw attributeError(`${node}: ${given === undefined ? "neither" : "both"} 'scales' and 'sizes' are there`, {
      hint: "The ONNX operator takes one of the two.",
    });
  }
  if (sizes !== undefined && policy !== "stretch") {
    throw unsupportedAttribute(`${node}: keep_aspect_ratio_policy ${policy} is not supported`, {
      hint: "Give scales, or sizes with the policy stretch.",
    });
  }
  const scaled = axes === undefined ? [...shape.keys()] : axesOf(node, axes, shape.length);
  sameLength(node, "scales or sizes", given, "axes", scaled);
  return scaled.map((axis, i) => {
    const [from, number] = [nth(shape, axis), nth(given, i)];
    const scale = scales === undefined ? number / from : number;
    const to = scales === undefined ? number : Math.floor(Math.fround(from * scale));
    if (!(scale > 0) || !Number.isInteger(to) || to < 1)
      throw attributeError(`${node}: axis ${axis} of size ${from} cannot become ${to}`, {
        hint: "Sizes must be positive.",
      });
    return { axis, from, to, scale };
  });
}

/** A list that is a constant input; an empty one counts as absent, as exporters write it. */
function listOf(context: Operands, slot: number, name: string): readonly number[] | undefined {
  const constant = constantInput(context, slot, name);
  return constant === undefined || constant.data.length === 0 ? undefined : [...constant.data];
}
