import { randomFrom, reals } from "@lirpa/conformance/kit";
import type {
  HostTensor,
  Perturbation,
  PerturbationQuery,
  PerturbationSite,
  SetContext,
  Shape,
  Tensor,
} from "@lirpa/core/plugin";
import { evaluateProgram, makeProgram, vjp, Vocabulary } from "@lirpa/core/recording";
import { expect } from "chai";
import fc from "fast-check";
import plugin, { lp } from "./index.js";

const SLACK = 1e-9;

describe("every ball and box", () => {
  it("holds its samples: no linear form leaves the two concretizations, no coordinate the hull", () => {
    fc.assert(
      fc.property(placed, numbers(6), seeds, ({ query, site }, a, seed) => {
        const set = at(query, site);
        const [lower, upper] = [set.concretize(a, "lower"), set.concretize(a, "upper")];
        const hull = set.hull();
        for (const point of set.samples(seed, 20)) {
          const value = dot(a, point.data);
          expect(value).to.be.within(lower - SLACK, upper + SLACK);
          point.data.forEach((x, i) => expect(x).to.be.within(hull.lower[i]! - SLACK, hull.upper[i]! + SLACK));
        }
      }),
    );
  });

  it("has a hull that it touches: the concretization of a unit vector is the hull's end", () => {
    fc.assert(
      fc.property(placed, fc.nat(5), ({ query, site }, i) => {
        const set = at(query, site);
        const unit = site.center.data.map((_, j) => (i === j ? 1 : 0));
        expect(set.concretize([...unit], "lower")).to.be.closeTo(set.hull().lower[i]!, SLACK);
        expect(set.concretize([...unit], "upper")).to.be.closeTo(set.hull().upper[i]!, SLACK);
      }),
    );
  });

  it("projects into itself, and leaves its own points where they are", () => {
    fc.assert(
      fc.property(placed, numbers(6), numbers(6), seeds, ({ query, site }, x, a, seed) => {
        const set = at(query, site);
        expect(dot(a, set.project(x))).to.be.within(
          set.concretize(a, "lower") - SLACK,
          set.concretize(a, "upper") + SLACK,
        );
        for (const point of set.samples(seed, 5)) {
          set.project([...point.data]).forEach((value, i) => expect(value).to.be.closeTo(point.data[i]!, SLACK));
        }
      }),
    );
  });

  it("is symmetric: the greatest value of a form is minus the least value of its negative", () => {
    fc.assert(
      fc.property(placed, numbers(6), ({ query, site }, a) => {
        const set = at(query, site);
        expect(set.concretize(a, "upper")).to.be.closeTo(
          -set.concretize(
            a.map((value) => -value),
            "lower",
          ),
          SLACK,
        );
      }),
    );
  });
});

