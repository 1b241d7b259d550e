import type { HostTensor, Shape } from "@lirpa/core/plugin";
import { sizeOf, tensor } from "../kit/numbers.js";
import { randomFrom } from "../kit/random.js";

/** Integers of a shape-like input. */
export function ints(...values: number[]): HostTensor {
  return tensor([values.length], values, "int");
}

/** A scalar. */
export function scalar(value: number, dtype: HostTensor["dtype"] = "float"): HostTensor {
  return tensor([], [value], dtype);
}

/** A tensor of ones. */
export function ones(...shape: number[]): HostTensor {
  return tensor(shape, new Array<number>(sizeOf(shape)).fill(1));
}

/** Numbers of either sign, the same every time; multiples of 1/32, none of them zero. */
export function weights(...shape: number[]): HostTensor {
  const random = randomFrom(sizeOf(shape) * 31 + shape.length);
  return tensor(
    shape,
    Array.from({ length: sizeOf(shape) }, () => ((random() < 0.5 ? -1 : 1) * (1 + Math.floor(random() * 40))) / 32),
  );
}

/** The same without signs. */
export function positive(...shape: Shape): HostTensor {
  return tensor(shape, Array.from(weights(...shape).data, Math.abs));
}

export function bools(shape: Shape, ...values: number[]): HostTensor {
  return tensor(shape, values, "bool");
}
