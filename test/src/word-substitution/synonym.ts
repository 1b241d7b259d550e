import { definePerturbation, type Perturbation, type SetContext, type Tensor } from "@lirpa/core/plugin";
import { parse, type Structure } from "./parse.js";

/**
 * Word substitution: at most `budget` positions of a sentence of embeddings [batch, position, width] are replaced, each
 * by one of its candidates. A position without candidates is fixed.
 *
 * A linear form takes its extremum where the positions that gain most are replaced by their best candidates: gains of
 * different positions add up. So the best `budget` gains are what the dynamic programme of Xu et al., "Automatic
 * Perturbation Analysis for Scalable Certified Robustness and Beyond" (2020), finds for word substitution.
 */
export const synonym: Perturbation = definePerturbation<Structure>({
  type: "synonym",
  parse,
  isBox: () => false,
  // Any one position can be replaced by any of its candidates.
  hull: (context) => {
    const { t, center } = context;
    if (isPoint(context.structure)) return { lower: center, upper: center };
    const choices = alternatives(context);
    return { lower: t.reduceMin(choices, [2]), upper: t.reduceMax(choices, [2]) };
  },
  concretize: (context, a, side) => {
    const { t, center, structure } = context;
    const middle = t.dot(a, center);
    if (isPoint(structure)) return middle;
    const [batch, positions, width] = sizes(center);
    const choices = alternatives(context);
    const moves = t.sub(choices, t.reshape(center, [batch, positions, 1, width]));
    const changes = t.reshape(t.matmul(moves, t.reshape(a, [batch, positions, width, 1])), choices.shape.slice(0, 3));
    // The first choice is the center: no gain is below zero.
    const gains = t.reduceMax(side === "lower" ? t.neg(changes) : changes, [2]);
    const total = t.sum(t.topK(gains, structure.budget, 1).values);
    return side === "lower" ? t.sub(middle, total) : t.add(middle, total);
  },
  sample: (site, { structure, values }, random) => {
    const [batch, positions, width] = sizes(site.center);
    const { data } = values["candidates"]!;
    const point = site.center.data.slice();
    for (let sentence = 0; sentence < batch; sentence++) {
      const count = random() < 0.7 ? structure.budget : Math.floor(random() * (structure.budget + 1));
      for (const position of shuffled(positions, random).slice(0, count)) {
        const row = sentence * positions + position;
        const options = shuffled(structure.maxCandidates, random).map((j) => row * structure.maxCandidates + j);
        const chosen = options.find((option) => values["mask"]!.data[option] === 1);
        if (chosen !== undefined) point.set(data.subarray(chosen * width, (chosen + 1) * width), row * width);
      }
    }
    return { shape: site.shape, dtype: "float", data: point };
  },
  // The nearest point of the set: squared distances of different positions add up, too.
  project: (context, x) => {
    const { t, center, structure } = context;
    if (isPoint(structure)) return center;
    const [batch, positions, width] = sizes(center);
    const choices = alternatives(context);
    const steps = t.sub(choices, t.reshape(x, [batch, positions, 1, width]));
    const distances = t.sum(t.square(steps), [3]);
    const nearest = t.expand(t.reshape(t.argMin(distances, 2), [batch, positions, 1, 1]), [batch, positions, 1, width]);
    const replaced = t.reshape(t.gatherElements(choices, nearest, 2), center.shape);
    const stay = t.slice(distances, [0, 0, 0], [batch, positions, 1]);
    const gains = t.reshape(t.sub(stay, t.reduceMin(distances, [2], true)), [batch, positions]);
    const best = t.reshape(t.topK(gains, structure.budget, 1).indices, [batch, 1, structure.budget]);
    const hits = t.cast(t.equal(best, t.reshape(t.arange(positions), [1, positions, 1])), "float");
    const chosen = t.reshape(t.reduceMax(hits, [2]), [batch, positions, 1]);
    return t.where(t.greater(chosen, 0.5), replaced, center);
  },
});

function isPoint({ budget, maxCandidates }: Structure): boolean {
  return budget === 0 || maxCandidates === 0;
}

/** [batch, position, 1 + maxCandidates, width]: the center, then the candidates; padding is the center again. */
function alternatives({ t, center, structure, values }: SetContext<Structure>): Tensor {
  const [batch, positions, width] = sizes(center);
  const own = t.reshape(center, [batch, positions, 1, width]);
  const given = t.greater(t.reshape(values["mask"]!, [batch, positions, structure.maxCandidates, 1]), 0.5);
  return t.concat([own, t.where(given, values["candidates"]!, own)], 2);
}

function sizes({ shape }: { readonly shape: readonly number[] }): [batch: number, positions: number, width: number] {
  const [batch = 0, positions = 0, width = 0] = shape;
  return [batch, positions, width];
}

function shuffled(n: number, random: () => number): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
