import { expect } from "chai";
import fc from "fast-check";
import { callsOf, isNear, numbersOf, reals, sizeOf, tensor } from "@lirpa/conformance/kit";
import { Vocabulary, type IrNode, type Marks } from "@lirpa/core/recording";
import type { HostTensor, Interval } from "@lirpa/core/plugin";
import plugin from "./index.js";
import { pools, type Pool } from "./pools.test.js";

const { apply, operator, prepared } = callsOf(plugin);

const maxPool = operator("MaxPool", "custom");
const options = { seed: 41, numRuns: 60 } as const;

interface Box {
  readonly lower: readonly number[];
  readonly upper: readonly number[];
}

/** Boxes with ties: many ends are whole numbers, and some are points. */
const boxes: fc.Arbitrary<Box> = fc
  .array(
    fc.tuple(
      fc.oneof(fc.integer({ min: -2, max: 2 }), reals(-2, 2)),
      fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 }), reals(0, 2)),
    ),
    { minLength: 48, maxLength: 48 },
  )
  .map((pairs) => ({ lower: pairs.map(([l]) => l), upper: pairs.map(([l, width]) => l + width) }));
const shares = fc.array(reals(0, 1), { minLength: 48, maxLength: 48 });
const coefficients = fc.array(reals(-2, 2), { minLength: 24, maxLength: 24 });

const cycled = (shape: readonly number[], numbers: readonly number[]): HostTensor =>
  tensor(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => numbers[i % numbers.length]!),
  );

interface Planes {
  readonly interval: { readonly lower: HostTensor; readonly upper: HostTensor };
  readonly below: (x: HostTensor) => number;
  readonly above: (x: HostTensor) => number;
}

/** The interval, and ⟨a, maxima⟩ bounded from below with the first coefficients, from above with the second. */
function planes(
  { shape, attributes }: Pool,
  box: Box,
  a: readonly [readonly number[], readonly number[]],
  marks: Marks = {},
): Planes {
  const {
    context: { attributes: parsed },
  } = prepared({ type: "MaxPool", attributes, inputs: [cycled(shape, box.lower)] });
  const t = new Vocabulary(undefined, marks);
  const context = { t, attributes: parsed, node: "node" };
  const x: Interval = { lower: t.constant(cycled(shape, box.lower)), upper: t.constant(cycled(shape, box.upper)) };
  const interval = maxPool.interval(context, x) as Interval;
  const out = interval.lower.shape;
  const [lower, upper] = a.map((numbers) => t.constant(cycled(out, numbers))) as [IrNode, IrNode];
  const {
    inputs: [own],
    bias,
  } = maxPool.backward!(context, [{ lower, upper }], [x]);
  const form =
    (coefficient: unknown, constant: unknown) =>
    (point: HostTensor): number => {
      const { data } = numbersOf(t, coefficient);
      return (
        numbersOf(t, constant).data[0]! + Array.from(data).reduce((sum, value, i) => sum + value * point.data[i]!, 0)
      );
    };
  expect(own!.lower.shape).deep.equal(shape);
  return {
    interval: { lower: numbersOf(t, interval.lower), upper: numbersOf(t, interval.upper) },
    below: form(own!.lower, bias.lower),
    above: form(own!.upper, bias.upper),
  };
}

function at({ shape }: Pool, { lower, upper }: Box, share: readonly number[]): HostTensor {
  return cycled(
    shape,
    lower.map((l, i) => l + share[i]! * (upper[i]! - l)),
  );
}

function maxima({ attributes }: Pool, x: HostTensor): HostTensor {
  return apply({ type: "MaxPool", attributes, inputs: [x] });
}

function inner(numbers: readonly number[], y: HostTensor): number {
  return Array.from(y.data).reduce((sum, value, i) => sum + numbers[i % numbers.length]! * value, 0);
}

/** A point of a box: inside, or at a corner. */
const places = fc.tuple(shares, fc.boolean()).map(([share, corner]) => (corner ? share.map(Math.round) : share));

