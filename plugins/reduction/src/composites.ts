import {
  defineOperator,
  integers,
  readReduction,
  readTrueReduction,
  reductionAttributes,
  type Operator,
  type SubgraphNode,
} from "@lirpa/core/plugin";

type Part = Pick<SubgraphNode, "type" | "domain">;

/** A reduction between operators that act on each element. */
function between(
  type: string,
  before: Part | undefined,
  reduction: string,
  after: Part | undefined,
  read = readTrueReduction,
): Operator {
  return defineOperator({
    type,
    sinceVersion: 1,
    kind: "composite",
    inputs: ["data", "axes?"],
    attributes: reductionAttributes,
    derive: read,
    expand: ({ axes, keepDims }) => {
      const nodes: SubgraphNode[] = [];
      if (before !== undefined) nodes.push({ name: "before", ...before, inputs: ["inputs.0"], outputs: ["elements"] });
      nodes.push({
        name: "reduction",
        type: reduction,
        inputs: [before === undefined ? "inputs.0" : "elements", "axes"],
        outputs: [after === undefined ? "outputs.0" : "reduced"],
        attributes: { keepdims: Number(keepDims), noop_with_empty_axes: 1 },
      });
      if (after !== undefined) nodes.push({ name: "after", ...after, inputs: ["reduced"], outputs: ["outputs.0"] });
      return { nodes, constants: { axes: integers(...axes) } };
    },
  });
}

/** min x = −max −x. */
export const reduceMin: Operator = between("ReduceMin", { type: "Neg" }, "ReduceMax", { type: "Neg" }, readReduction);
/** Σ |x|. */
export const reduceL1: Operator = between("ReduceL1", { type: "Abs" }, "ReduceSum", undefined);
/** Σ x². */
export const reduceSumSquare: Operator = between(
  "ReduceSumSquare",
  { type: "Square", domain: "lirpa" },
  "ReduceSum",
  undefined,
);
/** log Σ x. */
export const reduceLogSum: Operator = between("ReduceLogSum", undefined, "ReduceSum", { type: "Log" });
