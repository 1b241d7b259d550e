import type { Shape } from "../../plugin/tensor.js";
import { contextOf, type ResolvedNode } from "../../graph/resolved.js";
import { vjp } from "../../tensor/gradient.js";
import type { IrNode, RowSpace } from "../../tensor/ir.js";
import type { Vocabulary } from "../../tensor/vocabulary.js";
import { outputsOf } from "../calls.js";

/**
 * Carries coefficients of a node's outputs to those of its inputs in which it is linear while the others are fixed:
 * the gradient of the forward rule. The placeholders that stand for the open inputs must vanish from the result, or
 * the rule was not linear in them.
 */
export function adjoint(
  t: Vocabulary,
  node: ResolvedNode,
  rows: RowSpace,
  outputs: readonly (IrNode | undefined)[],
  open: readonly number[],
  fixed: readonly (IrNode | undefined)[],
): (IrNode | undefined)[] {
  const placeholders = open.map((slot) => placeholder(t, String(slot), node.inputs[slot]!.shape, rows));
  const inputs = fixed.slice();
  open.forEach((slot, i) => (inputs[slot] = placeholders[i]));
  const results = outputsOf(node, contextOf(node, t), inputs);
  const used = outputs.flatMap((coefficients, i) => (coefficients === undefined ? [] : [i]));
  return vjp(
    t,
    used.map((i) => results[i]!),
    used.map((i) => outputs[i]!),
    placeholders,
  );
}

/** Stands for an open value, with all hidden axes, so that no coefficient is summed over instances or rows. */
export function placeholder(t: Vocabulary, name: string, shape: Shape, rows: RowSpace | undefined): IrNode {
  const unique = `?${name}:${shape.join("x")}@${rows?.name ?? ""}`;
  return t.input({ name: unique, shape, dtype: "float", instances: true, rows, role: { is: "placeholder" } });
}

/**
 * The linear part of a node's forward rule at some open inputs, without its constant: the adjoint of the adjoint.
 * @returns one tensor per output.
 */
export function linearPart(
  t: Vocabulary,
  node: ResolvedNode,
  open: readonly number[],
  values: readonly IrNode[],
  fixed: readonly (IrNode | undefined)[],
): IrNode[] {
  const hidden = values.find(({ rows }) => rows !== undefined)?.rows;
  const inputs = fixed.slice();
  const points = open.map((slot) => placeholder(t, String(slot), node.inputs[slot]!.shape, hidden));
  open.forEach((slot, i) => (inputs[slot] = points[i]));
  const results = outputsOf(node, contextOf(node, t), inputs);
  const cotangents = results.map((result, i) => placeholder(t, `out${i}`, result.shape, hidden));
  const adjoints = vjp(t, results, cotangents, points);
  const reached = adjoints.flatMap((a, i) => (a === undefined ? [] : [i]));
  const parts = vjp(
    t,
    reached.map((i) => adjoints[i]!),
    reached.map((i) => values[i]!),
    cotangents,
  );
  return parts.map((part, i) => (part === undefined ? t.zeros(results[i]!.shape) : t.expand(part, results[i]!.shape)));
}
