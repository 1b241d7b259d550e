import fc from "fast-check";
import type { Plugin } from "@lirpa/core/plugin";
import type { FieldsOf } from "./kit/strict.js";

/** How laws are tried. */
export interface Settings {
  /** Random trials of each law and case; 20 where absent. */
  readonly runs?: number;
  /** One seed for all laws; `LIRPA_SEED` in the environment (a number, or `random`) replaces it. */
  readonly seed?: number;
  /** Plugins whose operators the subject expands to. */
  readonly plugins?: readonly Plugin[];
}

/** For tests that refuse settings which nobody reads. */
export const settingsFields: FieldsOf<Settings> = { runs: true, seed: true, plugins: true };

const RUNS = 20;
/** Fixed, so that a failure in CI is one everywhere. */
const SEED = 20240229;

/** A law is broken. The message says by which numbers; fast-check adds the seed and the path. */
export class LawBroken extends Error {
  constructor(message: string) {
    super(message);
    this.name = "LawBroken";
  }
}

export function seedOf({ seed = SEED }: Settings): number {
  const wanted = globalThis.process?.env["LIRPA_SEED"];
  if (wanted === undefined || wanted === "") return seed;
  return wanted === "random" ? Math.floor(Math.random() * 2 ** 31) : Number(wanted);
}

/** Tries a law on values that fast-check makes, and shrinks the first that breaks it. */
export function forAll<T>(
  settings: Settings,
  values: fc.Arbitrary<T>,
  check: (value: T) => void,
  runs: number = settings.runs ?? RUNS,
): void {
  fc.assert(fc.property(values, check), { seed: seedOf(settings), numRuns: runs });
}

export async function forAllAsync<T>(
  settings: Settings,
  values: fc.Arbitrary<T>,
  check: (value: T) => Promise<void>,
  runs: number = settings.runs ?? RUNS,
): Promise<void> {
  await fc.assert(fc.asyncProperty(values, check), { seed: seedOf(settings), numRuns: runs });
}
