import { defineExecutor, evaluateProgram, type Executor } from "@lirpa/core/recording";

/**
 * Evaluates programs in float64 by the definitions of the primitives, one element after the other. The judge in tests:
 * slow, and right.
 */
export function referenceExecutor(): Executor {
  return reference;
}

const reference = defineExecutor({
  name: "reference",
  precision: "float64",
  compile: (program) =>
    Promise.resolve({
      run: async (inputs) => evaluateProgram(program, inputs),
      dispose: () => Promise.resolve(),
    }),
});
