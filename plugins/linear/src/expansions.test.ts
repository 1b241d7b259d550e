import { expect } from "chai";
import { callsOf, ones, type Call } from "@lirpa/conformance/kit";
import type { Subgraph } from "@lirpa/core/plugin";
import plugin from "./index.js";

const { prepared } = callsOf(plugin);

function expansion(call: Call, names?: readonly string[]): Subgraph | undefined {
  const { context, attributeContext } = prepared(call);
  const rule = plugin.operators.find(({ type }) => type === call.type)!;
  return rule.expand?.(context.attributes, names === undefined ? attributeContext : { ...attributeContext, names });
}

const typesOf = (subgraph: Subgraph | undefined): string[] | undefined => subgraph?.nodes.map(({ type }) => type);

describe("Gemm", () => {
  const gemm = (attributes: Call["attributes"], ...more: ReturnType<typeof ones>[]): Call => ({
    type: "Gemm",
    inputs: [ones(2, 2), ones(2, 2), ...more],
    ...(attributes && { attributes }),
  });

  it("has scales other than one as factors of their own, since its own products have no coefficients", () => {
    expect(typesOf(expansion(gemm({ alpha: 2 })))).deep.equal(["Mul", "Gemm"]);
    expect(typesOf(expansion(gemm({ alpha: 2, beta: 3 }, ones(2))))).deep.equal(["Mul", "Mul", "Gemm"]);
    const product = expansion(gemm({ beta: 3, transB: 1 }, ones(2)))!.nodes.find(({ type }) => type === "Gemm")!;
    expect(product.attributes).deep.equal({ transA: 0, transB: 1 });
  });

  it("stays as it is where there is nothing to scale", () => {
    expect(expansion(gemm({}))).equal(undefined);
    expect(expansion(gemm({ beta: 3 }))).equal(undefined);
  });
});

describe("Mul", () => {
  it("is a square where both factors are one value", () => {
    const call: Call = { type: "Mul", inputs: [ones(2), ones(2)] };
    expect(typesOf(expansion(call, ["x", "x"]))).deep.equal(["Square"]);
    expect(expansion(call, ["x", "y"])).equal(undefined);
  });
});

describe("Div", () => {
  it("by what is no constant is the product with a reciprocal", () => {
    const call: Call = { type: "Div", inputs: [ones(2), ones(2)] };
    expect(typesOf(expansion(call))).deep.equal(["Reciprocal", "Mul"]);
    expect(expansion({ ...call, constants: [1] })).equal(undefined);
  });
});
