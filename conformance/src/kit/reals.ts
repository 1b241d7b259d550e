import fc from "fast-check";

/** So many parts an interval is cut into. */
const PARTS = 2 ** 30;

/**
 * Numbers from `min` to `max`: most of them anywhere between, some of them the ends, zero, or next to nothing. Of the
 * numbers that `fc.double` makes nine in ten are below 1e-3, since to it every bit pattern is as likely as any other:
 * on their own they try a rule at zero and at the ends.
 */
export function reals(min: number, max: number): fc.Arbitrary<number> {
  const anywhere = fc.integer({ min: 0, max: PARTS }).map((part) => Math.min(min + (max - min) * (part / PARTS), max));
  const special = [min, max, ...(min < 0 && max > 0 ? [0] : [])];
  return fc.oneof(
    { weight: 6, arbitrary: anywhere },
    { weight: 1, arbitrary: fc.constantFrom(...special) },
    { weight: 1, arbitrary: fc.double({ min, max, noNaN: true }) },
  );
}
