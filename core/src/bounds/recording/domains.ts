import type { ElementwiseOperator } from "../../plugin/operator.js";
import type { Program } from "../../plugin/program.js";
import type { Pair } from "../../plugin/pair.js";
import { contextOf, type ResolvedGraph, type ResolvedNode } from "../../graph/resolved.js";
import { makeProgram } from "../../program/program.js";
import type { IrNode } from "../../tensor/ir.js";
import type { Intermediate } from "../passes/intermediate.js";
import { newRun, type BoundProblem } from "../problem.js";
import { boundsBy } from "./whole.js";
import type { BoundRun } from "../run.js";
import { intervalOf } from "../passes/interval.js";

/** Something of a result that bounds do not show. */
export type Warning =
  /** Inputs of the set may lie where an operator has no value, as the logarithm of a negative number. */
  | { readonly code: "LIRPA_DOMAIN"; readonly node: string; readonly operator: string; readonly message: string }
  /** A time limit ended an optimization early. */
  | { readonly code: "LIRPA_TIME"; readonly message: string };

/** The nodes that have no value for some numbers, as their operators say (`defined`), behind what is perturbed. */
export function partialNodes({ nodes }: ResolvedGraph): readonly ResolvedNode[] {
  return nodes.filter(({ operator }) => operator.kind === "elementwise" && operator.defined !== undefined);
}

/**
 * A program that tells for each of these nodes whether its input may leave the operator's domain: above zero where it
 * may. By intermediate bounds of a method, or by intervals.
 */
export function recordDomains(
  problem: BoundProblem,
  nodes: readonly ResolvedNode[],
  intermediate?: Intermediate,
): Program {
  const run = newRun(problem);
  const boundsOf = intermediate === undefined ? undefined : boundsBy(run, intermediate);
  const outputs: Record<string, IrNode> = {};
  nodes.forEach((node, i) => {
    const input = node.inputs[0]!;
    if (!run.isPerturbed(input)) return;
    outputs[domainOutput(i)] = outside(run, node, boundsOf?.(input) ?? intervalOf(run, input));
  });
  return makeProgram(`${problem.graph.name}:domains`, outputs);
}

export function domainOutput(at: number): string {
  return `outside:${at}`;
}

function outside(run: BoundRun, node: ResolvedNode, interval: Pair<IrNode>): IrNode {
  const { t } = run;
  const operator = node.operator as ElementwiseOperator<unknown>;
  const parameters = node.inputs.slice(1).map((input) => (input === undefined ? undefined : run.exact(input)));
  const defined = t.node(operator.defined!(contextOf(node, t), interval, ...parameters));
  const { shape } = node.inputs[0]!;
  return t.sum(
    t.expand(t.where(defined, 0, 1), shape),
    shape.map((_, axis) => axis),
    false,
  );
}

export function domainWarning({ name, type }: ResolvedNode): Warning {
  return {
    code: "LIRPA_DOMAIN",
    node: name,
    operator: type,
    message:
      `node ${name}: ${type} may be asked where it has no value; ` +
      "the bounds hold for those inputs of the set for which the network gives numbers",
  };
}
