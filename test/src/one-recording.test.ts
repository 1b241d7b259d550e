import { expect } from "chai";
import { makeProgram, Vocabulary } from "@lirpa/core/recording";
import { leaf, OPEN } from "./primitives/sketch.js";

const conv = { strides: [1], pads: [0, 0], dilations: [1], groups: 1 } as const;

describe("recording", () => {
  const t = new Vocabulary();
  const x = leaf(t, "x", [2, 2], "float", "none", OPEN);
  const y = leaf(t, "y", [2, 2], "float", "none", OPEN);

  it("makes equal operations one node", () => {
    expect(t.add(x, y)).to.equal(t.add(x, y));
    expect(t.sum(t.exp(x), [0])).to.equal(t.sum(t.exp(x), [0]));
    expect(t.full([2], 3)).to.equal(t.full([2], 3));
    expect(t.topK(x, 1, 0).values).to.equal(t.topK(x, 1, 0).values);
    const image = leaf(t, "image", [1, 1, 4], "float", "none", OPEN);
    const kernel = leaf(t, "kernel", [1, 1, 2], "float", "none", OPEN);
    expect(t.conv(image, kernel, conv)).to.equal(
      t.conv(image, kernel, { groups: 1, dilations: [1], pads: [0, 0], strides: [1] }),
    );
  });

  it("tells operations apart that differ in anything", () => {
    expect(t.sub(x, y)).to.not.equal(t.sub(y, x));
    expect(t.sum(x, [0])).to.not.equal(t.sum(x, [1]));
    expect(t.full([2], 0)).to.not.equal(t.full([2], -0));
    expect(t.full([2], Infinity)).to.not.equal(t.full([2], -Infinity));
    expect(t.pad(x, [1, 0], [0, 0], 1)).to.not.equal(t.pad(x, [1, 0], [0, 0], 2));
    expect(t.cast(x, "int")).to.not.equal(t.cast(x, "bool"));
    expect(t.constant([1, 2])).to.not.equal(t.constant([1, 2], [2], "int"));
  });

  it("computes at once what depends on constants alone", () => {
    const folded = t.matmul(t.add(t.constant([1, 2, 3, 4], [2, 2]), 1), t.constant([1, 0, 0, 2], [2, 2]));
    expect([...t.constantValue(folded)!.data]).to.deep.equal([2, 6, 4, 10]);
    expect(t.constantValue(t.add(folded, x))).to.equal(undefined);
    expect(t.sub(folded, folded)).to.equal(t.zeros([2, 2]));
  });

  it("keeps out of a program what its outputs do not need", () => {
    const program = makeProgram("one", { out: t.add(x, t.mul(y, 0)) });
    expect(program.inputs.map(({ name }) => name)).to.deep.equal(["x.none.open"]);
  });

  it("asks its marks, and without them keeps a free value as it is", () => {
    expect(t.free(x, 0, 1)).to.equal(x);
    const marked = t.with({ free: (v, _, min, max) => v.add(min, max) });
    expect(marked.free(x, 0, y)).to.equal(t.add(t.zeros([]), y));
  });

  it("records a fact once, and none about a constant", () => {
    const fact = t.fact(x, y, "h");
    expect(t.fact(x, y, "h")).to.deep.equal(fact);
    expect(t.fact(fact.lower, fact.upper, "h")).to.deep.equal(fact);
    expect(fact.lower).not.to.equal(t.fact(x, y, "other").lower);
    expect(t.fact(t.zeros([2]), x, "h").lower).to.equal(t.zeros([2]));
  });
});
