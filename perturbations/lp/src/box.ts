import type {
  HostTensor,
  Interval,
  PerturbationQuery,
  PerturbationSet,
  PerturbationSite,
  SetContext,
  SetSite,
  Tensor,
} from "@lirpa/core/plugin";
import { place, readTensor, refusal, refuseUnknown } from "./fields.js";
import { single, spread } from "./points.js";

/** lower <= x <= upper; the center lies in the box, not always in its middle. */
export interface Box {
  readonly set: "box";
}

type Context = SetContext<unknown>;

/** How far the center may be outside, relative to the numbers: limits and centers may have been rounded apart. */
const TOLERANCE = 1e-6;

/** Reads a query of type `box`. */
export function parseBox(query: PerturbationQuery, site: SetSite): PerturbationSet<Box> {
  refuseUnknown(query, site, ["lower", "upper"]);
  const lower = readTensor(query, site, "lower");
  const upper = readTensor(query, site, "upper");
  site.center?.data.forEach((center, i) => {
    const [low, high] = [lower.data[i]!, upper.data[i]!];
    const box = `[${low}, ${high}] at ${place(i, site.shape)}`;
    if (low > high)
      throw refusal(query, site, `lower is above upper: ${box}`, "Give lower <= upper for every element.");
    const slack = TOLERANCE * Math.max(Math.abs(low), Math.abs(high));
    if (!(center >= low - slack && center <= high + slack)) {
      throw refusal(
        query,
        site,
        `the center ${center} is outside ${box}`,
        "Move the center into the box, or the limits around the center.",
      );
    }
  });
  return Object.freeze({ structure: Object.freeze({ set: "box" }), values: Object.freeze({ lower, upper }) });
}

export function hull({ values }: Context): Interval {
  return { lower: values["lower"]!, upper: values["upper"]! };
}

/**
 * Each coordinate at the end that its coefficient asks for. A middle and a radius would have to be rounded. The
 * negative part is a − relu(a), exact in floating point, and not min(a, 0): so at a = 0 the gradient is still a point
 * of the box.
 */
export function concretize({ t, values }: Context, a: Tensor, side: "lower" | "upper"): Tensor {
  const [least, greatest] = [values["lower"]!, values["upper"]!];
  const [positive, negative] = side === "lower" ? [least, greatest] : [greatest, least];
  const above = t.relu(a);
  return t.add(t.dot(above, positive), t.dot(t.sub(a, above), negative));
}

/** The same for every a in an interval: the extreme of the four products, coordinate by coordinate. */
export function concretizeRange({ t, values }: Context, a: Interval, side: "lower" | "upper"): Tensor {
  const extreme = side === "lower" ? t.min.bind(t) : t.max.bind(t);
  const at = (end: Tensor): Tensor => extreme(t.mul(a.lower, end), t.mul(a.upper, end));
  return t.sum(extreme(at(values["lower"]!), at(values["upper"]!)));
}

/** The nearest point of the box. */
export function project({ t, values }: Context, x: Tensor): Tensor {
  return t.max(t.min(x, values["upper"]!), values["lower"]!);
}

/** Corners, faces and inner points. */
export function sample(
  site: PerturbationSite,
  values: PerturbationSet<Box>["values"],
  random: () => number,
): HostTensor {
  const { data } = site.center;
  const [lower, upper] = [values["lower"]!.data, values["upper"]!.data];
  const point = data.slice();
  spread(data.length, random).forEach((share, i) => {
    const [low, high] = [lower[i]!, upper[i]!];
    const value = Math.min(Math.max((low * (1 - share) + high * (1 + share)) / 2, low), high);
    point[i] = point instanceof Float32Array ? single(value, data[i]!) : value;
  });
  return { shape: site.shape, dtype: "float", data: point };
}
