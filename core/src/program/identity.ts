// Code has no content to compare: a plugin's rule, a method, an executor is the same where it is the same object. Numbers
// are given in this process only, the same ones by every copy of this package.

interface Identities {
  readonly numbers: WeakMap<object, number>;
  next: number;
}
const identities = ((globalThis as { [key: symbol]: Identities | undefined })[Symbol.for("lirpa.identities")] ??= { numbers: new WeakMap(), next: 0 });

/** A name of an object that no other object of this process has; it holds nothing. */
export function identityOf(thing: object): string {
  let number = identities.numbers.get(thing);
  if (number === undefined) identities.numbers.set(thing, (number = identities.next++));
  return `#${number}`;
}
