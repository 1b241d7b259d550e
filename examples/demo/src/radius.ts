import { lp, perturbed, type Model, type Numbers } from "lirpa";

const CLASSES = 10;
/** Radii are searched among the multiples of this. */
export const PRECISION = 1e-4;

/** Rows of a spec: the logit of one class minus each other one. */
export function margins(label: number): readonly Numbers[] {
  return Array.from({ length: CLASSES }, (_, other) => other)
    .filter((other) => other !== label)
    .map((other) => Array.from({ length: CLASSES }, (_, i) => Number(i === label) - Number(i === other)));
}

/** True if no image that differs by at most eps in each pixel gets another label. */
export async function isProved(model: Model, image: Numbers, label: number, eps: number, method: string): Promise<boolean> {
  const { lower } = await model.bounds({ image: perturbed(image, lp({ norm: Infinity, eps })) }, { method, spec: margins(label) });
  return lower.every((margin) => margin > 0);
}

/** The largest eps that the method proves, by bisection; `onStep` is called once for each of `STEPS` proofs. */
export async function certifiedRadius(model: Model, image: Numbers, label: number, method: string, onStep: () => void = () => {}): Promise<number> {
  let [proved, open] = [0, 1 / PRECISION];
  while (open - proved > 1) {
    const middle = Math.floor((proved + open) / 2);
    if (await isProved(model, image, label, middle * PRECISION, method)) proved = middle;
    else open = middle;
    onStep();
  }
  return proved * PRECISION;
}