/** How a choice is made between its ends: not at all, the same share everywhere, or an end for each element. */
const choices: fc.Arbitrary<Marks> = fc.oneof(
  fc.constant<Marks>({}),
  fc
    .constantFrom(0, 0.3, 1)
    .map((share): Marks => ({ free: (t, _, min, max) => t.add(min, t.mul(t.sub(max, min), share)) })),
  shares.map((share): Marks => ({
    free: (t, value, min, max) => {
      const { shape } = t.add(value, t.add(min, max));
      return t.add(min, t.mul(t.sub(max, min), t.constant(cycled(shape, share.map(Math.round)))));
    },
  })),
);

describe("MaxPool", () => {
  it("has the interval of its ends' maxima", () => {
    fc.assert(
      fc.property(pools, boxes, (pool, box) => {
        const { interval } = planes(pool, box, [[1], [1]]);
        expect(isNear(interval.lower.data, maxima(pool, cycled(pool.shape, box.lower)).data)).equal(true);
        expect(isNear(interval.upper.data, maxima(pool, cycled(pool.shape, box.upper)).data)).equal(true);
      }),
      options,
    );
  });

  it("lies between its planes, whatever is chosen where a choice is free, and whoever ties", () => {
    fc.assert(
      fc.property(
        pools,
        boxes,
        coefficients,
        coefficients,
        choices,
        fc.array(places, { minLength: 3, maxLength: 6 }),
        (pool, box, a, b, marks, points) => {
          const { below, above } = planes(pool, box, [a, b], marks);
          for (const place of points) {
            const x = at(pool, box, place);
            const y = maxima(pool, x);
            expect(below(x)).at.most(inner(a, y) + 1e-9);
            expect(above(x)).at.least(inner(b, y) - 1e-9);
          }
        },
      ),
      { ...options, numRuns: 100 },
    );
  });

  it("chooses by default what is free to be chosen", () => {
    fc.assert(
      fc.property(pools, boxes, (pool, box) => {
        planes(pool, box, [[1], [-1]], {
          free: (t, value, min, max) => {
            const inside = t.and(t.lessEqual(min, value), t.lessEqual(value, max));
            expect([...numbersOf(t, inside).data]).not.include(0);
            return value;
          },
        });
      }),
      options,
    );
  });

  it("is its planes where the box is a point", () => {
    fc.assert(
      fc.property(pools, boxes, coefficients, (pool, { lower }, a) => {
        const { below, above } = planes(pool, { lower, upper: lower }, [a, a]);
        const x = cycled(pool.shape, lower);
        const value = inner(a, maxima(pool, x));
        expect(isNear([below(x), above(x)], [value, value])).equal(true);
      }),
      options,
    );
  });

  it("is one of its elements, exactly, where that one dominates the window", () => {
    const pool: Pool = { shape: [1, 1, 3], attributes: { kernel_shape: [3] } };
    const { below, above } = planes(pool, { lower: [0, 4, 1], upper: [2, 6, 4] }, [[1], [1]]);
    for (const x of [
      [0, 4, 1],
      [2, 6, 4],
      [1, 5, 2],
    ])
      expect([below(tensor([1, 1, 3], x)), above(tensor([1, 1, 3], x))]).deep.equal([x[1], x[1]]);
  });

  it("stays below its interval's upper end by its upper plane, above the greatest lower element by its lower", () => {
    fc.assert(
      fc.property(boxes, places, (box, place) => {
        const pool: Pool = { shape: [1, 1, 4], attributes: { kernel_shape: [4] } };
        const { below, above, interval } = planes(pool, box, [[1], [1]]);
        const x = at(pool, box, place);
        expect(above(x)).at.most(interval.upper.data[0]! + 1e-9);
        expect(below(x)).at.least(interval.lower.data[0]! - 1e-9);
      }),
      options,
    );
  });

  it("stays finite with huge and with tiny boxes", () => {
    const pool: Pool = { shape: [1, 1, 4], attributes: { kernel_shape: [2], pads: [1, 1] } };
    for (const size of [1e30, 1e-30, 1e-38, 0]) {
      const { below, above } = planes(pool, { lower: [-size, 0, -size, size], upper: [size, size, 0, size] }, [
        [1, -1],
        [-1, 1],
      ]);
      const x = tensor([1, 1, 4], [size, 0, -size, size]);
      expect([below(x), above(x)].every(Number.isFinite)).equal(true);
    }
  });
});
