import { existsSync } from "node:fs";
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createLirpa, isLirpaError } from "lirpa";
import { machine } from "./machine.js";
import { measured, type Measured } from "./measured.js";
import { boxOf, firstInstances, perturbedBox, vnncompFolder, type Instance } from "./vnncomp-instances.js";

const WRONG_USAGE = 64;

const usage = `npm run bench:vnncomp -- [--family acasxu,vit] [--model TEXT] [--methods ibp,crown]
  [--seconds 300] [--limit 12] [--memory 2GiB] [--json FILE] [--resume]
Bounds every network over the input box of its first property, by the command \`lirpa bounds\`, one process for each.
--model takes the networks whose file has TEXT in its name; --seconds and --limit (GiB) end a process that takes more;
--memory is the command's own budget. Every line is added to FILE as it comes; --resume leaves out what stands there.`;

interface Options {
  readonly families: readonly string[] | undefined;
  readonly model: string;
  readonly methods: readonly string[];
  readonly seconds: number;
  readonly limit: number;
  readonly memory: string;
  readonly json: string;
  readonly resume: boolean;
}

/** One network and method, as it is printed and kept. */
interface Line {
  readonly family: string;
  readonly model: string;
  readonly method: string;
  readonly status: Measured["status"] | "missing";
  readonly seconds: number;
  readonly record?: number;
  readonly compile?: number;
  readonly run?: number;
  readonly peakMiB: number;
  /** Outputs that have bounds, and the mean of upper − lower. */
  readonly outputs?: number;
  readonly width?: number;
  /** What is not finite, or why there are no bounds. */
  readonly note: string;
}

async function main(args: readonly string[]): Promise<number> {
  let options: Options | "help";
  try {
    options = readOptions(args);
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    return WRONG_USAGE;
  }
  if (options === "help") {
    console.log(usage);
    return 0;
  }
  const shared = vnncompFolder();
  const { families, model } = options;
  const all = existsSync(shared) ? await firstInstances(shared) : [];
  const instances = all.filter((one) => (families?.includes(one.family) ?? true) && one.model.includes(model));
  if (instances.length === 0) {
    console.error(`There is no such network in ${shared}; LIRPA_SHARED names the folder that has vnncomp/.`);
    return 1;
  }
  return benchAll(instances, options);
}

