import {
  broadcastShape,
  defineOperator,
  integers,
  type AttributeContext,
  type HostTensor,
  type Operator,
  type Shape,
  type Subgraph,
  type SubgraphNode,
  type Tensor,
  type TensorOps,
} from "@lirpa/core/plugin";

/** What tells a maximum from a minimum. Both internal operators are of the domain "lirpa". */
interface Extremum {
  readonly type: "Max" | "Min";
  /** The operator for an operand and a constant. */
  readonly withConstant: string;
  /** The operator for two operands and their difference. */
  readonly ofTwo: string;
  readonly of: (t: TensorOps, a: Tensor, b: Tensor) => Tensor;
}

/** The greatest of one or more operands, with broadcasting. */
export const max: Operator = extremumOperator({
  type: "Max",
  withConstant: "AtLeast",
  ofTwo: "Greatest",
  of: (t, a, b) => t.max(a, b),
});
/** The least of one or more operands, with broadcasting. */
export const min: Operator = extremumOperator({
  type: "Min",
  withConstant: "AtMost",
  ofTwo: "Least",
  of: (t, a, b) => t.min(a, b),
});

/**
 * Two operands at a time, from left to right. Where one of the two is a constant, nothing but a bend is left whose
 * place is known; otherwise the rule also sees their difference, whose bounds know what the two have in common.
 */
function extremumOperator(extremum: Extremum): Operator {
  return defineOperator({
    type: extremum.type,
    sinceVersion: 8,
    kind: "linear",
    inputs: ["data_0..."],
    data: ["data_0"],
    nonnegative: true,
    expand: (_, context) => fold(extremum, context),
    // What is left: constants, and the identity of a single operand.
    forward: ({ t }, ...operands) => operands.reduce((best, operand) => extremum.of(t, best, operand)),
  });
}

function fold(
  extremum: Extremum,
  { node, shapes, constants }: AttributeContext<readonly ["data_0..."]>,
): Subgraph | undefined {
  const count = shapes.length;
  if (count < 2 || constants.every((constant) => constant !== undefined)) return undefined;
  const operands = shapes.map((shape, slot) => ({
    value: `inputs.${slot}`,
    shape,
    isConstant: constants[slot] !== undefined,
  }));
  // Constants come last, when the shape that they meet is that of the others.
  operands.sort((a, b) => Number(a.isConstant) - Number(b.isConstant));
  const nodes: SubgraphNode[] = [];
  const targets: Record<string, HostTensor> = {};
  operands.reduce((folded, operand, step) => {
    const name = (part: string): string => (count === 2 ? part : `${part}${step - 1}`);
    const output = step === count - 1 ? "outputs.0" : name("extremum");
    const shape = broadcastShape(node, folded.shape, operand.shape);
    if (operand.isConstant && same(shape, folded.shape)) {
      const inputs = [folded.value, operand.value];
      nodes.push({ name: name("extremum"), type: extremum.withConstant, domain: "lirpa", inputs, outputs: [output] });
    } else {
      const expanded = (
        { value, shape: own }: { readonly value: string; readonly shape: Shape },
        side: number,
      ): string => {
        if (same(own, shape)) return value;
        const local = name(`operand${side}`);
        targets[name("shape")] = integers(...shape);
        nodes.push({ name: local, type: "Expand", inputs: [value, name("shape")], outputs: [local] });
        return local;
      };
      const both = [expanded(folded, 0), expanded(operand, 1)];
      const difference = name("difference");
      nodes.push(
        { name: difference, type: "Sub", inputs: both, outputs: [difference] },
        {
          name: name("extremum"),
          type: extremum.ofTwo,
          domain: "lirpa",
          inputs: [difference, ...both],
          outputs: [output],
        },
      );
    }
    return { value: output, shape, isConstant: false };
  });
  return { nodes, constants: targets };
}

function same(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}
