import { isLirpaError, type Operator, type Plugin, type Shape } from "@lirpa/core";
import { standardCases } from "../cases/index.js";
import { referenceLirpa } from "../kit/network.js";
import { kitPlugin } from "../kit/plugin.js";
import type { OperatorCase } from "../operator/case.js";
import type { OperatorCases } from "../operator/describe.js";
import { OperatorSubject } from "../operator/subject.js";
import { failureOf } from "./check.js";
import { ingredientsOf, randomGraph, type FuzzCase } from "./graph.js";
import { shrink } from "./shrink.js";

/** Which graphs are drawn, and how many. */
export interface FuzzOptions {
  readonly plugins: readonly Plugin[];
  /** The kit's own, by ONNX operator, where absent. */
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
  readonly failure: FuzzFailure | undefined;
}

const CHEAP: readonly string[] = ["ibp", "crown-ibp", "crown", "forward", "forward+crown"];

/** Random small graphs of the plugins' operators: bounds by every method against samples. Stops at the first failure. */
export async function fuzz({ plugins, cases = standardCases, runs, seed, optimizeEvery = 8, onProgress }: FuzzOptions): Promise<FuzzResult> {
  const lirpa = referenceLirpa([...plugins, kitPlugin]);
  const ingredients = ingredientsOf(plugins, cases, (operator, example) => outputsOf(operator, example, plugins));
  if (ingredients.length === 0) throw new Error("the plugins have no operator with a case");
  const seen = new Set<string>();
  for (let i = 0; i < runs; i++) {
    const candidate = randomGraph(seed + i, ingredients);
    for (const { type } of candidate.graph.nodes) seen.add(type);
    const methods = i % optimizeEvery === 0 ? undefined : CHEAP;
    const message = await failureOf(candidate, lirpa, methods);
    if (message !== undefined) {
      const small = await shrink(candidate, lirpa, async (smaller) => (await failureOf(smaller, lirpa, methods)) !== undefined);
      return { runs: i + 1, operators: [...seen], failure: { message: (await failureOf(small, lirpa, methods)) ?? message, case: small, seed: candidate.seed } };
    }
    onProgress?.(i + 1);
  }
  return { runs, operators: [...seen], failure: undefined };
}

/** Bounds of one case again. */
export async function replay(given: FuzzCase, plugins: readonly Plugin[]): Promise<string | undefined> {
  return failureOf(given, referenceLirpa([...plugins, kitPlugin]));
}

function outputsOf(operator: Operator, example: OperatorCase, plugins: readonly Plugin[]): readonly Shape[] {
  try {
    const { bounded, alone } = new OperatorSubject(operator, example, { plugins });
    // All outputs or none: a node gives all of them.
    return bounded.length === (example.outputs ?? 1) ? bounded.map((output) => alone.outputShape(output)) : [];
  } catch (error) {
    // Some operators expand to those of a pack that is not there.
    if (isLirpaError(error) && error.code === "LIRPA_UNSUPPORTED_OPERATOR") return [];
    throw error;
  }
}
