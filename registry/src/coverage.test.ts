import { defineFusion, defineOperator, definePlugin, oneOf, type HostTensor, type Operator } from "@lirpa/core/plugin";
import { standardMethods, PluginRegistry, type Graph, type GraphNode } from "@lirpa/core";
import { expect } from "chai";
import { coverage, type CoveredNode } from "./coverage.js";

const linear = (type: string): Operator =>
  defineOperator({
    type,
    sinceVersion: 1,
    kind: "linear",
    inputs: ["X"],
    nonnegative: true,
    forward: ({ t }, x) => t.mul(x!, 2),
  });
const picky: Operator = defineOperator({
  type: "Picky",
  sinceVersion: 1,
  kind: "linear",
  inputs: ["X"],
  nonnegative: true,
  attributes: { mode: oneOf(["plain", "odd"], "plain").only("plain") },
  forward: ({ t }, x) => t.mul(x!, 3),
});
const twice: Operator = defineOperator({
  type: "Twice",
  sinceVersion: 1,
  kind: "composite",
  inputs: ["X"],
  expand: () => ({
    nodes: [
      { name: "first", type: "Double", inputs: ["inputs.0"], outputs: ["h"] },
      { name: "second", type: "Peak", inputs: ["h"], outputs: ["outputs.0"] },
    ],
  }),
});
const peak: Operator = defineOperator({
  type: "Peak",
  sinceVersion: 1,
  kind: "custom",
  inputs: ["X"],
  forward: ({ t }, x) => t.relu(x!),
  interval: ({ t }, x) => ({ lower: t.relu(x!.lower), upper: t.relu(x!.upper) }),
});
const pack = definePlugin({ name: "pack", apiVersion: 2, operators: [linear("Double"), picky, twice, peak] });
const registry = PluginRegistry.from([pack], {
  Gelu: { package: "@lirpa/plugin-smooth" },
  "com.example:Frob": { package: "lirpa-plugin-frob", installed: true },
});

function graph(
  nodes: readonly (readonly [type: string, input: string, output: string, fields?: Partial<GraphNode>])[],
  initializers: Readonly<Record<string, HostTensor>> = {},
): Graph {
  return {
    name: "test",
    inputs: [{ name: "x", shape: ["batch", 2], dtype: "float" }],
    outputs: [nodes.at(-1)![2]],
    initializers: new Map(Object.entries(initializers)),
    nodes: nodes.map(([type, input, output, fields]): GraphNode => ({
      name: `to-${output}`,
      type,
      domain: "",
      inputs: [input],
      outputs: [output],
      attributes: {},
      ...fields,
    })),
    opsets: new Map([
      ["", 17],
      ["com.example", 1],
    ]),
  };
}

