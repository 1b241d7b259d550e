import { definePerturbation, type Perturbation } from "@lirpa/core/plugin";
import * as ball from "./ball.js";
import * as box from "./box.js";
import { parseBall } from "./parse.js";

/** Lp balls (`linf`, `l2`, `l1`, and `lp` with `p`) and boxes (`box` with `lower` and `upper`). */
export const lpPerturbation: Perturbation = definePerturbation<ball.Ball | box.Box>({
  types: ["linf", "l2", "l1", "lp", "box"],
  parse: (query, site) => (query.type === "box" ? box.parseBox(query, site) : parseBall(query, site)),
  isBox: (structure) => structure.set === "box" || structure.norm === "inf",
  hull: (context) => (context.structure.set === "box" ? box.hull(context) : ball.hull(context)),
  concretize: (context, a, side) =>
    context.structure.set === "box" ? box.concretize(context, a, side) : ball.concretize(context, context.structure, a, side),
  concretizeRange: (context, a, side) =>
    context.structure.set === "box" ? box.concretizeRange(context, a, side) : ball.concretizeRange(context, context.structure, a, side),
  sample: (site, { structure, values }, random) =>
    structure.set === "box" ? box.sample(site, values, random) : ball.sample(site, structure, values, random),
  project: (context, x) => (context.structure.set === "box" ? box.project(context, x) : ball.project(context, context.structure, x)),
});
