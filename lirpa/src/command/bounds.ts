import { emitOnnx, type Method, type Program } from "@lirpa/core/recording";
import { isLirpaError, LirpaError, type Bounds, type Model, type Prepared } from "@lirpa/core";
import { onnxRuntimeExecutor } from "@lirpa/executor-onnxruntime";
import { createLirpa } from "../create.js";
import { readModelFile, readRegular } from "../files.js";
import { checkWeightShapes, readQuery, type Query } from "../query-file.js";
import { reasonOf } from "../system-error.js";
import type { Answer, ExplainedNode } from "./answer.js";
import { toJson } from "./json.js";
import { oneLine } from "./one-line.js";
import { writeOut } from "./output.js";
import { startProgress, type Progress } from "./progress.js";
import { originMetadata, saveTarget, writeAtomically } from "./save.js";
import { toText } from "./table.js";
import type { BoundsFlags } from "./usage.js";

/** Bytes; a query of a thousand ImageNet pictures takes as many. */
const LONGEST_QUERY = 2 ** 28;

/** `lirpa bounds`. Prints only when all is done: a failure leaves standard output empty and no file behind. */
export async function bounds(file: string, flags: BoundsFlags): Promise<void> {
  const { query: queryFile, method: methods = ["crown"], json, save, explain, memory, threads, provider } = flags;
  const lirpa = await createLirpa({
    executor: onnxRuntimeExecutor({ provider, ...(threads !== undefined && { threads }) }),
    ...(memory !== undefined && { memory }),
  });
  const progress = startProgress();
  try {
    // A method that there is not is said before any work.
    const [first] = methods.map((name) => lirpa.registry.method(name));
    // What cannot be written is said before anything is read, and again when it is known what the model reads.
    if (save !== undefined) await saveTarget(save, [file, queryFile]);
    progress.say("reading");
    const query = readQuery(await readText(queryFile));
    const output = flags.output ?? query.options.output;
    const { graph, files } = await readModelFile(file);
    const target = save === undefined ? undefined : await saveTarget(save, [...files, queryFile]);
    const model = lirpa.model(graph, { copy: false });
    checkWeightShapes(query, graph);
    const asked: Asked = { model, query, ...(output !== undefined && { output }) };
    // One that is no single program is refused before the work.
    const saved = target === undefined ? undefined : programToSave(asked, first!.value);
    const answers = await answerAll(asked, methods, explain === true, progress);
    if (target !== undefined) {
      const sets = [
        ...Object.values(query.inputs).flatMap((input) => ("set" in input ? [input.set] : [])),
        ...Object.values(query.options.weights ?? {}),
      ];
      const plugins = [
        ...model.explain().map(({ plugin }) => plugin),
        ...sets.map(({ type }) => lirpa.registry.perturbation(type).plugin),
        ...(first!.plugin === "@lirpa/core" ? [] : [first!.plugin]),
      ];
      const origin = { model: file, output: output ?? model.outputs[0]!, method: first!.value.name, plugins };
      await writeAtomically(target, emitOnnx(saved!, originMetadata(origin)));
    }
    const complete = answers.map((answer): Answer => ({ ...answer, model: file, output: output ?? model.outputs[0]! }));
    await progress.stop();
    for (const text of new Set(answers.flatMap(({ warnings }) => warnings.map(({ message }) => message))))
      process.stderr.write(`lirpa: warning: ${oneLine(text)}.\n`);
    writeOut(json === true ? `${toJson(complete)}\n` : toText(complete, process.stdout));
  } finally {
    await progress.stop();
    await lirpa.dispose();
  }
}

interface Asked {
  readonly model: Model;
  readonly query: Query;
  readonly output?: string;
}

function prepare({ model, query, output }: Asked, method: string): Prepared {
  const options = { ...query.options, method, ...(output !== undefined && { output }) };
  return model.prepare(model.structureOf(query.inputs, options));
}

async function answerAll(
  asked: Asked,
  methods: readonly string[],
  explain: boolean,
  progress: Progress,
): Promise<Omit<Answer, "model" | "output">[]> {
  const {
    inputs,
    options: { spec, weights },
  } = asked.query;
  const answers: Omit<Answer, "model" | "output">[] = [];
  for (const method of methods) {
    progress.say(`bounding by ${method}`);
    const prepared = prepare(asked, method);
    const numbers = { ...(spec !== undefined && { spec }), ...(weights !== undefined && { weights }) };
    const onProgress = (share: number): void => progress.say(`bounding by ${method}: ${Math.floor(100 * share)} %`);
    const { state: _, ...answer } = checked(await prepared.bounds(inputs, { ...numbers, onProgress }));
    answers.push(explain ? { ...answer, explain: explained(prepared) } : answer);
  }
  return answers;
}

/** Each node, and how what ran held the rows that bound its elements. */
function explained(prepared: Prepared): ExplainedNode[] {
  return prepared.explain().map(({ rows = "none", ...node }) => ({ ...node, representation: rows }));
}

function programToSave(asked: Asked, method: Method): Program {
  try {
    return prepare(asked, method.name).program();
  } catch (error) {
    if (isLirpaError(error) && error.code === "LIRPA_UNSUPPORTED_METHOD") throw manyRuns(method);
    throw error;
  }
}

function manyRuns({ name, improves = "crown" }: Method): LirpaError {
  return new LirpaError("LIRPA_OPTION", `--save writes one program, and ${name} is a sequence of programs`, {
    hint: `Save the program of a method that has one, such as ${improves}.`,
  });
}

/** NaN compares as neither above nor below anything: it must not be taken for a bound. */
function checked(answer: Bounds): Bounds {
  const at = answer.lower.findIndex((value, i) => Number.isNaN(value) || Number.isNaN(answer.upper[i]));
  if (at < 0) return answer;
  throw new LirpaError("LIRPA_INTERNAL", `${answer.method} gives no number for row ${at}`, {
    hint: "Values outgrow 32-bit floats: make the perturbation smaller, or use ibp.",
  });
}

/** What never ends, a device say, is given up where no text can be longer. */
async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    size += (chunk as Buffer).length;
    if (size > LONGEST_QUERY) {
      throw new LirpaError("LIRPA_QUERY", `standard input gives more than ${LONGEST_QUERY} bytes`, {
        hint: "Ask for fewer instances or rows at a time.",
      });
    }
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function readText(file: string): Promise<string> {
  try {
    if (file !== "-") return Buffer.from(await readRegular(file, "the query", "LIRPA_QUERY")).toString("utf8");
    return await readStandardInput();
  } catch (cause) {
    if (cause instanceof LirpaError) throw cause;
    throw new LirpaError("LIRPA_QUERY", `cannot read the query ${file}: ${reasonOf(cause)}`, {
      cause,
      hint: "Check the path.",
    });
  }
}
