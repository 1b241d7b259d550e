import type { Feeds } from "../plugin/executor.js";
import type { HostTensor } from "../plugin/tensor.js";
import type { Value } from "../graph/resolved.js";
import { inputNames, SIDES, type BoundProblem } from "../bounds/problem.js";
import {
  blocksOf,
  intervalNames,
  isStaged,
  mayBeDeep,
  recordBlock,
  recordIntervals,
  recordLast,
  recordStage,
  rowStages,
  partlyStable,
  type StagedRecipe,
} from "../bounds/recording/stages.js";
import { recordWhole, type Recipe } from "../bounds/recording/whole.js";
import { allPlaces, withPlaced } from "../run/chunks.js";
import type { MethodHost, Numbers, Outcome, Runnable } from "../run/host.js";
import { bytesFor, rowsWithin, tooLarge } from "../run/memory.js";
import { sizeOf } from "../tensor/shapes.js";
import type { AnyMethod } from "./method.js";

/**
 * A method whose bounds one program gives: in chunks of instances and rows where its values do not fit the budget, and
 * where not even one row of one instance does, value by value if intermediate bounds come from rows of their own. Of
 * deep models, where a pass for each value makes a program that takes long to compile, it takes a few programs.
 */
export function recorded(
  name: string,
  recipe: Recipe,
): Required<Pick<AnyMethod<undefined>, "recipe" | "program" | "bounds">> {
  return {
    recipe,
    program: (problem) => recordWhole(problem, recipe),
    bounds: (problem, _, host) => recordedBounds(name, recipe, problem, host),
  };
}

async function recordedBounds(name: string, recipe: Recipe, problem: BoundProblem, host: MethodHost): Promise<Outcome> {
  if (isStaged(recipe) && mayBeDeep(problem)) {
    const names = await host.note("blocks", () =>
      blocksOf(name, problem, recipe).map((block) => block.map((value) => value.name)),
    );
    const results = names.length > 1 ? await inBlocks(recipe, problem, named(problem, names), host) : undefined;
    if (results !== undefined) return { results };
  }
  const whole = await host.program("whole", () => host.recorded ?? recordWhole(problem, recipe));
  const bytes = bytesFor(whole.needs, 1, 1);
  return host.inInstances(bytes, async (part) => {
    if (bytes <= host.budget) return { results: await part.inRows(whole, part.numbers) };
    if (!isStaged(recipe) || (problem.spec === "elements" && recipe.elements !== undefined)) {
      throw tooLarge(`${name} of ${problem.output.name}`, bytes, host.budget);
    }
    return { results: await staged(recipe, problem, part) };
  });
}

/**
 * Values in blocks, for deep models: each program bounds some, given those before, and the last one the rest. Undefined
 * where the budget does not suffice for one of them.
 */
async function inBlocks(
  recipe: StagedRecipe,
  problem: BoundProblem,
  blocks: readonly (readonly Value[])[],
  host: MethodHost,
): Promise<Feeds | undefined> {
  const { instances } = host.numbers;
  let known = host.numbers.feeds;
  const before: Value[] = [];
  for (const [i, block] of blocks.entries()) {
    const earlier = [...before];
    const program = await host.program(`block:${i}`, () => recordBlock(problem, recipe, block, earlier));
    if (bytesFor(program.needs, 1, instances) > host.budget) return undefined;
    known = { ...known, ...(await host.run(program, known)) };
    before.push(...block);
    host.progress((i + 1) / (blocks.length + 1));
  }
  const rest = await host.program("rest", () => recordWhole(problem, recipe, before));
  if (bytesFor(rest.needs, 1, instances) > host.budget) return undefined;
  return host.inRows(rest, { ...host.numbers, feeds: known });
}

function named({ graph }: BoundProblem, blocks: readonly (readonly string[])[]): Value[][] {
  const values = new Map(graph.nodes.flatMap(({ outputs }) => outputs).map((value) => [value.name, value]));
  return blocks.map((block) => block.map((name) => values.get(name)!));
}

/** Value by value, for one instance. */
async function staged(recipe: StagedRecipe, problem: BoundProblem, host: MethodHost): Promise<Feeds> {
  const { output, spec, wanted } = problem;
  const { feeds, rows } = host.numbers;
  const stages = await stagesOf(recipe, problem, host);
  const known: Record<string, HostTensor> = { ...feeds };
  const selective = stages.flatMap(({ value, selective }) => (selective ? [value] : []));
  const intervals =
    selective.length === 0
      ? {}
      : await host.run(await host.program("intervals", () => recordIntervals(problem, selective)), feeds);
  const values = stages.map(({ value }) => value);
  for (const [i, value] of values.entries()) {
    const places = intervals[intervalNames.index(value)] ?? allPlaces(sizeOf(value.shape));
    const program = await host.program(`stage:${value.name}`, () =>
      recordStage(problem, recipe, value, values.slice(0, i)),
    );
    const ends = await inTurns(program, value, { feeds: known, rows: asRows(places), instances: 1 }, host);
    for (const side of SIDES) {
      const base = intervals[intervalNames.end(value, side)];
      const all = base === undefined ? ends[side]! : withPlaced(base, places.data, ends[side]!);
      known[inputNames.before(value, side)] = { ...all, shape: [1, 1, ...value.shape] };
    }
    host.progress((i + 1) / (values.length + 1));
  }
  const asked = spec === "elements" ? allPlaces(sizeOf(output.shape)) : rows!;
  const last = await host.program("last", () => recordLast(problem, recipe, values));
  const results = await inTurns(last, output, { feeds: known, rows: asked, instances: 1 }, host);
  if (spec !== "elements") return results;
  const reshaped = wanted.sides.map((side) => [side, { ...results[side]!, shape: [1, 1, ...output.shape] }]);
  return { ...results, ...(Object.fromEntries(reshaped) as Feeds) };
}

async function inTurns(program: Runnable, value: Value, numbers: Numbers, host: MethodHost): Promise<Feeds> {
  if (rowsWithin(program.needs, host.budget, 1, 1) < 1) {
    throw tooLarge(`bounding ${value.name}, even row by row,`, bytesFor(program.needs, 1, 1), host.budget);
  }
  return host.inRows(program, numbers, { shared: true });
}

/** The values that a problem is bounded by, in order. */
async function stagesOf(
  recipe: StagedRecipe,
  problem: BoundProblem,
  host: MethodHost,
): Promise<{ readonly value: Value; readonly selective: boolean }[]> {
  const found = await host.note("stages", () => {
    const stages = rowStages(problem, recipe);
    const selective = partlyStable(problem, stages);
    return stages.map((value) => ({ name: value.name, selective: selective.includes(value) }));
  });
  const values = named(problem, [found.map(({ name }) => name)])[0]!;
  return found.map(({ selective }, i) => ({ value: values[i]!, selective }));
}

/** Places that a program chose, as rows to feed. */
function asRows({ dtype, data }: HostTensor): HostTensor {
  return { shape: [1, data.length], dtype, data };
}
