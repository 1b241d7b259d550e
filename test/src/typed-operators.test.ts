import { composeLirpa as compose } from "@lirpa/core";
import { defineFusion, defineOperator, definePlugin, type Tensor } from "@lirpa/core/plugin";
import { referenceExecutor } from "@lirpa/executor-reference";
import { expect } from "chai";

// What a rule gets is typed by the names of the inputs. Lines that must not compile are marked: the compiler refuses a
// mark without an error.

const common = { domain: "typed", sinceVersion: 1 } as const;
const first = (_: unknown, x: Tensor): Tensor => x;

describe("a rule's parameters", () => {
  it("are tensors where the input is always there, and may be undefined where it is not", () => {
    defineOperator({
      ...common,
      type: "Optional",
      kind: "linear",
      inputs: ["x", "bias?"],
      nonnegative: true,
      forward: ({ t }, x, bias) => (bias === undefined ? x : t.add(x, bias)),
    });
    defineOperator({
      ...common,
      type: "Unchecked",
      kind: "linear",
      inputs: ["x", "bias?"],
      nonnegative: true,
      // @ts-expect-error bias may be undefined
      forward: ({ t }, x, bias) => t.add(x, bias),
    });
  });

  it("are any number of tensors for inputs without end", () => {
    defineOperator({
      ...common,
      type: "Rest",
      kind: "linear",
      inputs: ["first", "others..."],
      data: ["first", "others"],
      nonnegative: true,
      forward: ({ t }, x, ...others) => others.reduce((sum, other) => t.add(sum, other), x),
    });
  });

  it("are no more than there are inputs", () => {
    defineOperator({
      ...common,
      type: "TooMany",
      kind: "linear",
      inputs: ["x", "y"],
      nonnegative: true,
      // @ts-expect-error there is no third input
      forward: (_, x, y, z) => z,
    });
  });

  it("are intervals in rules of operators that write their own, one for each input", () => {
    defineOperator({
      ...common,
      type: "Own",
      kind: "custom",
      inputs: ["x", "y?"],
      forward: first,
      interval: (_, x, y) => ({ lower: x.lower, upper: (y ?? x).upper }),
      backward: ({ t }, [a], [x, y]) => ({
        inputs: [a, y === undefined ? undefined : a],
        bias: { lower: t.dot(a.lower, x.lower), upper: t.dot(a.upper, x.upper) },
      }),
    });
  });
});

describe("names of inputs in other fields", () => {
  it("are those that the operator has, without their marks", () => {
    defineOperator({
      ...common,
      type: "Data",
      kind: "linear",
      inputs: ["x", "bias?"],
      data: ["x", "bias"],
      nonnegative: true,
      forward: first,
    });
    defineOperator({
      ...common,
      type: "Data",
      kind: "linear",
      inputs: ["x", "bias?"],
      // @ts-expect-error no input is called y
      data: ["y"],
      nonnegative: true,
      forward: first,
    });
  });
});

describe("what no type can hold", () => {
  const started = (...parts: Parameters<typeof definePlugin>): unknown =>
    compose({ plugins: [definePlugin(...parts)], executor: referenceExecutor() });
  const relax = () => ({ lower: { slope: 1, intercept: 0 }, upper: { slope: 1, intercept: 0 } });
  const same = defineOperator({
    ...common,
    type: "Same",
    kind: "elementwise",
    inputs: ["x", "y"],
    monotone: "increasing",
    forward: first,
    relax,
  });

  it("is refused when plugins are put together: a fusion that gives an operator too few inputs", () => {
    const fusion = defineFusion({
      name: "half",
      patterns: [{ type: "Relu", inputs: ["x"] }],
      operator: same,
      inputs: ["x"],
    });
    expect(() => started({ name: "odd", apiVersion: 2, operators: [same], fusions: [fusion] })).to.throw(
      "[odd] the fusion half gives 1 inputs to typed:Same. It takes x, y.",
    );
  });

  it("is refused when plugins are put together: an elementwise operator whose elements may be missing", () => {
    const odd = defineOperator({
      ...common,
      type: "Odd",
      kind: "elementwise",
      inputs: ["x?"],
      monotone: "increasing",
      forward: first,
      relax,
    });
    expect(() => started({ name: "odd", apiVersion: 2, operators: [odd] })).to.throw(
      /typed:Odd has no first input that is always there/,
    );
  });
});
