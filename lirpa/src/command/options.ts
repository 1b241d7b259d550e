import { InvalidArgumentError } from "commander";

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};
const MOST_THREADS = 1024;

/** `ibp,crown`; an option that is given again adds to the list. */
export function parseMethods(value: string, before: readonly string[] | undefined): readonly string[] {
  const methods = [...(before ?? []), ...value.split(",").map((name) => name.trim())];
  if (methods.includes("")) throw new InvalidArgumentError("Give names of methods, separated by commas.");
  const twice = methods.find((name, i) => methods.indexOf(name) !== i);
  if (twice !== undefined) throw new InvalidArgumentError(`The method ${twice} is given twice.`);
  return methods;
}

/** `2GiB`, `512MiB`, `1.5GB` or bytes. */
export function parseMemory(value: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(value.trim()) ?? [];
  const bytes = Math.floor(Number(digits) * (UNITS[(unit || "B").toUpperCase()] ?? NaN));
  if (!Number.isSafeInteger(bytes) || bytes < 1)
    throw new InvalidArgumentError("It must be a size such as 2GiB, 512MiB or 1.5GB.");
  return bytes;
}

export function parseThreads(value: string): number {
  const threads = Number(value);
  if (!/^\d+$/.test(value) || threads < 1 || threads > MOST_THREADS) {
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOST_THREADS}.`);
  }
  return threads;
}