function readOptions(args: readonly string[]): Options | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: "boolean" },
      family: { type: "string" },
      model: { type: "string", default: "" },
      methods: { type: "string", default: "ibp,crown" },
      seconds: { type: "string", default: "300" },
      limit: { type: "string", default: "12" },
      memory: { type: "string", default: "2GiB" },
      json: { type: "string", default: fileURLToPath(new URL("../results/vnncomp.jsonl", import.meta.url)) },
      resume: { type: "boolean", default: false },
    },
  });
  if (values.help === true) return "help";
  const { family, model, methods, memory, json, resume } = values;
  return {
    families: family?.split(","),
    model,
    methods: methods.split(","),
    seconds: positive("seconds", values.seconds),
    limit: positive("limit", values.limit),
    memory,
    json,
    resume,
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} takes a number above zero, not ${text}`);
  return value;
}

async function benchAll(instances: readonly Instance[], options: Options): Promise<number> {
  const { cpu, cores, node, onnxruntime, commit } = machine();
  const software = `Node ${node}, ONNX Runtime ${onnxruntime}, commit ${commit.slice(0, 8)}`;
  console.log(`${cpu}, ${cores} cores, ${software}. Budget ${options.memory}.`);
  console.log(
    row([
      "family",
      "model",
      "method",
      "status",
      "seconds",
      "record",
      "compile",
      "run",
      "peak MiB",
      "outputs",
      "mean width",
      "note",
    ]),
  );
  await mkdir(dirname(options.json), { recursive: true });
  const kept = options.resume ? await linesOf(options.json) : [];
  if (!options.resume) await writeFile(options.json, "");
  const folder = await mkdtemp(join(tmpdir(), "lirpa-vnncomp-"));
  const lines: Line[] = [];
  const total = instances.length * options.methods.length;
  try {
    for (const instance of instances) {
      const query = join(folder, "query.json");
      const { missing, ...asked } = await queryOf(instance);
      await writeFile(query, JSON.stringify(asked));
      for (const method of options.methods) {
        const known = kept.find(
          (line) =>
            line.family === instance.family && line.model === basename(instance.model) && line.method === method,
        );
        const line =
          known ??
          (missing !== undefined
            ? unsupported(instance, method, missing)
            : await bench(instance, query, method, options, `${lines.length + 1}/${total}`));
        if (known === undefined) await appendFile(options.json, `${JSON.stringify(line)}\n`);
        lines.push(line);
        console.log(rowOf(line));
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const count = (status: Line["status"]): number => lines.filter((line) => line.status === status).length;
  const failed = lines.length - count("ok") - count("missing");
  const largest = Math.max(...lines.map(({ peakMiB }) => peakMiB));
  const slowest = Math.max(...lines.map(({ seconds }) => seconds)).toFixed(0);
  console.log(
    `${count("ok")} of ${lines.length} done, ${count("missing")} hold what no pack covers, ${failed} failed.`,
  );
  console.log(`The largest took ${largest} MiB, the slowest ${slowest} s.`);
  return failed === 0 ? 0 : 1;
}

async function linesOf(file: string): Promise<Line[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
}

/** A query of the command over the instance's box, and what the packs do not cover. */
async function queryOf(
  instance: Instance,
): Promise<{ readonly inputs: readonly unknown[]; readonly missing?: string }> {
  const lirpa = await createLirpa();
  const model = await lirpa.load(instance.model);
  const inputs = [{ name: model.inputs[0]!.name, ...perturbedBox(await boxOf(instance)) }];
  try {
    model.check();
    return { inputs };
  } catch (error) {
    if (!isLirpaError(error) || !error.code.startsWith("LIRPA_UNSUPPORTED")) throw error;
    return { inputs, missing: error.message };
  } finally {
    await lirpa.dispose();
  }
}

function unsupported({ family, model }: Instance, method: string, missing: string): Line {
  return { family, model: basename(model), method, status: "missing", seconds: 0, peakMiB: 0, note: missing };
}

async function bench(
  { family, model }: Instance,
  query: string,
  method: string,
  { seconds, limit, memory }: Options,
  at: string,
): Promise<Line> {
  const name = basename(model);
  const result = await measured(
    ["bounds", model, "--query", query, "--method", method, "--memory", memory, "--json"],
    { seconds, bytes: limit * 2 ** 30 },
    (passed, mebibytes) => {
      progress(`${at} ${family} ${name.slice(0, 40)} ${method}: ${passed.toFixed(0)} s, ${mebibytes.toFixed(0)} MiB`);
    },
  );
  progress("");
  const { status, peakMiB } = result;
  const common = { family, model: name, method, status, seconds: result.seconds, peakMiB };
  if (status !== "ok") return { ...common, note: result.stderr.trim().split("\n")[0] ?? "" };
  const { lower, upper, seconds: parts } = JSON.parse(result.stdout) as Answer;
  const widths = lower.map((low, i) => Number(upper[i]) - Number(low));
  const infinite = widths.filter((width) => !Number.isFinite(width)).length;
  const width = widths.reduce((sum, one) => sum + one, 0) / widths.length;
  return {
    ...common,
    ...parts,
    outputs: lower.length,
    width,
    note: infinite === 0 ? "" : `${infinite} of ${lower.length} are infinite`,
  };
}

/** What the command prints: numbers that JSON does not know are strings. */
interface Answer {
  readonly lower: readonly (number | string)[];
  readonly upper: readonly (number | string)[];
  readonly seconds: { readonly record: number; readonly compile: number; readonly run: number };
}

function rowOf({
  family,
  model,
  method,
  status,
  seconds,
  record,
  compile,
  run,
  peakMiB,
  outputs,
  width,
  note,
}: Line): string {
  const time = (value: number | undefined): string => value?.toFixed(1) ?? "-";
  return row([
    family,
    shortened(model),
    method,
    status,
    time(seconds),
    time(record),
    time(compile),
    time(run),
    String(peakMiB),
    String(outputs ?? "-"),
    width?.toPrecision(4) ?? "-",
    note,
  ]);
}

const WIDTHS = [-25, -32, -6, -9, 7, 6, 7, 6, 8, 7, 10, -1];

function row(cells: readonly string[]): string {
  return cells
    .map((cell, i) => (WIDTHS[i]! < 0 ? cell.padEnd(-WIDTHS[i]!) : cell.padStart(WIDTHS[i]!)))
    .join(" ")
    .trimEnd();
}

function shortened(model: string): string {
  const name = model.replace(/\.onnx$/, "");
  return name.length <= 32 ? name : `${name.slice(0, 14)}…${name.slice(-17)}`;
}

/** One line on a terminal, over and over; nothing elsewhere. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`);
}

process.exitCode = await main(process.argv.slice(2));
