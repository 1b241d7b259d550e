import { reals } from "@lirpa/conformance/kit";
import { expect } from "chai";
import fc from "fast-check";
import { direction, single, stepped } from "./points.js";

const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });

describe("points of a set never leave it by rounding", () => {
  it("center + step stays as near as the step says, in exact arithmetic", () => {
    fc.assert(
      fc.property(finite, finite, (center, step) => {
        const point = stepped(center, step);
        expect(compare(center, step, point), "beyond the step").to.be.at.most(0);
        expect(point).to.be.closeTo(center + step, 4e-16 * (Math.abs(center) + Math.abs(step)));
      }),
      { numRuns: 2000 },
    );
  });

  it("in single precision it stays between the center and the point", () => {
    const centers = fc.float({ min: -1000, max: 1000, noNaN: true });
    fc.assert(
      fc.property(centers, fc.oneof(finite, fc.double({ min: -1e-6, max: 1e-6, noNaN: true })), (center, step) => {
        const point = stepped(center, step);
        const rounded = single(point, center);
        expect(rounded).to.equal(Math.fround(rounded));
        expect(rounded).to.be.within(Math.min(center, point), Math.max(center, point));
        expect(rounded).to.be.closeTo(point, 3e-7 * Math.abs(point) + 1e-40);
      }),
      { numRuns: 2000 },
    );
  });

  it("a direction has a norm of 1 at most", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.double({ min: 1, max: 50, noNaN: true }),
        fc.infiniteStream(reals(0, 1 - 2 ** -53)),
        (n, p, stream) => {
          const point = direction(n, p, () => stream.next().value!);
          expect(point.length).to.equal(n);
          expect(point.reduce((sum, value) => sum + Math.abs(value) ** p, 0)).to.be.at.most(1);
        },
      ),
    );
  });
});

/** The sign of |point − center| − |step| in integers: all three numbers in units of 2^-1074. */
function compare(center: number, step: number, point: number): number {
  const [c, s, p] = [exact(center), exact(step), exact(point)];
  const excess = s < 0n ? c + s - p : p - (c + s);
  return excess > 0n ? 1 : excess < 0n ? -1 : 0;
}

function exact(value: number): bigint {
  let [mantissa, exponent] = [value, 1074];
  while (!Number.isInteger(mantissa)) [mantissa, exponent] = [mantissa * 2, exponent - 1];
  return BigInt(mantissa) << BigInt(exponent);
}
