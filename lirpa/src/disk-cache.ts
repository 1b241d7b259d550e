import { createHash, randomUUID } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { checkOptions, LirpaError, standardMethods, type InstanceCode, type ProgramCache } from "@lirpa/core";
import { EMITTER_VERSION, type CompiledProgram, type Executor } from "@lirpa/core/recording";
import type { Plugin } from "@lirpa/core/plugin";
import { readRegular } from "./files.js";
import { packageHash } from "./packages.js";
import { reasonOf } from "./system-error.js";

/** Where programs lie, and what they depend on. */
export interface DiskCacheOptions {
  /** Made where it is not there. Anybody may delete it, or files in it, at any time. */
  readonly folder: string;
  /** The executor whose programs are kept. */
  readonly executor: Executor;
  /** All plugins that the programs are recorded with. */
  readonly plugins: readonly Plugin[];
  /** The folder of the project that the plugins were loaded for; the working directory where absent. */
  readonly project?: string;
}

/** First line of a file. The second one is the checksum of the file's own name and of all that follows it. */
const MAGIC = "lirpa-program 2";
const HEADER = MAGIC.length + 1 + 64 + 1;

/**
 * Keeps programs in files, and notes on what they take, so that the next process neither records nor emits them: it
 * looks a key up before anything is recorded. A file's name is the SHA-256 of all that the program depends on: the
 * engine's key (content of the model, method, options, structures, shapes, executor), the code of core and of the
 * plugins, the emitter's version. An instance whose code cannot be told from other code of that name in another process
 * keeps its programs in memory: one with a plugin that comes from no package, with the option `methods`, or with other
 * plugins or another executor than those that are named here.
 */
export function diskProgramCache(options: DiskCacheOptions): ProgramCache {
  checkOptions(options, ["folder", "executor", "plugins", "project"], "diskProgramCache");
  const { folder, executor, plugins, project } = options;
  if (typeof folder !== "string" || folder === "") {
    throw new LirpaError("LIRPA_OPTION", "the folder of the cache is no path", {
      hint: "Name a folder; it is made where it is not there.",
    });
  }
  const files = new ProgramFiles(folder, executor);
  const known = new Set<object>([
    ...standardMethods,
    ...plugins.flatMap((plugin) => [
      ...plugin.operators,
      ...plugin.perturbations,
      ...plugin.fusions,
      ...plugin.methods,
    ]),
  ]);
  let hash: string | undefined;
  const codeOf = ({ executor: other, registry }: InstanceCode): string | undefined => {
    const isKnown = other === executor && registry.parts().every(([, part]) => known.has(part));
    if (!isKnown || executor.load === undefined) return undefined;
    const overridden = registry.parts().map(([name]) => name);
    hash ??= codeHash(plugins, project);
    return hash === undefined ? undefined : sha256(`${hash}\n${overridden.join("\n")}`);
  };
  return {
    persistent: true,
    codeOf,
    get: (key, make) => files.program(key, make),
    note: (key, make) => files.note(key, make),
    // Programs belong to the instances that asked for them.
    clear: () => Promise.resolve(),
  };
}

function codeHash(plugins: readonly Plugin[], project: string | undefined): string | undefined {
  const hashes = ["@lirpa/core", ...plugins.map(({ name }) => name).sort()].map((name) => packageHash(name, project));
  return hashes.includes(undefined) ? undefined : sha256(`${EMITTER_VERSION}\n${hashes.join("\n")}`);
}

class ProgramFiles {
  private warned = false;

  constructor(
    private readonly folder: string,
    private readonly executor: Executor,
  ) {}

  /** Whatever the executor does not take is as good as none: it is written anew. */
  async program(key: string, make: () => Promise<CompiledProgram>): Promise<CompiledProgram> {
    const file = this.fileOf(key, "program");
    const kept = await this.read(file);
    const loaded = kept && (await this.executor.load!(kept).catch(() => undefined));
    if (loaded !== undefined) return loaded;
    const program = await make();
    if (program.serialize !== undefined) await this.write(file, program.serialize());
    return program;
  }

  async note(key: string, make: () => string): Promise<string> {
    const file = this.fileOf(key, "note");
    const kept = await this.read(file);
    const text = kept === undefined ? make() : Buffer.from(kept).toString("utf8");
    if (kept === undefined) await this.write(file, Buffer.from(text));
    return text;
  }

  private fileOf(key: string, kind: "program" | "note"): string {
    return join(this.folder, `${sha256(key)}.${kind}`);
  }

  /** The content of a whole file; undefined where there is none. */
  private async read(file: string): Promise<Uint8Array | undefined> {
    // A pipe of that name would never end.
    const bytes = await readRegular(file, "the program", "LIRPA_MODEL").catch(() => undefined);
    if (bytes === undefined || bytes.length < HEADER) return undefined;
    const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const payload = content.subarray(HEADER);
    // A file under another one's name would give the other one's bounds.
    return content.toString("latin1", 0, HEADER) === header(file, payload) ? payload : undefined;
  }

  /**
   * The whole file or none, whoever writes it at the same time: a file of one's own takes the name when it is complete.
   * Bounds do not depend on the cache, so that a full disk is worth a warning only.
   */
  private async write(file: string, payload: Uint8Array): Promise<void> {
    const temporary = `${file}.${process.pid}.${randomUUID()}.tmp`;
    try {
      await mkdir(this.folder, { recursive: true });
      await writeFile(temporary, [header(file, payload), payload], { flag: "wx" });
      await rename(temporary, file);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      if (!this.warned)
        process.emitWarning(`cannot keep programs in ${this.folder}: ${reasonOf(error)}`, {
          type: "LirpaWarning",
          code: "LIRPA_CACHE",
        });
      this.warned = true;
    }
  }
}

function header(file: string, payload: Uint8Array): string {
  const checksum = createHash("sha256")
    .update(`${basename(file)}\n`)
    .update(payload)
    .digest("hex");
  return `${MAGIC}\n${checksum}\n`;
}

function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
