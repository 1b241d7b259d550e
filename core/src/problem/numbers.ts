import { checkOptions } from "../plugin/options.js";
import type { HostTensor, Shape } from "../plugin/tensor.js";
import type { Pair, Side } from "../plugin/pair.js";
import { inputNames, SIDES, type BoundProblem } from "../bounds/problem.js";
import type { Value } from "../graph/resolved.js";
import type { MethodState, Numbers as Fed } from "../run/host.js";
import { sizeOf } from "../tensor/shapes.js";
import { demandList, demandNumbers, demandRecord, isSingle, queryError, SINGLE_HINT, type Numbers } from "./query.js";
import type { GivenUse } from "./structure.js";

/** Rows of a matrix over the output. */
export type Specification = readonly Numbers[];

/** Bounds of an intermediate value, in its shape, for all instances or for each. */
export interface GivenNumbers extends Pair<Numbers> {
  /**
   * `"final"`: relaxations use them as they are. `"intersect"` (where absent): the method's own bounds are intersected
   * with them.
   */
  readonly use?: GivenUse;
}

/** An interval that a value is restricted to; an end that is left out is infinite. */
export type ConstraintNumbers = Partial<Pair<Numbers>>;

/** The numbers of a problem besides those of its inputs. */
export interface ProblemNumbers {
  /** Rows of a matrix C, bounds are then of C · output: one matrix for all, or a list of one for each batch row. */
  readonly spec?: Specification | readonly Specification[];
  /** Intermediate bounds by value, as somebody knows them to hold. */
  readonly given?: Readonly<Record<string, GivenNumbers>>;
  /**
   * Restrictions of intermediate values: bounds are then of those points only that meet them. Where none does, any
   * bound holds.
   */
  readonly constraints?: Readonly<Record<string, ConstraintNumbers>>;
  /** State that an earlier call gave (`Bounds.state`): where it fits, the method starts from it. */
  readonly start?: MethodState;
}

/** True for a matrix of its own for each batch row. */
export function isPerInstance(spec: NonNullable<ProblemNumbers["spec"]>): spec is readonly Specification[] {
  const first: unknown = Array.isArray(spec) && Array.isArray(spec[0]) ? spec[0][0] : undefined;
  return typeof first === "object" && first !== null;
}

/** What is fed besides inputs, and row by row. Throws `LIRPA_QUERY`. */
export function numbersOf(
  problem: BoundProblem,
  { feeds, instances }: Pick<Fed, "feeds" | "instances">,
  numbers: ProblemNumbers,
): Fed {
  demandPrepared("given", numbers.given, problem.given.keys());
  demandPrepared("constraints", numbers.constraints, problem.constraints);
  for (const [value, use] of problem.given) demandUse(value, use, numbers.given?.[value.name]);
  demandState(numbers.start);
  const all: Record<string, HostTensor> = { ...feeds };
  for (const value of problem.given.keys())
    feedEnds(all, value, numbers.given?.[value.name], instances, "given", inputNames.given);
  for (const value of problem.constraints)
    feedEnds(all, value, numbers.constraints?.[value.name], instances, "constraints", inputNames.constraint);
  if (problem.spec === "elements") return { feeds: all, instances };
  return { feeds: all, instances, rows: rowsOf(problem, numbers.spec!, instances) };
}

/** Refuses numbers for values that the problem has no ports for: they would be passed over. */
function demandPrepared(option: string, given: unknown, values: Iterable<Value>): void {
  if (given === undefined) return;
  demandRecord(option, given);
  const names = new Set([...values].map(({ name }) => name));
  const other = Object.keys(given as object).find((name) => !names.has(name));
  if (other === undefined) return;
  const problem = `the problem was prepared without ${option} of ${JSON.stringify(other)}`;
  throw queryError(problem, "Prepare another problem for it.");
}

function demandUse(value: Value, prepared: GivenUse, given: GivenNumbers | undefined): void {
  if (given?.use === undefined || given.use === prepared) return;
  const uses = `${JSON.stringify(prepared)}, and is given for ${JSON.stringify(given.use)}`;
  throw queryError(`${value.name} was prepared for bounds that are ${uses}`, "Prepare another problem for it.");
}

/** Refuses what no earlier call can have given. Whether it fits is for the method to say. */
function demandState(start: MethodState | undefined): void {
  if (start === undefined) return;
  demandRecord("start", start);
  for (const [name, part] of Object.entries<Partial<HostTensor> | null>(start)) {
    const { shape, data } = part ?? {};
    if (Array.isArray(shape) && ArrayBuffer.isView(data) && data.length === sizeOf(shape as Shape)) continue;
    throw queryError(`start holds no array under ${JSON.stringify(name)}`, "Give the state of an earlier result.");
  }
}

const FIELDS = { given: ["lower", "upper", "use"], constraints: ["lower", "upper"] } as const;

