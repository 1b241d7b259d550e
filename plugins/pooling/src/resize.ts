import {
  attributeError, defineOperator, hostSize, shapeError, unsupportedAttribute, type AttributeContext, type HostTensor,
  type Operator, type RawAttributes, type RuleContext, type Shape, type Tensor,
} from "@lirpa/core/plugin";
import { coordinatesOf, modeOf, nearestOf, type AxisResize } from "./sampling.js";

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
  attributes: (raw, context) => {
    // Opset 10 has the scales where the region of interest stands since.
    const old = context.opset < 11;
    const names = old
      ? { coordinates: "asymmetric", nearest: "simple" }
      : { coordinates: String(raw["coordinate_transformation_mode"] ?? "half_pixel"), nearest: String(raw["nearest_mode"] ?? "round_prefer_floor") };
    return read(raw, context, sizesOf(raw, context, old ? 1 : 2, old ? undefined : 3), names);
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
  attributes: (raw, context) => read(raw, context, sizesOf(raw, context, 1, undefined), { coordinates: "asymmetric", nearest: "simple" }),
  forward: resized,
});

function resized({ t, attributes }: RuleContext<ResizeAttributes>, x: Tensor): Tensor {
  return attributes.axes.reduce((value, { axis, from, samples }) => {
    const places = samples.map(([{ at }]) => at);
    if (samples.every(({ length }) => length === 1)) return t.gather(value, t.constant(places, [places.length], "int"), axis);
    const matrix = new Float64Array(hostSize([from, samples.length], `resizing axis ${axis}`));
    samples.forEach((sample, to) => sample.forEach(({ at, weight }) => (matrix[at * samples.length + to]! += weight)));
    const others = [...value.shape.keys()].filter((other) => other !== axis);
    const rows = t.reshape(t.transpose(value, [...others, axis]), [others.reduce((product, other) => product * value.shape[other]!, 1), from]);
    const product = t.matmul(rows, t.constant({ shape: [from, samples.length], dtype: "float", data: matrix }));
    const order = [...others, axis];
    return t.transpose(t.reshape(product, [...others.map((other) => value.shape[other]!), samples.length]), [...order.keys()].map((at) => order.indexOf(at)));
  }, x);
}

function read(raw: RawAttributes, { node }: AttributeContext, resizes: readonly AxisResize[], names: { coordinates: string; nearest: string }): ResizeAttributes {
  const mode = modeOf(node, raw);
  if (mode === "linear" && Number(raw["antialias"] ?? 0) !== 0 && resizes.some(({ scale }) => scale < 1)) {
    throw unsupportedAttribute(`${node}: antialias 1 is not supported where an axis shrinks`, { hint: "Export the model with antialias 0." });
  }
  const coordinates = coordinatesOf(node, names.coordinates);
  const nearest = nearestOf(node, names.nearest);
  const axes = resizes
    // An axis of the same size stays as it is, whatever the coordinates say.
    .filter(({ from, to, scale }) => from !== to || scale !== 1)
    .map((axis) => {
      const inside = (at: number): number => Math.min(Math.max(at, 0), axis.from - 1);
      const samples = coordinates(axis).map((position): Sample => {
        if (mode === "nearest") return [{ at: inside(nearest(position, axis)), weight: 1 }];
        const place = inside(position);
        const at = Math.floor(place);
        return [{ at, weight: 1 - (place - at) }, { at: inside(at + 1), weight: place - at }];
      });
      return Object.freeze({ axis: axis.axis, from: axis.from, samples });
    });
  return Object.freeze({ axes });
}

/** Every axis with its size before and after and the factor between: from scales or sizes, one of which is given. */
function sizesOf(raw: RawAttributes, context: AttributeContext, scalesInput: number, sizesInput: number | undefined): readonly AxisResize[] {
  const { node } = context;
  const shape = shapeOf(context);
  const attribute = raw["scales"];
  const scales = Array.isArray(attribute) ? attribute.map(Number) : listOf(context, scalesInput, "scales");
  const sizes = sizesInput === undefined ? undefined : listOf(context, sizesInput, "sizes");
  const given = scales ?? sizes;
  if (given === undefined || (scales !== undefined && sizes !== undefined)) {
    throw attributeError(`${node}: ${given === undefined ? "neither" : "both"} 'scales' and 'sizes' are there`, { hint: "The ONNX operator takes one of the two." });
  }
  if (sizes !== undefined && String(raw["keep_aspect_ratio_policy"] ?? "stretch") !== "stretch") {
    throw unsupportedAttribute(`${node}: keep_aspect_ratio_policy ${String(raw["keep_aspect_ratio_policy"])} is not supported`, { hint: "Give scales, or sizes with the policy stretch." });
  }
  const axes = axesOf(raw, node, shape);
  if (given.length !== axes.length) throw attributeError(`${node}: ${given.length} scales or sizes for ${axes.length} axes`, { hint: "There must be one for each axis." });
  return axes.map((axis, i) => {
    const from = shape[axis]!;
    const scale = scales === undefined ? given[i]! / from : given[i]!;
    const to = scales === undefined ? given[i]! : Math.floor(Math.fround(from * scale));
    if (!(scale > 0) || !Number.isInteger(to) || to < 1) throw attributeError(`${node}: axis ${axis} of size ${from} cannot become ${to}`, { hint: "Sizes must be positive." });
    return { axis, from, to, scale };
  });
}

function shapeOf({ node, shapes }: AttributeContext): Shape {
  if (shapes[0] === undefined) throw shapeError(`${node}: the shape of X is not known`);
  return shapes[0];
}

function axesOf(raw: RawAttributes, node: string, shape: Shape): readonly number[] {
  const axes = raw["axes"];
  if (!Array.isArray(axes)) return [...shape.keys()];
  const normal = axes.map(Number).map((axis) => (axis < 0 ? axis + shape.length : axis));
  if (normal.some((axis) => !(axis >= 0 && axis < shape.length)) || new Set(normal).size !== normal.length) {
    throw attributeError(`${node}: axes are [${axes.join(", ")}]`, { hint: `They must be distinct axes of the ${shape.length} that X has.` });
  }
  return normal;
}

/** A list that is a constant input; an empty one counts as absent, as exporters write it. */
function listOf({ node, shapes, constants }: AttributeContext, slot: number, name: string): readonly number[] | undefined {
  const constant: HostTensor | undefined = constants[slot];
  if (constant === undefined && shapes[slot] !== undefined) {
    throw unsupportedAttribute(`${node}: '${name}' is computed from the model's inputs`, { hint: `Only constant ${name} are supported; simplify the model so that they become an initializer.` });
  }
  return constant === undefined || constant.data.length === 0 ? undefined : [...constant.data];
}
