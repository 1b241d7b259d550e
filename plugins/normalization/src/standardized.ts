import { defineOperator, type Operator } from "@lirpa/core/plugin";

interface StandardizedAttributes {
  readonly bound: number;
}

/** A standardized value, of which more is known than interval arithmetic sees: its absolute value is at most `bound`. */
export const standardized: Operator = defineOperator<StandardizedAttributes>({
  type: "Standardized",
  domain: "lirpa",
  sinceVersion: 1,
  kind: "custom",
  inputs: ["X"],
  attributes: (raw) => Object.freeze({ bound: Number(raw["bound"]) }),
  forward: (_context, x) => x!,
  interval: ({ t, attributes: { bound } }, x) => ({ lower: t.max(x!.lower, -bound), upper: t.min(x!.upper, bound) }),
  backward: ({ t }, [outputs]) => ({ inputs: [outputs], bias: { lower: t.zeros([]), upper: t.zeros([]) } }),
});
