import type { Pair, Side } from "../../plugin/pair.js";
import type { Value } from "../../graph/resolved.js";
import { asFact } from "../../bounds/fact.js";
import { intersect } from "../../bounds/intersect.js";
import { boundsByBackward, type BackwardOptions } from "../../bounds/passes/backward.js";
import { onDemand } from "../../bounds/passes/demand.js";
import { combined, type BoundsOf } from "../../bounds/passes/intermediate.js";
import { elementTarget } from "../../bounds/passes/unstable-rows.js";
import type { BoundRun, Target } from "../../bounds/run.js";
import type { IrNode } from "../../tensor/ir.js";
import { sizeOf } from "../../tensor/shapes.js";
import type { Vocabulary } from "../../tensor/vocabulary.js";
import { stateInput } from "../../optimizer/state.js";
import { crownRecipe } from "../crown.js";
import { stepNames } from "./ports.js";
import { intervalOf } from "../../bounds/passes/interval.js";
import { isAffine } from "../../bounds/kinds/table.js";

/** Four units in the last place of a float32: sums of many terms are rounded to both sides. */
const ROUNDING = 2 ** -22;
/** Stands for a value without bounds; a step that meets it is not believed. */
const LARGEST_TERM = 1e30;

/**
 * Backward passes whose free values are variables, or are looked at where they start. One side of one target has one
 * variable: all its free values behind each other, so that a step has few inputs and one update each.
 */
export class Passes {
  /** Initial fractions, or the inputs that hold them, by the name of their pass. */
  readonly variables: Map<string, IrNode> = new Map();
  /** The free values' own parts of each variable, in order. */
  readonly parts: Map<string, IrNode[]> = new Map();
  /** Bounds of the values that these passes bound on the way to the output. */
  readonly intervals: Map<Value, Pair<IrNode>> = new Map();

  constructor(
    private readonly run: BoundRun,
    /** The variables of the same passes as they start; absent where these are what is recorded. */
    private readonly starts?: ReadonlyMap<string, IrNode>,
  ) {}

  /** Both sides of a target, each with variables of its own. */
  both(label: string, target: Target, boundsOf: BoundsOf): Pair<IrNode> {
    return { lower: this.side(label, target, "lower", boundsOf), upper: this.side(label, target, "upper", boundsOf) };
  }

  /** Intermediate bounds by passes of this kind. */
  intermediate(): BoundsOf {
    const { run } = this;
    const { intermediate } = crownRecipe;
    return onDemand<Pair<IrNode>>(run, intermediate, (value, boundsOf) => {
      if (!intermediate.needsRows(run, value)) {
        return asFact(run, value, run.restricted(value, intermediate.bounds(run, value, boundsOf)));
      }
      const { target, toIntervals } = elementTarget(run, value);
      const elements = toIntervals(this.both(value.name, target, boundsOf));
      const bounds = this.withBest(value, run.restricted(value, combined(run, value, elements, boundsOf)));
      this.intervals.set(value, bounds);
      return asFact(run, value, bounds);
    });
  }

  /**
   * Intersected with what earlier steps found: both are sound, and a step that went too far, to where a denominator may
   * vanish say, does no harm. Its own variables still learn, as if its own bound were used.
   */
  private withBest(value: Value, bounds: Pair<IrNode>): Pair<IrNode> {
    if (this.starts === undefined) return bounds;
    const { t } = this.run;
    const instances = this.run.anyInstance() !== undefined;
    const before = (side: Side): IrNode =>
      stateInput(t, stepNames.bestOf(value, side), { shape: value.shape, instances, rows: undefined });
    const { lower, upper } = intersect(t, { lower: before("lower"), upper: before("upper") }, bounds);
    return { lower: withGradientOf(t, lower, bounds.lower), upper: withGradientOf(t, upper, bounds.upper) };
  }

  /** One side of a target. */
  side(label: string, target: Target, side: Side, boundsOf: BoundsOf): IrNode {
    const name = stepNames.variable(label, side);
    return this.starts === undefined
      ? this.starting(name, target, side, boundsOf)
      : this.varied(name, target, side, boundsOf);
  }

  /** A pass as it is without optimization; its free values are collected. */
  private starting(name: string, target: Target, side: Side, boundsOf: BoundsOf): IrNode {
    const fractions: IrNode[] = [];
    const marked = this.run.marked({
      free: (t, value, min, max) => {
        const fraction = t.min(t.max(t.div(t.sub(value, min), t.max(t.sub(max, min), 1e-30)), 0), 1);
        fractions.push(t.reshape(t.expand(fraction, value.shape), [sizeOf(value.shape)]));
        return value;
      },
    });
    const bound = boundsByBackward(marked, target, boundsOf)[side];
    const { t } = this.run;
    if (fractions.length > 0)
      this.variables.set(name, this.run.forEachInstance(t.spread(t.concat(fractions, 0), target.coefficients)));
    return bound;
  }

  /** The same pass with its free values read from a variable. */
  private varied(name: string, target: Target, side: Side, boundsOf: BoundsOf): IrNode {
    const { t } = this.run;
    const start = this.starts!.get(name);
    if (start === undefined) return boundsByBackward(this.run, target, boundsOf)[side];
    const instances = this.run.anyInstance() !== undefined;
    const variable = stateInput(t, name, { shape: start.shape, instances, rows: target.rows });
    const parts: IrNode[] = [];
    let from = 0;
    const marked = this.run.marked({
      free: (vocabulary, { shape }, min, max) => {
        const to = from + sizeOf(shape);
        const part = vocabulary.reshape(vocabulary.slice(variable, [from], [to]), shape);
        from = to;
        parts.push(part);
        return vocabulary.add(min, vocabulary.mul(part, vocabulary.sub(max, min)));
      },
    });
    this.variables.set(name, variable);
    this.parts.set(name, parts);
    return this.lessRounding(marked, target, side, boundsOf);
  }

  /**
   * A step's bound, less what rounding may have added to it. An optimizer looks for the best, and so for the largest
   * rounding error, too: coefficients grow where terms cancel that are far larger than their sum. The terms at every
   * relaxation and set are at most |A| max(|l|, |u|); a few units in the last place of their sum are taken away.
   */
  private lessRounding(run: BoundRun, target: Target, side: Side, boundsOf: BoundsOf): IrNode {
    const { t } = this.run;
    let terms: IrNode = t.zeros([]);
    const met = (pair: Pair<IrNode>, { lower, upper }: Pair<IrNode>): void => {
      const most = t.min(t.max(t.abs(lower), t.abs(upper)), LARGEST_TERM);
      terms = t.add(terms, t.dot(t.abs(pair[side]), most));
    };
    const at: BackwardOptions["at"] = (value, sum, shares) => {
      for (const { reader, pair } of shares) {
        if (reader !== undefined && !isAffine(run, reader)) met(pair, boundsOf(value));
      }
      if (run.sources.has(value)) met(sum, intervalOf(run, value));
      return undefined;
    };
    const bound = boundsByBackward(run, target, boundsOf, { at })[side];
    const rounding = t.stopGradient(t.mul(terms, ROUNDING));
    return side === "lower" ? t.sub(bound, rounding) : t.add(bound, rounding);
  }
}

/** Straight-through: the value of `value`, the gradient of `other`. */
function withGradientOf(t: Vocabulary, value: IrNode, other: IrNode): IrNode {
  const nothing = t.sub(other, t.stopGradient(other));
  // An infinite bound's difference from itself is no number.
  return t.add(t.stopGradient(value), t.where(t.equal(nothing, 0), nothing, 0));
}
