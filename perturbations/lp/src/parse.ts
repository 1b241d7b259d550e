import type { HostTensor, PerturbationQuery, PerturbationSet, SetSite } from "@lirpa/core/plugin";
import type { Ball } from "./ball.js";
import { count, isSingle, list, place, readTensor, refusal, refuseUnknown, shown } from "./fields.js";
import type { Norm } from "./norms.js";

const NORMS: Readonly<Record<string, Norm>> = { linf: "inf", l2: 2, l1: 1 };

/** Reads a query of type `linf`, `l2`, `l1` or `lp`. */
export function parseBall(query: PerturbationQuery, site: SetSite): PerturbationSet<Ball> {
  refuseUnknown(query, site, query.type === "lp" ? ["p", "eps", "over"] : ["eps", "over"]);
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
    eps: eps.shape.length === 0 ? "number" : count(eps.shape) === count(site.shape) ? "tensor" : "rows",
  };
  return Object.freeze({ structure: Object.freeze(structure), values: Object.freeze({ eps }) });
}

function readNorm(query: PerturbationQuery, site: SetSite): Norm {
  const p = query.type === "lp" ? query["p"] : NORMS[query.type];
  if (p === "inf" || p === Infinity) return "inf";
  if (typeof p === "number" && p >= 1) return p;
  const problem = p === undefined ? '"p" is missing' : `"p" is ${shown(p)}`;
  throw refusal(query, site, problem, 'Give "p" as a number of at least 1, or as "inf".');
}

function readEps(query: PerturbationQuery, site: SetSite): HostTensor {
  const eps = query["eps"];
  const hint = 'Give "eps" as one number from 0 to 3.4e38, or as one for each row of the batch or each element.';
  if (typeof eps !== "number" && list(eps) === undefined) {
    throw refusal(query, site, eps === undefined ? '"eps" is missing' : `"eps" is ${shown(eps)}`, hint);
  }
  if (typeof eps === "number") {
    if (!(eps >= 0 && isSingle(eps))) throw refusal(query, site, `"eps" is ${eps}`, hint);
    return { shape: [], dtype: "float", data: Float64Array.of(eps) };
  }
  const radii = isPerRow(query["eps"], site) ? radiiOfRows(query, site) : readTensor(query, site, "eps");
  const negative = radii.data.findIndex((radius) => radius < 0);
  if (negative >= 0)
    throw refusal(query, site, `"eps" is ${radii.data[negative]} at ${place(negative, radii.shape)}`, hint);
  return radii;
}

/** One radius for each row of the batch, of one or more instances: as many numbers as the first axis is long. */
function isPerRow(eps: unknown, { role, shape }: SetSite): boolean {
  const given = list(eps)!;
  return (
    role === "input" &&
    shape.length > 1 &&
    given.length === shape[0] &&
    count(shape) !== shape[0] &&
    given.every((radius) => typeof radius === "number")
  );
}

/** They broadcast to the elements of their rows. */
function radiiOfRows(query: PerturbationQuery, site: SetSite): HostTensor {
  const shape = site.shape.map((size, axis) => (axis === 0 ? size : 1));
  return readTensor(query, { ...site, shape }, "eps");
}

/**
 * Inputs come batch first: each row has its own ball. A tensor of one axis has no batch axis beside its elements (and
 * a norm of rows of one number would say nothing), so it is one vector. A weight is one vector, too.
 */
function readOver(query: PerturbationQuery, site: SetSite): "all" | "rows" {
  const over = query["over"];
  if (over === undefined) return site.role === "input" && site.shape.length > 1 ? "rows" : "all";
  if (over === "all" || over === "rows") return site.shape.length === 0 ? "all" : over;
  throw refusal(
    query,
    site,
    `"over" is ${shown(over)}`,
    'Give "rows" (one ball per row of the first axis) or "all" (one ball).',
  );
}
