import { lp, perturbed, type Model, type Numbers } from "lirpa";

export const CLASSES = 10;
/** Radii are multiples of this: what is printed with four digits is exactly what was proved. */
const PER_UNIT = 10_000;

/** The class of the greatest logit, for each image. */
export async function predictions(model: Model, images: Numbers): Promise<number[]> {
  const { logits } = await model.forward({ image: images });
  const rows = Array.from({ length: logits!.shape[0]! }, (_, i) => [
    ...logits!.data.subarray(i * CLASSES, (i + 1) * CLASSES),
  ]);
  return rows.map((row) => row.indexOf(Math.max(...row)));
}

/** Rows of a spec: the logit of one class minus that of each other class. */
export function margins(label: number): readonly Numbers[] {
  const others = Array.from({ length: CLASSES }, (_, other) => other).filter((other) => other !== label);
  return others.map((other) => Array.from({ length: CLASSES }, (_, i) => Number(i === label) - Number(i === other)));
}

/** A lower bound of the least margin over all images that differ by at most eps in each pixel. */
export async function worstMargin(
  model: Model,
  image: Numbers,
  label: number,
  eps: number,
  method: string,
): Promise<number> {
  const { lower } = await model.bounds(
    { image: perturbed(image, lp({ norm: Infinity, eps })) },
    { method, spec: margins(label) },
  );
  return Math.min(...lower);
}

/** How many bounds `certifiedRadius` computes. */
export const STEPS: number = Math.ceil(Math.log2(PER_UNIT));

/**
 * The largest eps below 1 for which the method proves that the label stays, by bisection; `onStep` is called at each
 * step.
 */
export async function certifiedRadius(
  model: Model,
  image: Numbers,
  label: number,
  method: string,
  onStep: () => void = () => {},
): Promise<number> {
  let [proved, open] = [0, PER_UNIT];
  for (let step = 0; step < STEPS; step++) {
    const middle = Math.floor((proved + open) / 2);
    if (middle > proved) {
      if ((await worstMargin(model, image, label, middle / PER_UNIT, method)) > 0) proved = middle;
      else open = middle;
    }
    onStep();
  }
  return proved / PER_UNIT;
}
