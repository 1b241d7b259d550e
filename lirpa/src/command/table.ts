import type { WriteStream } from "node:tty";
import type { Answer, ExplainedNode } from "./answer.js";
import { colorsFor } from "./colors.js";
import { oneLine } from "./one-line.js";
import { roundedOutward } from "./rounding.js";

type Colors = ReturnType<typeof colorsFor>;

/** The answers for people: one table per method, each with a heading. */
export function toText(answers: readonly Answer[], stream: WriteStream): string {
  const colors = colorsFor(stream);
  return answers
    .flatMap((answer) => [
      boundsTable(answer, colors),
      ...(answer.explain === undefined ? [] : [explanation(answer.method, answer.explain, colors)]),
    ])
    .join("\n");
}

function boundsTable({ method, output, lower, upper, shape, seconds }: Answer, colors: Colors): string {
  const times = (["record", "compile", "run"] as const)
    .map((phase) => `${phase} ${seconds[phase].toFixed(3)} s`)
    .join(", ");
  const heading = `${colors.bold(method)}  ${oneLine(output)} [${shape.join(", ")}]  ${colors.dim(times)}`;
  const rows = Array.from(lower, (value, i) => [
    indexOf(i, shape),
    roundedOutward(value, "lower"),
    roundedOutward(upper[i]!, "upper"),
  ]);
  return `${heading}\n${table(["row", "lower", "upper"], rows, colors, "right")}`;
}

/** The rules of the graph that was bounded, which is not the file's node for node. */
function explanation(method: string, nodes: readonly ExplainedNode[], colors: Colors): string {
  const caption = [
    "The nodes as they are bounded: composites replaced by their parts, formulas fused, constants folded.",
    `rows: how ${method} holds the coefficients of a node's intermediate bounds; none where it needs no rows.`,
  ]
    .map((text) => `${colors.dim(text)}\n`)
    .join("");
  const rows = nodes.map(({ node, operator, kind, plugin, shape, representation }) =>
    [node, operator, kind, plugin, `[${shape.join(", ")}]`, representation].map(oneLine),
  );
  return `${caption}${table(["node", "operator", "kind", "plugin", "shape", "rows"], rows, colors, "left")}`;
}

/** Rows below a header, each column as wide as it needs. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  colors: Colors,
  side: "left" | "right",
): string {
  const widths = header.map((title, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]!.length), title.length),
  );
  const line = (cells: readonly string[]): string => {
    const padded = cells.map((cell, column) =>
      side === "left" ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
    );
    return `  ${padded.join("  ")}`.trimEnd();
  };
  return `${[colors.dim(line(header)), ...rows.map(line)].join("\n")}\n`;
}

/** `2` in a list, `0,2` in a matrix. */
function indexOf(flat: number, shape: readonly number[]): string {
  const index: number[] = [];
  let rest = flat;
  for (const size of [...shape].reverse()) {
    index.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return index.length === 0 ? "0" : index.join(",");
}
