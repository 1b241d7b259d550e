import {
  defineOperator,
  definePerturbation,
  definePlugin,
  float,
  ints,
  type HostTensor,
  type Operator,
  type Perturbation,
  type PerturbationQuery,
  type SetSite,
  type Plugin,
  type Tensor,
  type TensorOps,
} from "@lirpa/core/plugin";
import { tensor } from "./numbers.js";

/** The domain of the kit's own operators. */
export const KIT = "lirpa.kit";

/**
 * The identity behind two lines that part: 0.8 x + 0.2 l below and 0.9 x + 0.1 u above. Around an operator it gives the
 * two bounds different coefficients and constants; its range stays what it is.
 */
const blur: Operator = defineOperator({
  type: "Blur",
  domain: KIT,
  sinceVersion: 1,
  kind: "elementwise",
  inputs: ["x"],
  forward: ({ t }, x) => t.add(x, 0),
  monotone: "increasing",
  relax: ({ t }, { lower, upper }) => ({
    lower: { slope: 0.8, intercept: t.mul(lower, 0.2) },
    upper: { slope: 0.9, intercept: t.mul(upper, 0.1) },
  }),
});

/** A matrix times all elements of x, plus an offset, in a given shape: joins any two shapes. */
const mix: Operator = defineOperator({
  type: "Mix",
  domain: KIT,
  sinceVersion: 1,
  kind: "linear",
  inputs: ["x", "matrix", "offset"],
  attributes: { shape: ints() },
  forward: ({ t, attributes }, x, matrix, offset) =>
    t.reshape(t.add(t.matmul(t.reshape(x, [1, matrix.shape[0]!]), matrix), offset), attributes.shape),
  magnitude: ({ t, attributes }, x, matrix) =>
    t.reshape(t.matmul(t.reshape(x, [1, matrix.shape[0]!]), t.abs(matrix)), attributes.shape),
});

/** weight · x + offset, element by element: puts an operand anywhere, instance by instance. */
const place: Operator = defineOperator({
  type: "Place",
  domain: KIT,
  sinceVersion: 1,
  kind: "linear",
  inputs: ["x", "weight", "offset"],
  forward: ({ t }, x, weight, offset) => t.add(t.mul(x, weight), offset),
  magnitude: ({ t }, x, weight) => t.mul(x, t.abs(weight)),
});

/** x cut off at min and max: what keeps random graphs within an operator's domain. */
const confine: Operator = defineOperator({
  type: "Confine",
  domain: KIT,
  sinceVersion: 1,
  kind: "elementwise",
  inputs: ["x"],
  attributes: { min: float(), max: float() },
  forward: ({ t, attributes: { min, max } }, x) => t.min(t.max(x, min), max),
  monotone: "increasing",
  // Constant lines: loose, and never outside the range.
  relax: ({ t, attributes: { min, max } }, { lower, upper }) => ({
    lower: { slope: 0, intercept: t.min(t.max(lower, min), max) },
    upper: { slope: 0, intercept: t.min(t.max(upper, min), max) },
  }),
});

/** max(x, 0) behind its chord and a line of free slope through the origin. */
const bend: Operator = defineOperator({
  type: "Bend",
  domain: KIT,
  sinceVersion: 1,
  kind: "elementwise",
  inputs: ["x"],
  forward: ({ t }, x) => t.relu(x),
  monotone: "increasing",
  relax: ({ t }, { lower, upper }) => {
    const [below, above] = [t.min(lower, 0), t.relu(upper)];
    const chord = t.div(above, t.max(t.sub(above, below), 1e-30));
    const least = t.where(t.greaterEqual(lower, 0), 1, 0);
    const most = t.where(t.lessEqual(upper, 0), 0, 1);
    const slope = t.free(
      t.max(t.min(t.where(t.greater(t.add(lower, upper), 0), 1, 0), most), least),
      t.min(least, most),
      most,
    );
    return { lower: { slope, intercept: 0 }, upper: { slope: chord, intercept: t.neg(t.mul(chord, below)) } };
  },
});

/** max(x, 0) by its own backward step: the chord above, zero or the identity below. */
const fold: Operator = defineOperator({
  type: "Fold",
  domain: KIT,
  sinceVersion: 1,
  kind: "custom",
  inputs: ["x"],
  forward: ({ t }, x) => t.relu(x),
  interval: ({ t }, x) => ({ lower: t.relu(x.lower), upper: t.relu(x.upper) }),
  backward: ({ t }, [a], x) => {
    const [below, above] = [t.min(x[0]!.lower, 0), t.relu(x[0]!.upper)];
    const chord = t.div(above, t.max(t.sub(above, below), 1e-30));
    const least = t.where(t.greater(t.add(x[0]!.lower, x[0]!.upper), 0), 1, 0);
    const slope = (side: Tensor, positive: Tensor, negative: Tensor): Tensor =>
      t.add(t.mul(t.relu(side), positive), t.mul(t.min(side, 0), negative));
    const constant = t.expand(t.neg(t.mul(chord, below)), x[0]!.lower.shape);
    return {
      inputs: [{ lower: slope(a.lower, least, chord), upper: slope(a.upper, chord, least) }],
      bias: { lower: t.dot(t.min(a.lower, 0), constant), upper: t.dot(t.relu(a.upper), constant) },
    };
  },
});

