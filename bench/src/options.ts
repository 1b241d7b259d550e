import { parseArgs } from "node:util";
import { caseNames as boundNames } from "./cases.js";
import { trainNames } from "./train/cases.js";

const caseNames: readonly string[] = [...boundNames, ...trainNames];

export interface Options {
  readonly cases: readonly string[];
  readonly methods: readonly string[];
  readonly runs: number;
  readonly block: number;
  readonly warmups: number;
  readonly threads: number;
  readonly seed: number;
  /** Seconds to wait, in all, for quiet cores. */
  readonly wait: number;
  readonly json: string | undefined;
  /** Where the tables go as a page. */
  readonly markdown: string | undefined;
}

export const usage: string = `npm run bench -- [--cases ${caseNames.join(",")} | all] [--methods ibp,crown-ibp,crown]
  [--runs 40] [--block 5] [--warmups 5] [--threads 2] [--wait 60] [--seed 1] [--json FILE] [--markdown FILE]
--wait is how many seconds, in all, to wait for other processes to leave the cores alone.
The peer takes part where LIRPA_PEER names a checkout of auto_LiRPA and LIRPA_PEER_PYTHON a Python that can run it.`;

/** Wrong usage: the command ends with 64. */
export class UsageError extends Error {}

export function readOptions(args: readonly string[]): Options | "help" {
  const { values } = parse(args);
  if (values.help === true) return "help";
  const wanted = list(values.cases);
  const cases = wanted.includes("all") ? caseNames : wanted;
  const strange = cases.find((name) => !caseNames.includes(name));
  if (strange !== undefined) throw new UsageError(`there is no case ${strange}; cases: ${caseNames.join(", ")}, all`);
  return {
    cases,
    methods: list(values.methods),
    runs: count("runs", values.runs),
    block: count("block", values.block),
    warmups: count("warmups", values.warmups),
    threads: count("threads", values.threads),
    seed: count("seed", values.seed),
    wait: count("wait", values.wait),
    json: values.json,
    markdown: values.markdown,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: "boolean" },
        cases: { type: "string", default: "mnist" },
        methods: { type: "string", default: "ibp,crown-ibp,crown" },
        runs: { type: "string", default: "40" },
        block: { type: "string", default: "5" },
        warmups: { type: "string", default: "5" },
        threads: { type: "string", default: "2" },
        wait: { type: "string", default: "60" },
        seed: { type: "string", default: "1" },
        json: { type: "string" },
        markdown: { type: "string" },
      },
    });
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
}

function list(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function count(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new UsageError(`--${name} takes a positive integer, not ${text}`);
  return value;
}