describe("the bound of a linear form over a ball is reached", () => {
  const site = siteOf("input", [2, 3], [1, -2, 3, 0, 0.5, -1]);
  const a = [2, -1, 0.5, 0, 3, -4];

  it("at a corner for the maximum norm", () => {
    const corner = a.map((value, i) => site.center.data[i]! - 0.1 * Math.sign(value));
    expect(at(lp({ norm: Infinity, eps: 0.1 }), site).concretize(a, "lower")).to.be.closeTo(dot(a, corner), 1e-12);
  });

  it("in each row, at the vertex of the greatest coefficient for L1", () => {
    const expected = dot(a, site.center.data) + 0.1 * 2 + 0.1 * 4;
    expect(at(lp({ norm: 1, eps: 0.1 }), site).concretize(a, "upper")).to.be.closeTo(expected, 1e-12);
    const whole = dot(a, site.center.data) + 0.1 * 4;
    expect(at(lp({ norm: 1, eps: 0.1, over: "all" }), site).concretize(a, "upper")).to.be.closeTo(whole, 1e-12);
  });

  it("along the coefficients for L2", () => {
    const reach = 0.1 * (Math.hypot(2, 1, 0.5) + Math.hypot(0, 3, 4));
    expect(at(lp({ norm: 2, eps: 0.1 }), site).concretize(a, "lower")).to.be.closeTo(
      dot(a, site.center.data) - reach,
      1e-12,
    );
  });

  for (const p of [1.01, 1.5, 3, 40]) {
    it(`where Hölder's inequality is an equation, for p = ${p}`, () => {
      const q = p / (p - 1);
      const point = [...site.center.data];
      for (const row of [
        [0, 1, 2],
        [3, 4, 5],
      ]) {
        const length = row.reduce((sum, i) => sum + Math.abs(a[i]!) ** q, 0) ** (1 / q);
        for (const i of row) point[i]! += 0.1 * Math.sign(a[i]!) * (Math.abs(a[i]!) / length) ** (q - 1);
      }
      expect(at(lp({ norm: p, eps: 0.1 }), site).concretize(a, "upper")).to.be.closeTo(dot(a, point), 1e-12);
    });

    it(`and nowhere on a walk around the ball is more, for p = ${p}`, () => {
      const plane = siteOf("input", [1, 2], [0.3, -0.7]);
      fc.assert(
        fc.property(numbers(2), fc.tuple(reals(0, 1), reals(0.1, 1)), (form, eps) => {
          let most = -Infinity;
          for (let step = 0; step <= 4000; step++) {
            const angle = (step / 4000) * 2 * Math.PI;
            const [x, y] = [Math.cos(angle), Math.sin(angle)];
            const length = (Math.abs(x) ** p + Math.abs(y) ** p) ** (1 / p);
            most = Math.max(most, dot(form, [0.3 + (eps[0] * x) / length, -0.7 + (eps[1] * y) / length]));
          }
          const upper = at(lp({ norm: p, eps }), plane).concretize(form, "upper");
          expect(upper).to.be.at.least(most - SLACK);
          expect(upper).to.be.closeTo(most, 1e-3 * (Math.abs(form[0]!) + Math.abs(form[1]!)) + SLACK);
        }),
        { numRuns: 20 },
      );
    });
  }

  it("at the box's corner, wherever its center is", () => {
    const box = at({ type: "box", lower: [1, -3, 2, -1, 0, -1], upper: [2, -2, 3, 0, 0.5, 5] }, site);
    expect(box.concretize(a, "lower")).to.equal(dot(a, [1, -2, 2, -1, 0, 5]));
    expect(box.concretize(a, "upper")).to.equal(dot(a, [2, -3, 3, 0, 0.5, -1]));
  });
});

describe("a ball with a radius per coordinate", () => {
  const site = siteOf("input", [1, 3], [1, 2, 3]);

  it("does not move where the radius is 0", () => {
    for (const norm of [1, 1.5, 2, Infinity]) {
      const set = at(lp({ norm, eps: [0.5, 0, 0.25] }), site);
      expect(set.hull().upper[1]).to.equal(2);
      expect(set.concretize([0, 1, 0], "lower")).to.be.closeTo(2, 1e-12);
      expect(set.project([9, 9, 9])[1]).to.equal(2);
      for (const point of set.samples(7, 20)) expect(point.data[1]).to.equal(2);
    }
  });

  it("is the plain ball where all radii are one", () => {
    fc.assert(
      fc.property(numbers(3), reals(1, 20), (a, norm) => {
        const plain = at(lp({ norm, eps: 0.3 }), site).concretize(a, "lower");
        expect(at(lp({ norm, eps: [0.3, 0.3, 0.3] }), site).concretize(a, "lower")).to.be.closeTo(plain, SLACK);
      }),
    );
  });
});

