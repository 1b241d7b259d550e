import { expect } from "chai";
import { CASES, say, type Case, type Said } from "./cases.test.js";

const named = (name: string): Case => CASES.find((one) => one.name === name)!;
const one = (name: string, l: number, u: number): Said => say(named(name), [l], [u]);
const NOTHING = Infinity;

/** What a line says at a point. */
function at({ slope, intercept }: Said["below"], x: number): number {
  return slope[0]! * x + intercept[0]!;
}

function expectBetween(said: Said, f: (x: number) => number, points: readonly number[]): void {
  for (const x of points) {
    const slack = 1e-9 * (1 + Math.abs(f(x)));
    expect(at(said.below, x)).at.most(f(x) + slack);
    expect(at(said.above, x)).at.least(f(x) - slack);
    expect(said.least[0]!).at.most(f(x) + slack);
    expect(said.most[0]!).at.least(f(x) - slack);
  }
}

describe("Where an interval leaves the function's domain", () => {
  it("Log has no lower bound, and the upper one of what is right of zero", () => {
    for (const l of [-3, 0, 1e-31]) {
      const said = one("Log", l, 4);
      expect([said.below.slope[0], said.below.intercept[0], said.least[0]]).deep.equal([0, -NOTHING, -NOTHING]);
      expect(said.most[0]!).closeTo(Math.log(4), 1e-12);
      expectBetween(said, Math.log, [1e-20, 1e-3, 1, 2, 4]);
    }
    expectBetween(one("Log", -4, -1), Math.log, []);
  });

  it("Sqrt and fractional powers count from zero on", () => {
    for (const [name, f] of [
      ["Sqrt", Math.sqrt],
      ["Pow, exponent 0.5", Math.sqrt],
      ["Pow, exponent 1.5", (x: number) => x ** 1.5],
    ] as const) {
      const said = one(name, -3, 4);
      expect(said.least[0]).equal(0);
      expect(said.most[0]!).closeTo(f(4), 1e-12);
      expectBetween(said, f, [0, 1e-9, 0.5, 1, 2, 4]);
      expect(one(name, -3, -1).most[0]).equal(0);
    }
  });

  it("Reciprocal and odd negative powers have no bounds where zero is inside or an end, whatever is longer", () => {
    for (const [name, f] of [
      ["Reciprocal", (x: number) => 1 / x],
      ["Pow, exponent -3", (x: number) => x ** -3],
    ] as const) {
      for (const [l, u] of [
        [-1, 2],
        [-2, 1],
        [-1.5, 0.5],
        [-1, 1],
        [0, 2],
        [-2, 0],
        [0, 0],
        [-1e-9, 5],
        [-5, 1e-9],
      ] as const) {
        const said = one(name, l, u);
        expect([said.below.slope[0]! + 0, said.above.slope[0]! + 0]).deep.equal([0, 0]);
        expect([said.below.intercept[0], said.above.intercept[0], said.least[0], said.most[0]]).deep.equal([
          -NOTHING,
          NOTHING,
          -NOTHING,
          NOTHING,
        ]);
      }
      for (const [l, u] of [
        [1e-3, 2],
        [-2, -1e-3],
      ] as const)
        expectBetween(one(name, l, u), f, [l, (l + u) / 2, u]);
    }
  });

  it("even negative powers have a lower bound around zero", () => {
    for (const [l, u] of [
      [-1, 2],
      [-2, 1],
      [0, 2],
      [-2, 0],
    ] as const) {
      const said = one("Pow, exponent -2", l, u);
      expect([said.least[0], said.below.intercept[0], said.most[0], said.above.intercept[0]]).deep.equal([
        0.25,
        0.25,
        NOTHING,
        NOTHING,
      ]);
      expectBetween(
        said,
        (x) => x ** -2,
        [l, l / 2, l * 1e-12, u * 1e-12, u].filter((x) => x !== 0),
      );
    }
  });

  it("Tan has no bounds over a pole, at whatever turn", () => {
    for (const [l, u] of [
      [1, 2],
      [-2, -1],
      [-100, 100],
      [1.5, 4.6],
      [7.7, 7.9],
      [2e5, 2e5],
    ] as const) {
      const said = one("Tan", l, u);
      expect([said.below.intercept[0], said.above.intercept[0], said.least[0], said.most[0]]).deep.equal([
        -NOTHING,
        NOTHING,
        -NOTHING,
        NOTHING,
      ]);
    }
    expectBetween(one("Tan", 2, 4), Math.tan, [2, 2.5, 3, Math.PI, 4]);
  });
});

describe("Where a function outgrows float32", () => {
  it("Exp has no upper end", () => {
    const said = one("Exp", -1, 1e4);
    expect(said.most).deep.equal([NOTHING]);
    expect(said.above).deep.equal({ slope: [0], intercept: [NOTHING] });
    expect(one("Exp", 88.5, 1e4).least[0]!).at.most(Math.exp(88.5));
    // Between half the largest float32 and the largest there are values still.
    expect(one("Exp", 0, 88.6).most[0]!).at.least(Math.exp(88.6));
    expectBetween(said, Math.exp, [-1, 0, 50, 87]);
    expectBetween(one("Exp", 80, 87), Math.exp, [80, 85, 87]);
  });

  it("powers stay numbers", () => {
    expectBetween(one("Pow, exponent 7", -1e5, 1e5), (x) => x ** 7, [-1e5, -1, 0, 1, 1e5]);
    expectBetween(one("Pow, exponent 4", -1e9, 1e8), (x) => x ** 4, [-1e9, -1, 0, 1, 1e8]);
    expectBetween(one("Pow, exponent 3.7", 0, 1e10), (x) => x ** 3.7, [0, 1, 1e5, 1e10]);
  });
});

describe("Waves", () => {
  it("have no more than their least and their greatest value over two turns or more", () => {
    for (const name of ["Sin", "Cos"]) {
      const said = one(name, -7, 9);
      expect(said.below.intercept[0]!).closeTo(-1, 1e-12);
      expect(said.above.intercept[0]!).closeTo(1, 1e-12);
      expect([said.below.slope[0]! + 0, said.above.slope[0]! + 0]).deep.equal([0, 0]);
    }
  });

  it("say nothing but ±1 where float32 numbers lie far apart", () => {
    const said = one("Sin", 3e6, 3e6);
    expect([said.below.intercept[0], said.above.intercept[0], said.least[0], said.most[0]]).deep.equal([-1, 1, -1, 1]);
  });
});