describe("coverage", () => {
  const byName = (nodes: readonly CoveredNode[]): Record<string, CoveredNode> =>
    Object.fromEntries(nodes.map((node) => [node.node, node]));

  it("says for each node its rule's kind, its plugin and the methods", () => {
    const { complete, nodes } = coverage(
      graph([
        ["Double", "x", "a"],
        ["Peak", "a", "y"],
      ]),
      registry,
      { methods: standardMethods },
    );
    expect(complete).to.equal(true);
    expect(nodes[0]).to.deep.include({
      node: "to-a",
      operator: "Double",
      opset: 17,
      status: "covered",
      kind: "linear",
      plugin: "pack",
    });
    expect(Object.keys(nodes[0]!.methods)).to.deep.equal(standardMethods.map(({ name }) => name));
    expect(new Set(Object.values(nodes[0]!.methods))).to.deep.equal(new Set(["tight"]));
    expect(nodes[1]!.methods).to.include({
      ibp: "tight",
      "crown-ibp": "loose",
      crown: "loose",
      forward: "loose",
      "forward+crown": "loose",
    });
  });

  it("lists the parts of a composite, which is as loose as the loosest", () => {
    const { nodes } = coverage(graph([["Twice", "x", "y"]]), registry, { methods: standardMethods });
    expect(nodes[0]).to.deep.include({ status: "covered", kind: "composite" });
    expect(nodes[0]!.parts!.map(({ node, operator, kind }) => [node, operator, kind])).to.deep.equal([
      ["to-y/first", "Double", "linear"],
      ["to-y/second", "Peak", "custom"],
    ]);
    expect(nodes[0]!.methods).to.include({ ibp: "tight", crown: "loose", forward: "loose" });
  });

  it("tells nodes of a formula that another operator stands for", () => {
    const formula = defineFusion({
      name: "six",
      patterns: [{ type: "Double", inputs: [{ type: "Triple", inputs: ["x"] }] }],
      operator: linear("Six"),
      inputs: ["x"],
    });
    const fusing = PluginRegistry.from([
      definePlugin({
        name: "pack",
        apiVersion: 2,
        operators: [linear("Double"), linear("Triple")],
        fusions: [formula],
      }),
    ]);
    const { nodes, complete } = coverage(
      graph([
        ["Triple", "x", "a"],
        ["Double", "a", "y"],
      ]),
      fusing,
      { methods: standardMethods },
    );
    expect(complete).to.equal(true);
    expect(nodes[0]).to.deep.include({ status: "fused", into: "to-y" });
    expect(nodes[1]).to.deep.include({ status: "covered", kind: "linear", plugin: "pack" });
    const both = coverage(
      {
        ...graph([
          ["Triple", "x", "a"],
          ["Double", "a", "y"],
        ]),
        outputs: ["a", "y"],
      },
      fusing,
    );
    expect(both.nodes.map(({ status }) => status)).to.deep.equal(["covered", "covered"]);
  });

  it("tells nodes that are constant", () => {
    const { nodes, complete } = coverage(
      graph(
        [
          ["Double", "w", "a"],
          ["Double", "x", "y"],
        ],
        { w: { shape: [2], dtype: "float", data: Float32Array.of(1, 2) } },
      ),
      registry,
    );
    expect(nodes.map(({ status }) => status)).to.deep.equal(["constant", "covered"]);
    expect(complete).to.equal(true);
  });

  it("names what is missing, near names, the package to install, and goes on", () => {
    const { complete, nodes } = coverage(
      graph([
        ["Duoble", "x", "a"],
        ["Gelu", "a", "b"],
        ["Double", "x", "c"],
        ["Twice", "c", "d"],
        ["Frobnicate", "d", "e", { domain: "com.example" }],
        ["Double", "e", "y"],
      ]),
      registry,
    );
    expect(complete).to.equal(false);
    const { "to-a": a, "to-b": b, "to-c": c, "to-d": d, "to-e": e, "to-y": y } = byName(nodes);
    expect([a, b, c, d, e, y].map((node) => node!.status)).to.deep.equal([
      "missing",
      "missing",
      "covered",
      "covered",
      "missing",
      "covered",
    ]);
    expect(a!.problem!.hint).to.equal("Did you mean Double?");
    expect(b!.problem!.hint).to.include("@lirpa/plugin-smooth");
    expect(b!.problem!.details["package"]).to.equal("@lirpa/plugin-smooth");
    expect(d!.parts).to.have.length(2);
    expect(e!.problem!.message).to.include("Frobnicate of domain com.example");
  });

  it("knows what is installed, but not allowed", () => {
    const { nodes } = coverage(graph([["Frob", "x", "y", { domain: "com.example" }]]), registry);
    expect(nodes[0]!.problem!.hint).to.include("Add lirpa-plugin-frob, which is installed, to lirpa.plugins");
  });

  it("tells each use that a rule refuses, though nothing else is missing", () => {
    const odd = { attributes: { mode: "odd" } };
    const { complete, nodes } = coverage(
      graph([
        ["Picky", "x", "a", odd],
        ["Double", "a", "b"],
        ["Picky", "x", "c"],
        ["Picky", "c", "y", odd],
      ]),
      registry,
    );
    expect(complete).to.equal(false);
    expect(nodes.map(({ status }) => status)).to.deep.equal(["refused", "covered", "covered", "refused"]);
    expect(nodes[0]!.problem!.code).to.equal("LIRPA_UNSUPPORTED_ATTRIBUTE");
    expect(nodes[3]!.problem!.hint).to.equal("Supported: plain.");
  });

  it("tells where a perturbation would reach an input that the rule takes as fixed", () => {
    const scaled: Operator = defineOperator({
      type: "Scaled",
      sinceVersion: 1,
      kind: "linear",
      inputs: ["X", "scale"],
      nonnegative: true,
      forward: ({ t }, x, scale) => t.mul(x!, scale!),
    });
    const scaling = PluginRegistry.from([
      definePlugin({ name: "scaling", apiVersion: 2, operators: [scaled, linear("Double")] }),
    ]);
    const model = graph(
      [
        ["Double", "x", "s"],
        ["Scaled", "x", "a", { inputs: ["x", "w"] }],
        ["Scaled", "a", "y", { inputs: ["a", "s"] }],
      ],
      { w: { shape: [2], dtype: "float", data: Float32Array.of(1, 2) } },
    );
    const { nodes, complete } = coverage(model, scaling);
    expect(complete).to.equal(false);
    expect(nodes.map(({ status }) => status)).to.deep.equal(["covered", "covered", "refused"]);
    expect(nodes[2]!.problem!.message).to.include(
      "takes its input scale as fixed, but s depends on the model's inputs",
    );
  });

  it("finds an operator that is missing within a composite", () => {
    const half = PluginRegistry.from([
      definePlugin({ name: "half", apiVersion: 2, operators: [linear("Double"), twice] }),
    ]);
    const { complete, nodes } = coverage(
      graph([
        ["Double", "x", "a"],
        ["Twice", "a", "y"],
      ]),
      half,
    );
    expect(complete).to.equal(false);
    expect(nodes[1]).to.deep.include({ status: "refused", plugin: "half" });
    expect(nodes[1]!.problem!.message).to.include("Peak");
  });
});
