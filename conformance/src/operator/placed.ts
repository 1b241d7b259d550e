import { perturbed, type BoundInput, type Graph, type GraphNode, type Model } from "@lirpa/core";
import type { Point } from "../kit/network.js";
import { chunks, show, sizeOf, tensor } from "../kit/numbers.js";
import { KIT } from "../kit/plugin.js";
import { randomFrom } from "../kit/random.js";
import { isShape, isTensor, type OpenInput } from "./case.js";
import { opsetsOf, subjectNode } from "./subject-node.js";
import type { OperatorSubject } from "./subject.js";

type Range = readonly [number, number];

const EVERYWHERE: Range = [-Infinity, Infinity];
const OFFSETS = [0, 0, 1e3, -1e3, 1e5, 1e7, -1e7];
const MASKS = [-1e4, -1e9, -3.4028234663852886e38];
const WEIGHTS = [1, 1, 1, -1, 1e-6, 1e6];
const RADII = [0, 1e-6, 0.5, 1e3];

/** Where an element of an operand lies: weight · z + offset, z in [low, high]. */
interface Place {
  readonly weight: number;
  readonly offset: number;
  readonly low: number;
  readonly high: number;
}

/**
 * An operator behind x = weight · z + offset and before rows of a matrix. Weights and offsets are inputs: each instance
 * has its own.
 */
export class PlacedSubject {
  readonly graph: Graph;
  /** The outputs that are rows over an output of the operator. */
  readonly mixed: readonly string[];
  readonly ranges: readonly Range[];
  private readonly matrices = new Map<string, readonly (readonly number[])[]>();

  constructor(readonly subject: OperatorSubject) {
    this.ranges = rangesOf(subject);
    this.mixed = subject.bounded.map((output) => `r${output}`);
    this.graph = this.record();
  }

  private record(): Graph {
    const { subject } = this;
    const { operator, example, open, alone } = subject;
    const { node, constants: initializers } = subjectNode(operator, example, (at) => `x${at}`);
    const nodes: GraphNode[] = open.map((_, i) => ({
      name: `place ${i}`,
      type: "Place",
      domain: KIT,
      inputs: [`z${i}`, `w${i}`, `o${i}`],
      outputs: [`x${i}`],
      attributes: {},
    }));
    nodes.push(node);
    for (const output of subject.bounded) {
      const size = sizeOf(alone.outputShape(output));
      const rows = rowsOver(size);
      this.matrices.set(`r${output}`, rows);
      initializers.set(
        `m${output}`,
        tensor(
          [size, rows.length],
          Array.from({ length: size * rows.length }, (_, k) => rows[k % rows.length]![Math.floor(k / rows.length)]!),
        ),
      );
      initializers.set(
        `n${output}`,
        tensor(
          [rows.length],
          rows.map(() => 0),
        ),
      );
      nodes.push({
        name: `mix ${output}`,
        type: "Mix",
        domain: KIT,
        inputs: [`y${output}`, `m${output}`, `n${output}`],
        outputs: [`r${output}`],
        attributes: { shape: [1, rows.length] },
      });
    }
    const input = (name: string, i: number): Graph["inputs"][number] => ({
      name: `${name}${i}`,
      shape: open[i]!.shape,
      dtype: "float",
    });
    return {
      name: `${operator.type} far from zero`,
      inputs: ["z", "w", "o"].flatMap((name) => open.map((_, i) => input(name, i))),
      outputs: [...this.mixed, ...subject.bounded.map((output) => `y${output}`)],
      initializers,
      nodes,
      opsets: opsetsOf(operator, example),
    };
  }

  /** For each row the sum of some sizes of the output that it is over, by the magnitudes of its coefficients. */
  overRows(at: number, sizes: readonly number[]): number[] {
    return this.matrices
      .get(this.mixed[at]!)!
      .map((row) => row.reduce((sum, a, i) => (a === 0 ? sum : sum + Math.abs(a) * sizes[i]!), 0));
  }

  isUnit(at: number, row: number): boolean {
    return this.matrices.get(this.mixed[at]!)![row]!.filter((a) => a !== 0).length === 1;
  }

  /**
   * The outputs at all points of all instances, as the model computes them: for each instance a list for each point.
   */
  async valuesOf(model: Model, samples: readonly (readonly Point[])[]): Promise<number[][][][]> {
    const points = samples.flat();
    const inputs = this.graph.inputs.map(
      ({ name }, i) => [name, points.flatMap((point) => Array.from(point[i]!))] as const,
    );
    const outputs = await model.forward(Object.fromEntries(inputs));
    const lists = Object.values(outputs).map(({ data }) => chunks(data, points.length));
    return chunks(
      points.map((_, p) => p),
      samples.length,
    ).map((indices) => indices.map((p) => lists.map((list) => list[p]!)));
  }

