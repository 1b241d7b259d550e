// Code has no content to compare: a plugin's rule, a method, an executor is the same where it is the same object.
// Numbers are given in this process only, the same ones by every copy of this package.

interface Identities {
  readonly numbers: WeakMap<object, number>;
  readonly lists: Step;
  next: number;
}
/** A list that was named, by what may come next. */
interface Step {
  readonly after: WeakMap<object, Map<string, Step>>;
}
const identities = ((globalThis as { [key: symbol]: Identities | undefined })[Symbol.for("lirpa.identities")] ??= {
  numbers: new WeakMap(),
  lists: { after: new WeakMap() },
  next: 0,
});

/** A name of an object that no other object of this process has; it holds nothing. */
export function identityOf(thing: object): string {
  let number = identities.numbers.get(thing);
  if (number === undefined) identities.numbers.set(thing, (number = identities.next++));
  return `#${number}`;
}

/**
 * A short name of a list of objects under names: the same for the same objects under the same names in the same order.
 */
export function identityOfAll(parts: readonly (readonly [name: string, part: object])[]): string {
  let step = identities.lists;
  for (const [name, part] of parts) {
    let named = step.after.get(part);
    if (named === undefined) step.after.set(part, (named = new Map<string, Step>()));
    let next = named.get(name);
    if (next === undefined) named.set(name, (next = { after: new WeakMap() }));
    step = next;
  }
  return identityOf(step);
}
