import { lp, perturbed, type Model, type Numbers } from "lirpa";
import { CLASSES, worstMargin } from "./radius.js";

/** Bounds at one eps by one method. */
export interface CurvePoint {
  readonly method: string;
  readonly eps: number;
  /** Of each class's logit. */
  readonly lower: readonly number[];
  readonly upper: readonly number[];
  /** Of the predicted class's logit minus the greatest other one. */
  readonly margin: number;
}

/** Bounds of all logits while eps grows from 0 to `until`; `onStep` is called after each of the points. */
export async function curvesOf(
  model: Model,
  image: Numbers,
  label: number,
  methods: readonly string[],
  until: number,
  steps: number,
  onStep: () => void = () => {},
): Promise<readonly CurvePoint[]> {
  const points: CurvePoint[] = [];
  for (const method of methods) {
    for (let i = 0; i <= steps; i++) {
      const eps = (until * i) / steps;
      const { lower, upper } = await model.bounds({ image: perturbed(image, lp({ norm: Infinity, eps })) }, { method });
      const margin = await worstMargin(model, image, label, eps, method);
      points.push({ method, eps, lower: [...lower].slice(0, CLASSES), upper: [...upper].slice(0, CLASSES), margin });
      onStep();
    }
  }
  return points;
}
