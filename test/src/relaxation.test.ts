import { expect } from "chai";
import { defineOperator, definePlugin, type Operator, type RelaxRule } from "@lirpa/core/plugin";
import { isLirpaError, lp, perturbed, type LirpaError } from "lirpa";
import { graph, referenceLirpa } from "./graphs.js";

const DOMAIN = "com.example";

/** max(x, 0) between a chord and zero, or between the chord and its own slope. */
const lines =
  (lower: "zero" | "same-slope"): RelaxRule<unknown> =>
  ({ t }, interval) => {
    const [below, above] = [t.min(interval.lower, 0), t.relu(interval.upper)];
    const slope = t.div(above, t.max(t.sub(above, below), 1e-30));
    return {
      lower: { slope: lower === "zero" ? 0 : slope, intercept: 0 },
      upper: { slope, intercept: t.neg(t.mul(slope, below)) },
    };
  };
const bend: Operator = defineOperator({
  type: "Bend",
  domain: DOMAIN,
  sinceVersion: 1,
  kind: "elementwise",
  inputs: ["x"],
  monotone: "increasing",
  forward: ({ t }, x) => t.relu(x),
  relax: { lines: { zero: lines("zero"), "same-slope": lines("same-slope") }, default: "zero" },
});
const half: Operator = defineOperator({
  type: "Half",
  domain: DOMAIN,
  sinceVersion: 1,
  kind: "linear",
  inputs: ["x"],
  nonnegative: true,
  forward: ({ t }, x) => t.mul(x!, 0.5),
});
const lirpa = referenceLirpa([definePlugin({ name: "a-stranger", apiVersion: 2, operators: [bend, half] })]);
const model = lirpa.model({
  ...graph(
    { x: [1, 2] },
    { w: { shape: [2, 2], dtype: "float", data: Float64Array.of(1, -1, 0.5, 2) } },
    [
      ["MatMul", ["x", "w"], ["h"]],
      ["Bend", ["h"], ["r"], {}, DOMAIN],
      ["ReduceSum", ["r"], ["y"], { keepdims: 0 }],
    ],
    ["y"],
  ),
  opsets: new Map([
    ["", 17],
    [DOMAIN, 1],
  ]),
});
const inputs = { x: perturbed([0.1, -0.2], lp({ norm: Infinity, eps: 0.5 })) };

async function refusal(relaxation: unknown): Promise<LirpaError> {
  const error: unknown = await model.bounds(inputs, { relaxation: relaxation as Record<string, string> }).then(
    () => expect.fail("accepted"),
    (reason: unknown) => reason,
  );
  if (!isLirpaError(error)) throw error;
  expect(error.code).to.equal("LIRPA_OPTION");
  return error;
}

describe("the option relaxation", () => {
  it("chooses the lines of a stranger's operator by domain and type, as it does those of ONNX's", async () => {
    const plain = await model.bounds(inputs);
    const chosen = await model.bounds(inputs, { relaxation: { [`${DOMAIN}:Bend`]: "same-slope" } });
    expect(chosen.lower[0]).to.be.lessThan(plain.lower[0]! - 1e-3);
    expect((await model.bounds(inputs, { relaxation: { [`${DOMAIN}:Bend`]: "zero" } })).lower).to.deep.equal(
      plain.lower,
    );
  });

  it("may name operators that the model has not", async () => {
    await model.bounds(inputs, { relaxation: { Relu: "zero", Mul: "middle" } });
  });

  for (const [what, relaxation, message, hint] of [
    [
      "lines that a stranger's operator has not",
      { [`${DOMAIN}:Bend`]: "nonsense" },
      /Bend has no relaxation called nonsense/,
      /offers zero, same-slope/,
    ],
    ["a misspelt name of lines", { [`${DOMAIN}:Bend`]: "same-slop" }, /same-slop/, /Did you mean same-slope\?/],
    [
      "lines that an operator of ONNX has not",
      { Relu: "nonsense" },
      /Relu has no relaxation called nonsense/,
      /offers adaptive/,
    ],
    [
      "lines of an operator that is not in the model",
      { Abs: "nonsense" },
      /Abs has no relaxation called nonsense/,
      /adaptive/,
    ],
    [
      "lines of an operator that draws them in one way alone",
      { Tanh: "adaptive" },
      /Tanh has no relaxation to choose/,
      /Leave Tanh out/,
    ],
    ["lines of a product", { Mul: "midle" }, /Mul has no relaxation called midle/, /Did you mean middle\?/],
    [
      "a type without its domain",
      { Bend: "same-slope" },
      /operator "Bend", which no plugin provides/,
      /Did you mean com\.example:Bend\?/,
    ],
    ["a misspelt operator", { Rleu: "zero" }, /operator "Rleu"/, /Did you mean Relu\?/],
    ["an unknown operator", { "no.such:Thing": "zero" }, /operator "no\.such:Thing"/, /operator types/],
    ["an operator that has no lines", { [`${DOMAIN}:Half`]: "adaptive" }, /Half has no relaxation to choose/, /Leave/],
    ["what every object inherits, as lines", { Relu: "constructor" }, /no relaxation called constructor/, /offers/],
    [
      "what every object inherits, as lines of a stranger's",
      { [`${DOMAIN}:Bend`]: "toString" },
      /no relaxation called toString/,
      /offers/,
    ],
    ["a prototype as lines", { Relu: "__proto__" }, /no relaxation called __proto__/, /offers/],
    ["what every object inherits, as an operator", { constructor: "zero" }, /operator "constructor"/, /operator types/],
    ["a prototype as an operator", JSON.parse('{ "__proto__": "zero" }'), /operator "__proto__"/, /operator types/],
    ["lines that are no name", { Relu: 1 }, /no relaxation called 1/, /offers/],
    ["no object", "Relu", /relaxation is no object/, /by operator/],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const error = await refusal(relaxation);
      expect(error.message).to.match(message);
      expect(error.hint).to.match(hint);
    });
  }
});
