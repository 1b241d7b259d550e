import { SIDES, type BoundProblem } from "../bounds/problem.js";
import { resultNames } from "../bounds/recording/results.js";
import type { Recipe } from "../bounds/recording/whole.js";
import type { Method } from "../methods/method.js";
import type { HostTensor } from "../plugin/tensor.js";
import { contentKey } from "../program/fingerprint.js";
import type { Numbers } from "../run/host.js";
import { sizeOf } from "../tensor/shapes.js";
import {
  anything,
  blamed,
  demand,
  described,
  failure,
  guardRule,
  interval,
  isHostTensor,
  isObject,
  isPromise,
  values,
  type Check,
  type Rule,
} from "./guard.js";

// Of a method's functions only what is wrong with themselves is its plugin's defect: LirpaErrors of others (a rule's,
// the executor's, the caller's) go through them as they are.

const plain: Check = (result) => (isPlain(result) ? undefined : `${described(result)} where plain data is wanted`);
const program = demand(
  (result) => result === undefined || (isObject(result) && result["$$type"] === "lirpa.program"),
  "a program, or nothing,",
);
const flag = demand((result) => typeof result === "boolean", "true or false");
const list = demand((result) => Array.isArray(result), "a list of values");

/** The method with its functions guarded. Throws, when they are called, `LIRPA_PLUGIN`, or what they may throw. */
export function guardMethod(plugin: string, method: Method): Method {
  const named = (name: string): string => `${name} of the method ${method.name}`;
  const guard = <R>(name: string, rule: R, check: Check, owner: unknown = method): R =>
    (rule === undefined ? undefined : guardRule(plugin, named(name), owner, rule as Rule, check, true)) as R;
  const { options, structure, recipe } = method;
  const guarded: Record<string, unknown> = {
    ...method,
    // Options without a structure are part of a problem's key as they are.
    options: guard("options", options, structure === undefined ? plain : anything),
    structure: guard("structure", structure, plain),
    program: guard("program", method.program, program),
    recipe: recipe && guardRecipe(recipe, guard),
    bounds: guardBounds(plugin, named("bounds"), method),
  };
  const present = Object.entries(guarded).filter(([, value]) => value !== undefined);
  return Object.freeze(Object.fromEntries(present)) as unknown as Method;
}

function guardRecipe(recipe: Recipe, guard: <R>(name: string, rule: R, check: Check, owner: unknown) => R): Recipe {
  const { intermediate, rows, elements } = recipe;
  const { bounds, reliesOn, needsRows } = intermediate;
  return {
    rows: guard("rows", rows, interval, recipe),
    ...(elements && { elements: guard("elements", elements, interval, recipe) }),
    intermediate: {
      bounds: guard("the intermediate bounds", bounds, interval, intermediate),
      reliesOn: guard("reliesOn", reliesOn, list, intermediate),
      ...(needsRows && { needsRows: guard("needsRows", needsRows, flag, intermediate) }),
    },
  };
}

function guardBounds(plugin: string, what: string, method: Method): Method["bounds"] {
  return async (problem, options, host) => {
    const promise: unknown = within(() => method.bounds(problem, options, host));
    if (!isPromise(promise)) throw failure(plugin, `${what} returned ${described(promise)} where a promise is wanted`);
    const outcome: unknown = await promise.catch((error: unknown) => {
      throw blamed(plugin, what, error, true);
    });
    const wrong = wrongOutcome(outcome, problem, host.numbers);
    if (wrong !== undefined) throw failure(plugin, `${what} gave ${wrong}`);
    return outcome as Awaited<ReturnType<Method["bounds"]>>;
  };

  function within<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      throw blamed(plugin, what, error, true);
    }
  }
}

function wrongOutcome(outcome: unknown, problem: BoundProblem, numbers: Numbers): string | undefined {
  if (!isObject(outcome) || !isObject(outcome["results"])) return `${described(outcome)} where { results } is wanted`;
  const { results, state, isCutShort } = outcome;
  for (const size of sizesOf(problem, numbers)) {
    const wrong = wrongResult((results as Readonly<Record<string, unknown>>)[size.name], size, numbers.instances);
    if (wrong !== undefined) return `${wrong} as ${JSON.stringify(size.name)}`;
  }
  if (state !== undefined && !values(state)) return `${described(state)} as its state, where arrays by name are wanted`;
  return isCutShort === undefined || typeof isCutShort === "boolean"
    ? undefined
    : `${described(isCutShort)} as isCutShort`;
}

/** How many numbers a result has: for each row, and of how many rows. */
interface Size {
  readonly name: string;
  readonly perRow: number;
  readonly rows: number;
}

/** What is asked of a method. */
function sizesOf({ spec, output, wanted, sources }: BoundProblem, fed: Numbers): Size[] {
  const all = spec === "elements" ? sizeOf(output.shape) : fed.rows!.shape[1]!;
  const [perRow, rows] = spec === "elements" ? [all, 1] : [1, all];
  return [
    ...wanted.sides.map((side) => ({ name: resultNames.bound(side), perRow, rows })),
    ...wanted.intermediate.flatMap((value) =>
      SIDES.map((side) => ({ name: resultNames.intermediate(value, side), perRow: sizeOf(value.shape), rows: 1 })),
    ),
    ...(wanted.forms ? wanted.sides : []).flatMap((side) => [
      { name: resultNames.constant(side), perRow: 1, rows: all },
      ...sources.map(({ value }) => ({
        name: resultNames.coefficients(value, side),
        perRow: sizeOf(value.shape),
        rows: all,
      })),
    ]),
  ];
}

/** What all instances share, or all rows, is given once. */
function wrongResult(result: unknown, { perRow, rows }: Size, instances: number): string | undefined {
  if (result === undefined) return "nothing";
  if (!isHostTensor(result)) return described(result);
  const { shape, dtype, data } = result as HostTensor;
  if (dtype !== "float") return `an array of ${dtype}`;
  if ([perRow, perRow * rows, perRow * rows * instances].includes(data.length)) return undefined;
  return `an array of shape [${shape.join(", ")}] for ${perRow * rows} numbers of ${instances} instances`;
}

/** What can be named by its content, in this process and in the next. */
function isPlain(value: unknown): boolean {
  try {
    contentKey(value);
    return true;
  } catch {
    return false;
  }
}
