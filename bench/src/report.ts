import type { Machine } from "./machine.js";
import {
  boundCells,
  boundLegend,
  markdownTable,
  profileCells,
  stepCells,
  stepLegend,
  type Row,
  type StepRow,
} from "./table.js";
import { targetOf, verdict, type Verdict } from "./targets.js";

/** All that one run of the bench found, and on what. */
export interface Report {
  readonly date: string;
  readonly machine: Machine & {
    readonly load: { readonly before: number; readonly after: number };
    readonly busyBlocks: number;
  };
  readonly peer:
    { readonly absent: string } | { readonly commit: string; readonly versions: Readonly<Record<string, unknown>> };
  readonly options: {
    readonly runs: number;
    readonly block: number;
    readonly warmups: number;
    readonly threads: number;
    readonly seed: number;
  };
  readonly setupSeconds: Readonly<Record<string, { readonly ours: number; readonly peer?: number }>>;
  readonly results: readonly Row[];
  readonly steps: readonly StepRow[];
  readonly failures: readonly string[];
}

/** The report as a page: what was run on what, the tables, the targets. */
export function markdown(report: Report): string {
  const { results, steps, failures } = report;
  const parts = [
    "# Results of the bench",
    "Written by `npm run bench -- --markdown FILE`; [bench.md](bench.md) says what the columns mean " +
      "and what is timed. Times are milliseconds.",
    circumstances(report)
      .map((line) => `- ${line}`)
      .join("\n"),
  ];
  if (results.length > 0) parts.push("## Bounds", markdownTable(boundCells(results)), boundLegend, judgement(results));
  for (const { case: name, method, profile } of results) {
    if (profile !== undefined)
      parts.push(
        `## Where the time of ${name} ${method} goes`,
        "By ONNX Runtime's profiler, of our program; operators under 5 % are left out.",
        markdownTable(profileCells(profile)),
      );
  }
  if (steps.length > 0) parts.push("## Training", markdownTable(stepCells(steps)), stepLegend);
  if (failures.length > 0) parts.push("## Failures", failures.map((failure) => `- ${failure}`).join("\n"));
  return `${parts.join("\n\n")}\n`;
}

function circumstances({ date, machine, peer, options: { runs, block, warmups, threads, seed } }: Report): string[] {
  const { cpu, cores, memoryGiB, system, node, onnxruntime, commit, load, busyBlocks } = machine;
  return [
    `Date: ${date}. Commit: ${commit}.`,
    `Machine: ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}. Node ${node}, ONNX Runtime ${onnxruntime}.`,
    "absent" in peer
      ? `The peer did not take part: ${peer.absent}.`
      : `Peer: auto_LiRPA at ${peer.commit}; ${Object.entries(peer.versions)
          .map(([name, version]) => `${name} ${String(version)}`)
          .join(", ")}.`,
    `Seed ${seed}, ${threads} threads each, ${runs} runs in alternating blocks of ${block}, after ${warmups} warm-ups.`,
    `Load ${load.before.toFixed(1)} before and ${load.after.toFixed(1)} after; ` +
      `${busyBlocks} blocks began while other processes kept the cores busy.`,
  ];
}

/** How many targets are met, and which are not. */
function judgement(rows: readonly Row[]): string {
  const judged = rows.map((row) => {
    const target = targetOf(row.case, row.method);
    return {
      name: `${row.case} ${row.method} (${row.ratio?.toFixed(2)} of ${target})`,
      verdict: verdict(target, row.ratio, row),
    };
  });
  const those = (verdict: Verdict): string[] => judged.filter((row) => row.verdict === verdict).map(({ name }) => name);
  const [met, missed, open] = [those("met"), those("missed"), those("not judged")];
  const sentences = [
    `Targets met: ${met.length}, missed: ${missed.length}, not judged because the cores were busy: ${open.length}.`,
  ];
  if (missed.length > 0) sentences.push(`Missed: ${missed.join(", ")}.`);
  return sentences.join(" ");
}
