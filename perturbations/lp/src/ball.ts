import type { HostTensor, Interval, PerturbationQuery, PerturbationSet, PerturbationSite, SetContext, Shape, Tensor } from "@lirpa/core/plugin";
import { count, list, place, readTensor, refusal, refuseUnknown } from "./fields.js";
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
  readonly eps: "number" | "tensor";
}

type Context = SetContext<unknown>;

const NORMS: Readonly<Record<string, Norm>> = { linf: "inf", l2: 2, l1: 1 };

export function parse(query: PerturbationQuery, site: PerturbationSite): PerturbationSet<Ball> {
  refuseUnknown(query, site, query.type === "lp" ? ["p", "eps", "over"] : ["eps", "over"]);
  refuseCenter(query, site);
  const eps = readEps(query, site);
  const over = readOver(query, site);
  const p = readNorm(query, site);
  // Balls of one coordinate are intervals in every norm, and the maximum norm's ball is a box however it is divided.
  const coordinates = count(over === "rows" ? site.shape.slice(1) : site.shape);
  const box = p === "inf" || coordinates === 1;
  const structure: Ball = {
    set: "ball",
    norm: box ? "inf" : p,
    over: box ? "all" : over,
    eps: eps.shape.length === 0 ? "number" : "tensor",
  };
  return Object.freeze({ structure: Object.freeze(structure), values: Object.freeze({ eps }) });
}

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

function support({ t, values }: Context, ball: Ball, a: Tensor): Tensor {
  const eps = values["eps"]!;
  if (ball.norm === "inf" && ball.eps === "tensor") return t.dot(t.abs(a), eps);
  if (ball.norm === "inf") return t.mul(t.sum(t.abs(a)), eps);
  const stretched = ball.eps === "tensor" ? t.mul(a, eps) : a;
  const norms = t.sum(norm(t, stretched, dual(ball.norm), axes(ball, a.shape)));
  return ball.eps === "tensor" ? norms : t.mul(norms, eps);
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
export function sample(site: PerturbationSite, ball: Ball, values: PerturbationSet<Ball>["values"], random: () => number): HostTensor {
  const { data } = site.center;
  const eps = values["eps"]!.data;
  const balls = ball.over === "rows" ? (site.shape[0] ?? 1) : 1;
  const size = data.length / balls;
  const point = data.slice();
  for (let start = 0; start < data.length; start += size) {
    const unit = ball.norm === "inf" ? spread(size, random) : direction(size, ball.norm, random);
    unit.forEach((share, i) => {
      const at = start + i;
      const value = stepped(data[at]!, share * eps[ball.eps === "tensor" ? at : 0]!);
      point[at] = point instanceof Float32Array ? single(value, data[at]!) : value;
    });
  }
  return { shape: site.shape, dtype: "float", data: point };
}

/** The axes within one ball. */
function axes(ball: Ball, shape: Shape): readonly number[] {
  return shape.map((_, axis) => axis).slice(ball.over === "rows" ? 1 : 0);
}

function readNorm(query: PerturbationQuery, site: PerturbationSite): Norm {
  const p = query.type === "lp" ? query["p"] : NORMS[query.type];
  if (p === "inf" || p === Infinity) return "inf";
  if (typeof p === "number" && p >= 1) return p;
  const problem = p === undefined ? '"p" is missing' : `"p" is ${typeof p === "number" ? p : JSON.stringify(p)}`;
  throw refusal(query, site, problem, 'Give "p" as a number of at least 1, or as "inf".');
}

function readEps(query: PerturbationQuery, site: PerturbationSite): HostTensor {
  const eps = query["eps"];
  const hint = 'Give "eps" as a finite number of at least 0, or as one such number per element.';
  if (typeof eps !== "number" && list(eps) === undefined) {
    throw refusal(query, site, eps === undefined ? '"eps" is missing' : `"eps" is ${JSON.stringify(eps)}`, hint);
  }
  if (typeof eps === "number") {
    if (!(eps >= 0 && eps < Infinity)) throw refusal(query, site, `"eps" is ${eps}`, hint);
    return { shape: [], dtype: "float", data: Float64Array.of(eps) };
  }
  const radii = readTensor(query, site, "eps");
  const negative = radii.data.findIndex((radius) => radius < 0);
  if (negative >= 0) throw refusal(query, site, `"eps" is ${radii.data[negative]} at ${place(negative, site.shape)}`, hint);
  return radii;
}

/**
 * Inputs come batch first: each row has its own ball. A tensor of one axis has no batch axis beside its elements (and
 * a norm of rows of one number would say nothing), so it is one vector. A weight is one vector, too.
 */
function readOver(query: PerturbationQuery, site: PerturbationSite): "all" | "rows" {
  const over = query["over"];
  if (over === undefined) return site.role === "input" && site.shape.length > 1 ? "rows" : "all";
  if (over === "all" || over === "rows") return site.shape.length === 0 ? "all" : over;
  throw refusal(query, site, `"over" is ${JSON.stringify(over)}`, 'Give "rows" (one ball per row of the first axis) or "all" (one ball).');
}

function refuseCenter(query: PerturbationQuery, site: PerturbationSite): void {
  const bad = site.center.data.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw refusal(query, site, `the center is ${site.center.data[bad]} at ${place(bad, site.shape)}`, "Give a finite center.");
}
