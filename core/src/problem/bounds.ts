import type { Pair, Side } from "../plugin/pair.js";
import type { Feeds } from "../plugin/executor.js";
import type { HostTensor, Shape } from "../plugin/tensor.js";
import type { Warning } from "../bounds/recording/domains.js";
import { SIDES, type BoundProblem } from "../bounds/problem.js";
import { resultNames } from "../bounds/recording/results.js";
import type { Seconds } from "../run/call-host.js";
import type { MethodState, Numbers as Fed } from "../run/host.js";
import { sizeOf } from "../tensor/shapes.js";
import { batchOf } from "./numbers.js";
import { batched } from "./sets.js";
import type { Asked } from "./structure.js";

/** Linear functions of the perturbed values between which every row lies, on the whole set. */
export interface LinearForms {
  /**
   * By perturbed value: coefficients of each row's two forms. `shape` is that of the result, then that of the value.
   */
  readonly coefficients: Readonly<Record<string, Pair<Float64Array> & { readonly shape: Shape }>>;
  readonly constants: Pair<Float64Array>;
}

/** A lower and an upper bound of every element of an output, or of every row of a spec; row-major. */
export interface Bounds extends Pair<Float64Array> {
  readonly method: string;
  readonly shape: Shape;
  readonly seconds: Readonly<Seconds>;
  /** What the bounds do not show; empty where there is nothing. */
  readonly warnings: readonly Warning[];
  /** Where `forms` was asked. */
  readonly forms?: LinearForms;
  /** Bounds of the values that `intermediate` names. */
  readonly intermediate?: Readonly<Record<string, Pair<Float64Array> & { readonly shape: Shape }>>;
  /** Where a later call of the same structure may start, of methods that optimize. */
  readonly state?: MethodState;
}

type BoundsOfProblem = Pick<Bounds, "lower" | "upper" | "shape" | "forms" | "intermediate">;

/** What programs gave, as users read it. */
export function resultOf({ problem }: Asked, results: Feeds, { instances, rows }: Fed): BoundsOfProblem {
  const count = rows === undefined ? undefined : rows.shape[1]! / batchOf(problem.output);
  const shape = resultShape(problem.output.shape, instances, count);
  const { wanted } = problem;
  return {
    ...ends((side) => repeated(results[side]!, sizeOf(shape))),
    shape,
    ...(wanted.forms && { forms: formsOf(problem, results, shape) }),
    ...(wanted.intermediate.length > 0 && {
      intermediate: Object.fromEntries(
        wanted.intermediate.map((value) => {
          const own = batched(value.shape, instances);
          return [
            value.name,
            { ...ends((side) => repeated(results[resultNames.intermediate(value, side)]!, sizeOf(own))), shape: own },
          ];
        }),
      ),
    }),
  };
}

function ends(of: (side: Side) => Float64Array): Pair<Float64Array> {
  return { lower: of("lower"), upper: of("upper") };
}

/** A side that nobody asked for has coefficients of zero and an infinite constant; so has what is no number. */
function formsOf(problem: BoundProblem, results: Feeds, shape: Shape): LinearForms {
  const rows = sizeOf(shape);
  const constants = ends((side) => {
    const given = results[resultNames.constant(side)];
    const infinite = side === "lower" ? -Infinity : Infinity;
    return given === undefined ? new Float64Array(rows).fill(infinite) : repeated(given, rows);
  });
  const coefficients = problem.sources.map(({ value }) => {
    const all = [...shape, ...value.shape];
    const own = ends((side) => {
      const given = results[resultNames.coefficients(value, side)];
      return given === undefined ? new Float64Array(sizeOf(all)) : repeated(given, sizeOf(all));
    });
    return [value.name, { ...own, shape: all }] as const;
  });
  for (const side of SIDES) for (const [, form] of coefficients) dropUnbounded(form[side], constants[side], side);
  return { coefficients: Object.fromEntries(coefficients), constants };
}

function dropUnbounded(coefficients: Float64Array, constants: Float64Array, side: Side): void {
  const size = coefficients.length / constants.length;
  for (let row = 0; row < constants.length; row++) {
    const own = coefficients.subarray(row * size, (row + 1) * size);
    if (Number.isFinite(constants[row]) && own.every(Number.isFinite)) continue;
    own.fill(0);
    constants[row] = side === "lower" ? -Infinity : Infinity;
  }
}

/** A copy for the caller. What all instances share, because only weights move say, is repeated for each. */
export function repeated({ data }: HostTensor, size: number): Float64Array {
  if (data.length === size) return new Float64Array(data);
  const result = new Float64Array(size);
  for (let start = 0; start < size; start += data.length) result.set(data, start);
  return result;
}

export function resultShape(shape: Shape, instances: number, rows: number | undefined): number[] {
  if (rows === undefined) return shape.length === 0 && instances > 1 ? [instances] : [...batched(shape, instances)];
  return shape.length < 2 && instances === 1 ? [rows] : [(shape.length < 2 ? 1 : shape[0]!) * instances, rows];
}
