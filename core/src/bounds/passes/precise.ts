import { inputsOf, needed } from "../../graph/order.js";
import type { ResolvedNode, Value } from "../../graph/resolved.js";
import type { IrNode } from "../../tensor/ir.js";
import { allElements } from "../rows/all-elements.js";
import { boundsByBackward } from "./backward.js";
import type { BoundRun, NodeInterval } from "../run.js";

/**
 * True where a node is affine in sources of which at least one is no box. An interval step would start from the box
 * around that set; the exact linear form is concretized over the set itself, by its dual norm.
 */
export function isAffineFromPreciseSources(run: BoundRun, node: ResolvedNode): boolean {
  if (!run.rules(node).isAffine(run, node)) return false;
  const origins = inputsOf(node).map((input) => originOf(run, input));
  return origins.every(({ affine }) => affine) && origins.some(({ precise }) => precise);
}

/** Whether a value is affine in its sources, and whether one of those is no box. */
interface Origin {
  readonly affine: boolean;
  readonly precise: boolean;
}

/** Under which a run keeps what is known of its values' origins. */
const ORIGINS = Object.freeze({ name: "origins" });

function originOf(run: BoundRun, value: Value): Origin {
  const known = run.pass(ORIGINS, () => new Map<Value, Origin>());
  const isOwn = (of: Value): boolean => !run.isPerturbed(of) || run.sources.has(of) || !run.rules(of.producer!).isAffine(run, of.producer!);
  for (const need of known.has(value) ? [] : needed(value, (of) => known.has(of), (of) => (isOwn(of) ? [] : inputsOf(of.producer!)))) {
    const source = run.sources.get(need);
    const parts = isOwn(need) ? [] : inputsOf(need.producer!).map((input) => known.get(input)!);
    known.set(need, {
      affine: !run.isPerturbed(need) || source !== undefined || (!isOwn(need) && parts.every(({ affine }) => affine)),
      precise: (source !== undefined && !source.perturbation.isBox(source.structure)) || parts.some(({ precise }) => precise),
    });
  }
  return known.get(value)!;
}

/** Bounds of all elements of each output by the exact linear form. */
export function preciseIntervals(run: BoundRun, node: ResolvedNode): NodeInterval[] {
  return node.outputs.map((value) => {
    const { target, toIntervals } = allElements(run, value);
    return toIntervals(boundsByBackward(run, target, (input) => run.interval(input)));
  });
}

/**
 * True where interval arithmetic is as good as any linear form: one affine step from a box, whose elements may have been
 * moved before. Then nobody needs rows.
 */
export function intervalIsExact(run: BoundRun, value: Value): boolean {
  const { producer } = value;
  if (!run.isPerturbed(value) || producer === undefined) return true;
  if (!run.rules(producer).isAffine(run, producer)) return false;
  const sources = run.perturbedSlots(producer).map((slot) => movedSource(run, producer.inputs[slot]!));
  return new Set(sources).size === sources.length && sources.every((value) => {
    const source = value === undefined ? undefined : run.sources.get(value);
    return source !== undefined && source.perturbation.isBox(source.structure);
  });
}

/** The source of which a value is a rearrangement. */
function movedSource(run: BoundRun, value: Value): Value | undefined {
  let source = value;
  while (!run.sources.has(source)) {
    const { producer } = source;
    const [slot, ...others] = producer === undefined ? [] : run.perturbedSlots(producer);
    if (slot === undefined || others.length > 0 || !run.rules(producer!).isAffine(run, producer!)) return undefined;
    source = producer!.inputs[slot]!;
  }
  if (source === value) return source;
  // An interval that holds the ends of the source and nothing else was recorded by moves alone.
  const { lower, upper } = run.interval(source);
  const moved = run.interval(value);
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
 * What one interval step from good bounds of the inputs is worth, beside carrying rows back. A scalar function maps an
 * interval to its exact image, and the two lines around it give no better one; of a product of two perturbed factors
 * the corners and McCormick's planes each see what the other one misses, and so it is with operators that write both rules.
 */
export function intervalStep(run: BoundRun, value: Value): "enough" | "helps" | "useless" {
  const producer = value.producer!;
  if (producer.operator.kind === "elementwise") return "enough";
  const { kind } = producer.operator;
  return kind === "custom" || (kind === "bilinear" && !run.rules(producer).isAffine(run, producer)) ? "helps" : "useless";
}

/** One interval step from given bounds of the producer's inputs. */
export function stepOf(run: BoundRun, value: Value, boundsOf: (value: Value) => NodeInterval): NodeInterval {
  const producer = value.producer!;
  return run.rules(producer).interval(run, producer, boundsOf)[producer.outputs.indexOf(value)]!;
}
