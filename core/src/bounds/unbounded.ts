import type { HostTensor } from "../plugin/tensor.js";
import type { Pair, Side } from "../plugin/pair.js";
import type { Value } from "../graph/resolved.js";
import type { IrNode } from "../tensor/ir.js";
import type { Vocabulary } from "../tensor/vocabulary.js";
import type { BoundRun } from "./run.js";

/**
 * A number as large as this is no bound where values may be unbounded: lines and products of it would leave float32.
 */
const LIMIT = 1e30;

/** True where an end is a number that rules may calculate with. */
export function isBound(t: Vocabulary, end: IrNode): IrNode {
  return t.less(t.abs(end), LIMIT);
}

/** Ends that are numbers, or infinite on their own side: never NaN, never an infinity on the other side. */
export function onOwnSides(t: Vocabulary, { lower, upper }: Pair<IrNode>): Pair<IrNode> {
  return {
    lower: t.where(isBound(t, lower), lower, -Infinity),
    upper: t.where(isBound(t, upper), upper, Infinity),
  };
}

/** One where an end is no number, else zero. */
export function missing(t: Vocabulary, end: IrNode): IrNode {
  return t.where(isBound(t, end), 0, 1);
}

/** The same interval where both ends are numbers, elsewhere a point: of the end that is a number, or 1. */
export function standIn(t: Vocabulary, { lower, upper }: Pair<IrNode>): Pair<IrNode> {
  const [hasLower, hasUpper] = [isBound(t, lower), isBound(t, upper)];
  return {
    lower: t.where(hasLower, lower, t.where(hasUpper, upper, 1)),
    upper: t.where(hasUpper, upper, t.where(hasLower, lower, 1)),
  };
}

/** True where both ends are numbers. */
export function isBounded(t: Vocabulary, { lower, upper }: Pair<IrNode>): IrNode {
  return t.and(isBound(t, lower), isBound(t, upper));
}

/** True, as a scalar for each instance, where all elements of all these intervals have both ends. */
export function allBounded(t: Vocabulary, intervals: readonly Pair<IrNode>[]): IrNode {
  return intervals
    .map((interval) => t.lessEqual(t.reduceMax(t.where(isBounded(t, interval), 0, 1)), 0))
    .reduce((a, b) => t.and(a, b));
}

/** x · y, where nothing times infinity is nothing: whatever the number is that has no bound, it is a number. */
export function mulBounds(t: Vocabulary, x: IrNode, y: IrNode): IrNode {
  return t.where(t.or(t.equal(x, 0), t.equal(y, 0)), 0, t.mul(x, y));
}

/**
 * ⟨a, ends⟩ for an `a` of one sign, where ends that are no bound count for nothing if their coefficient is zero, and
 * otherwise leave the whole without one.
 */
export function dotBounds(t: Vocabulary, a: IrNode, ends: IrNode, side: Side): IrNode {
  const known = t.where(isBound(t, ends), ends, 0);
  const met = t.dot(t.abs(a), missing(t, ends));
  return t.where(t.lessEqual(met, 0), t.dot(a, known), side === "lower" ? -Infinity : Infinity);
}

/** One step's results where a condition holds, otherwise others: pair by pair. */
export function choosePair(t: Vocabulary, condition: IrNode, a: Pair<IrNode>, b: Pair<IrNode>): Pair<IrNode> {
  const lower = t.where(condition, a.lower, b.lower);
  return { lower, upper: a.lower === a.upper && b.lower === b.upper ? lower : t.where(condition, a.upper, b.upper) };
}

/** Zero coefficients. */
export function noCoefficients(t: Vocabulary, value: Value): Pair<IrNode> {
  const zero = t.zeros(value.shape);
  return { lower: zero, upper: zero };
}

/** Intervals of the inputs with which rules can calculate; for what is not perturbed, its exact value. */
export function standInFor(run: BoundRun, of: (value: Value) => Pair<IrNode>): (value: Value) => Pair<IrNode> {
  return (value) => (run.isPerturbed(value) ? standIn(run.t, of(value)) : of(value));
}

/**
 * Whether anything that was recorded between some inputs and results compares or chooses, and so may make a number of
 * what is none. All else gives NaN for NaN (docs/executors.md).
 */
export function chooses(results: readonly Pair<IrNode>[], inputs: readonly Pair<IrNode>[]): boolean {
  const seen = new Set(inputs.flatMap(({ lower, upper }) => [lower, upper]));
  const open = results.flatMap(({ lower, upper }) => [lower, upper]);
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (seen.has(node)) continue;
    if (node.primitive.chooses === true) return true;
    seen.add(node);
    open.push(...node.inputs);
  }
  return false;
}

/** The largest float32 stands for infinity, as masks hold it: intervals and lines can calculate with it. */
const LARGEST = 3.4028234663852886e38;

export function finite(constant: HostTensor): HostTensor {
  const { dtype, data } = constant;
  if (dtype !== "float" || !(data.includes(Infinity) || data.includes(-Infinity))) return constant;
  return { ...constant, data: data.map((x) => Math.min(Math.max(x, -LARGEST), LARGEST)) };
}
