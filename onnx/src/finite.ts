import type { HostTensor } from "@lirpa/core/plugin";
import { modelError } from "./errors.js";

/**
 * Bounds of a network with NaN in it mean nothing. Infinities are masks; core refuses them where they would be weights.
 */
export function refuseNaN(values: HostTensor["data"] | readonly number[], what: string): void {
  if (allFinite(values)) return;
  const at = values.findIndex((value) => Number.isNaN(value));
  if (at >= 0) throw notFinite(what, "NaN", at, "The training diverged, or the file is damaged.");
}

/** A value less itself is NaN exactly where it is not finite: one sum tells, without a branch per element. */
function allFinite(values: HostTensor["data"] | readonly number[]): boolean {
  const { length } = values;
  let probe = 0;
  for (let i = 0; i < length; i++) {
    const value = values[i]!;
    probe += value - value;
  }
  return probe === 0;
}

function notFinite(what: string, value: string, index: number, hint: string): Error {
  return modelError(`${what} holds ${value} (element ${index})`, { hint, details: { index } });
}
