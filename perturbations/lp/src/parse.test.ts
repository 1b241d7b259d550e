import {
  isLirpaError,
  type Perturbation,
  type PerturbationQuery,
  type PerturbationSite,
  type Shape,
} from "@lirpa/core/plugin";
import { expect } from "chai";
import plugin, { lp } from "./index.js";

describe("what a query of an Lp ball means", () => {
  it("is one ball per row of an input's first axis, and one ball around a weight", () => {
    expect(structure({ type: "l2", eps: 1 }, input([3, 4]))).to.deep.equal({
      set: "ball",
      norm: 2,
      over: "rows",
      eps: "number",
    });
    expect(structure({ type: "l2", eps: 1 }, weight([3, 4]))).to.deep.equal({
      set: "ball",
      norm: 2,
      over: "all",
      eps: "number",
    });
    expect(structure({ type: "l2", eps: 1, over: "all" }, input([3, 4]))).to.include({ over: "all" });
    expect(structure({ type: "l2", eps: 1, over: "rows" }, weight([3, 4]))).to.include({ over: "rows" });
  });

  it("takes an input of one axis for one vector", () => {
    expect(structure({ type: "l2", eps: 1 }, input([4]))).to.include({ norm: 2, over: "all" });
  });

  it("is an interval in every norm where a ball holds one coordinate", () => {
    for (const site of [input([]), input([1]), input([3, 1]), weight([1, 1])]) {
      expect(setOf({ type: "l2" }).isBox(structure({ type: "l2", eps: 1 }, site)), `[${site.shape.join()}]`).to.equal(
        true,
      );
    }
    expect(setOf({ type: "l2" }).isBox(structure({ type: "l2", eps: 1, over: "rows" }, input([4])))).to.equal(true);
  });

  it('reads p as a number, as Infinity or as "inf"', () => {
    const norms = [1, 1.5, 2, Infinity, "inf"].map(
      (p) => (structure({ type: "lp", p, eps: 1 }, input([1, 3])) as { norm: unknown }).norm,
    );
    expect(norms).to.deep.equal([1, 1.5, 2, "inf", "inf"]);
  });

  it("has a structure that does not depend on the radius", () => {
    const site = input([2, 3]);
    expect(structure(lp({ norm: 3, eps: 1 }), site)).to.deep.equal(structure(lp({ norm: 3, eps: 2 }), site));
    expect(structure(lp({ norm: 3, eps: [1, 2, 3, 4, 5, 6] }), site)).to.deep.equal(
      structure(lp({ norm: 3, eps: [6, 5, 4, 3, 2, 1] }), site),
    );
    expect(JSON.parse(JSON.stringify(structure(lp({ norm: Infinity, eps: 1 }), site)))).to.deep.equal(
      structure(lp({ norm: Infinity, eps: 2 }), site),
    );
  });

  it("reads radii flat, nested like the shape, or as a typed array", () => {
    for (const eps of [
      [1, 2, 3, 4],
      [
        [1, 2],
        [3, 4],
      ],
      new Float32Array([1, 2, 3, 4]),
    ]) {
      expect(setOf({ type: "linf" }).parse({ type: "linf", eps }, input([2, 2])).values["eps"]).to.deep.equal({
        shape: [2, 2],
        dtype: "float",
        data: new Float64Array([1, 2, 3, 4]),
      });
    }
  });
});

describe("a query of an Lp ball is refused", () => {
  const refusals: readonly [string, PerturbationQuery, RegExp][] = [
    ["without a radius", { type: "l2" }, /l2 of input "x": "eps" is missing/],
    ["with a radius that is no number", { type: "l2", eps: "0.1" }, /"eps" is "0.1"/],
    ["with a radius of NaN", { type: "l2", eps: NaN }, /"eps" is NaN/],
    ["with a negative radius", { type: "l2", eps: -1 }, /"eps" is -1/],
    ["with an infinite radius", { type: "linf", eps: Infinity }, /"eps" is Infinity/],
    ["with too few radii", { type: "linf", eps: [1, 2, 3] }, /"eps" has 3 numbers where 4 are expected/],
    ["with radii nested otherwise", { type: "linf", eps: [[1, 2, 3, 4]] }, /"eps" has 1 parts where 2 are expected/],
    ["with radii in ragged rows", { type: "linf", eps: [[1, 2, 3], [4]] }, /"eps" has 3 numbers where 2 are expected/],
    ["with a negative radius at some place", { type: "linf", eps: [1, 1, -2, -3] }, /"eps" is -2 at \[1, 0\]/],
    ["with a radius of NaN at some place", { type: "linf", eps: [1, NaN, 1, 1] }, /"eps" is NaN at \[0, 1\]/],
    ["with a null among its radii", { type: "linf", eps: [1, null, 1, 1] }, /"eps" holds null/],
    ["without p", { type: "lp", eps: 1 }, /"p" is missing/],
    ["with p below 1", { type: "lp", p: 0.5, eps: 1 }, /"p" is 0.5/],
    ["with p of NaN", { type: "lp", p: NaN, eps: 1 }, /"p" is NaN/],
    ["with p as text", { type: "lp", p: "2", eps: 1 }, /"p" is "2"/],
    ["with p where the type says it", { type: "l2", p: 2, eps: 1 }, /unknown field "p"/],
    ["with a misspelt field", { type: "l2", eps: 1, epsilon: 2, ratio: 1 }, /unknown field "epsilon", "ratio"/],
    ["over something else", { type: "l2", eps: 1, over: "batch" }, /"over" is "batch"/],
  ];
  for (const [what, query, message] of refusals) it(what, () => expectRefusal(query, input([2, 2]), message));
});

