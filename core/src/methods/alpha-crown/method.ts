import { LirpaError } from "../../plugin/errors.js";
import { checkOptions } from "../../plugin/options.js";
import type { HostTensor } from "../../plugin/tensor.js";
import { fedWith, SIDES, type BoundProblem } from "../../bounds/problem.js";
import { resultNames } from "../../bounds/recording/results.js";
import { blocksOf, mayBeDeep } from "../../bounds/recording/stages.js";
import { joinRows, sliceRows } from "../../run/chunks.js";
import { adamFeeds, adamStart } from "../../optimizer/adam.js";
import type { Carry, Feeds } from "../../plugin/executor.js";
import type { HostLoop, MethodHost, MethodState, Outcome, Runnable } from "../../run/host.js";
import { bytesFor, rowsWithin, tooLarge } from "../../run/memory.js";
import { crown, crownRecipe } from "../crown.js";
import { defineMethod, type Method } from "../method.js";
import { stepNames } from "./ports.js";
import { recordOptimization, type Layers, type Optimization } from "./record.js";

/** How free values are optimized. */
export interface AlphaOptions {
  /** Steps; 20 where absent. */
  readonly iterations?: number;
  /** Only the last backward pass, or those of the intermediate bounds too; `"all"` where absent. */
  readonly layers?: Layers;
}

/** Its options by its name. */
export interface OwnOptions {
  readonly "alpha-crown": AlphaOptions;
}

/**
 * The learning rate and its decay per iteration; values are fractions of their ranges. Measured on the goldens: with
 * the peer's 0.5 and 0.98 sixteen of 79 cases ended more than 2 % looser than the peer's bounds, with these four.
 */
const [RATE, DECAY] = [0.3, 0.95];

/** What running an optimization takes to know, so that nothing need be recorded where its programs are there. */
interface Plan {
  readonly carry: Carry;
  readonly variables: readonly string[];
  readonly optimized: readonly string[];
}

/**
 * CROWN whose relaxations' free values are optimized, for each instance, row and side by itself (Xu et al. 2021, "Fast
 * and Complete: Enabling Complete Neural Network Verification with Rapid and Massively Parallel Incomplete Verifiers").
 */
export const alphaCrown: Method = defineMethod<Required<AlphaOptions>>({
  name: "alpha-crown",
  description: "CROWN with the relaxations' free values optimized",
  needs: "backward",
  improves: "crown",
  options: readOptions,
  structure: ({ layers }) => layers,
  recipe: crownRecipe,
  program: (problem, { layers }) =>
    recordOptimization(problem, layers).variables.length === 0 ? crown.program!(problem, undefined) : undefined,
  bounds: optimized,
});

function readOptions(given: unknown = {}): Required<AlphaOptions> {
  checkOptions(given as object, ["iterations", "layers"], "alpha-crown");
  const { iterations = 20, layers = "all" } = given as AlphaOptions;
  if (!Number.isInteger(iterations) || iterations < 1) {
    throw new LirpaError("LIRPA_OPTION", `alpha-crown: iterations is ${iterations}`, {
      hint: "Give a whole number, 1 or more.",
    });
  }
  if (layers !== "last" && layers !== "all") {
    throw new LirpaError("LIRPA_OPTION", `alpha-crown: layers is ${JSON.stringify(layers)}`, {
      hint: 'It is "last" or "all".',
    });
  }
  return { iterations, layers };
}

async function optimized(
  problem: BoundProblem,
  { iterations, layers }: Required<AlphaOptions>,
  host: MethodHost,
): Promise<Outcome> {
  if (problem.wanted.forms) throw noForms();
  // A model that is too deep is refused before anything is recorded.
  if (mayBeDeep(problem)) await host.note("depth", () => blocksOf("alpha-crown", problem, crownRecipe).length);
  // Recorded at most once in this call, and only where a program or what is noted of it is not there yet.
  let recorded: Optimization | undefined;
  const recording = (): Optimization => (recorded ??= recordOptimization(problem, layers));
  const plan = await host.note("plan", (): Plan => planOf(recording()));
  if (plan.variables.length === 0) return crown.bounds(problem, undefined, host);
  const prepare = await host.program("prepare", () => recording().prepare);
  const step = await host.program("step", () => recording().step);
  const least = Math.max(bytesFor(prepare.needs, 1, 1), bytesFor(step.needs, 1, 1));
  if (least > host.budget) throw tooLarge("a step of alpha-crown", least, host.budget);
  const rows = host.numbers.rows?.shape[1] ?? 1;
  const ofAllRows = Math.max(bytesFor(prepare.needs, rows, 1), bytesFor(step.needs, rows, 1));
  return host.inInstances(ofAllRows, async (part) => {
    const fit = Math.min(
      ...[prepare, step].map(({ needs }) => rowsWithin(needs, part.budget, part.numbers.instances, rows)),
    );
    const run = { prepare, step, plan, iterations, problem };
    return fit >= rows ? steps(run, part, part.numbers.rows) : inParts(run, part, part.numbers.rows!, fit);
  });
}

