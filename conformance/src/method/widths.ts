import type { Graph } from "@lirpa/core";
import type { Method } from "@lirpa/core/recording";
import type { Boxes } from "../kit/network.js";
import { sizeOf } from "../kit/numbers.js";
import { randomFrom } from "../kit/random.js";
import type { Settings } from "../settings.js";
import { MethodSubject } from "./laws.js";

/** How far boxes reach from their middles: where most neurons of the kit's networks are unstable. */
const RADIUS = 0.5;
const BOXES = 4;
const SEED = 7;

/** The mean width of a method's bounds of all outputs of a network, over some boxes that are the same every time. */
export async function meanWidth(method: Method, graph: Graph, settings: Settings = {}): Promise<number> {
  const { network, outputs } = new MethodSubject(method, graph, settings, settings.plugins);
  const random = randomFrom(SEED);
  const boxes = Array.from({ length: BOXES }, (): Boxes =>
    network.inputShapes.map((shape) => {
      const middle = Array.from({ length: sizeOf(shape) }, () => random() * 2 - 1);
      return { lower: middle.map((x) => x - RADIUS), upper: middle.map((x) => x + RADIUS) };
    }),
  );
  const widths: number[] = [];
  for (const output of outputs) {
    const { lower, upper } = await network.bounds(method.name, output, boxes);
    lower.forEach((ends, n) => ends.forEach((low, i) => widths.push(upper[n]![i]! - low)));
  }
  return widths.reduce((sum, width) => sum + width, 0) / widths.length;
}
