import { expect } from "chai";
import { defineOperator, definePlugin, flag, unsupportedAttribute, type Operator } from "@lirpa/core/plugin";
import { PluginRegistry, resolveGraph } from "@lirpa/core";
import { graph } from "./graphs.js";

const read: string[] = [];
/** Refuses where its attribute says so; notes each node that it is asked of. */
const picky: Operator = defineOperator({
  type: "Picky",
  sinceVersion: 1,
  kind: "linear",
  inputs: ["X"],
  nonnegative: true,
  attributes: { refuse: flag(false) },
  derive: ({ refuse }, { node }) => {
    read.push(node);
    if (refuse) throw unsupportedAttribute(`node ${node}: refused`);
    return {};
  },
  forward: ({ t }, x) => t.mul(x, 3),
});
const halfway: Operator = defineOperator({
  type: "Halfway",
  sinceVersion: 1,
  kind: "composite",
  inputs: ["X"],
  expand: () => ({
    nodes: [
      { name: "first", type: "Picky", inputs: ["inputs.0"], outputs: ["h"] },
      { name: "second", type: "Picky", inputs: ["h"], outputs: ["outputs.0"], attributes: { refuse: 1 } },
    ],
  }),
});
const registry = PluginRegistry.from([definePlugin({ name: "pack", apiVersion: 2, operators: [picky, halfway] })]);
const net = graph(
  { x: [2] },
  {},
  [
    ["Picky", ["x"], ["a"]],
    ["Halfway", ["a"], ["b"]],
    ["Picky", ["b"], ["c"]],
    ["Picky", ["a"], ["d"], { refuse: 1 }],
    ["Picky", ["a"], ["e"]],
  ],
  ["c", "e"],
);
const shapes = new Map([["x", [2]]]);

describe("a graph with nodes that are refused", () => {
  beforeEach(() => read.splice(0));

  it("is refused as a whole where nobody asks for more", () => {
    expect(() => resolveGraph(net, registry, { shapes })).to.throw(/Halfway_1\/second: refused/);
    expect(() => resolveGraph(net, registry, { shapes, onRefusal: () => "throw" })).to.throw(/refused/);
  });

  it("is resolved without them, their parts and what depends on them, and each is told of", () => {
    const refused: [string, string][] = [];
    const resolved = resolveGraph(net, registry, {
      shapes,
      onRefusal: ({ name }, { code }) => (refused.push([name, code]), "skip"),
    });
    expect(refused).to.deep.equal([
      ["Halfway_1", "LIRPA_UNSUPPORTED_ATTRIBUTE"],
      ["Picky_3", "LIRPA_UNSUPPORTED_ATTRIBUTE"],
    ]);
    expect(resolved.nodes.map(({ name }) => name)).to.deep.equal(["Picky_0", "Picky_4"]);
    expect(resolved.outputs.map(({ name }) => name)).to.deep.equal(["e"]);
  });

  it("is read once, however many are refused", () => {
    resolveGraph(net, registry, { shapes, onRefusal: () => "skip" });
    expect(read).to.deep.equal(["Picky_0", "Halfway_1/first", "Halfway_1/second", "Picky_3", "Picky_4"]);
  });
});
