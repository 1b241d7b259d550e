import {
  defineOperator,
  type Interval,
  type Line,
  type Operator,
  type Tensor,
  type TensorOps,
} from "@lirpa/core/plugin";
import { chordSlope, clamp, lineAt, tangentOrChord, type Curve } from "./lines.js";

const LEAST_AT = -1.5;
const LIMITS = { least: -0.5, most: 1.5 };

const curve = (t: TensorOps): Curve => ({
  value: (x) => t.mul(x, gateOf(t, x)),
  slope: (x) => t.mul(t.add(t.mul(clamp(t, x, -3, 3), 2), 3), 1 / 6),
});

/**
 * x · min(max(x / 6 + 1 / 2, 0), 1): 0 up to −3, x from 3 on, a parabola between them with concave bends at both
 * ends.
 * - Below [l, u]: the line through (l, 0), l < −3, touches the parabola at −3l / (l − √(l² + 3l)); every tangent
 *   right of it lies below, as do those left of where the line through (u, u), u > 3, touches. Where that leaves
 *   none, the chord.
 * - Above: lines through a bend. That at 3 will do if l is between 0 and 3, that at −3 if u is between −3 and 0; in
 *   all other cases the chord.
 */
export const hardSwish: Operator = defineOperator({
  type: "HardSwish",
  sinceVersion: 14,
  kind: "elementwise",
  inputs: ["X"],
  forward: ({ t }, x) => curve(t).value(x),
  range: ({ t }, { lower, upper }) => {
    const { value } = curve(t);
    return { lower: value(clamp(t, LEAST_AT, lower, upper)), upper: t.max(value(lower), value(upper)) };
  },
  relax: ({ t }, interval) => {
    const [from, to] = [touch(t, interval.lower), t.neg(touch(t, t.neg(interval.upper)))];
    const between = chordSlope(t, curve(t), interval, LIMITS.least, LIMITS.most);
    return {
      lower: tangentOrChord(t, "below", curve(t), interval, { from, to, none: t.greater(from, to) }, between),
      upper: upperLine(t, interval, between),
    };
  },
  stable: ({ t }, { lower, upper }) => t.or(t.lessEqual(upper, -3), t.greaterEqual(lower, 3)),
});

/** The first point, from l on, whose tangent clears l: l itself between the bends. */
function touch(t: TensorOps, l: Tensor): Tensor {
  // Farther out the point is the same, and float32 has no square of l.
  const near = t.max(l, -1e9);
  const root = t.sqrt(t.max(t.mul(near, t.add(near, 3)), 1e-12));
  const far = t.div(t.mul(near, -3), t.sub(t.min(near, -3), root));
  return t.where(t.less(l, -3), far, l);
}

function upperLine(t: TensorOps, interval: Interval, whole: Tensor): Line {
  const { lower, upper } = interval;
  const f = curve(t);
  const slopeTo = (from: Tensor, to: Tensor): Tensor =>
    chordSlope(t, f, { lower: from, upper: to }, LIMITS.least, LIMITS.most);
  const atRight = t.and(t.and(t.greater(lower, 0), t.less(lower, 3)), t.greater(upper, 3));
  const atLeft = t.and(t.and(t.less(lower, -3), t.less(upper, 0)), t.greater(upper, -3));
  const steep = slopeTo(lower, clamp(t, 3, lower, upper));
  const falling = slopeTo(clamp(t, -3, lower, upper), upper);
  const least = t.where(atRight, 1, t.where(atLeft, falling, whole));
  const most = t.max(least, t.where(atRight, steep, t.where(atLeft, 0, whole)));
  const sum = t.add(lower, upper);
  const bend = t.where(t.greater(sum, 0), 3, -3);
  // Of the two, the slope of the longer side leaves the least area.
  const slope = t.free(t.where(t.greater(sum, t.mul(bend, 2)), least, most), least, most);
  return lineAt(t, "above", f, slope, [lower, upper, clamp(t, bend, lower, upper)]);
}

function gateOf(t: TensorOps, x: Tensor): Tensor {
  return clamp(t, t.add(t.mul(x, 1 / 6), 0.5), 0, 1);
}
