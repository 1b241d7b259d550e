import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const COMMAND = fileURLToPath(new URL("../../lirpa/bin/lirpa.js", import.meta.url));
const PEAK = new URL("./peak-memory.js", import.meta.url).href;
const BETWEEN_LOOKS = 250;

/** What became of a command in a process of its own. */
export interface Measured {
  readonly status: "ok" | "failed" | "too long" | "too large";
  readonly stdout: string;
  readonly stderr: string;
  /** Of the whole process, from start to end. */
  readonly seconds: number;
  /** The greatest resident memory. */
  readonly peakMiB: number;
}

export interface Limits {
  readonly seconds: number;
  readonly bytes: number;
}

/** Runs the command `lirpa` and ends it where it takes more than the limits; `tick` hears the seconds as they pass. */
export async function measured(
  args: readonly string[],
  limits: Limits,
  tick: (seconds: number, mebibytes: number) => void,
): Promise<Measured> {
  const start = performance.now();
  const child = spawn(process.execPath, [`--import=${PEAK}`, COMMAND, ...args], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const [stdout, stderr, told] = [1, 2, 3].map((at) => collect(child.stdio[at] as NodeJS.ReadableStream));
  let ended: "too long" | "too large" | undefined;
  let seen = 0;
  const looks = setInterval(() => {
    const seconds = (performance.now() - start) / 1000;
    void peakOf(child.pid).then((mebibytes) => {
      seen = Math.max(seen, mebibytes);
      tick(seconds, seen);
      if (seconds > limits.seconds) ended ??= "too long";
      if (seen * 2 ** 20 > limits.bytes) ended ??= "too large";
      if (ended !== undefined) child.kill("SIGKILL");
    });
  }, BETWEEN_LOOKS);
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once("error", reject).once("close", resolve),
  );
  clearInterval(looks);
  return {
    status: ended ?? (code === 0 ? "ok" : "failed"),
    stdout: stdout!(),
    stderr: stderr!(),
    seconds: (performance.now() - start) / 1000,
    peakMiB: Math.round(Math.max(seen, Number(told!()) / 1024)),
  };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const parts: Buffer[] = [];
  stream.on("data", (part: Buffer) => parts.push(part));
  return () => Buffer.concat(parts).toString("utf8");
}

/** MiB of the greatest resident memory so far, where the system tells; 0 elsewhere. */
async function peakOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
}
