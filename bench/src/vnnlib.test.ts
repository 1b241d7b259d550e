import { expect } from "chai";
import { inputBox } from "./vnnlib.js";

const declared = "(declare-const X_0 Real)\n(declare-const X_1 Real)\n(declare-const Y_0 Real)\n";

describe("the input box of a VNN-LIB property", () => {
  it("is made of the limits of inputs; conditions on outputs and comments are not", () => {
    const text = [
      `${declared}; (assert (<= X_0 9))`,
      "(assert (<= X_0 1e-1))",
      "(assert (>= X_0",
      " -2))(assert (<= X_1 3)) (assert (>= X_1 3.0))",
      "(assert (<= Y_0 5))",
    ].join("\n");
    expect(inputBox(text)).to.deep.equal({ lower: [-2, 3], upper: [0.1, 3] });
  });

  it("is the first one of a disjunction", () => {
    const first = "(and (>= X_0 0) (<= X_0 1) (>= X_1 2) (<= X_1 3) (<= Y_0 0))";
    const second = "(and (>= X_0 4) (<= X_0 5) (>= X_1 6) (<= X_1 7) (>= Y_0 9))";
    const text = `${declared}(assert (or ${first} ${second}))`;
    expect(inputBox(text)).to.deep.equal({ lower: [0, 2], upper: [1, 3] });
  });

  it("is refused where an input has no limit", () => {
    expect(() => inputBox(`${declared}(assert (<= X_0 1)) (assert (>= X_0 0)) (assert (<= X_1 1))`)).to.throw("X_1");
  });
});
