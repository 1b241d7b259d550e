import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { inputBox, type InputBox } from "./vnnlib.js";

const unzip = promisify(gunzip);

/** A network and the first property that the competition asks of it. */
export interface Instance {
  readonly family: string;
  /** The model's file. */
  readonly model: string;
  /** The property's file. */
  readonly property: string;
}

/** The folder of families below `LIRPA_SHARED`, or below `shared` beside the repository. */
export function vnncompFolder(): string {
  return resolve(process.env["LIRPA_SHARED"] ?? fileURLToPath(new URL("../../../shared", import.meta.url)), "vnncomp");
}

/** The first instance of every network below a folder of families. */
export async function firstInstances(folder: string): Promise<Instance[]> {
  const families = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  const all = await Promise.all(families.map((family) => instancesOf(folder, family)));
  return all.flat();
}

async function instancesOf(folder: string, family: string): Promise<Instance[]> {
  const first = new Map<string, Instance>();
  for (const line of (await readFile(join(folder, family, "instances.csv"), "utf8")).split(/\r?\n/)) {
    const [model, property] = line.split(",");
    if (model === undefined || property === undefined || first.has(model)) continue;
    first.set(model, { family, model: join(folder, family, model), property: join(folder, family, property) });
  }
  return [...first.values()].sort((a, b) => (basename(a.model) < basename(b.model) ? -1 : 1));
}

/** The box of inputs that an instance is about. */
export async function boxOf({ property }: Instance): Promise<InputBox> {
  const file = existsSync(property) || property.endsWith(".gz") ? property : `${property}.gz`;
  const bytes = await readFile(file);
  return inputBox((file.endsWith(".gz") ? await unzip(bytes) : bytes).toString("utf8"));
}

/** The middle of a box, and the box around it as a perturbation. */
export function perturbedBox({ lower, upper }: InputBox): {
  readonly center: number[];
  readonly perturbation: { readonly type: "box"; readonly lower: readonly number[]; readonly upper: readonly number[] };
} {
  return { center: lower.map((low, i) => low + (upper[i]! - low) / 2), perturbation: { type: "box", lower, upper } };
}
