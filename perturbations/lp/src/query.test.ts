import { expect } from "chai";
import { box, lp } from "./index.js";

describe("lp(…) and box(…) say what a query says", () => {
  it("names the usual norms", () => {
    expect(lp({ norm: Infinity, eps: 0.1 })).to.deep.equal({ type: "linf", eps: 0.1 });
    expect(lp({ norm: 2, eps: 0.1, over: "all" })).to.deep.equal({ type: "l2", eps: 0.1, over: "all" });
    expect(lp({ norm: 1, eps: [1, 0] })).to.deep.equal({ type: "l1", eps: [1, 0] });
    expect(lp({ norm: 3, eps: new Float32Array([0.5]) })).to.deep.equal({ type: "lp", p: 3, eps: [0.5] });
    expect(box({ lower: [0], upper: new Float64Array([1]) })).to.deep.equal({ type: "box", lower: [0], upper: [1] });
  });

  it("gives values that nobody can change", () => {
    const eps = [1, 2];
    const query = lp({ norm: 2, eps });
    eps[0] = 3;
    expect(query["eps"]).to.deep.equal([1, 2]);
    expect(Object.isFrozen(query)).to.equal(true);
    expect(Object.isFrozen(query["eps"])).to.equal(true);
    expect(Object.isFrozen(box({ lower: [0], upper: [1] })["lower"])).to.equal(true);
  });
});
