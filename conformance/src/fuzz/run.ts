import { checkOptions, composeLirpa, isLirpaError, LirpaError } from "@lirpa/core";
import { operatorKey, type Operator, type Plugin, type Shape } from "@lirpa/core/plugin";
import { onnxRuntimeExecutor } from "@lirpa/executor-onnxruntime";
import { standardCases } from "../cases/index.js";
import { referenceLirpa } from "../kit/network.js";
import { kitPlugin } from "../kit/plugin.js";
import type { OperatorCase } from "../operator/case.js";
import type { OperatorCases } from "../operator/describe.js";
import { OperatorSubject } from "../operator/subject.js";
import { failureInFloat32, failureOf } from "./check.js";
import { ingredientsOf, randomGraph, type FuzzCase } from "./graph.js";
import { shrink } from "./shrink.js";

/** Which graphs are drawn, and how many. */
export interface FuzzOptions {
  readonly plugins: readonly Plugin[];
  /** How operators are called, besides the kit's own cases of ONNX's operators. */
  readonly cases?: OperatorCases;
  readonly runs: number;
  readonly seed: number;
  /** Every how many graphs the optimizing methods run, too; 8 where absent. */
  readonly optimizeEvery?: number;
  readonly onProgress?: (done: number) => void;
}

/** A graph that is not bounded as it must be. */
export interface FuzzFailure {
  readonly message: string;
  /** Made as small as it fails. */
  readonly case: FuzzCase;
  /** Of the graph as it was generated. */
  readonly seed: number;
}

/** The first failure, if there is one, and what was tried. */
export interface FuzzResult {
  readonly runs: number;
  /** Operator types that came up. */
  readonly operators: readonly string[];
  /** Operators that no graph can hold, since nobody says how they are called: of these nothing was found out. */
  readonly untried: readonly string[];
  readonly failure: FuzzFailure | undefined;
}

const CHEAP: readonly string[] = ["ibp", "crown-ibp", "crown", "forward", "forward+crown"];

/**
 * Random small graphs of the plugins' operators: bounds by every method against samples. Stops at the first failure.
 * Other seeds give other graphs. Throws `LIRPA_OPTION` where no operator has a case.
 */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  checkOptions(options, ["plugins", "cases", "runs", "seed", "optimizeEvery", "onProgress"], "fuzz");
  const { plugins, runs, seed, optimizeEvery = 8, onProgress } = options;
  const cases = { ...standardCases, ...options.cases };
  const lirpa = referenceLirpa([...plugins, kitPlugin]);
  const within = new Set<string>();
  const ingredients = ingredientsOf(plugins, cases, (operator, example) =>
    outputsOf(operator, example, plugins, within),
  );
  if (ingredients.length === 0) {
    throw new LirpaError("LIRPA_OPTION", "the plugins have no operator with a case", {
      hint: "Give cases: how each operator is called, as describeOperator() takes them.",
    });
  }
  const untried = plugins
    .flatMap(({ operators }) => operators.map(operatorKey))
    .filter((key) => !within.has(key) && (cases[key] ?? []).length === 0);
  const seen = new Set<string>();
  for (let i = 0; i < runs; i++) {
    const candidate = randomGraph(graphSeed(seed, i), ingredients);
    for (const { type } of candidate.graph.nodes) seen.add(type);
    const methods = i % optimizeEvery === 0 ? undefined : CHEAP;
    const message = await failureOf(candidate, lirpa, methods);
    if (message !== undefined) {
      const small = await shrink(
        candidate,
        lirpa,
        async (smaller) => (await failureOf(smaller, lirpa, methods)) !== undefined,
      );
      return {
        runs: i + 1,
        operators: [...seen],
        untried,
        failure: { message: (await failureOf(small, lirpa, methods)) ?? message, case: small, seed: candidate.seed },
      };
    }
    onProgress?.(i + 1);
  }
  return { runs, operators: [...seen], untried, failure: undefined };
}

/** Bounds of one case again: in float64 as when it was found, and in float32 by ONNX Runtime. */
export async function replay(given: FuzzCase, plugins: readonly Plugin[]): Promise<string | undefined> {
  const reference = referenceLirpa([...plugins, kitPlugin]);
  const single = composeLirpa({ plugins: [...plugins, kitPlugin], executor: onnxRuntimeExecutor({ threads: 1 }) });
  try {
    return (await failureOf(given, reference)) ?? (await failureInFloat32(given, reference, single));
  } finally {
    await single.dispose();
  }
}

/**
 * The seed of one graph of a run. Runs of neighbouring seeds share none: the run's seed is mixed over all 32 bits first
 * (Steele and others' finalizer, as in SplitMix), and the number of the graph changes the lower ones only.
 */
export function graphSeed(run: number, graph: number): number {
  let mixed = (run + 0x9e3779b9) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16) ^ graph) >>> 0;
}

/** The shapes of what a case gives. `within` hears of all operators that it is made of. */
function outputsOf(
  operator: Operator,
  example: OperatorCase,
  plugins: readonly Plugin[],
  within: Set<string>,
): readonly Shape[] {
  try {
    const { bounded, alone } = new OperatorSubject(operator, example, { plugins });
    for (const node of alone.resolved.nodes) within.add(operatorKey(node.operator));
    // All outputs or none: a node gives all of them.
    return bounded.length === (example.outputs ?? 1) ? bounded.map((output) => alone.outputShape(output)) : [];
  } catch (error) {
    // Some operators expand to those of a pack that is not there.
    if (isLirpaError(error) && error.code === "LIRPA_UNSUPPORTED_OPERATOR") return [];
    throw error;
  }
}
