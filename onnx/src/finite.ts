import type { HostTensor } from "@lirpa/core";
import { modelError } from "./errors.js";

/** Bounds of a network with NaN in it mean nothing; infinities are for masks only, never for weights. */
export function refuseNaN(values: HostTensor["data"] | readonly number[], what: string): void {
  if (allFinite(values)) return;
  const at = values.findIndex((value) => Number.isNaN(value));
  if (at >= 0) throw notFinite(what, "NaN", at, "The training diverged, or the file is damaged.");
}

export function refuseNonFinite(values: HostTensor["data"], what: string): void {
  if (allFinite(values)) return;
  refuseNaN(values, what);
  const at = values.findIndex((value) => !Number.isFinite(value));
  throw notFinite(what, String(values[at]), at, "Replace it by a large finite number, such as 1e30, and save the model again.");
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
