import { rmSync } from "node:fs";
import { access, constants, realpath, rename, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { LirpaError } from "@lirpa/core/plugin";
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
    if (found === undefined) return target;
    if (!found.isFile()) throw cannotSave(file, "it is no regular file");
    const real = await realpath(target);
    const read = await Promise.all(sources.map((source) => realpath(source).catch(() => source)));
    if (read.includes(real)) throw cannotSave(file, "the command reads that file");
    return real;
  } catch (cause) {
    throw cause instanceof LirpaError ? cause : cannotSave(file, reasonOf(cause), cause);
  }
}

/** The whole file or none: a file beside it takes its place when all is written. */
export async function writeAtomically(target: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${target}.${process.pid}.tmp`;
  const interrupted = (): void => {
    rmSync(temporary, { force: true });
    process.kill(process.pid, "SIGINT");
  };
  process.once("SIGINT", interrupted);
  try {
    await writeFile(temporary, bytes, { flag: "wx" });
    await rename(temporary, target);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw cannotSave(target, reasonOf(cause), cause);
  } finally {
    process.off("SIGINT", interrupted);
  }
}

function cannotSave(file: string, why: string, cause?: unknown): LirpaError {
  return new LirpaError("LIRPA_OPTION", `cannot save to ${file}: ${why}`, { cause, hint: "Choose another file." });
}
