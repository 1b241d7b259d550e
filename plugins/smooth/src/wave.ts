import type { Interval, Lines, Tensor, TensorLike, TensorOps } from "@lirpa/core/plugin";
import {
  chordSlope,
  flat,
  negated,
  select,
  stackOf,
  tangentOrChord,
  unstack,
  type Curve,
  type TensorLine,
} from "./lines.js";

const TURN = 2 * Math.PI;
/**
 * A whole turn in two parts, the first with few digits: so its products are exact, and the rest of a large x keeps
 * its digits.
 */
const COARSE_TURN = 6.28125;
/** Farther from zero whole turns are no longer exact in float32, nor is x: only ±1 is worth saying. */
const FARTHEST = 1e5;
/** Where the wave stops bending downward, left of its peak. */
const INFLECTION = -Math.PI / 2;
/**
 * Distances from an inflection are rounded up before they choose a touching point, as in `sLines`: to multiples of the
 * same step up to the trough, and of a finer one beyond it.
 */
const STEP = 0.01;
const FINE_STEP = Math.PI / 1000;

/**
 * Lines around cos(x − peak). Below it lie, turned over, those above −cos(x − peak) = cos(x − peak − π): both are
 * found at once.
 */
export function waveLines(t: TensorOps, interval: Interval, peak: number): Lines {
  const far = isFar(t, interval);
  const near = { lower: t.where(far, 0, interval.lower), upper: t.where(far, 0, interval.upper) };
  const [upper, turned] = unstack(t, crestLine(t, near, stackOf(t, peak, peak + Math.PI, near.lower)));
  return { lower: select(t, far, flat(-1), negated(t, turned)), upper: select(t, far, flat(1), upper) };
}

/** The smallest interval around cos(x − peak): ±1 where a peak or a trough is inside, otherwise an end's value. */
export function waveRange(t: TensorOps, interval: Interval, value: (x: Tensor) => Tensor, peak: number): Interval {
  const far = isFar(t, interval);
  const [low, high] = [value(interval.lower), value(interval.upper)];
  return {
    lower: t.where(t.or(far, hasPeak(t, interval, peak + Math.PI)), -1, t.min(low, high)),
    upper: t.where(t.or(far, hasPeak(t, interval, peak)), 1, t.max(low, high)),
  };
}

function isFar(t: TensorOps, { lower, upper }: Interval): Tensor {
  return t.greater(t.max(t.abs(lower), t.abs(upper)), FARTHEST);
}

/**
 * Wrong decisions of rounding cost little, since the wave is flat at its peak; a little room leaves them on the safe
 * side.
 */
function hasPeak(t: TensorOps, { lower, upper }: Interval, peak: number): Tensor {
  const room = t.mul(t.max(t.abs(lower), t.abs(upper)), 2 ** -21);
  return t.greaterEqual(t.add(fromNextPeak(t, lower, peak), t.add(t.sub(upper, lower), room)), 0);
}

/**
 * Where x lies before the first peak right of it: in [−2π, 0). Whole turns go first, so that nothing is lost of large
 * x.
 */
function fromNextPeak(t: TensorOps, x: Tensor, peak: TensorLike): Tensor {
  const turns = t.add(t.floor(t.mul(t.sub(x, peak), 1 / TURN)), 1);
  const rest = t.sub(t.sub(x, t.mul(turns, COARSE_TURN)), t.mul(turns, TURN - COARSE_TURN));
  return t.sub(rest, peak);
}

/**
 * A line above cos(x − peak) on [l, u], as seen from the first peak right of l: there l is in [−2π, 0).
 *
 * A tangent that touches a peak's rising flank, from its inflection to the peak, lies above all that is right of it,
 * and left of it above all down to the peak before, if it does so at l. So it is sound from where the line through l
 * touches the flank, or from l itself on the flank. For falling flanks the same holds turned about the peak, with u.
 * If a peak is inside, the tangents between the two are sound (with more peaks, up to the first: of the slope 0). If
 * none is, tangents of a flank are sound if the one at the interval's end on that flank is: if it passes above the
 * other end. That can be so for one flank at most; where it is for none, the chord lies above.
 */
function crestLine(t: TensorOps, interval: Interval, peak: Tensor): TensorLine {
  const lower = fromNextPeak(t, interval.lower, peak);
  const upper = t.add(lower, t.sub(interval.upper, interval.lower));
  const local = { lower, upper };
  const curve: Curve = { value: (x) => t.cos(x), slope: (x) => t.neg(t.sin(x)) };
  const chord = chordSlope(t, curve, local, -1, 1);
  const hasPeak = t.greaterEqual(upper, 0);
  const isRising = t.and(t.greaterEqual(upper, INFLECTION), t.lessEqual(curve.slope(upper), chord));
  const isFalling = t.and(t.lessEqual(lower, -TURN - INFLECTION), t.greaterEqual(curve.slope(lower), chord));
  const rising = flank(t, lower);
  // u as seen from the last peak left of it, if no more than one peak is inside.
  const last = t.where(hasPeak, 0, -TURN);
  const falling = t.sub(last, flank(t, t.sub(last, t.min(upper, TURN))));
  const isRight = t.or(hasPeak, isRising);
  const touching = {
    from: t.where(isRight, rising, lower),
    to: t.where(hasPeak, t.where(t.greaterEqual(upper, TURN), 0, falling), t.where(isRight, upper, falling)),
    none: t.not(t.or(isRight, isFalling)),
  };
  const { slope, intercept } = tangentOrChord(t, "above", curve, local, touching, chord);
  return { slope, intercept: t.sub(intercept, t.mul(slope, t.sub(interval.lower, lower))) };
}

/**
 * Where the line through (x, cos x), for x in [−2π, 0], touches the flank that rises to the peak at 0: x itself on the
 * flank, otherwise found by two steps as in `touchingPoint`, each of which ends there or nearer to the peak.
 */
function flank(t: TensorOps, x: Tensor): Tensor {
  const step = t.where(t.less(x, 2 * INFLECTION), FINE_STEP, STEP);
  const distance = t.mul(t.add(t.floor(t.div(t.relu(t.sub(INFLECTION, x)), step)), 1), step);
  const a = t.sub(INFLECTION, t.min(distance, TURN + INFLECTION));
  const height = t.cos(a);
  const pointOf = (slope: Tensor): Tensor =>
    t.neg(t.atan(t.div(slope, t.sqrt(t.max(t.sub(1, t.square(slope)), 1e-5)))));
  const next = (m: Tensor): Tensor => pointOf(t.relu(t.div(t.sub(t.cos(m), height), t.sub(m, a))));
  // Of the way from the inflection to the peak: 0 for x at the inflection, 1 for x at the peak before.
  const way = t.mul(distance, 1 / (TURN + INFLECTION));
  const guess = t.mul(t.mul(t.sub(1, way), t.sub(1, t.mul(way, 0.5))), INFLECTION);
  return t.where(t.less(x, INFLECTION), next(next(guess)), x);
}
