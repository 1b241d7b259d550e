import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, loadavg, totalmem, type } from "node:os";
import { fileURLToPath } from "node:url";
import { env } from "onnxruntime-node";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly onnxruntime: string;
  readonly commit: string;
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${process.arch}`,
    node: process.versions.node,
    onnxruntime: env.versions.node ?? env.versions.common,
    commit: commitOf(ROOT),
  };
}

/** Processes that wanted to run, on average over the last minute. */
export function load(): number {
  return loadavg()[0]!;
}

/** The commit of a checkout, with a + where files were changed since; "unknown" where git cannot say. */
export function commitOf(folder: string): string {
  const git = (...args: string[]): string =>
    execFileSync("git", ["-C", folder, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    return git("rev-parse", "HEAD") + (git("status", "--porcelain", "--untracked-files=no") === "" ? "" : "+");
  } catch {
    return "unknown";
  }
}
