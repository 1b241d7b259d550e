import type { WriteStream } from "node:tty";
import picocolors from "picocolors";

type Colors = ReturnType<typeof picocolors.createColors>;

/** Colors where a person reads: a terminal that has them, unless `NO_COLOR` is set. */
export function colorsFor(stream: WriteStream): Colors {
  const { NO_COLOR, TERM } = process.env;
  return picocolors.createColors(stream.isTTY === true && !NO_COLOR && TERM !== "dumb");
}
