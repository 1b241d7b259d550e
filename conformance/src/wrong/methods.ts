import { defineMethod, intervalOf, type BoundRun, type IrNode, type Method } from "@lirpa/core/recording";
import type { Pair } from "@lirpa/core/plugin";
import type { Value } from "@lirpa/core";
import { methodCalled, recipeOf, variant } from "../kit/marked-methods.js";
import type { MethodLawName } from "../method/laws.js";
import { overInstances } from "./impure.js";

/** A method with one deliberate mistake, and the law that must find it. */
export interface WrongMethod {
  readonly mistake: string;
  readonly method: Method;
  readonly law: MethodLawName;
  /** Laws that do not see this mistake: the one above is needed. */
  readonly passes?: readonly MethodLawName[];
}

const crown = methodCalled("crown");
const { rows: crownRows } = recipeOf(crown);
let calls = 0;

/** CROWN, with something done to the bounds of its rows. */
function changed(
  name: string,
  change: (run: BoundRun, ends: Pair<IrNode>, boundsOf: (value: Value) => Pair<IrNode>) => Pair<IrNode>,
): Method {
  return variant(name, crown, (run, target, boundsOf) => change(run, crownRows(run, target, boundsOf), boundsOf));
}

function widened(run: BoundRun, { lower, upper }: Pair<IrNode>, by: IrNode | number): Pair<IrNode> {
  return { lower: run.t.sub(lower, by), upper: run.t.add(upper, by) };
}

/** The sum of the widths of an interval's elements. */
function width({ t }: BoundRun, { lower, upper }: Pair<IrNode>): IrNode {
  return t.sum(t.sub(upper, lower));
}

const unsure = changed("unsure", (run, ends) => widened(run, ends, 0.01));

export const wrongMethods: readonly WrongMethod[] = [
  {
    mistake: "elements get the inner half of their interval",
    law: "boundsContainSamples",
    method: variant("narrow", crown, crownRows, (run, value) => {
      const { lower, upper } = intervalOf(run, value);
      const { t } = run;
      const quarter = t.mul(t.sub(upper, lower), 0.25);
      return { lower: t.add(lower, quarter), upper: t.sub(upper, quarter) };
    }),
  },
  {
    mistake: "the upper bound of a row is its lower one",
    law: "rowsContainSamples",
    method: variant("one-sided", crown, (run, target, boundsOf) => {
      const { lower } = crownRows(run, target, boundsOf);
      return { lower, upper: lower };
    }),
  },
  {
    mistake: "relaxations are given intervals that never became facts",
    law: "reliesOnFacts",
    method: variant("hasty", crown, (run, target) => crownRows(run, target, (value) => intervalOf(run, value))),
  },
  {
    mistake: "some relaxations are given facts, others are not",
    law: "reliesOnFacts",
    method: variant("forgetful", crown, (run, target, boundsOf) => {
      const isEarly = (value: Value): boolean =>
        value.producer?.inputs.some((input) => input && run.sources.has(input)) === true;
      return crownRows(run, target, (value) => (isEarly(value) ? intervalOf(run, value) : boundsOf(value)));
    }),
  },
  {
    mistake: "the method counts its calls",
    law: "recordsTheSame",
    method: variant("counting", crown, (run, target, boundsOf) => {
      const { lower, upper } = crownRows(run, target, boundsOf);
      return { lower: run.t.sub(lower, 1e-3 * ++calls), upper };
    }),
  },
  {
    mistake: "rows are bounded by less than elements are",
    law: "rowsAreElements",
    method: variant(
      "elements-only",
      crown,
      (run, target, boundsOf) => widened(run, crownRows(run, target, boundsOf), 1e3),
      (run, value) => intervalOf(run, value),
    ),
    passes: ["boundsContainSamples", "rowsContainSamples"],
  },
  {
    mistake: "bounds are a hundredth wider, to be sure",
    law: "exactAtPoints",
    method: unsure,
    passes: ["boundsContainSamples", "rowsContainSamples", "rowsAreElements", "marksAreSound", "reliesOnFacts"],
  },
  {
    mistake: "a lower bound rises where an intermediate bound is wider than an interval",
    law: "marksAreSound",
    method: changed("trusting", (run, { lower, upper }, boundsOf) => {
      const {
        t,
        graph: {
          nodes: [first],
        },
      } = run;
      const value = first!.outputs[0]!;
      const excess = t.relu(t.sub(width(run, boundsOf(value)), width(run, intervalOf(run, value))));
      return { lower: t.add(lower, t.mul(excess, 100)), upper };
    }),
    passes: ["boundsContainSamples", "rowsContainSamples", "recordsTheSame"],
  },
  {
    mistake: "bounds grow with how far the boxes of a batch differ in size",
    law: "instancesAreApart",
    method: changed("in-a-batch", (run, ends) => {
      const [source] = run.sources.keys();
      const own = width(run, intervalOf(run, source!));
      return widened(run, ends, run.t.abs(run.t.sub(run.t.node(overInstances(run.t, own)), own)));
    }),
    passes: ["boundsContainSamples", "rowsContainSamples", "exactAtPoints"],
  },
  {
    mistake: "what float64 keeps of a bound cancels in float32",
    law: "runtimesAgree",
    method: changed("cancelling", ({ t }, { lower, upper }) => {
      const [low, high] = [lower, upper].map((end) => t.sub(t.add(end, 2 ** 18), 2 ** 18));
      return { lower: low!, upper: high! };
    }),
    passes: ["boundsContainSamples", "rowsContainSamples", "exactAtPoints", "instancesAreApart"],
  },
  {
    mistake: "what improves on another method gives bounds that are looser",
    law: "optimizingNeverLoosens",
    method: defineMethod({ ...unsure, name: "improving", improves: "crown" }),
    passes: ["boundsContainSamples", "rowsContainSamples", "rowsAreElements", "marksAreSound"],
  },
];
