import type { RaceResult, SideResult } from "./race.js";

export interface Row extends RaceResult {
  readonly case: string;
  readonly instances: number;
  readonly method: string;
}

/** Rows of text in aligned columns. */
export function table(rows: readonly Row[]): string {
  const withPeer = rows.some(({ peer }) => peer !== undefined);
  const head = ["case", "method", "ours ms", "[quartiles]", "first", "width", "golden", ...(withPeer ? ["peer ms", "[quartiles]", "width", "golden", "apart", "ratio"] : [])];
  const lines = rows.map(({ case: name, method, ours, peer, ratio, against }) => [
    name, method, ms(ours.seconds.median), quartiles(ours), ms(ours.first), ...bounds(ours),
    ...(peer === undefined ? [] : [ms(peer.seconds.median), quartiles(peer), ...bounds(peer), against!.difference.toExponential(0), `${ratio!.toFixed(2)}x`]),
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)));
  return [head, ...lines].map((line) => line.map((text, column) => (column < 2 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!))).join("  ")).join("\n");
}

export const legend = "Medians of warm runs; first: with recording and compiling; width: mean of upper - lower; golden: greatest difference to the golden bounds; apart: between both sides; ratio: peer by ours.";

function bounds({ width, golden, unsound }: SideResult): string[] {
  return [width.toFixed(4), unsound ? "UNSOUND" : golden === undefined ? "-" : golden.difference.toExponential(0)];
}

function quartiles({ seconds }: SideResult): string {
  return `[${seconds.quartiles.map(ms).join(", ")}]`;
}

function ms(seconds: number): string {
  const value = seconds * 1000;
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}