interface Steps {
  readonly problem: BoundProblem;
  readonly prepare: Runnable;
  readonly step: Runnable;
  readonly plan: Plan;
  readonly iterations: number;
}

/** Prepares once, then steps. The best of each row is kept, first of all the bounds without optimization. */
async function steps(
  { problem, prepare, step, plan, iterations }: Steps,
  host: MethodHost,
  rows: HostTensor | undefined,
  [from, to]: readonly [from: number, to: number] = [0, 1],
): Promise<Outcome> {
  const feeds = fedWith({ feeds: host.numbers.feeds, rows });
  const prepared = await host.run(prepare, feeds);
  const start = { ...prepared, ...startOf(plan, prepared, host.start) };
  const moments = adamStart(pick(prepared, plan.variables));
  return host.loop(step, { ...feeds, ...start, ...moments }, plan.carry, async (loop) => {
    let done = 0;
    for (; done < iterations && !host.isOutOfTime; done++) {
      await loop.step(adamFeeds(done + 1, RATE * DECAY ** done));
      host.progress(from + ((to - from) * (done + 1)) / iterations);
    }
    const ends = await loop.read(problem.wanted.sides.map(stepNames.best));
    return {
      results: { ...resultsOf(problem, ends), ...(await intermediateOf(problem, plan, prepared, loop)) },
      state: await loop.read(plan.variables),
      isCutShort: done < iterations,
    };
  });
}

/**
 * Rows in parts: the intermediate bounds are optimized for each part anew, so that there is no one state to go on from.
 */
async function inParts(run: Steps, host: MethodHost, rows: HostTensor, fit: number): Promise<Outcome> {
  const parts: Outcome[] = [];
  const count = rows.shape[1]!;
  for (let from = 0; from < count; from += fit) {
    const to = Math.min(count, from + fit);
    parts.push(await steps(run, host, sliceRows(rows, from, to), [from / count, to / count]));
  }
  const [first] = parts;
  const joined = run.problem.wanted.sides.map((side) => [side, joinRows(parts.map(({ results }) => results[side]!))]);
  const isCutShort = parts.some((part) => part.isCutShort);
  return { results: { ...first!.results, ...(Object.fromEntries(joined) as Feeds) }, isCutShort };
}

/** Variables of an earlier call, where they are of the same rows; elsewhere each starts where crown's value is. */
function startOf({ variables }: Plan, prepared: Feeds, start: MethodState | undefined): Feeds {
  const own = variables.flatMap((name) => {
    const given = start?.[name];
    return given !== undefined && String(given.shape) === String(prepared[name]!.shape) ? [[name, within(given)]] : [];
  });
  return Object.fromEntries(own) as Feeds;
}

/** A variable is a fraction: any in [0, 1] gives a bound that holds. */
function within(tensor: HostTensor): HostTensor {
  const inRange = (value: number): number => (value >= 0 ? Math.min(value, 1) : 0);
  return { ...tensor, data: Float32Array.from(tensor.data, inRange) };
}

function planOf({ carry, variables, optimized }: Optimization): Plan {
  return { carry, variables, optimized };
}

function pick(feeds: Feeds, names: readonly string[]): Feeds {
  return Object.fromEntries(names.map((name) => [name, feeds[name]!]));
}

/** The best ends by their sides. Elements have been rows of the step; they are the output's own shape in the result. */
function resultsOf({ spec, output, wanted }: BoundProblem, ends: Feeds): Feeds {
  return Object.fromEntries(
    wanted.sides.map((side) => {
      const end = ends[stepNames.best(side)]!;
      return [side, spec === "elements" ? { ...end, shape: [end.shape[0]!, 1, ...output.shape] } : end];
    }),
  );
}

/** What was asked of intermediate values: the best of those that were optimized, the others as they were prepared. */
async function intermediateOf(
  { wanted }: BoundProblem,
  { optimized }: Plan,
  prepared: Feeds,
  loop: HostLoop,
): Promise<Feeds> {
  const results: Record<string, HostTensor> = {};
  for (const value of wanted.intermediate) {
    for (const side of SIDES) {
      const name = resultNames.intermediate(value, side);
      const best = stepNames.bestOf(value, side);
      results[name] = optimized.includes(value.name) ? (await loop.read([best]))[best]! : prepared[name]!;
    }
  }
  return results;
}

function noForms(): LirpaError {
  return new LirpaError(
    "LIRPA_UNSUPPORTED_METHOD",
    "alpha-crown gives no linear forms: the best of each row is kept, not the form that gave it",
    {
      hint: "Ask for the forms of crown.",
    },
  );
}
