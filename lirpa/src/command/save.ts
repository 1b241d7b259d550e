import { rmSync } from "node:fs";
import { access, constants, lstat, realpath, rename, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { LirpaError } from "@lirpa/core/plugin";
import { isSameFile } from "../files.js";
import { findPackage } from "../packages.js";
import { reasonOf } from "../system-error.js";

/**
 * Says early what would fail late: returns where the file will be, its links followed. Throws `LIRPA_OPTION` where no
 * file can be written there, or where it would replace one of the files that are read.
 */
export async function saveTarget(file: string, sources: readonly string[]): Promise<string> {
  try {
    const target = join(await realpath(dirname(file)), basename(file));
    await access(dirname(target), constants.W_OK);
    const found = await stat(target).catch(() => undefined);
    if (found === undefined) {
      if ((await lstat(target).catch(() => undefined)) !== undefined)
        throw cannotSave(file, "it is a link to a file that is not there");
      return target;
    }
    if (!found.isFile()) throw cannotSave(file, "it is no regular file");
    for (const source of sources)
      if (await isSameFile(target, source)) throw cannotSave(file, `the command reads that file (${source})`);
    return await realpath(target);
  } catch (cause) {
    throw cause instanceof LirpaError ? cause : cannotSave(file, reasonOf(cause), cause);
  }
}

/** What ends the command from outside: Ctrl-C, `kill`, a terminal that is closed. */
const SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** The whole file or none: a file beside it takes its place when all is written. */
export async function writeAtomically(target: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${target}.${process.pid}.tmp`;
  const leave = (signal: NodeJS.Signals): void => {
    rmSync(temporary, { force: true });
    for (const other of SIGNALS) process.off(other, leave);
    process.kill(process.pid, signal);
  };
  for (const signal of SIGNALS) process.on(signal, leave);
  try {
    await writeFile(temporary, bytes, { flag: "wx" });
    await rename(temporary, target);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw cannotSave(target, reasonOf(cause), cause);
  } finally {
    for (const signal of SIGNALS) process.off(signal, leave);
  }
}

/** What a saved program comes from. */
export interface Origin {
  readonly model: string;
  readonly output: string;
  readonly method: string;
  /** Names of the plugins whose rules it is made of. */
  readonly plugins: readonly string[];
}

/** The entries that the command adds to a saved program: its origin, and which versions of which packages made it. */
export function originMetadata({ model, output, method, plugins }: Origin): Record<string, string> {
  const versionOf = (name: string): string => findPackage(name)?.version ?? "unknown";
  return {
    "lirpa.version": versionOf("lirpa"),
    "lirpa.method": method,
    "lirpa.model": basename(model),
    "lirpa.output": output,
    "lirpa.plugins": JSON.stringify(
      Object.fromEntries([...new Set(plugins)].sort().map((name) => [name, versionOf(name)])),
    ),
  };
}

function cannotSave(file: string, why: string, cause?: unknown): LirpaError {
  return new LirpaError("LIRPA_OPTION", `cannot save to ${file}: ${why}`, { cause, hint: "Choose another file." });
}
