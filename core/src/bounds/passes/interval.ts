import type { Pair } from "../../plugin/pair.js";
import { inputsOf, needed } from "../../graph/order.js";
import type { Value } from "../../graph/resolved.js";
import type { IrNode } from "../../tensor/ir.js";
import { isAffine, rulesOf } from "../kinds/table.js";
import type { BoundRun } from "../run.js";
import { chooses } from "../unbounded.js";
import { intervalsOverSets, isAffineOverSets } from "./over-sets.js";

/** Interval bounds (IBP) of a value of a run; those that are fed and final where there are any. */
export function intervalOf(run: BoundRun, value: Value): Pair<IrNode> {
  return run.pass(Intervals, () => new Intervals(run)).of(value);
}

/** Intervals carried forward from the sources, each value's once in a run. */
class Intervals {
  private readonly found = new Map<Value, Pair<IrNode>>();

  constructor(private readonly run: BoundRun) {}

  of(value: Value): Pair<IrNode> {
    const isKnown = (other: Value): boolean => this.known(other) !== undefined;
    for (const need of isKnown(value) ? [] : needed(value, isKnown, (of) => this.needs(of))) {
      if (!isKnown(need)) this.find(need);
    }
    return this.known(value)!;
  }

  private known(value: Value): Pair<IrNode> | undefined {
    return this.run.finalBounds(value) ?? this.found.get(value);
  }

  private needs(value: Value): Value[] {
    const { run } = this;
    const { producer } = value;
    if (producer === undefined || !run.isPerturbed(value) || run.sources.has(value)) return [];
    return isAffineOverSets(run, producer) ? [] : inputsOf(producer);
  }

  /** Of a value whose needs are known. */
  private find(value: Value): void {
    const { run } = this;
    if (!run.isPerturbed(value)) {
      this.found.set(value, { lower: run.exact(value), upper: run.exact(value) });
      return;
    }
    const source = run.sources.get(value);
    if (source !== undefined) {
      const { lower, upper } = source.perturbation.hull(run.setContext(source));
      this.found.set(value, { lower: run.t.node(lower), upper: run.t.node(upper) });
      return;
    }
    const node = value.producer!;
    const of = (input: Value): Pair<IrNode> => this.of(input);
    const results = isAffineOverSets(run, node)
      ? intervalsOverSets(run, node, of)
      : rulesOf(node).interval(run, node, of);
    results.forEach((result, i) => {
      const output = node.outputs[i]!;
      this.found.set(output, run.restricted(output, run.onOwnSides(output, result)));
    });
    if (run.unbounded || isAffine(run, node)) return;
    const inputs = run.perturbedSlots(node).map((slot) => this.of(node.inputs[slot]!));
    if (chooses(results, inputs)) for (const input of inputs) run.watch(input);
  }
}
