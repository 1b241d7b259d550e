import { expect } from "chai";
import { compare, meanWidth, summarize } from "./statistics.js";

describe("the bench's numbers", () => {
  it("are medians with quartiles, whatever the order", () => {
    expect(summarize([5, 1, 3])).to.deep.equal({ median: 3, min: 1, quartiles: [2, 4], runs: 3 });
    expect(summarize([4, 2]).median).to.equal(3);
  });

  it("are mean widths", () => {
    expect(meanWidth({ lower: [0, 1], upper: [1, 4] })).to.equal(2);
  });

  it("say how far bounds lie from known ones, and on which side", () => {
    const known = { lower: [0, 0], upper: [1, 1] };
    expect(compare({ lower: [0.5, 0], upper: [1, 1.25] }, known)).to.deep.equal({ difference: 0.5, looser: 0.25 });
    expect(compare({ lower: [0.5, 0.5], upper: [0.5, 0.5] }, known)).to.deep.equal({ difference: 0.5, looser: -0.5 });
    expect(compare({ lower: [NaN, 0], upper: [1, 1] }, known).difference).to.satisfy(Number.isNaN);
  });

  it("of more instances than are known leave the rest out", () => {
    expect(compare({ lower: [0, 9], upper: [1, 9] }, { lower: [0], upper: [1] }).difference).to.equal(0);
  });
});