function feedEnds(
  feeds: Record<string, HostTensor>,
  value: Value,
  ends: ConstraintNumbers | undefined,
  instances: number,
  option: keyof typeof FIELDS,
  name: (value: Value, side: Side) => string,
): void {
  demandRecord(`${option} of ${value.name}`, ends);
  checkOptions(ends, FIELDS[option], `${option} of ${value.name}`);
  for (const side of SIDES) feeds[name(value, side)] = endOf(value, ends!, side, instances, option);
  const [lower, upper] = SIDES.map((side) => feeds[name(value, side)]!.data);
  const at = lower!.findIndex((low, i) => low > upper![i]!);
  if (at >= 0) throw queryError(`${option} of ${value.name}: the lower end is above the upper one at position ${at}`);
}

function endOf(value: Value, ends: ConstraintNumbers, side: Side, instances: number, option: string): HostTensor {
  const size = sizeOf(value.shape);
  const given = ends[side];
  const infinite = side === "lower" ? -Infinity : Infinity;
  if (given === undefined && option === "given") throw queryError(`${option} of ${value.name} has no ${side} ends`);
  const numbers =
    given === undefined ? new Float64Array(size).fill(infinite) : demandList(`${option} of ${value.name}`, given);
  const count = numbers.length / Math.max(1, size);
  if (count !== 1 && count !== instances) {
    throw queryError(
      `${option} of ${value.name} has ${numbers.length} ${side} ends; the value has ${size} elements`,
      "Give one for each element, for all instances or for each.",
    );
  }
  demandNumbers(`${option} of ${value.name}`, numbers);
  // What holds for all is fed for each: a program's arrays have one number of instances.
  const data = Float64Array.from({ length: size * instances }, (_, i) => numbers[i % numbers.length]!);
  if (data.some((end) => Number.isNaN(end))) throw queryError(`${option} of ${value.name} holds NaN`);
  return { shape: [instances, 1, ...value.shape], dtype: "float", data };
}

/** Every row of C at every batch row of the output: `[1 or instances, batch · rows, ...shape]`. */
function rowsOf(
  { output, spec }: BoundProblem,
  given: NonNullable<ProblemNumbers["spec"]>,
  instances: number,
): HostTensor {
  const batch = batchOf(output);
  if (spec === "rows")
    return {
      ...matrices([given as Specification], output, 1, "the spec"),
      shape: [1, batch * given.length, ...output.shape],
    };
  if (!Array.isArray(given)) throw queryError("the spec is no list of matrices", "Give one for each batch row.");
  const own = given as readonly Specification[];
  if (own.length !== batch * instances) {
    throw queryError(
      `the spec has ${own.length} matrices for ${batch * instances} batch rows`,
      "Give one matrix for all, or one for each batch row.",
    );
  }
  own.forEach((matrix, i) => demandList(`matrix ${i} of the spec`, matrix as unknown as Numbers));
  const rows = own[0]!.length;
  const uneven = own.findIndex((matrix) => matrix.length !== rows);
  if (uneven >= 0)
    throw queryError(
      `matrix ${uneven} of the spec has ${own[uneven]!.length} rows, the first one ${rows}`,
      "Give as many rows for each batch row.",
    );
  return { ...matrices(own, output, instances, "the spec"), shape: [instances, batch * rows, ...output.shape] };
}

/** A matrix for each batch row of each instance, or one for all, laid out over the output. */
function matrices(own: readonly Specification[], output: Value, instances: number, what: string): HostTensor {
  const batch = batchOf(output);
  const width = sizeOf(output.shape) / batch;
  own.forEach((matrix, i) => checkMatrix(matrix, output, width, own.length === 1 ? what : `matrix ${i} of ${what}`));
  const rows = own[0]!.length;
  const data = new Float32Array(instances * batch * rows * batch * width);
  for (let n = 0; n < instances; n++) {
    for (let b = 0; b < batch; b++) {
      const matrix = own[(n * batch + b) % own.length]!;
      for (let k = 0; k < rows; k++) data.set(matrix[k]!, (((n * batch + b) * rows + k) * batch + b) * width);
    }
  }
  return { shape: [], dtype: "float", data };
}

function checkMatrix(matrix: Specification, output: Value, width: number, what: string): void {
  if (!Array.isArray(matrix))
    throw queryError(`${what} is no list of rows`, "Give one list of numbers for each row, as in [[1, -1]].");
  if (matrix.length === 0) throw queryError(`${what} has no rows`, "Leave it out to bound the output itself.");
  // A list may have holes, which forEach passes over.
  Array.from(matrix as Specification).forEach((row, k) => {
    const name = `row ${k} of ${what}`;
    demandNumbers(name, demandList(name, row));
    if (row.length !== width)
      throw queryError(`${name} has ${row.length} numbers; the output ${output.name} takes ${width}`);
    for (let i = 0; i < width; i++)
      if (!isSingle(row[i]!)) throw queryError(`${name} is ${row[i]} at position ${i}`, SINGLE_HINT);
  });
}

/** Rows of the output's own batch axis. */
export function batchOf({ shape }: Value): number {
  return shape.length < 2 ? 1 : shape[0]!;
}
