import { describeOperator } from "@lirpa/conformance";
import { defineOperator, type HostTensor, type Operator, type Plugin, type SubgraphNode } from "@lirpa/core/plugin";
import lp from "@lirpa/perturbation-lp";
import { standardPlugins } from "lirpa";

const plugins: readonly Plugin[] = standardPlugins.filter((plugin) => plugin !== lp);
const epsilon: HostTensor = { shape: [], dtype: "float", data: Float64Array.of(1e-6) };
const axes: HostTensor = { shape: [1], dtype: "int", data: Float64Array.of(-1) };

/** x / √(mean x² + ε), as people write it: what cancels in it is far larger than what is left. */
function rootMeanSquare(type: string, quotient: readonly SubgraphNode[]): Operator {
  return defineOperator({
    type,
    domain: "test",
    sinceVersion: 1,
    kind: "composite",
    inputs: ["x"],
    expand: () => ({
      constants: { epsilon, axes },
      nodes: [
        { name: "square", type: "Mul", inputs: ["inputs.0", "inputs.0"], outputs: ["square"] },
        { name: "mean", type: "ReduceMean", inputs: ["square", "axes"], outputs: ["mean"] },
        { name: "shift", type: "Add", inputs: ["mean", "epsilon"], outputs: ["shifted"] },
        { name: "root", type: "Sqrt", inputs: ["shifted"], outputs: ["root"] },
        ...quotient,
      ],
    }),
  });
}

const byDivision = rootMeanSquare("ByDivision", [
  { name: "quotient", type: "Div", inputs: ["inputs.0", "root"], outputs: ["outputs.0"] },
]);
const byReciprocal = rootMeanSquare("ByReciprocal", [
  { name: "reciprocal", type: "Reciprocal", inputs: ["root"], outputs: ["reciprocal"] },
  { name: "product", type: "Mul", inputs: ["inputs.0", "reciprocal"], outputs: ["outputs.0"] },
]);

describe("A root mean square of standard operators", () => {
  for (const operator of [byDivision, byReciprocal])
    describeOperator(operator, [{ inputs: [[1, 3]], opset: 18 }], { plugins, runs: 10 });
});
