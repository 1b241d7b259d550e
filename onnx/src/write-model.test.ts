import { isLirpaError, type Graph, type GraphNode } from "@lirpa/core";
import type { AttributeType, AttributeValue, HostTensor } from "@lirpa/core/plugin";
import { expect } from "chai";
import * as fc from "fast-check";
import onnxProto from "onnx-proto";
import { readModel, writeModel } from "./index.js";

const act: GraphNode = { name: "act", type: "Relu", domain: "", inputs: ["x"], outputs: ["y"], attributes: {} };

/** x [batch, 2] → Relu → y, changed as a test wishes. */
function small(changes: Partial<Graph> = {}, node: Partial<GraphNode> = {}): Graph {
  return {
    name: "small",
    inputs: [{ name: "x", shape: ["batch", 2], dtype: "float" }],
    outputs: ["y"],
    initializers: new Map(),
    nodes: [{ ...act, ...node }],
    opsets: new Map([["", 17]]),
    ...changes,
  };
}

function refusal(graph: Graph): string {
  try {
    writeModel(graph);
  } catch (error) {
    if (isLirpaError(error)) return `${error.code}: ${error.problem}`;
    throw error;
  }
  return "written";
}

const tensor = (dtype: HostTensor["dtype"], shape: readonly number[], ...data: number[]): HostTensor => ({
  shape,
  dtype,
  data: dtype === "float" ? Float32Array.from(data) : Float64Array.from(data),
});
/** As the importer delivers floats. */
const float = fc.float({ noNaN: true });
const integer = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(2 ** 63, -(2 ** 63), 0));
const element = (names: readonly string[], min: number, max: number) =>
  fc.tuple(fc.constantFrom(...names), fc.array(fc.integer({ min, max }), { maxLength: 4 }));

/** A value of each type that an attribute may have. */
const attributes: fc.Arbitrary<readonly [AttributeType, AttributeValue]> = fc.oneof(
  fc.tuple(fc.constant("FLOAT" as const), float),
  fc.tuple(fc.constant("INT" as const), integer),
  fc.tuple(fc.constant("STRING" as const), fc.string({ unit: "grapheme" })),
  fc.tuple(fc.constant("FLOATS" as const), fc.array(float)),
  fc.tuple(fc.constant("INTS" as const), fc.array(integer)),
  fc.tuple(fc.constant("STRINGS" as const), fc.array(fc.string({ unit: "grapheme" }))),
  fc.array(float).map((data) => ["TENSOR", tensor("float", [data.length], ...data)] as const),
  fc.array(integer).map((data) => ["TENSOR", tensor("int", [data.length], ...data)] as const),
  fc.array(fc.nat(1)).map((data) => ["TENSOR", tensor("bool", [1, data.length], ...data)] as const),
  element(["INT8", "INT16", "INT32"], -128, 127).map(
    ([name, data]) => [`TENSOR ${name}` as const, tensor("int", [data.length], ...data)] as const,
  ),
  element(["UINT8", "UINT16", "UINT32", "UINT64"], 0, 255).map(
    ([name, data]) => [`TENSOR ${name}` as const, tensor("int", [data.length], ...data)] as const,
  ),
  // Exact in 8 bits of a fraction.
  element(["FLOAT16", "BFLOAT16"], -255, 255).map(
    ([name, data]) =>
      [`TENSOR ${name}` as const, tensor("float", [data.length], ...data.map((value) => value / 16))] as const,
  ),
  fc
    .array(fc.double({ noNaN: true }))
    .map((data) => ["TENSOR DOUBLE", { ...tensor("float", [data.length]), data: Float64Array.from(data) }] as const),
);

