import type { ResolvedNode, Value } from "./resolved.js";

/**
 * What has to be known before a value, and the value itself: each behind those that it needs. A list and no calls, so
 * that no stack grows with the depth of a model.
 */
export function needed(
  value: Value,
  isKnown: (value: Value) => boolean,
  needsOf: (value: Value) => readonly Value[],
): Value[] {
  const order: Value[] = [];
  const seen = new Set<Value>([value]);
  const stack = [{ value, needs: needsOf(value), next: 0 }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const need = top.needs[top.next++];
    if (need === undefined) {
      order.push(top.value);
      stack.pop();
    } else if (!seen.has(need) && !isKnown(need)) {
      seen.add(need);
      stack.push({ value: need, needs: needsOf(need), next: 0 });
    }
  }
  return order;
}

/** Inputs of a node that are there. */
export function inputsOf({ inputs }: ResolvedNode): Value[] {
  return inputs.filter((input) => input !== undefined);
}
