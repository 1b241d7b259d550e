import { definePerturbation, type Perturbation } from "@lirpa/core/plugin";
import * as ball from "./ball.js";
import * as box from "./box.js";
import { parseBall } from "./parse.js";

/** A ball in the norm that its name says, or in the norm `p`: they have one geometry. */
function ballOf(type: "linf" | "l2" | "l1" | "lp"): Perturbation {
  return definePerturbation<ball.Ball>({
    type,
    parse: parseBall,
    isBox: ({ norm }) => norm === "inf",
    hull: ball.hull,
    concretize: (context, a, side) => ball.concretize(context, context.structure, a, side),
    concretizeRange: (context, a, side) => ball.concretizeRange(context, context.structure, a, side),
    sample: (site, { structure, values }, random) => ball.sample(site, structure, values, random),
    project: (context, x) => ball.project(context, context.structure, x),
  });
}

/** Limits for each element. */
const limits = definePerturbation<box.Box>({
  type: "box",
  parse: box.parseBox,
  isBox: () => true,
  hull: box.hull,
  concretize: box.concretize,
  concretizeRange: box.concretizeRange,
  sample: (site, { values }, random) => box.sample(site, values, random),
  project: box.project,
});

/** Lp balls (`linf`, `l2`, `l1`, and `lp` with `p`) and boxes (`box` with `lower` and `upper`). */
export const lpPerturbations: readonly Perturbation[] = [
  ballOf("linf"),
  ballOf("l2"),
  ballOf("l1"),
  ballOf("lp"),
  limits,
];
