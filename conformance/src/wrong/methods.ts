import { defineMethod, type BoundRun, type KindRules, type Method, type ResolvedNode } from "@lirpa/core";
import { methodCalled } from "../kit/marked-methods.js";
import type { MethodLawName } from "../method/laws.js";

/** A method with one deliberate mistake, and the law that must find it. */
export interface WrongMethod {
  readonly mistake: string;
  readonly method: Method;
  readonly law: MethodLawName;
}

const crown = methodCalled("crown");
let calls = 0;

/** A run in which the rules of every node are given other bounds than those that became facts. */
function pastTheDoor(run: BoundRun): BoundRun {
  const rules = (node: ResolvedNode): KindRules => {
    const own = run.rules(node);
    return { ...own, backward: (context, at) => own.backward({ ...context, boundsOf: (value) => run.interval(value) }, at) };
  };
  return Object.create(run, { rules: { value: rules } }) as BoundRun;
}

export const wrongMethods: readonly WrongMethod[] = [
  {
    mistake: "elements get the inner half of their interval",
    law: "boundsContainSamples",
    method: defineMethod({
      ...crown,
      name: "narrow",
      elements: (run, value) => {
        const { lower, upper } = run.interval(value);
        const { t } = run;
        const quarter = t.mul(t.sub(upper, lower), 0.25);
        return { lower: t.add(lower, quarter), upper: t.sub(upper, quarter) };
      },
    }),
  },
  {
    mistake: "the upper bound of a row is its lower one",
    law: "rowsContainSamples",
    method: defineMethod({
      ...crown,
      name: "one-sided",
      rows: (run, target, boundsOf) => {
        const { lower } = crown.rows(run, target, boundsOf);
        return { lower, upper: lower };
      },
    }),
  },
  {
    mistake: "relaxations are given intervals that never became facts",
    law: "reliesOnFacts",
    method: defineMethod({ ...crown, name: "hasty", rows: (run, target) => crown.rows(run, target, (value) => run.interval(value)) }),
  },
  {
    mistake: "a kind looks up bounds by itself",
    law: "reliesOnFacts",
    method: defineMethod({ ...crown, name: "looking-up", rows: (run, target, boundsOf) => crown.rows(pastTheDoor(run), target, boundsOf) }),
  },
  {
    mistake: "some relaxations are given facts, others are not",
    law: "reliesOnFacts",
    method: defineMethod({
      ...crown,
      name: "forgetful",
      rows: (run, target, boundsOf) => crown.rows(run, target, (value) => (value.producer?.inputs.some((input) => input && run.sources.has(input)) === true ? run.interval(value) : boundsOf(value))),
    }),
  },
  {
    mistake: "the method counts its calls",
    law: "recordsTheSame",
    method: defineMethod({
      ...crown,
      name: "counting",
      rows: (run, target, boundsOf) => {
        const { lower, upper } = crown.rows(run, target, boundsOf);
        return { lower: run.t.sub(lower, 1e-3 * ++calls), upper };
      },
    }),
  },
];