describe("a query of a box", () => {
  const site = input([1, 3], [0, 1, 2]);

  it("may have its center on its border, and outside by no more than rounding", () => {
    const { structure, values } = setOf({ type: "box" }).parse(
      { type: "box", lower: [0, 0, 2 + 1e-7], upper: [[1, 1, 3]] },
      site,
    );
    expect(structure).to.deep.equal({ set: "box" });
    expect(setOf({ type: "box" }).isBox(structure)).to.equal(true);
    expect(values["upper"]!.data).to.deep.equal(new Float64Array([1, 1, 3]));
  });

  const refusals: readonly [string, PerturbationQuery, RegExp][] = [
    ["without limits", { type: "box", upper: [1, 1, 2] }, /box of input "x": "lower" is missing/],
    ["with one number as limit", { type: "box", lower: 0, upper: [1, 1, 2] }, /"lower" is no array/],
    [
      "with too many numbers",
      { type: "box", lower: [0, 0, 0, 0], upper: [1, 1, 2] },
      /"lower" has 4 numbers where 3 are expected/,
    ],
    ["with NaN", { type: "box", lower: [0, 0, 0], upper: [1, NaN, 2] }, /"upper" is NaN at \[0, 1\]/],
    [
      "with an infinite limit",
      { type: "box", lower: [0, 0, 0], upper: [1, 1, Infinity] },
      /"upper" is Infinity at \[0, 2\]/,
    ],
    [
      "with lower above upper",
      { type: "box", lower: [0, 2, 0], upper: [1, 1, 2] },
      /lower is above upper: \[2, 1\] at \[0, 1\]/,
    ],
    [
      "with the center outside",
      { type: "box", lower: [0, 0, 0], upper: [1, 0.9, 2] },
      /the center 1 is outside \[0, 0.9\] at \[0, 1\]/,
    ],
    ["with a radius", { type: "box", lower: [0, 0, 0], upper: [1, 1, 2], eps: 1 }, /unknown field "eps"/],
  ];
  for (const [what, query, message] of refusals) it(`is refused ${what}`, () => expectRefusal(query, site, message));
});

describe("the package's plugin", () => {
  it("offers the types that its manifest names", () => {
    expect(plugin.perturbations.map(({ type }) => type)).to.deep.equal(["linf", "l2", "l1", "lp", "box"]);
  });
});

function setOf({ type }: PerturbationQuery): Perturbation {
  const found = plugin.perturbations.find((candidate) => candidate.type === type);
  if (found === undefined) throw new Error(`there is no ${type}`);
  return found;
}

function structure(query: PerturbationQuery, site: PerturbationSite): object {
  return setOf(query).parse(query, site).structure as object;
}

function input(shape: Shape, center?: readonly number[]): PerturbationSite {
  const zeros = new Float64Array(shape.reduce((product, size) => product * size, 1));
  return {
    name: "x",
    role: "input",
    shape,
    center: { shape, dtype: "float", data: center === undefined ? zeros : Float64Array.from(center) },
  };
}

function weight(shape: Shape): PerturbationSite {
  return { ...input(shape), role: "weight" };
}

function expectRefusal(query: PerturbationQuery, site: PerturbationSite, message: RegExp): void {
  let caught: unknown;
  try {
    setOf(query).parse(query, site);
  } catch (error) {
    caught = error;
  }
  if (!isLirpaError(caught)) throw new Error("was not refused", { cause: caught });
  expect(caught.code).to.equal("LIRPA_PERTURBATION");
  expect(caught.message).to.match(message);
  expect(caught.hint).to.match(/\.$/);
}
