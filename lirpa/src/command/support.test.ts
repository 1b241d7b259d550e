import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import onnxProto, { type onnx } from "onnx-proto";

/** What the tests of the command share: the real process, and a folder with small models and queries. */

export const bin: string = fileURLToPath(new URL("../../bin/lirpa.js", import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Closes our end of its standard output at once. */
  readonly deaf?: boolean;
  /** Leaves standard input open and sends this signal after a while. */
  readonly interrupt?: NodeJS.Signals;
}

/** Runs `lirpa` with some arguments. */
export function lirpa(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return runProcess(process.execPath, [bin, ...args], options);
}

export function runProcess(
  command: string,
  args: readonly string[],
  { cwd, stdin, env, deaf, interrupt }: RunOptions = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, LIRPA_DEBUG: "", ...env } });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name].setEncoding("utf8").on("data", (text: string) => (output[name] += text));
    if (deaf === true) child.stdout.destroy();
    child.stdin.on("error", () => undefined);
    if (interrupt === undefined) child.stdin.end(stdin ?? "");
    else setTimeout(() => child.kill(interrupt), 500);
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, ...output }));
  });
}

/** A folder that is gone after the tests of a block. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "lirpa-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Two processes at a time; a result can be awaited once or more. */
export function queue(): <T>(work: () => Promise<T>) => Promise<T> {
  const lanes: Promise<unknown>[] = [Promise.resolve(), Promise.resolve()];
  let next = 0;
  return (work) => {
    const lane = next++ % lanes.length;
    const result = lanes[lane]!.then(work);
    lanes[lane] = result.catch(() => undefined);
    return result;
  };
}

const { ModelProto, TensorProto } = onnxProto.onnx;

/** x [1, 2] → Gemm → Relu → Gemm → y [1, 2], changed as a test wishes. */
export function model(changes: onnx.IGraphProto = {}, others: onnx.IModelProto = {}): Uint8Array {
  return ModelProto.encode({
    irVersion: 8,
    opsetImport: [
      { domain: "", version: 17 },
      { domain: "com.example", version: 1 },
    ],
    graph: {
      name: "small",
      input: [valueInfo("x", [1, 2])],
      output: [valueInfo("y", [1, 2])],
      initializer: [
        floats("w1", [2, 3], [1, -1, 0.5, 0.25, 1, -2]),
        floats("b1", [3], [0.1, 0, -0.1]),
        floats("w2", [3, 2], [1, -1, 1, 1, -0.5, 2]),
      ],
      node: [
        { name: "fc1", opType: "Gemm", input: ["x", "w1", "b1"], output: ["h"] },
        { name: "act", opType: "Relu", input: ["h"], output: ["a"] },
        { name: "fc2", opType: "Gemm", input: ["a", "w2"], output: ["y"] },
      ],
      ...changes,
    },
    ...others,
  }).finish();
}

/** x [1, 2] → one node → y [1, 2]. */
export function oneNode(node: onnx.INodeProto): Uint8Array {
  return model({ initializer: [], node: [{ name: "odd", input: ["x"], output: ["y"], ...node }] });
}

export function floats(name: string, dims: number[], values: readonly number[]): onnx.ITensorProto {
  return {
    name,
    dims,
    dataType: TensorProto.DataType.FLOAT,
    rawData: new Uint8Array(Float32Array.from(values).buffer),
  };
}

function valueInfo(name: string, dims: readonly number[]): onnx.IValueInfoProto {
  return {
    name,
    type: {
      tensorType: { elemType: TensorProto.DataType.FLOAT, shape: { dim: dims.map((dimValue) => ({ dimValue })) } },
    },
  };
}

export const ball = { type: "linf", eps: 0.1 } as const;
export const input: Readonly<{ name: string; center: readonly number[]; perturbation: typeof ball }> = {
  name: "x",
  center: [0.5, -0.25],
  perturbation: ball,
};
export const spec: readonly (readonly number[])[] = [[1, -1]];

/** Writes `model.onnx` and `query.json`, as the examples of the help call them. */
export function writeExample(folder: string): void {
  writeFileSync(join(folder, "model.onnx"), model());
  writeFileSync(join(folder, "query.json"), JSON.stringify({ inputs: [input], spec }));
}
