import { evaluate, Vocabulary, type IrNode } from "@lirpa/core/recording";
import type { ElementwiseOperator, RuleContext } from "@lirpa/core/plugin";
import type { ResolvedNode } from "@lirpa/core";
import type { Boxes } from "../kit/network.js";
import { tensor, type Numbers } from "../kit/numbers.js";
import { hasBounds } from "./law.js";
import { isOf, type OperatorSubject } from "./subject.js";

/** The rules of an elementwise operator, recorded over an interval that is fed. */
export interface ElementwiseRules {
  readonly t: Vocabulary;
  readonly operator: ElementwiseOperator<unknown>;
  readonly context: RuleContext<unknown>;
  readonly interval: { readonly lower: IrNode; readonly upper: IrNode };
  readonly parameters: readonly (IrNode | undefined)[];
}

/** True for an elementwise operator that is all of its case's model, and reached by a perturbation. */
export function isElementwise(subject: OperatorSubject): boolean {
  const { nodes } = subject.alone.resolved;
  return (
    hasBounds(subject) &&
    subject.operator.kind === "elementwise" &&
    nodes.length === 1 &&
    isOf(nodes[0]!, subject.operator)
  );
}

/** The rules of a subject that `isElementwise`. */
export function rulesOf({ operator, open, alone }: OperatorSubject): ElementwiseRules {
  if (operator.kind !== "elementwise") throw new Error(`${operator.type} is not elementwise`);
  const t = new Vocabulary();
  const end = (name: string): IrNode =>
    t.input({ name, shape: open[0]!.shape, dtype: "float", instances: true, rows: undefined });
  const { attributes, name, inputs }: ResolvedNode = alone.resolved.nodes[0]!;
  return {
    t,
    operator,
    context: { t, attributes, node: name },
    interval: { lower: end("lower"), upper: end("upper") },
    parameters: inputs.slice(1).map((input) => (input === undefined ? undefined : t.constant(input.constant!))),
  };
}

/** What was recorded by `rulesOf`, over one box. */
export function overBox({ open }: OperatorSubject, nodes: readonly IrNode[], boxes: Boxes): Numbers[] {
  const shape = [1, 1, ...open[0]!.shape];
  const { lower, upper } = boxes[0]!;
  return evaluate(nodes, { lower: tensor(shape, Array.from(lower)), upper: tensor(shape, Array.from(upper)) }).map(
    ({ data }) => data,
  );
}
