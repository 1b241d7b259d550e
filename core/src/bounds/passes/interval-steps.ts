import type { Pair } from "../../plugin/pair.js";
import type { Value } from "../../graph/resolved.js";
import type { IrNode } from "../../tensor/ir.js";
import { isAffine, rulesOf } from "../kinds/table.js";
import type { BoundRun } from "../run.js";
import { intervalOf } from "./interval.js";

/**
 * True where interval arithmetic is as good as any linear form: one affine step from a box, whose elements may have
 * been moved before. Then nobody needs rows.
 */
export function intervalIsExact(run: BoundRun, value: Value): boolean {
  const { producer } = value;
  if (!run.isPerturbed(value) || producer === undefined) return true;
  if (!isAffine(run, producer)) return false;
  const sources = run.perturbedSlots(producer).map((slot) => movedSource(run, producer.inputs[slot]!));
  return (
    new Set(sources).size === sources.length &&
    sources.every((value) => {
      const source = value === undefined ? undefined : run.sources.get(value);
      return source !== undefined && source.perturbation.isBox(source.structure);
    })
  );
}

/** The source of which a value is a rearrangement. */
function movedSource(run: BoundRun, value: Value): Value | undefined {
  let source = value;
  while (!run.sources.has(source)) {
    const { producer } = source;
    const [slot, ...others] = producer === undefined ? [] : run.perturbedSlots(producer);
    if (slot === undefined || others.length > 0 || !isAffine(run, producer!)) return undefined;
    source = producer!.inputs[slot]!;
  }
  if (source === value) return source;
  // An interval that holds the ends of the source and nothing else was recorded by moves alone.
  const { lower, upper } = intervalOf(run, source);
  const moved = intervalOf(run, value);
  return isMoved(moved.lower, lower) && isMoved(moved.upper, upper) ? source : undefined;
}

function isMoved(node: IrNode, from: IrNode): boolean {
  let at = node;
  while (at !== from) {
    if (at.primitive.moves !== true) return false;
    at = at.inputs[0]!;
  }
  return true;
}

/**
 * Whether an interval step from the inputs' intermediate bounds can replace CROWN rows (`enough`: elementwise, the
 * image is exact), sharpen them (`helps`: products of two perturbed factors, whose corners see what McCormick's planes
 * miss and the other way round, and operators that write both rules) or not (`useless`: affine).
 */
export function useOfIntervalStep(run: BoundRun, value: Value): "enough" | "helps" | "useless" {
  const producer = value.producer!;
  const { kind } = producer.operator;
  if (kind === "elementwise") return "enough";
  return kind === "custom" || (kind === "bilinear" && !isAffine(run, producer)) ? "helps" : "useless";
}

/** One interval step from given bounds of the producer's inputs. */
export function intervalByStep(run: BoundRun, value: Value, boundsOf: (value: Value) => Pair<IrNode>): Pair<IrNode> {
  const producer = value.producer!;
  return rulesOf(producer).interval(run, producer, boundsOf)[producer.outputs.indexOf(value)]!;
}
