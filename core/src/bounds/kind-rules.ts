import type { Pair } from "../plugin/pair.js";
import type { BackwardStep } from "../plugin/operator.js";
import type { ResolvedNode, Value } from "../graph/resolved.js";
import type { IrNode, RowSpace } from "../tensor/ir.js";
import type { BoundRun } from "./run.js";

export interface StepContext {
  readonly run: BoundRun;
  readonly rows: RowSpace;
  /** Coefficients of each output: until a relaxation parts those of the two bounds they are one node. */
  readonly outputs: readonly (Pair<IrNode> | undefined)[];
  /** The bounds that relaxations rely on. */
  boundsOf(value: Value): Pair<IrNode>;
}

/**
 * Bounds of every element of a value as linear forms in the sources: lower · x + bias.lower ≤ value ≤ upper · x +
 * bias.upper. Coefficients have the value's shape and one row for each element of their source.
 */
export interface ForwardForm {
  readonly coefficients: ReadonlyMap<Value, Pair<IrNode>>;
  readonly bias: Pair<IrNode>;
}

export interface ForwardContext {
  readonly run: BoundRun;
  /** The form of an input; one without coefficients where it is not perturbed. */
  formOf(value: Value): ForwardForm;
  boundsOf(value: Value): Pair<IrNode>;
}

/** What core derives from an operator's kind. */
export interface KindRules {
  /** Intervals of the outputs from those of the inputs. */
  interval(run: BoundRun, node: ResolvedNode, of: (value: Value) => Pair<IrNode>): readonly Pair<IrNode>[];
  backward(context: StepContext, node: ResolvedNode): BackwardStep<IrNode>;
  /** Carries linear forms of the inputs to the outputs; absent where only an interval is known. */
  forward?(context: ForwardContext, node: ResolvedNode): readonly ForwardForm[];
  /** True where the node is affine in what is perturbed. */
  isAffine(run: BoundRun, node: ResolvedNode): boolean;
}