describe("a graph that is written", () => {
  it("is the same when it is read again: names, sizes, weights, opsets, and the order of all of them", async () => {
    const weights = new Map([
      ["w", tensor("float", [2, 2], 1, -0.5, Infinity, -0)],
      ["n", tensor("int", [], 7)],
      ["b", tensor("bool", [2], 1, 0)],
    ]);
    const graph = small({
      initializers: weights,
      outputs: ["y", "n"],
      nodes: [
        { ...act, inputs: ["x", "", "w"], outputs: ["h", ""] },
        { ...act, name: "b", domain: "com.example", inputs: ["h"] },
      ],
      opsets: new Map([
        ["", 21],
        ["com.example", 3],
      ]),
    });
    const again = await readModel(writeModel(graph));
    // The type of an output that is no input and no initializer is known to whoever runs the nodes.
    expect(again).to.deep.equal({ ...graph, elementTypes: new Map([["n", "INT64"]]) });
    expect(Object.is([...again.initializers.get("w")!.data].at(-1), -0)).to.equal(true);
  });

  it("keeps what ONNX's types say and dtypes do not", async () => {
    const graph = small({
      inputs: [
        { name: "x", shape: [2], dtype: "float" },
        { name: "i", shape: ["n"], dtype: "int" },
      ],
      initializers: new Map([["w", { shape: [2], dtype: "float", data: Float64Array.of(0.1, 1e300) }]]),
      elementTypes: new Map([
        ["y", "DOUBLE"],
        ["x", "DOUBLE"],
        ["i", "INT32"],
        ["w", "DOUBLE"],
      ]),
    });
    expect(await readModel(writeModel(graph))).to.deep.equal(graph);
  });

  it("keeps the attributes of a node as they were typed", async () => {
    const names = fc.dictionary(fc.constantFrom("alpha", "axis", "__proto__", "ü"), attributes, {
      noNullPrototype: true,
    });
    await fc.assert(
      fc.asyncProperty(names, async (typed) => {
        const entries = Object.entries(typed);
        const part = <T>(at: 0 | 1): Record<string, T> =>
          Object.fromEntries(entries.map(([name, both]) => [name, both[at] as T]));
        const graph = small({}, { attributes: part<AttributeValue>(1), attributeTypes: part<AttributeType>(0) });
        const [node] = (await readModel(writeModel(graph))).nodes;
        expect(node!.attributes).to.deep.equal(graph.nodes[0]!.attributes);
        expect(node!.attributeTypes ?? {}).to.deep.equal(graph.nodes[0]!.attributeTypes);
      }),
    );
  });

  it("needs no types where a value can be of one only", async () => {
    const value = tensor("float", [1], 2);
    const given = { epsilon: 0.5, pads: [0.5, 1], mode: "same", names: ["a"], value };
    const [node] = (await readModel(writeModel(small({}, { attributes: given })))).nodes;
    expect(node!.attributes).to.deep.equal(given);
    expect(node!.attributeTypes).to.deep.equal({
      epsilon: "FLOAT",
      pads: "FLOATS",
      mode: "STRING",
      names: "STRINGS",
      value: "TENSOR",
    });
  });

  it("is in the oldest format that carries its opset", () => {
    const version = (opset: number): number =>
      Number(onnxProto.onnx.ModelProto.decode(writeModel(small({ opsets: new Map([["", opset]]) }))).irVersion);
    expect([8, 17, 18, 19, 21, 23].map(version)).to.deep.equal([8, 8, 8, 9, 10, 11]);
  });

  it("rounds halves to the nearest, ties to even", async () => {
    const [tiny, least] = [2 ** -24, 2 ** -14];
    const values = [1 + 2 ** -11, 1 + 3 * 2 ** -11, 65519, 65520, -1e9, tiny / 2, 0.75 * tiny, least - tiny / 4, 0.1];
    const nearest = [1, 1 + 2 ** -9, 65504, Infinity, -Infinity, 0, tiny, least, 0.0999755859375];
    const graph = small({
      initializers: new Map([["w", tensor("float", [9], ...values)]]),
      elementTypes: new Map([["w", "FLOAT16"]]),
    });
    expect([...(await readModel(writeModel(graph))).initializers.get("w")!.data]).to.deep.equal(nearest);
    const brain = small({
      initializers: new Map([["w", tensor("float", [3], 1 + 2 ** -8, 1 + 3 * 2 ** -8, -3e38)]]),
      elementTypes: new Map([["w", "BFLOAT16"]]),
    });
    expect([...(await readModel(writeModel(brain))).initializers.get("w")!.data]).to.deep.equal([
      1,
      1 + 2 ** -6,
      -226 * 2 ** 120,
    ]);
  });
});

describe("a graph that cannot be written is refused:", () => {
  const weight = (value: HostTensor, type?: string): Graph =>
    small({
      initializers: new Map([["w", value]]),
      ...(type !== undefined && { elementTypes: new Map([["w", type]]) }),
    });
  const attribute = (value: AttributeValue, type?: string): Graph =>
    small(
      {},
      { attributes: { a: value }, ...(type !== undefined && { attributeTypes: { a: type as AttributeType } }) },
    );
  const cases: readonly (readonly [string, Graph, RegExp])[] = [
    [
      "an integer of no stated type",
      attribute(1),
      /the attribute "a" of node "act" \(Relu\) may be an integer or a float: the graph says no type/,
    ],
    ["integers of no stated type", attribute([1, 2]), /may be an integer or a float/],
    ["an empty list of no stated type", attribute([]), /may be an integer or a float/],
    ["a fraction as INT", attribute(0.5, "INT"), /the attribute "a" of node "act" \(Relu\) is no INT/],
    ["an integer beyond int64", attribute(2 ** 64, "INT"), /is no INT/],
    ["a word as FLOATS", attribute("b", "FLOATS"), /is no FLOATS/],
    ["NaN", attribute(NaN, "FLOAT"), /is no FLOAT/],
    ["a type that there is not", attribute(1, "GRAPH"), /is no GRAPH/],
    [
      "a fraction among integers",
      weight(tensor("int", [2], 1, 0.5)),
      /the initializer "w" holds 0\.5 \(element 1\), which is no INT64/,
    ],
    [
      "an integer beyond its type",
      weight(tensor("int", [1], 200), "INT8"),
      /holds 200 \(element 0\), which is no INT8/,
    ],
    ["a truth value that is none", weight(tensor("bool", [1], 2)), /holds 2 \(element 0\), which is no BOOL/],
    ["floats as integers", weight(tensor("float", [1], 2), "INT32"), /holds floats, which are no INT32/],
    [
      "an element type that there is not",
      weight(tensor("float", [1], 2), "FLOAT4"),
      /holds floats, which are no FLOAT4/,
    ],
    [
      "an input of such a type",
      small({ elementTypes: new Map([["x", "FLOAT4"]]) }),
      /the input "x" has the element type FLOAT4/,
    ],
    [
      "a shape of other size",
      weight(tensor("float", [3], 2)),
      /the initializer "w" has 1 elements for the shape \[3\]/,
    ],
    [
      "a domain without opset",
      small({}, { domain: "com.example" }),
      /is of the domain "com\.example", of which the graph gives no opset/,
    ],
    ["no graph", {} as Graph, /what was given is no graph/],
    ["nothing", undefined as unknown as Graph, /what was given is no graph/],
  ];
  for (const [name, graph, message] of cases) {
    it(name, () => {
      expect(refusal(graph))
        .to.match(message)
        .and.to.match(/^LIRPA_GRAPH/);
    });
  }
});
