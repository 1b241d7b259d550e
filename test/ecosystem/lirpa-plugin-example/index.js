import {
  checkOptions,
  defineOperator,
  definePerturbation,
  definePlugin,
  LirpaError,
  perturbationError,
} from "@lirpa/core/plugin";
import { bestOf, boundsByBackward, defineMethod, forwardBounds, recorded, rowBounds } from "@lirpa/core/recording";

const halfLeak = (t, x) => t.max(x, t.mul(x, 0.5));

/**
 * max(x, x / 2): convex, so that the chord lies above it; below it lies any line through the origin with a slope in
 * [0.5, 1].
 */
const operator = defineOperator({
  type: "HalfLeak",
  domain: "com.example",
  sinceVersion: 1,
  kind: "elementwise",
  inputs: ["X"],
  monotone: "increasing",
  forward: ({ t }, x) => halfLeak(t, x),
  relax: {
    lines: {
      adaptive: (context, interval) => {
        const { t } = context;
        const { lower, upper } = interval;
        return linesOf(context, interval, t.free(t.where(t.greater(t.add(lower, upper), 0), 1, 0.5), 0.5, 1));
      },
      shallow: (context, interval) => linesOf(context, interval, 0.5),
    },
    default: "adaptive",
  },
});

/** The chord above, and below a line through the origin. */
function linesOf({ t }, { lower, upper }, slope) {
  const length = t.sub(upper, lower);
  const apart = t.greater(length, 0);
  const rise = t.sub(halfLeak(t, upper), halfLeak(t, lower));
  const chord = t.where(apart, t.div(rise, t.where(apart, length, 1)), 1);
  return {
    upper: { slope: chord, intercept: t.sub(halfLeak(t, lower), t.mul(chord, lower)) },
    lower: { slope, intercept: 0 },
  };
}

/** All elements rise or fall together, by at most eps: x + s for |s| ≤ eps. */
const perturbation = definePerturbation({
  type: "brightness",
  parse: ({ eps }, { name }) => {
    if (typeof eps !== "number" || !(eps >= 0)) {
      throw perturbationError(`the brightness of ${name} has no eps of at least 0`, { hint: 'Say "eps": 0.1.' });
    }
    return { structure: {}, values: { eps: { shape: [], dtype: "float", data: Float64Array.of(eps) } } };
  },
  isBox: () => false,
  hull: ({ t, center, values: { eps } }) => ({ lower: t.sub(center, eps), upper: t.add(center, eps) }),
  concretize: ({ t, center, values: { eps } }, a, side) => {
    const reach = t.mul(t.abs(t.sum(a)), eps);
    return side === "lower" ? t.sub(t.dot(a, center), reach) : t.add(t.dot(a, center), reach);
  },
  sample: ({ center }, { values: { eps } }, random) => {
    const step = eps.data[0] * (2 * random() - 1);
    return { ...center, data: center.data.map((value) => value + step) };
  },
  project: ({ t, center, values: { eps } }, x) =>
    t.add(center, t.max(t.min(t.mean(t.sub(x, center)), eps), t.neg(eps))),
});

const backward = { intermediate: rowBounds(boundsByBackward), rows: boundsByBackward };
const both = { intermediate: bestOf(rowBounds(boundsByBackward), forwardBounds), rows: boundsByBackward };
const recordedBy = ({ forward }) => recorded("best-of-two", forward ? both : backward);

/** CROWN whose intermediate bounds are intersected with those of forward mode, unless an option says otherwise. */
const method = defineMethod({
  name: "best-of-two",
  description: "CROWN and forward bounds, intersected at every intermediate value",
  needs: "backward",
  options: (given = {}) => {
    checkOptions(given, ["forward"], "best-of-two");
    const { forward = true } = given;
    if (typeof forward === "boolean") return { forward };
    const problem = `best-of-two: forward is ${JSON.stringify(forward)}`;
    throw new LirpaError("LIRPA_OPTION", problem, { hint: "It is true or false." });
  },
  recipe: both,
  program: (problem, options) => recordedBy(options).program(problem),
  bounds: (problem, options, host) => recordedBy(options).bounds(problem, undefined, host),
});

export default definePlugin({
  name: "lirpa-plugin-example",
  apiVersion: 2,
  operators: [operator],
  perturbations: [perturbation],
  methods: [method],
});