  /** All instances as one model takes them. */
  feeds(instances: readonly Placement[]): Record<string, BoundInput | readonly number[]> {
    const feeds: Record<string, BoundInput | readonly number[]> = {};
    this.subject.open.forEach((_, i) => {
      const all = <T>(of: (place: Place) => T): T[] => instances.flatMap(({ places }) => places[i]!.map(of));
      const [lower, upper] = [all(({ low }) => low), all(({ high }) => high)];
      feeds[`z${i}`] = perturbed(
        lower.map((low, k) => low + (upper[k]! - low) / 2),
        { type: "lirpa.kit.box", lower, upper },
      );
      feeds[`w${i}`] = all(({ weight }) => weight);
      feeds[`o${i}`] = all(({ offset }) => offset);
    });
    return feeds;
  }
}

/** Where all operands of one instance lie. */
export class Placement {
  constructor(
    readonly places: readonly (readonly Place[])[],
    readonly words: string,
  ) {}

  /** Corners first. */
  points(count: number, random: () => number): Point[] {
    return Array.from({ length: count }, (_, k) =>
      this.point(({ low, high }) => {
        const share = k === 0 ? 0 : k === 1 ? 1 : k % 2 === 0 ? Math.round(random()) : random();
        return low + share * (high - low);
      }),
    );
  }

  private point(z: (place: Place) => number): Point {
    const all = (of: (place: Place) => number): number[][] => this.places.map((list) => list.map(of));
    return [...all(z), ...all(({ weight }) => weight), ...all(({ offset }) => offset)];
  }

  /** The greatest magnitude of an operand. */
  get reach(): number {
    return Math.max(...this.places.flatMap((list) => list.map(mostOf)));
  }

  /** The same point with each operand moved by so much of the terms that it is the sum of. */
  moved(point: Point, share: number, by: () => number): Point {
    const count = this.places.length;
    const offsets = this.places.map((list, i) =>
      list.map((place, k) => point[2 * count + i]![k]! + by() * share * mostOf(place)),
    );
    return [...point.slice(0, 2 * count), ...offsets];
  }
}

function mostOf({ weight, offset, low, high }: Place): number {
  return Math.abs(offset) + Math.abs(weight) * Math.max(Math.abs(low), Math.abs(high));
}

/** The same for the same seed. The first element of an operand is never behind a mask. */
export function placements({ ranges, subject }: PlacedSubject, count: number, seed: number): Placement[] {
  const random = randomFrom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  return Array.from({ length: count }, () => {
    const [offset, weight, radius, mask] = [pick(OFFSETS), pick(WEIGHTS), pick(RADII), pick(MASKS)];
    const isMasked = random() < 0.4;
    const places = subject.open.map(({ shape, center }, i) =>
      Array.from({ length: sizeOf(shape) }, (_, element) => {
        const middle = Math.fround(center[0] + random() * (center[1] - center[0]));
        const wanted = {
          weight,
          offset: isMasked && element > 0 && random() < 0.4 ? mask : offset,
          low: Math.fround(middle - radius),
          high: Math.fround(middle + radius),
        };
        return inside(wanted, ranges[i]!, middle);
      }),
    );
    const extremes = places.map((list) =>
      show(list.flatMap(({ weight: w, offset: o, low, high }) => [w * low + o, w * high + o])),
    );
    return new Placement(
      places,
      `operands with ends ${extremes.join(" and ")}, ` +
        `${weight} · [middle ± ${radius}] + ${offset}${isMasked ? ` or ${mask}` : ""}`,
    );
  });
}

/** As it is where the operator is defined all over it; otherwise a plain box there. */
function inside(place: Place, [least, most]: Range, middle: number): Place {
  const { weight, offset, low, high } = place;
  const ends = [weight * low + offset, weight * high + offset];
  if (Math.min(...ends) >= least && Math.max(...ends) <= most) return place;
  const clamp = (x: number): number => Math.min(Math.max(x, least), most);
  return { weight: 1, offset: 0, low: Math.fround(clamp(middle - 0.25)), high: Math.fround(clamp(middle + 0.25)) };
}

function rangesOf({ example }: OperatorSubject): Range[] {
  return example.inputs.flatMap((input): Range[] => {
    if (input === undefined || isTensor(input)) return [];
    if (isShape(input)) return [EVERYWHERE];
    if ("same" in input) return [];
    const { defined, domain }: OpenInput = input;
    return [defined ?? domain ?? EVERYWHERE];
  });
}

/** A few unit rows, the sum of all, and rows of either sign. */
function rowsOver(size: number): number[][] {
  const random = randomFrom(size + 7);
  const units = Array.from({ length: Math.min(size, 4) }, (_, k) =>
    Array.from({ length: size }, (__, i) => (i === k ? 1 : 0)),
  );
  const mixed = Array.from({ length: 2 }, () => Array.from({ length: size }, () => (random() < 0.5 ? -1 : 1)));
  return [...units, ...mixed];
}
