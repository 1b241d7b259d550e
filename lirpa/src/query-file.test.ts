import { isLirpaError, type Graph } from "@lirpa/core";
import type { HostTensor } from "@lirpa/core/plugin";
import { expect } from "chai";
import { checkWeightShapes, readQuery } from "./query-file.js";

const input = { name: "x", center: [1, 2], perturbation: { type: "linf", eps: 0.1 } };

function read(query: unknown): ReturnType<typeof readQuery> {
  return readQuery(JSON.stringify(query));
}

/** Message and hint of the `LIRPA_QUERY` error that a query must end in. */
function complaint(query: unknown): string {
  try {
    if (typeof query === "string") readQuery(query);
    else read(query);
  } catch (error) {
    if (isLirpaError(error) && error.code === "LIRPA_QUERY") return `${error.message} ${error.hint ?? ""}`;
    throw error;
  }
  throw new Error("the query was taken");
}

describe("a query file", () => {
  it("gives centers and the sets around them", () => {
    const { inputs, options } = read({
      inputs: [input, { name: "y", center: [3], perturbation: null }, { name: "z", center: [4] }],
    });
    expect(inputs["x"]).to.deep.include({ center: [1, 2], set: { type: "linf", eps: 0.1 } });
    expect(inputs["y"], "fixed").to.deep.equal([3]);
    expect(inputs["z"], "fixed").to.deep.equal([4]);
    expect(options).to.deep.equal({});
  });

  it("may ask for rows, weights and relaxations", () => {
    const set = { type: "linf", eps: 0.01 };
    const { options } = read({
      inputs: [input],
      spec: [[1, -1]],
      weights: [{ name: "w", shape: [2], perturbation: set }],
      relaxation: { Relu: "zero" },
    });
    expect(options).to.deep.equal({ spec: [[1, -1]], weights: { w: set }, relaxation: { Relu: "zero" } });
  });

  it("may ask for rows of each instance's own", () => {
    const spec = [
      [
        [1, -1],
        [0, 1],
      ],
      [
        [-1, 1],
        [1, 0],
      ],
    ];
    expect(read({ inputs: [input], spec }).options.spec).to.deep.equal(spec);
    expect(complaint({ inputs: [input], spec: [[[1, -1]], 3] })).to.include("spec[1] is not a list");
  });

  it("may nest its numbers, start with a byte order mark and hold a golden case's answers", () => {
    const answers = { methods: { ibp: { lower: [0] } }, notes: [] };
    const query = { inputs: [{ ...input, shape: [1, 2], center: [[1, 2]] }], spec: null, ...answers };
    const text = `\uFEFF${JSON.stringify(query)}`;
    expect(readQuery(text).inputs["x"]).to.deep.include({ center: [1, 2] });
  });

  it("is refused when it is empty or no JSON", () => {
    for (const text of ["", " \n", "\uFEFF"]) expect(complaint(text)).to.include("the query is empty");
    for (const text of ["{", "x: 1", '{ "inputs": [NaN] }', '{ "a": 1, }'])
      expect(complaint(text), text).to.include("the query is no JSON");
    for (const query of [[], null, 3, "text"])
      expect(complaint(JSON.stringify(query))).to.include("the query is not an object");
  });

  it("is refused when it has no inputs", () => {
    expect(complaint({})).to.include("the query has no inputs");
    expect(complaint({ inputs: [] })).to.include("the query has no inputs");
    expect(complaint({ inputs: input })).to.include("inputs is not a list");
    expect(complaint({ inputs: [3] })).to.include("inputs[0] is not an object");
  });

  it("is refused when a number is none, or too large for one", () => {
    for (const bad of [null, "1", "NaN", true, 1e39, -3.5e38])
      expect(complaint({ inputs: [{ ...input, center: [1, bad] }] })).to.include(
        `the center of input x is ${JSON.stringify(bad)} at position 1`,
      );
    expect(complaint('{ "inputs": [{ "name": "x", "center": [1e999] }] }')).to.include("position 0");
    expect(complaint({ inputs: [{ ...input, center: [{}] }] })).to.include(
      "the center of input x is an object at position 0",
    );
    expect(complaint({ inputs: [input], spec: [[1e39, 0]] })).to.include("spec[0] is 1e+39 at position 0");
    expect(complaint({ inputs: [input], spec: [[1, null]] })).to.include("spec[0] is null at position 1");
    expect(complaint({ inputs: [input], spec: [1] })).to.include("spec[0] is not a list");
  });

  it("is refused when it is nested without end", () => {
    const deep = (text: string, depth: number): string => `${"[".repeat(depth)}${text}${"]".repeat(depth)}`;
    for (const depth of [70, 7000, 100_000]) {
      expect(complaint(`{ "inputs": [{ "name": "x", "center": ${deep("1", depth)} }] }`)).to.match(
        /nested deeper than 64 lists|is no JSON/,
      );
      expect(complaint(`{ "inputs": [{ "name": "x", "center": [1] }], "spec": ${deep("1", depth)} }`)).to.match(
        /nested deeper|is no JSON/,
      );
    }
  });

  it("is refused when a shape does not fit its numbers", () => {
    expect(complaint({ inputs: [{ ...input, shape: [3] }] })).to.include("inputs[0].shape has 3 elements");
    expect(complaint({ inputs: [{ ...input, shape: ["2"] }] })).to.include(
      "inputs[0].shape is no list of whole numbers",
    );
    expect(complaint({ inputs: [{ ...input, shape: 2 }] })).to.include("inputs[0].shape is not a list");
  });

  it("may name the output", () => {
    expect(readQuery(JSON.stringify({ inputs: [input], output: "y" })).options.output).to.equal("y");
    expect(complaint({ inputs: [input], output: 3 })).to.include("output is not a name");
  });

  it("is refused when a field is missing or misspelt", () => {
    expect(complaint({ inputs: [{ center: [1] }] })).to.include("inputs[0].name is missing");
    expect(complaint({ inputs: [{ name: "x" }] })).to.include("the center of input x is missing");
    expect(complaint({ inputs: [{ ...input, perturbation: { eps: 1 } }] })).to.include(
      "the type of the perturbation of input x is missing",
    );
    expect(complaint({ inputs: [input], weights: [{ name: "w" }] })).to.include(
      "the perturbation of weight w is missing",
    );
    expect(complaint({ inputs: [{ ...input, perturbation: 0.1 }] })).to.include(
      "the perturbation of input x is not an object",
    );
    expect(complaint({ inputs: [{ ...input, pertubation: {} }] }))
      .to.include('unknown field "pertubation"')
      .and.include("Did you mean perturbation?");
    expect(complaint({ inputs: [input], weights: [{ name: "w", eps: 1 }] })).to.include('unknown field "eps"');
    expect(complaint({ inputs: [input], relaxation: { Relu: 1 } })).to.include("relaxation.Relu");
  });

  it("is refused when a field is given twice, of which JSON would keep the last", () => {
    const set = '{ "type": "linf", "eps": 0.1, "eps": 5 }';
    expect(complaint(`{ "inputs": [{ "name": "x", "center": [1], "perturbation": ${set} }] }`)).to.include(
      "gives inputs.perturbation.eps twice",
    );
    expect(complaint('{ "inputs": [{ "name": "x", "center": [1] }], "inputs": [] }')).to.include("gives inputs twice");
    expect(complaint('{ "inputs": [{ "name": "x", "center": [1], "c\\u0065nter": [2] }] }'), "escaped").to.include(
      "gives inputs.center twice",
    );
    // Values that look like fields, and one name in two objects, are neither.
    const description = '"{\\"name\\": 1, \\"name\\": 2}"';
    const inputs = '[{ "name": "name", "center": [1] }, { "name": "y", "center": [1] }]';
    const text = `{ "name": "name", "description": ${description}, "inputs": ${inputs} }`;
    expect(Object.keys(readQuery(text).inputs)).to.deep.equal(["name", "y"]);
  });

  it("is refused when numbers are nested unevenly", () => {
    for (const center of [
      [[1], 2],
      [1, [2]],
      [[1, 2], [3]],
      [[[1]], [2]],
      [[], 1],
    ]) {
      expect(complaint({ inputs: [{ ...input, center }] }), JSON.stringify(center)).to.include(
        "the center of input x is nested unevenly",
      );
    }
    expect(complaint({ inputs: [input], spec: [[[1], -1]] })).to.include("spec[0] is nested unevenly");
  });

  it("says what shape a weight has, and it must be the model's", () => {
    const weight = (shape: unknown) => ({
      inputs: [input],
      weights: [{ name: "w", shape, perturbation: { type: "linf", eps: 1 } }],
    });
    const parameter: HostTensor = { shape: [1, 2], dtype: "float", data: Float32Array.of(1, 2) };
    const net: Graph = {
      name: "net",
      opsets: new Map(),
      inputs: [],
      outputs: [],
      nodes: [],
      initializers: new Map([["w", parameter]]),
    };
    checkWeightShapes(read(weight([1, 2])), net);
    for (const shape of [[2], [2, 1], [1, 2, 1], []]) {
      const query = read(weight(shape));
      expect(() => checkWeightShapes(query, net), JSON.stringify(shape))
        .to.throw("the shape of weight w is")
        .with.property("code", "LIRPA_QUERY");
    }
  });

  it("is refused when something is given twice", () => {
    const weight = { name: "w", perturbation: { type: "linf", eps: 1 } };
    expect(complaint({ inputs: [input, input] })).to.include("the input x is given twice");
    expect(complaint({ inputs: [input], weights: [weight, weight] })).to.include("the weight w is given twice");
  });
});
