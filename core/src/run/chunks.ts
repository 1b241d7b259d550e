import type { HostTensor } from "../plugin/tensor.js";
import { sizeOf } from "../tensor/shapes.js";

// Parts of arrays `[instances or 1, rows or 1, ...shape]`, and arrays from parts.

/** Rows `from` to `to` of `[instances or 1, rows, ...shape]`. */
export function sliceRows({ shape, dtype, data }: HostTensor, from: number, to: number): HostTensor {
  const [instances = 1, rows = 1, ...rest] = shape;
  const size = sizeOf(rest);
  const sliced = [instances, to - from, ...rest];
  if (instances === 1) return { shape: sliced, dtype, data: data.subarray(from * size, to * size) };
  const own = (to - from) * size;
  const part = data instanceof Float32Array ? new Float32Array(instances * own) : new Float64Array(instances * own);
  for (let n = 0; n < instances; n++)
    part.set(data.subarray((n * rows + from) * size, (n * rows + to) * size), n * own);
  return { shape: sliced, dtype, data: part };
}

/** What instances `from` to `to` are fed: arrays that all instances share stay as they are. */
export function sliceInstances(
  feeds: Readonly<Record<string, HostTensor>>,
  instances: number,
  from: number,
  to: number,
): Readonly<Record<string, HostTensor>> {
  if (from === 0 && to === instances) return feeds;
  return Object.fromEntries(
    Object.entries(feeds).map(([name, tensor]) => {
      const [own, ...rest] = tensor.shape;
      if (own !== instances) return [name, tensor];
      const size = sizeOf(rest);
      return [name, { ...tensor, shape: [to - from, ...rest], data: tensor.data.subarray(from * size, to * size) }];
    }),
  );
}

/** Joins results along the rows axis. */
export function joinRows(parts: readonly HostTensor[]): HostTensor {
  const [first] = parts;
  if (parts.length === 1) return first!;
  const instances = Math.max(...parts.map(({ shape }) => shape[0]!));
  const rest = first!.shape.slice(2);
  const size = sizeOf(rest);
  const rows = parts.reduce((sum, { shape }) => sum + shape[1]!, 0);
  const data = new Float64Array(instances * rows * size);
  let start = 0;
  for (const { shape, data: part } of parts) {
    const own = shape[1]! * size;
    for (let n = 0; n < instances; n++)
      data.set(
        part.subarray((shape[0] === 1 ? 0 : n) * own, (shape[0] === 1 ? 0 : n) * own + own),
        n * rows * size + start,
      );
    start += own;
  }
  return { shape: [instances, rows, ...rest], dtype: first!.dtype, data };
}

/** Joins results of consecutive instances; one that its instances share is repeated for each of them. */
export function joinInstances(
  parts: readonly { readonly result: HostTensor; readonly instances: number }[],
): HostTensor {
  const [first] = parts;
  if (parts.length === 1) return first!.result;
  const rest = first!.result.shape.slice(1);
  const size = sizeOf(rest);
  const total = parts.reduce((sum, { instances }) => sum + instances, 0);
  const data = new Float64Array(total * size);
  let at = 0;
  for (const { result, instances } of parts) {
    for (let n = 0; n < instances; n++, at++)
      data.set(
        result.data.subarray((result.shape[0] === 1 ? 0 : n) * size, (result.shape[0] === 1 ? 0 : n) * size + size),
        at * size,
      );
  }
  return { shape: [total, ...rest], dtype: first!.result.dtype, data };
}

/** One instance's array with other numbers at some places. */
export function withPlaced(base: HostTensor, places: ArrayLike<number>, values: HostTensor): HostTensor {
  const data = base.data.slice();
  for (let i = 0; i < places.length; i++) data[places[i]!] = values.data[i]!;
  return { ...base, data };
}

/** The places of all elements of a value, as rows. */
export function allPlaces(count: number): HostTensor {
  return { shape: [1, count], dtype: "int", data: Float64Array.from({ length: count }, (_, i) => i) };
}
