import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** What `train` writes and `demo` reads. */
export const FILES: Readonly<Record<"model" | "digits" | "readme", string>> = {
  model: fileURLToPath(new URL("../model/mnist.onnx", import.meta.url)),
  digits: fileURLToPath(new URL("../model/digits.json", import.meta.url)),
  readme: fileURLToPath(new URL("../model/README.md", import.meta.url)),
};

export interface Digit {
  readonly label: number;
  /** Where it stands in MNIST's test set. */
  readonly index: number;
  /** 28 · 28 bytes, row by row. */
  readonly pixels: readonly number[];
}

export async function readDigits(): Promise<readonly Digit[]> {
  return JSON.parse(await readFile(FILES.digits, "utf8")) as Digit[];
}

/** Pixels in [0, 1], as the classifier takes them. */
export function imageOf(pixels: ArrayLike<number>): Float32Array {
  return Float32Array.from(pixels, (byte) => byte / 255);
}