describe("numbers at the ends of the range", () => {
  const site = siteOf("input", [1, 3], [0, 0, 0]);

  it("a radius of 0 gives the center's value", () => {
    const placed = siteOf("input", [1, 3], [1, 2, 3]);
    for (const norm of [1, 1.5, 2, 3, Infinity]) {
      const set = at(lp({ norm, eps: 0 }), placed);
      expect(set.concretize([1, -1, 2], "lower")).to.equal(5);
      expect(set.project([4, 5, 6])).to.deep.equal([1, 2, 3]);
      for (const point of set.samples(3, 5)) expect([...point.data]).to.deep.equal([1, 2, 3]);
    }
  });

  it("powers neither overflow nor vanish", () => {
    for (const norm of [1.001, 1.5, 3, 1000]) {
      for (const size of [1e-25, 1, 1e200]) {
        const [one, three] = [
          [size, 0, 0],
          [size, size, size],
        ].map((a) => at(lp({ norm, eps: 1 }), site).concretize(a, "upper"));
        expect(one! / size).to.be.closeTo(1, 1e-9);
        expect(three! / size).to.be.closeTo(3 ** (1 - 1 / norm), 1e-9);
      }
    }
  });

  it("a form of zeros has the value 0 and no NaN", () => {
    for (const norm of [1, 1.5, 2, 3, Infinity]) {
      expect(at(lp({ norm, eps: 1 }), site).concretize([0, 0, 0], "upper")).to.be.within(0, 1e-14);
    }
  });
});

describe("the gradient of a bound in its coefficients", () => {
  it("is a point of the set where the bound is reached, also where coefficients are 0", () => {
    fc.assert(
      fc.property(placed, numbers(6), numbers(6), ({ query, site }, a, b) => {
        const set = at(query, site);
        for (const side of ["lower", "upper"] as const) {
          const point = set.gradient(a, side);
          expect(dot(a, point)).to.be.closeTo(set.concretize(a, side), SLACK);
          expect(dot(b, point)).to.be.within(set.concretize(b, "lower") - SLACK, set.concretize(b, "upper") + SLACK);
        }
      }),
    );
  });
});

describe("projection", () => {
  it("finds the nearest point for the maximum norm, L2 and boxes", () => {
    const nearest = fc.constantFrom<(site: PerturbationSite) => PerturbationQuery>(
      () => lp({ norm: Infinity, eps: 0.5 }),
      () => lp({ norm: 2, eps: 0.5 }),
      ({ center }) => ({ type: "box", lower: center.data.map((c) => c - 0.25), upper: center.data.map((c) => c + 1) }),
    );
    const site = siteOf("input", [2, 3], [1, -2, 3, 0, 0.5, -1]);
    fc.assert(
      fc.property(nearest, numbers(6), seeds, (query, x, seed) => {
        const set = at(query(site), site);
        const distance = away(x, set.project(x));
        for (const point of set.samples(seed, 30)) expect(away(x, point.data)).to.be.at.least(distance - SLACK);
      }),
    );
  });
});

describe("samples", () => {
  it("come in the center's precision", () => {
    const center = Float32Array.from([0.1, 0.2, 0.3]);
    const site: PerturbationSite = {
      name: "x",
      role: "input",
      shape: [1, 3],
      center: { shape: [1, 3], dtype: "float", data: center },
    };
    for (const query of [lp({ norm: 2, eps: 0.1 }), { type: "box", lower: [0, 0, 0], upper: [1, 1, 1] }]) {
      const perturbation = setOf(query);
      const set = perturbation.parse(query, site);
      expect(perturbation.sample(site, set, randomFrom(1)).data).to.be.instanceOf(Float32Array);
    }
  });

  it("often reach the border", () => {
    const site = siteOf("input", [1, 3], [0, 0, 0]);
    const reached = (query: PerturbationQuery, norm: (x: ArrayLike<number>) => number): number =>
      at(query, site)
        .samples(5, 200)
        .filter(({ data }) => norm(data) > 1 - 1e-9).length;
    expect(reached(lp({ norm: 2, eps: 1 }), (x) => Math.hypot(x[0]!, x[1]!, x[2]!))).to.be.above(100);
    expect(
      reached(lp({ norm: Infinity, eps: 1 }), (x) => Math.min(Math.abs(x[0]!), Math.abs(x[1]!), Math.abs(x[2]!))),
    ).to.be.above(60);
  });
});

const values = reals(-5, 5);
const radii = fc.oneof(fc.constant(0), reals(0, 3));
const seeds = fc.integer({ min: 1, max: 1e9 });

function numbers(n: number): fc.Arbitrary<number[]> {
  return fc.array(fc.oneof({ arbitrary: values, weight: 4 }, fc.constant(0)), { minLength: n, maxLength: n });
}

