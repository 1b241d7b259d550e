import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emitOnnx, type Program } from "@lirpa/core/recording";
import type { HostTensor } from "lirpa";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { summarize } from "./statistics.js";

/** Seconds of one kind of ONNX operator in one run of a program: the sum of its nodes' medians. */
export interface OperatorTime {
  readonly operator: string;
  readonly nodes: number;
  readonly seconds: number;
}

/** What ONNX Runtime writes of each kernel that it ran; durations are microseconds. */
export interface TraceEvent {
  readonly cat?: string;
  readonly name: string;
  readonly dur: number;
  readonly args?: { readonly op_name?: string };
}

const KERNEL = "_kernel_time";

/** Time by operator, the longest first. */
export function byOperator(events: readonly TraceEvent[]): OperatorTime[] {
  const nodes = new Map<string, { operator: string; times: number[] }>();
  for (const { cat, name, dur, args } of events) {
    const operator = args?.op_name;
    if (cat !== "Node" || operator === undefined || !name.endsWith(KERNEL)) continue;
    const node = nodes.get(name) ?? { operator, times: [] };
    node.times.push(dur / 1e6);
    nodes.set(name, node);
  }
  const operators = new Map<string, { operator: string; nodes: number; seconds: number }>();
  for (const { operator, times } of nodes.values()) {
    const sum = operators.get(operator) ?? { operator, nodes: 0, seconds: 0 };
    operators.set(operator, { operator, nodes: sum.nodes + 1, seconds: sum.seconds + summarize(times).median });
  }
  return [...operators.values()].sort((a, b) => b.seconds - a.seconds);
}

/** Runs a program some times under ONNX Runtime's profiler. */
export async function profile(
  program: Program,
  feeds: Readonly<Record<string, HostTensor>>,
  threads: number,
  runs: number,
): Promise<OperatorTime[]> {
  const folder = await mkdtemp(join(tmpdir(), "lirpa-profile-"));
  try {
    const session = await InferenceSession.create(emitOnnx(program), {
      intraOpNumThreads: threads,
      graphOptimizationLevel: "all",
      logSeverityLevel: 3,
      enableProfiling: true,
      profileFilePrefix: join(folder, "trace"),
    });
    const fed = Object.fromEntries(program.inputs.map(({ name }) => [name, floats(feeds[name]!)]));
    for (let i = 0; i < runs; i++) await session.run(fed);
    session.endProfiling();
    await session.release();
    const [file] = await readdir(folder);
    return byOperator(JSON.parse(await readFile(join(folder, file!), "utf8")) as TraceEvent[]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Bound programs of the bench's models take floats alone. */
function floats({ shape, dtype, data }: HostTensor): Tensor {
  if (dtype !== "float") throw new Error(`the profile feeds floats, not ${dtype}s`);
  return new Tensor("float32", Float32Array.from(data), [...shape]);
}
