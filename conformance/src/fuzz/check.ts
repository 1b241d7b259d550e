import { isLirpaError, standardMethods, type Lirpa } from "@lirpa/core";
import { Network } from "../kit/network.js";
import { slackOf } from "../kit/numbers.js";
import { pointsIn } from "../kit/boxes.js";
import type { FuzzCase } from "./graph.js";
import { steps } from "../kit/steps.js";

const SAMPLES = 30;
/** Relative to the values and to what they came from. */
const TOLERANCE = 1e-6;

/** What is larger has lost the digits of all that it came from. */
const LARGEST = 1e12;

/** What is wrong with the bounds of a case; undefined where all methods are sound. */
export async function failureOf(
  { graph, boxes, seed }: FuzzCase,
  lirpa: Lirpa,
  methods: readonly string[] = standardMethods.map(({ name }) => name),
): Promise<string | undefined> {
  let network: Network;
  try {
    network = new Network(graph, lirpa);
  } catch (error) {
    return `the graph does not resolve: ${String(error)}`;
  }
  const values = network.forward(pointsIn(boxes, SAMPLES, seed)).map(([value]) => value!);
  for (const method of methods) {
    try {
      const { lower, upper } = await boundsBy(network, method, boxes);
      for (const value of values) {
        const slack = slackOf(TOLERANCE, value.filter(isValue));
        const bad = value.findIndex(
          (entry, i) => isValue(entry) && !(lower[i]! <= entry + slack && upper[i]! >= entry - slack),
        );
        if (bad >= 0)
          return `${method}: element ${bad} of the output is ${value[bad]}, outside [${lower[bad]}, ${upper[bad]}]`;
      }
    } catch (error) {
      // A rule may refuse what it cannot bound, with a code.
      if (isLirpaError(error) && error.code.startsWith("LIRPA_UNSUPPORTED")) continue;
      return `${method}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return undefined;
}

/** Where the function itself has left the numbers there is nothing to bound: a pole, or the outside of a domain. */
function isValue(entry: number): boolean {
  return Math.abs(entry) <= LARGEST;
}

/** Relative to the values, in float32. */
const SINGLE = 2e-5;

/** The same of a `single` lirpa that computes in float32, as models run; values are those of the other one. */
export async function failureInFloat32(
  { graph, boxes, seed }: FuzzCase,
  reference: Lirpa,
  single: Lirpa,
): Promise<string | undefined> {
  const network = new Network(graph, reference);
  const model = single.model(graph);
  const values = network.forward(pointsIn(boxes, SAMPLES, seed)).map(([value]) => value!);
  for (const { name } of standardMethods) {
    const { lower, upper } = await model.bounds(network.inputsOf(boxes), { method: name });
    for (const value of values) {
      const bad = value.findIndex((entry, i) => {
        const slack = SINGLE * Math.max(1, Math.abs(entry));
        return !(lower[i]! <= entry + slack && upper[i]! >= entry - slack && lower[i]! <= upper[i]!);
      });
      if (bad >= 0)
        return (
          `${name} in float32: element ${bad} of the output is ${value[bad]}, outside [${lower[bad]}, ` +
          `${upper[bad]}]`
        );
    }
  }
  return undefined;
}

async function boundsBy(
  network: Network,
  method: string,
  boxes: FuzzCase["boxes"],
): Promise<{ lower: ArrayLike<number>; upper: ArrayLike<number> }> {
  if (standardMethods.find(({ name }) => name === method)?.improves !== undefined) {
    return network.model.bounds(network.inputsOf(boxes), { method, ...steps(2) });
  }
  const { lower, upper } = network.recording(method).run([boxes]);
  // A recording takes values for numbers; where they have no bounds, core runs another one.
  if ([...lower[0]!, ...upper[0]!].some(Number.isNaN)) return network.model.bounds(network.inputsOf(boxes), { method });
  return { lower: lower[0]!, upper: upper[0]! };
}
