import { defineMethod, type Method } from "@lirpa/core";
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