/** A query and where it is put: six coordinates in several shapes. */
const placed: fc.Arbitrary<{ query: PerturbationQuery; site: PerturbationSite }> = fc
  .record({
    shape: fc.constantFrom<Shape>([6], [1, 6], [2, 3], [3, 2], [6, 1], [2, 1, 3]),
    role: fc.constantFrom("input" as const, "weight" as const),
    center: numbers(6),
    norm: fc.oneof(fc.constantFrom(1, 2, Infinity), reals(1, 30)),
    eps: fc.oneof(radii, fc.array(radii, { minLength: 6, maxLength: 6 })),
    over: fc.constantFrom(undefined, "all" as const, "rows" as const),
    box: fc.option(
      fc.tuple(fc.array(radii, { minLength: 6, maxLength: 6 }), fc.array(radii, { minLength: 6, maxLength: 6 })),
    ),
  })
  .map(({ shape, role, center, norm, eps, over, box }) => ({
    site: siteOf(role, shape, center),
    query:
      box === null
        ? lp({ norm, eps, ...(over && { over }) })
        : { type: "box", lower: center.map((c, i) => c - box[0][i]!), upper: center.map((c, i) => c + box[1][i]!) },
  }));

function siteOf(role: "input" | "weight", shape: Shape, center: readonly number[]): PerturbationSite {
  return { name: "x", role, shape, center: { shape, dtype: "float", data: Float64Array.from(center) } };
}

/** The set's rules as functions of numbers: everything they record is a constant and folds. */
function at(
  query: PerturbationQuery,
  site: PerturbationSite,
): {
  hull(): { lower: number[]; upper: number[] };
  concretize(a: readonly number[], side: "lower" | "upper"): number;
  gradient(a: readonly number[], side: "lower" | "upper"): number[];
  project(x: readonly number[]): number[];
  samples(seed: number, count: number): HostTensor[];
} {
  const perturbation = setOf(query);
  const set = perturbation.parse(query, site);
  const t = new Vocabulary();
  const tensors = Object.fromEntries(Object.entries(set.values).map(([name, value]) => [name, t.constant(value)]));
  const context: SetContext<unknown> = {
    t,
    structure: set.structure,
    center: t.constant(site.center),
    values: tensors,
  };
  const recorded = (data: readonly number[]): Tensor =>
    t.constant({ shape: site.shape, dtype: "float", data: Float64Array.from(data) });
  const numbersOf = (tensor: Tensor): number[] => [...t.constantValue(tensor)!.data];
  return {
    hull: () => {
      const { lower, upper } = perturbation.hull(context);
      return { lower: numbersOf(lower), upper: numbersOf(upper) };
    },
    concretize: (a, side) => {
      const bound = perturbation.concretize(context, recorded(a), side);
      expect(bound.shape).to.deep.equal([]);
      return numbersOf(bound)[0]!;
    },
    gradient: (a, side) => {
      const input = t.input({ name: "a", shape: site.shape, dtype: "float", instances: false, rows: undefined });
      const bound = perturbation.concretize(context, input, side);
      const [gradient] = vjp(t, [t.reshape(bound, [])], [t.constant(1)], [input]);
      const feed: HostTensor = { shape: [1, 1, ...site.shape], dtype: "float", data: Float64Array.from(a) };
      return [...evaluateProgram(makeProgram("gradient", { gradient: gradient! }), { a: feed })["gradient"]!.data];
    },
    project: (x) => numbersOf(perturbation.project(context, recorded(x))),
    samples: (seed, count) => {
      const uniform = randomFrom(seed);
      return Array.from({ length: count }, () => perturbation.sample(site, set, uniform));
    },
  };
}

function dot(a: readonly number[], x: ArrayLike<number>): number {
  return a.reduce((sum, value, i) => sum + value * x[i]!, 0);
}

function away(x: readonly number[], y: ArrayLike<number>): number {
  return Math.hypot(...x.map((value, i) => value - y[i]!));
}

function setOf({ type }: PerturbationQuery): Perturbation {
  const found = plugin.perturbations.find((candidate) => candidate.type === type);
  if (found === undefined) throw new Error(`there is no ${type}`);
  return found;
}
