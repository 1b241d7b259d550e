import type { Graph } from "./graph.js";

/** A graph of its own: whatever becomes of the one that was handed in, its numbers and names stay. */
export function copyGraph(graph: Graph): Graph {
  return copied(graph) as Graph;
}

/** Plain data copied: lists, maps, sets, arrays of numbers and plain objects. Anything else is what it is. */
export function copied(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value)) return value instanceof DataView ? value : (value as Float64Array).slice();
  if (Array.isArray(value)) return value.map(copied);
  if (value instanceof Map) return new Map([...value].map(([key, part]) => [copied(key), copied(part)]));
  if (value instanceof Set) return new Set([...value].map(copied));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copied(part)]));
}
