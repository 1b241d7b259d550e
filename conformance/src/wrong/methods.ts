import { intervalOf, type Method, type Value } from "@lirpa/core";
import { methodCalled, recipeOf, variant } from "../kit/marked-methods.js";
import type { MethodLawName } from "../method/laws.js";

/** A method with one deliberate mistake, and the law that must find it. */
export interface WrongMethod {
  readonly mistake: string;
  readonly method: Method;
  readonly law: MethodLawName;
}

const crown = methodCalled("crown");
const { rows: crownRows } = recipeOf(crown);
let calls = 0;

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
      const isEarly = (value: Value): boolean => value.producer?.inputs.some((input) => input && run.sources.has(input)) === true;
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
];
