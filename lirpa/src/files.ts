import { constants } from "node:fs";
import { open, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, relative, isAbsolute, sep } from "node:path";
import { LirpaError, type Graph } from "@lirpa/core";
import { readModel } from "@lirpa/onnx";
import { reasonOf } from "./system-error.js";

/** A model's graph, and every file that it was read from. */
export interface ModelFiles {
  readonly graph: Graph;
  readonly files: readonly string[];
}

/**
 * Reads an ONNX file and the files with weights that it names. Those lie in its folder: links that leave it are
 * refused, as ONNX Runtime does, so that a model from elsewhere cannot read a stranger's files. Throws `LIRPA_MODEL`.
 */
export async function readModelFile(file: string): Promise<ModelFiles> {
  const files = [file];
  const bytes = await readRegular(file, "the model", "LIRPA_MODEL");
  const readExternal = async (location: string): Promise<Uint8Array> => {
    const path = await withinFolder(dirname(file), location);
    files.push(path);
    return readRegular(path, "the external data", "LIRPA_MODEL");
  };
  return { graph: await readModel(bytes, { name: basename(file), readExternal }), files };
}

/**
 * The content of a regular file. Anything else may never end, or never begin: a pipe that nobody writes to, a device.
 * It is opened without waiting, and what was opened is what is asked.
 */
export async function readRegular(
  file: string,
  what: string,
  code: "LIRPA_MODEL" | "LIRPA_QUERY",
): Promise<Uint8Array> {
  const unreadable = (why: string, hint: string, cause?: unknown): LirpaError =>
    new LirpaError(code, `cannot read ${what} ${file}: ${why}`, { hint, ...(cause !== undefined && { cause }) });
  try {
    // Some systems let a pipe be opened for reading without waiting, others (Windows) have none.
    const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const found = await handle.stat();
      if (found.isDirectory()) throw unreadable("it is a folder", "Name a file.");
      if (!found.isFile()) throw unreadable("it is no regular file", "Copy what it delivers to a file.");
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw cause instanceof LirpaError ? cause : unreadable(reasonOf(cause), "Check the path.", cause);
  }
}

/** The file at a location in a model's folder, its links followed; one that lies elsewhere is refused. */
async function withinFolder(folder: string, location: string): Promise<string> {
  const path = join(folder, location);
  let real: string;
  let home: string;
  try {
    [real, home] = await Promise.all([realpath(path), realpath(folder)]);
  } catch (cause) {
    throw new LirpaError("LIRPA_MODEL", `cannot read the external data ${path}: ${reasonOf(cause)}`, {
      cause,
      hint: "The file must lie beside the model, under the name that the model gives.",
    });
  }
  const from = relative(home, real);
  if (from === ".." || from.startsWith(`..${sep}`) || isAbsolute(from)) {
    throw new LirpaError(
      "LIRPA_MODEL",
      `the external data ${path} is a link to a file outside the model's folder, which is refused`,
      {
        hint: "Copy the file into the folder of the model.",
        details: { location },
      },
    );
  }
  return real;
}

/** True where two paths are one file, by whatever links or spelling. */
export async function isSameFile(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([a, b].map((path) => stat(path, { bigint: true }).catch(() => undefined)));
  return one !== undefined && other !== undefined && one.ino === other.ino && one.dev === other.dev;
}
