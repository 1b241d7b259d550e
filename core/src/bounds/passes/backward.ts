import type { Value, ResolvedNode } from "../../graph/resolved.js";
import type { IrNode } from "../../tensor/ir.js";
import type { CoefficientPair } from "../kind-rules.js";
import type { BoundRun, NodeInterval, Target } from "../run.js";
import { dotBounds } from "../unbounded.js";

export interface BackwardOptions {
  /**
   * What stands in for a value where the linear form ends early: constants, and coefficients of sources. Undefined
   * where it goes on.
   */
  readonly endAt?: (value: Value, pair: CoefficientPair) => { readonly bias: CoefficientPair; readonly sources?: ReadonlyMap<Value, CoefficientPair> } | undefined;
  /** Sees the coefficients of each value at which a relaxation or a set is met, with that value's bounds. */
  readonly met?: (pair: CoefficientPair, bounds: NodeInterval) => void;
}

/**
 * Carries the target's coefficients back to the sources, node by node in reverse topological order, and concretizes
 * there (Zhang et al. 2018; Xu et al. 2020, section 3). Coefficients of a value that is used twice add up.
 * @returns the lower and the upper bound of each row: scalars with rows.
 */
export function boundsByBackward(run: BoundRun, target: Target, boundsOf: (value: Value) => NodeInterval, { endAt, met }: BackwardOptions = {}): NodeInterval {
  const { t } = run;
  const form = new LinearForm(run);
  form.add(target.value, { lower: target.coefficients, upper: target.coefficients });
  for (let node = form.nextNode(); node !== undefined; node = form.nextNode()) {
    const outputs = node.outputs.map((value) => {
      const pair = form.take(value);
      const end = pair === undefined ? undefined : endAt?.(value, pair);
      if (end === undefined) return pair;
      form.addBias(end.bias);
      for (const [source, part] of end.sources ?? []) form.add(source, part);
      return undefined;
    });
    if (outputs.every((pair) => pair === undefined)) continue;
    const { inputs, bias } = run.rules(node).backward({ run, rows: target.rows, outputs, boundsOf }, node);
    form.addBias(bias);
    const isRelaxed = met !== undefined && !run.rules(node).isAffine(run, node);
    inputs.forEach((pair, slot) => {
      if (pair === undefined) return;
      const input = node!.inputs[slot]!;
      if (isRelaxed) met(pair, boundsOf(input));
      form.add(input, pair);
    });
  }
  for (const value of run.sources.keys()) {
    const pair = form.take(value);
    if (pair === undefined) continue;
    met?.(pair, run.interval(value));
    form.concretize(value, pair);
  }
  return { lower: t.node(form.bias.lower), upper: t.node(form.bias.upper) };
}

/** Coefficients by value, and the constant collected so far. Missing means zero. */
class LinearForm {
  private readonly pairs = new Map<Value, CoefficientPair>();
  bias: CoefficientPair;

  constructor(private readonly run: BoundRun) {
    const zero = run.t.zeros([]);
    this.bias = { lower: zero, upper: zero };
  }

  add(value: Value, pair: CoefficientPair): void {
    const { t } = this.run;
    if (!this.run.isPerturbed(value)) {
      const exact = this.run.exact(value);
      this.addBias({ lower: t.dot(pair.lower, exact), upper: t.dot(pair.upper, exact) });
      return;
    }
    const sum = this.pairs.get(value);
    this.pairs.set(value, sum === undefined ? pair : { lower: t.add(sum.lower, pair.lower), upper: t.add(sum.upper, pair.upper) });
  }

  take(value: Value): CoefficientPair | undefined {
    const pair = this.pairs.get(value);
    this.pairs.delete(value);
    return pair;
  }

  addBias({ lower, upper }: CoefficientPair): void {
    const { t } = this.run;
    this.bias = { lower: t.add(this.bias.lower, lower), upper: t.add(this.bias.upper, upper) };
  }

  /** The last node in topological order that has coefficients. */
  nextNode(): ResolvedNode | undefined {
    let last: ResolvedNode | undefined;
    for (const value of this.pairs.keys()) {
      if (value.producer !== undefined && (last === undefined || value.producer.order > last.order)) last = value.producer;
    }
    return last;
  }

  concretize(value: Value, pair: CoefficientPair): void {
    const source = this.run.sources.get(value)!;
    const context = this.run.setContext(source);
    const end = (side: "lower" | "upper"): IrNode => this.run.t.node(source.perturbation.concretize(context, pair[side], side));
    this.addBias({ lower: end("lower"), upper: end("upper") });
  }
}

/** The extreme of a linear form over a box: each element at the end that its coefficient asks for. */
export function overBox(run: BoundRun, pair: CoefficientPair, { lower, upper }: NodeInterval): CoefficientPair {
  const { t } = run;
  const end = (a: IrNode, same: IrNode, other: IrNode, side: "lower" | "upper"): IrNode => {
    const dot = (part: IrNode, ends: IrNode): IrNode => (run.unbounded ? dotBounds(t, part, ends, side) : t.dot(part, ends));
    return t.add(dot(t.relu(a), same), dot(t.min(a, 0), other));
  };
  return { lower: end(pair.lower, lower, upper, "lower"), upper: end(pair.upper, upper, lower, "upper") };
}

/** True where the affine stretch that ends in a value begins. */
export function beginsAffineStretch(run: BoundRun, { producer }: Value): boolean {
  return producer !== undefined && !run.rules(producer).isAffine(run, producer);
}
