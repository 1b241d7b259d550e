import type {
  HostTensor,
  Interval,
  PerturbationSet,
  PerturbationSite,
  SetContext,
  Shape,
  Tensor,
} from "@lirpa/core/plugin";
import { dual, norm, type Norm } from "./norms.js";
import { direction, single, spread, stepped } from "./points.js";

/**
 * ‖(x − center) / eps‖_p <= 1. With a radius per coordinate the ball is stretched; a coordinate of radius 0 does not
 * move. `over` says what one ball holds: the whole tensor, or each row of the first axis.
 */
export interface Ball {
  readonly set: "ball";
  readonly norm: Norm;
  readonly over: "all" | "rows";
  /** One radius, one for each row of the first axis, or one for each coordinate. */
  readonly eps: "number" | "rows" | "tensor";
}

type Context = SetContext<unknown>;

/** Each coordinate moves by its radius at most, in every norm. */
export function hull({ t, center, values }: Context): Interval {
  const eps = values["eps"]!;
  return { lower: t.sub(center, eps), upper: t.add(center, eps) };
}

/** ⟨a, center⟩ ∓ the sum over the balls of ‖a · eps‖_q with 1/p + 1/q = 1. */
export function concretize(context: Context, ball: Ball, a: Tensor, side: "lower" | "upper"): Tensor {
  const { t, center } = context;
  const middle = t.dot(a, center);
  const reach = support(context, ball, a);
  return side === "lower" ? t.sub(middle, reach) : t.add(middle, reach);
}

/**
 * The same for every a in an interval. A norm grows with each magnitude, so that the greatest magnitudes give the
 * greatest reach; the share of the center is interval arithmetic.
 */
export function concretizeRange(context: Context, ball: Ball, a: Interval, side: "lower" | "upper"): Tensor {
  const { t, center } = context;
  const [low, high] = side === "lower" ? [a.lower, a.upper] : [a.upper, a.lower];
  const middle = t.add(t.dot(low, t.relu(center)), t.dot(high, t.min(center, 0)));
  const reach = support(context, ball, t.max(t.abs(a.lower), t.abs(a.upper)));
  return side === "lower" ? t.sub(middle, reach) : t.add(middle, reach);
}

function support({ t, values }: Context, ball: Ball, a: Tensor): Tensor {
  const eps = values["eps"]!;
  const isOne = ball.eps === "number";
  if (ball.norm === "inf" && ball.eps === "tensor") return t.dot(t.abs(a), eps);
  if (ball.norm === "inf") return isOne ? t.mul(t.sum(t.abs(a)), eps) : t.sum(t.mul(t.abs(a), eps));
  const stretched = isOne ? a : t.mul(a, eps);
  const norms = t.sum(norm(t, stretched, dual(ball.norm), axes(ball, a.shape)));
  return isOne ? t.mul(norms, eps) : norms;
}

/**
 * The nearest point for the maximum norm, and for L2 with one radius. Elsewhere x is moved to the hull and from there
 * towards the center until it lies in the ball: a point of the set near x, not always the nearest one.
 */
export function project(context: Context, ball: Ball, x: Tensor): Tensor {
  const { t, center, values } = context;
  const eps = values["eps"]!;
  if (ball.norm === 2 && ball.eps === "number") {
    const step = t.sub(x, center);
    const length = norm(t, step, 2, axes(ball, x.shape));
    return t.add(center, t.mul(step, t.min(t.div(eps, length), 1)));
  }
  const box = hull(context);
  const clamped = t.max(t.min(x, box.upper), box.lower);
  if (ball.norm === "inf") return clamped;
  const step = t.sub(clamped, center);
  const length = norm(t, t.div(step, t.max(eps, 1e-30)), ball.norm, axes(ball, x.shape));
  return t.add(center, t.div(step, t.max(length, 1)));
}

/** Vertices, edges, faces and inner points; never outside the ball, whatever is rounded. */
export function sample(
  site: PerturbationSite,
  ball: Ball,
  values: PerturbationSet<Ball>["values"],
  random: () => number,
): HostTensor {
  const { data } = site.center;
  const eps = values["eps"]!.data;
  const balls = ball.over === "rows" ? (site.shape[0] ?? 1) : 1;
  const size = data.length / balls;
  const point = data.slice();
  const each = data.length / eps.length;
  const radiusAt = (at: number): number => Math.floor(at / each);
  for (let start = 0; start < data.length; start += size) {
    const unit = ball.norm === "inf" ? spread(size, random) : direction(size, ball.norm, random);
    unit.forEach((share, i) => {
      const at = start + i;
      const value = stepped(data[at]!, share * eps[radiusAt(at)]!);
      point[at] = point instanceof Float32Array ? single(value, data[at]!) : value;
    });
  }
  return { shape: site.shape, dtype: "float", data: point };
}

/** The axes within one ball. */
function axes(ball: Ball, shape: Shape): readonly number[] {
  return shape.map((_, axis) => axis).slice(ball.over === "rows" ? 1 : 0);
}