/** max(x, 0) of which only an interval is known. */
const span: Operator = defineOperator({
  type: "Span",
  domain: KIT,
  sinceVersion: 1,
  kind: "custom",
  inputs: ["x"],
  forward: ({ t }, x) => t.relu(x),
  interval: ({ t }, x) => ({ lower: t.relu(x.lower), upper: t.relu(x.upper) }),
});

/** a · b. */
const product: Operator = defineOperator({
  type: "Product",
  domain: KIT,
  sinceVersion: 1,
  kind: "bilinear",
  inputs: ["a", "b"],
  factors: ["a", "b"],
  forward: ({ t }, a, b) => t.mul(a, b),
  terms: (_, a, b) => ({ left: a, right: b, sum: (products) => products }),
});

/** a + b. */
const sum: Operator = defineOperator({
  type: "Sum",
  domain: KIT,
  sinceVersion: 1,
  kind: "linear",
  inputs: ["a", "b"],
  data: ["a", "b"],
  forward: ({ t }, a, b) => t.add(a, b),
  nonnegative: true,
});

/** How steep the straight lines are that the kit adds to a function. */
export const TILTS: readonly number[] = [0, 0.5, -0.5, 3, -3];

/**
 * y plus straight lines of its inputs, as many as there are tilts, along a new first axis; each input has its own turn.
 */
const tilt: Operator = defineOperator({
  type: "Tilt",
  domain: KIT,
  sinceVersion: 1,
  kind: "linear",
  inputs: ["y", "x..."],
  data: ["y", "x"],
  forward: ({ t }, y, ...xs) => tilted(t, y, xs, (slope) => slope),
  magnitude: ({ t }, y, ...xs) => tilted(t, y, xs, Math.abs),
});

function tilted(t: TensorOps, y: Tensor, xs: readonly Tensor[], of: (slope: number) => number): Tensor {
  const sheets = TILTS.map((_, sheet) => {
    const sum = xs.reduce((total, x, i) => t.add(total, t.mul(alongside(t, x, y), of(tiltOf(sheet, i)))), y);
    return t.reshape(sum, [1, ...y.shape]);
  });
  return t.concat(sheets, 0);
}

/** The slope of an input in one of the sheets. */
export function tiltOf(sheet: number, input: number): number {
  return TILTS[(sheet + 2 * input) % TILTS.length]!;
}

/** An input as it is where it broadcasts to y, the sum of its elements elsewhere. */
function alongside(t: TensorOps, x: Tensor, y: Tensor): Tensor {
  const behind = y.shape.slice(Math.max(y.shape.length - x.shape.length, 0));
  const fits = x.shape.length <= y.shape.length && x.shape.every((size, i) => size === 1 || size === behind[i]);
  return fits ? x : t.sum(x, [...x.shape.keys()], false);
}

/** A box by its ends: the set in which operators are tried. */
const boxSet: Perturbation = definePerturbation<"box">({
  type: "lirpa.kit.box",
  parse: (query, site) => ({ structure: "box", values: numbersOf(query, site, ["lower", "upper"]) }),
  isBox: () => true,
  hull: ({ values }) => ({ lower: values["lower"]!, upper: values["upper"]! }),
  concretize: ({ t, values }, a, side) => {
    const [positive, negative] = side === "lower" ? ["lower", "upper"] : ["upper", "lower"];
    return t.add(t.dot(t.relu(a), values[positive]!), t.dot(t.min(a, 0), values[negative]!));
  },
  sample: ({ shape }, { values }, random) =>
    tensor(
      shape,
      Array.from(values["lower"]!.data, (low, i) => low + random() * (values["upper"]!.data[i]! - low)),
    ),
  project: ({ t, values }, x) => t.min(t.max(x, values["lower"]!), values["upper"]!),
});

/**
 * A box in which the value of a linear form is taken at one point, not where it is extreme. So it is no set to bound
 * anything over; but the bounds of one operator are then its lines and planes at that point.
 */
const pointSet: Perturbation = definePerturbation<"point">({
  type: "lirpa.kit.point",
  parse: (query, site) => ({ structure: "point", values: numbersOf(query, site, ["lower", "upper", "at"]) }),
  isBox: () => true,
  hull: ({ values }) => ({ lower: values["lower"]!, upper: values["upper"]! }),
  concretize: ({ t, values }, a) => t.dot(a, values["at"]!),
  sample: (_, { values }) => values["at"]!,
  project: ({ values }) => values["at"]!,
});

function numbersOf(
  query: PerturbationQuery,
  { shape }: SetSite,
  fields: readonly string[],
): Record<string, HostTensor> {
  return Object.fromEntries(fields.map((field) => [field, tensor(shape, query[field] as readonly number[])]));
}

export const kitPlugin: Plugin = definePlugin({
  name: "@lirpa/conformance",
  apiVersion: 2,
  operators: [blur, mix, place, confine, bend, fold, span, product, sum, tilt],
  perturbations: [boxSet, pointSet],
});
