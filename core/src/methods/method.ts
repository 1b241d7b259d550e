import type { Program } from "../plugin/program.js";
import type { BoundProblem } from "../bounds/problem.js";
import type { Recipe } from "../bounds/recording/whole.js";
import type { MethodHost, Outcome } from "../run/host.js";

/** A way to bound. It acts: given a problem without numbers and a host that has them, it records and runs programs. */
export interface AnyMethod<O> {
  readonly name: string;
  readonly description: string;
  /** Other names that queries may use. */
  readonly aliases?: readonly string[];
  /** The rules that it asks of operators; where one has no such rule, its interval stands in. */
  readonly needs: "interval" | "backward" | "forward";
  /** The method whose bounds it starts from, by name, where it improves on one step by step: it is never looser. */
  readonly improves?: string;
  /** False where the method records no relaxation, so that the option `relaxation` does not concern it. */
  readonly relaxes?: boolean;
  /**
   * Options of its own, checked and completed; undefined where a query gives none. Throws `LIRPA_OPTION`. Where absent,
   * the method has no options.
   */
  options?(given: unknown): O;
  /** What of its options its programs depend on, plain JSON; all of them where absent. */
  structure?(options: O): unknown;
  /**
   * How its rows and intermediate bounds are recorded, where linear forms or intervals are all there is to it
   * (`recorded`).
   */
  readonly recipe?: Recipe;
  /** The one program that gives the method's bounds; absent or undefined where they take a sequence of programs. */
  program?(problem: BoundProblem, options: O): Program | undefined;
  bounds(problem: BoundProblem, options: O, host: MethodHost): Promise<Outcome>;
}

/** A method whose options nobody outside its file needs to know. */
export type Method = Readonly<AnyMethod<unknown>> & { readonly $$type: "lirpa.method" };

/** Freezes and brands a method. */
export function defineMethod<O = undefined>(method: AnyMethod<O>): Method {
  return Object.freeze({ ...method, $$type: "lirpa.method" }) as unknown as Method;
}
