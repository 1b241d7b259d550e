import type { Pair, Side } from "../../plugin/pair.js";
import type { Value } from "../../graph/resolved.js";
import type { IrNode } from "../../tensor/ir.js";
import type { BoundsOf, Rows } from "../passes/intermediate.js";
import { SIDES, type BoundProblem } from "../problem.js";
import type { BoundRun, Target } from "../run.js";
import { intervalOf } from "../passes/interval.js";

/** The names of a program's results. */
export const resultNames = {
  /** The bounds that were asked for. */
  bound: (side: Side): string => side,
  /** Bounds of a value that the method's relaxations rely on. */
  intermediate: (value: Value, side: Side): string => `intermediate:${value.name}:${side}`,
  /** Coefficients of the rows' linear forms in a perturbed value, in its shape, and their constants. */
  coefficients: (value: Value, side: Side): string => `form:${value.name}:${side}`,
  constant: (side: Side): string => `form::${side}`,
} as const;

/** The names of those results of a problem that are the two ends of something. */
export function namesOfEnds({ wanted }: BoundProblem): Pair<string>[] {
  const names = (of: (side: Side) => string): Pair<string> => ({ lower: of("lower"), upper: of("upper") });
  const intermediate = wanted.intermediate.map((value) => names((side) => resultNames.intermediate(value, side)));
  return [names(resultNames.bound), ...intermediate];
}

export const namedResults = {
  bounds: ({ wanted }: BoundProblem, bounds: Pair<IrNode>): Record<string, IrNode> =>
    Object.fromEntries(wanted.sides.map((side) => [resultNames.bound(side), bounds[side]])),

  intermediate: (run: BoundRun, { wanted }: BoundProblem, boundsOf: BoundsOf): Record<string, IrNode> =>
    Object.fromEntries(
      wanted.intermediate.flatMap((value) => {
        const bounds = run.isPerturbed(value) ? boundsOf(value) : intervalOf(run, value);
        return SIDES.map((side) => [resultNames.intermediate(value, side), run.t.expand(bounds[side], value.shape)]);
      }),
    ),
} as const;

/**
 * Bounds of a target's rows, and, where they are wanted, the linear forms that give them: each row lies above the form
 * of its lower bound and below that of its upper one on the whole set.
 */
export function rowResults(
  run: BoundRun,
  { wanted }: BoundProblem,
  rows: Rows,
  target: Target,
  boundsOf: BoundsOf,
): RowResults {
  if (!wanted.forms) return { bounds: rows(run, target, boundsOf), forms: {} };
  const { t } = run;
  const zero = t.zeros([]);
  const found = new Map<Value, Pair<IrNode>>();
  const constants = rows(run, target, boundsOf, {
    at: (value, pair) => {
      if (!run.sources.has(value)) return undefined;
      found.set(value, pair);
      return { bias: { lower: zero, upper: zero } };
    },
  });
  const forms: Record<string, IrNode> = {};
  let bounds = constants;
  for (const [value, source] of run.sources) {
    const pair = found.get(value);
    const end = (side: Side): IrNode => {
      // Rows that never reach a source have coefficients of zero there.
      const a = pair?.[side] ?? t.mul(t.zeros(value.shape), constants[side]);
      forms[resultNames.coefficients(value, side)] = a;
      const reach = pair === undefined ? zero : t.node(source.perturbation.concretize(run.setContext(source), a, side));
      return t.add(bounds[side], reach);
    };
    bounds = { lower: end("lower"), upper: end("upper") };
  }
  for (const side of SIDES) forms[resultNames.constant(side)] = constants[side];
  const asked = Object.entries(forms).filter(([name]) => wanted.sides.some((side) => name.endsWith(`:${side}`)));
  return { bounds, forms: Object.fromEntries(asked) };
}

export interface RowResults {
  readonly bounds: Pair<IrNode>;
  readonly forms: Record<string, IrNode>;
}
