import type { ResolvedNode, Value } from "../graph/resolved.js";
import type { IrNode, RowSpace } from "../tensor/ir.js";
import type { BoundRun, NodeInterval } from "./run.js";

/** Coefficients of the two bounds with respect to one value. Until a relaxation parts them they are one node. */
export interface CoefficientPair {
  readonly lower: IrNode;
  readonly upper: IrNode;
}

/** One step of a linear form from a node's outputs to its inputs. */
export interface Step {
  readonly inputs: readonly (CoefficientPair | undefined)[];
  readonly bias: CoefficientPair;
}

export interface StepContext {
  readonly run: BoundRun;
  readonly rows: RowSpace;
  /** Coefficients of each output. */
  readonly outputs: readonly (CoefficientPair | undefined)[];
  /** The bounds that relaxations rely on. */
  boundsOf(value: Value): NodeInterval;
}

/**
 * Bounds of every element of a value as linear forms in the sources: lower · x + bias.lower ≤ value ≤ upper · x +
 * bias.upper. Coefficients have the value's shape and one row for each element of their source.
 */
export interface ForwardForm {
  readonly coefficients: ReadonlyMap<Value, CoefficientPair>;
  readonly bias: NodeInterval;
}

export interface ForwardContext {
  readonly run: BoundRun;
  /** The form of an input; one without coefficients where it is not perturbed. */
  formOf(value: Value): ForwardForm;
  boundsOf(value: Value): NodeInterval;
}

/** What core derives from an operator's kind. */
export interface KindRules {
  /** Intervals of the outputs from those of the inputs. */
  interval(run: BoundRun, node: ResolvedNode, of: (value: Value) => NodeInterval): readonly NodeInterval[];
  backward(context: StepContext, node: ResolvedNode): Step;
  /** Carries linear forms of the inputs to the outputs; absent where only an interval is known. */
  forward?(context: ForwardContext, node: ResolvedNode): readonly ForwardForm[];
  /** True where the node is affine in what is perturbed. */
  isAffine(run: BoundRun, node: ResolvedNode): boolean;
}
