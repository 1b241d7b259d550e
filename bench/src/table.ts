import type { OperatorTime } from "./profile.js";
import type { RaceResult, SideResult } from "./race.js";
import type { Summary } from "./statistics.js";
import { targetOf, verdict, type Blocks } from "./targets.js";
import type { TrainResult } from "./train/race.js";

export interface Row extends RaceResult, Blocks {
  readonly case: string;
  readonly instances: number;
  readonly method: string;
  /** Where our time goes, if a target was not reached. */
  readonly profile?: readonly OperatorTime[];
}

export interface StepRow extends TrainResult, Blocks {
  readonly case: string;
  readonly batch: number;
}

/** Cells of text; the first row is the head. */
export type Cells = readonly (readonly string[])[];

export function boundCells(rows: readonly Row[]): Cells {
  const withPeer = rows.some(({ peer }) => peer !== undefined);
  const head = [
    "case",
    "method",
    "ours ms",
    "[quartiles]",
    "first",
    "width",
    "golden",
    ...(withPeer ? ["peer ms", "[quartiles]", "width", "golden", "apart", "ratio", "target", "verdict"] : []),
    "busy",
  ];
  return [
    head,
    ...rows.map(({ case: name, method, ours, peer, ratio, against, blocks, busy }) => {
      const target = targetOf(name, method);
      return [
        name,
        method,
        ms(ours.seconds.median),
        quartiles(ours.seconds),
        ms(ours.first),
        ...bounds(ours),
        ...(peer === undefined
          ? []
          : [
              ms(peer.seconds.median),
              quartiles(peer.seconds),
              ...bounds(peer),
              tiny(against!.difference),
              times(ratio!),
              target === undefined ? "-" : `${target}x`,
              verdict(target, ratio, { blocks, busy }),
            ]),
        `${busy}/${blocks}`,
      ];
    }),
  ];
}

export function stepCells(rows: readonly StepRow[]): Cells {
  const withPeer = rows.some(({ peer }) => peer !== undefined);
  const head = [
    "case",
    "images",
    "ours ms",
    "[quartiles]",
    "losses",
    ...(withPeer
      ? ["peer ms", "[quartiles]", "losses", "loss apart", "gradient apart", "statistics apart", "ratio"]
      : []),
    "busy",
  ];
  return [
    head,
    ...rows.map(({ case: name, batch, ours, peer, ratio, apart, blocks, busy }) => [
      name,
      String(batch),
      ms(ours.seconds.median),
      quartiles(ours.seconds),
      losses(ours.losses),
      ...(peer === undefined
        ? []
        : [
            ms(peer.seconds.median),
            quartiles(peer.seconds),
            losses(peer.losses),
            tiny(apart!.loss),
            tiny(apart!.gradient),
            tiny(apart!.statistics),
            times(ratio!),
          ]),
      `${busy}/${blocks}`,
    ]),
  ];
}

/** Operators that take a twentieth or more of a program's time. */
export function profileCells(profile: readonly OperatorTime[]): Cells {
  const total = profile.reduce((sum, { seconds }) => sum + seconds, 0);
  const long = profile.filter(({ seconds }) => seconds >= total / 20);
  return [
    ["operator", "nodes", "ms", "share"],
    ...long.map(({ operator, nodes, seconds }) => [
      operator,
      String(nodes),
      ms(seconds),
      `${Math.round((100 * seconds) / total)} %`,
    ]),
  ];
}

export const boundLegend: string = [
  "Medians of warm runs; first: with recording and compiling; width: mean of upper - lower;",
  "golden: greatest difference to the golden bounds; apart: between both sides; ratio: peer by ours;",
  "busy: blocks that began while other processes kept the cores busy.",
  "Where they are more than a tenth, a target is not judged:",
  "busy cores slow PyTorch many times more than ONNX Runtime.",
].join(" ");
export const stepLegend: string = [
  "A step: bounds, loss, gradients of all parameters, Adam. Losses: of the first step and of the last.",
  "Apart, after the first step: the loss, relative to it;",
  "the greatest difference of a gradient, relative to that parameter's greatest;",
  "of a running statistic of batch normalization.",
].join(" ");

/** Rows of text in aligned columns. */
export function aligned(cells: Cells): string {
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  return cells
    .map((line) =>
      line
        .map((text, column) => (column < 2 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export function markdownTable([head, ...rows]: Cells): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head!), line(head!.map((_, column) => (column < 2 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

function bounds({ width, golden, unsound }: SideResult): string[] {
  return [width.toFixed(4), unsound ? "UNSOUND" : golden === undefined ? "-" : tiny(golden.difference)];
}

function quartiles(seconds: Summary): string {
  return `[${seconds.quartiles.map(ms).join(", ")}]`;
}

function losses([first, last]: readonly [number, number]): string {
  return `${first.toFixed(4)} to ${last.toFixed(4)}`;
}

function ms(seconds: number): string {
  const value = seconds * 1000;
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}

function times(ratio: number): string {
  return `${ratio.toFixed(2)}x`;
}

function tiny(difference: number): string {
  return difference.toExponential(0);
}
