import { defineOperator, type Operator } from "@lirpa/core/plugin";

/** Its input. */
export const identity: Operator = defineOperator({
  type: "Identity",
  sinceVersion: 1,
  kind: "linear",
  inputs: ["input"],
  nonnegative: true,
  forward: (_, x) => x,
});
