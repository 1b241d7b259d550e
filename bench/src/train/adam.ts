import type { IrNode, Vocabulary } from "lirpa";

/** Kingma and Ba 2015, with the usual constants. */
const [FIRST, SECOND, STABILIZER] = [0.9, 0.999, 1e-8];

export interface Moments {
  readonly first: IrNode;
  readonly second: IrNode;
}

export interface Rates {
  readonly rate: IrNode;
  readonly firstCorrection: IrNode;
  readonly secondCorrection: IrNode;
}

/** A parameter and its moments after one step down a gradient. */
export function adam(t: Vocabulary, parameter: IrNode, gradient: IrNode, moments: Moments, { rate, firstCorrection, secondCorrection }: Rates): Moments & { readonly parameter: IrNode } {
  const first = t.add(t.mul(moments.first, FIRST), t.mul(gradient, 1 - FIRST));
  const second = t.add(t.mul(moments.second, SECOND), t.mul(t.square(gradient), 1 - SECOND));
  const length = t.add(t.sqrt(t.mul(second, secondCorrection)), STABILIZER);
  return { parameter: t.sub(parameter, t.mul(rate, t.div(t.mul(first, firstCorrection), length))), first, second };
}

/** What corrects the moments, which start at zero, in the n-th step. They are fed: powers lose digits in float32. */
export function corrections(step: number): readonly [number, number] {
  return [1 / (1 - FIRST ** step), 1 / (1 - SECOND ** step)];
}

/** The gradient of the first step: until then the moment was zero. */
export function firstGradient(moment: ArrayLike<number>): Float64Array {
  return Float64Array.from(moment, (value) => value / (1 - FIRST));
}
