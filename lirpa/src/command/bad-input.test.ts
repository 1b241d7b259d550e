import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import onnxProto from "onnx-proto";
import { exitCodes } from "./exit-codes.js";
import {
  ball,
  floats,
  input,
  lirpa,
  model,
  oneNode,
  queue,
  temporaryFolder,
  writeExample,
  type Outcome,
} from "./support.test.js";

interface Case {
  readonly what: string;
  readonly code: number;
  /** Parts of the one line. */
  readonly says: readonly string[];
  readonly model?: Uint8Array | string;
  readonly query?: unknown;
  /** Options besides `--query`, or all arguments. */
  readonly options?: readonly string[];
  readonly args?: readonly string[];
}

const { usage, data, unavailable } = exitCodes;
const { AttributeType } = onnxProto.onnx.AttributeProto;
const withSet = (perturbation: object): unknown => ({ inputs: [{ ...input, perturbation }] });
const withCenter = (center: readonly unknown[]): unknown => ({ inputs: [{ ...input, center }] });

const cases: readonly Case[] = [
  {
    what: "a model that is cut off",
    code: data,
    model: model().subarray(0, 150),
    says: ["model.onnx is not a readable ONNX file", "cut off"],
  },
  { what: "a model that is empty", code: data, model: new Uint8Array(), says: ["not a readable ONNX file"] },
  {
    what: "a model that is not there",
    code: data,
    model: "nowhere.onnx",
    says: ["cannot read the model nowhere.onnx: no such file", "Check the path."],
  },
  { what: "a model that is a folder", code: data, model: ".", says: ["cannot read the model"] },
  {
    what: "an operator that nobody knows",
    code: data,
    model: oneNode({ opType: "Frobnicate" }),
    says: ["node odd: no plugin provides the operator Frobnicate"],
  },
  {
    what: "an operator that is misspelt",
    code: data,
    model: oneNode({ opType: "Rleu" }),
    says: ["operator Rleu", "Did you mean Relu?"],
  },
  {
    what: "an operator of somebody's domain",
    code: unavailable,
    model: oneNode({ opType: "Relu", domain: "com.example" }),
    says: ["Relu of domain com.example", "plugin"],
  },
  {
    what: "an attribute that is not supported",
    code: unavailable,
    model: oneNode({ opType: "Cast", attribute: [{ name: "to", type: AttributeType.INT, i: 7 }] }),
    says: ["odd", "cast"],
  },
  {
    what: "a weight that is NaN",
    code: data,
    model: model({ initializer: [floats("w1", [2, 3], [1, 2, NaN, 4, 5, 6])] }),
    says: ['initializer "w1" holds NaN (element 2)'],
  },
  {
    what: "weights that do not fit",
    code: data,
    model: model({
      initializer: [
        floats("w1", [3, 3], Array<number>(9).fill(1)),
        floats("b1", [3], [0, 0, 0]),
        floats("w2", [3, 2], Array<number>(6).fill(1)),
      ],
    }),
    says: ["fc1"],
  },
  {
    what: "a name that would steer the terminal",
    code: data,
    model: oneNode({ opType: "Frob\u001b[31m\nnicate" }),
    says: ["the operator Frob[31m nicate"],
  },

  {
    what: "a query that is not there",
    code: data,
    options: ["--query", "nowhere.json"],
    says: ["cannot read the query nowhere.json: no such file"],
  },
  { what: "an empty query file", code: data, query: "", says: ["the query is empty"] },
  { what: "a query with nothing in it", code: data, query: {}, says: ["the query has no inputs"] },
  { what: "a query that is no JSON", code: data, query: "inputs:\n  - x\n", says: ["the query is no JSON"] },
  {
    what: "a query without a perturbation",
    code: data,
    query: { inputs: [{ ...input, perturbation: null }] },
    says: ["nothing is perturbed"],
  },
  {
    what: "a center with NaN in it",
    code: data,
    query: '{ "inputs": [{ "name": "x", "center": [NaN, 0] }] }',
    says: ["the query is no JSON", "NaN"],
  },
  {
    what: "a center with null in it",
    code: data,
    query: withCenter([0, null]),
    says: ["the center of input x is null at position 1", "finite"],
  },
  {
    what: "a center that is too short",
    code: data,
    query: withCenter([0.5]),
    says: ["the input x has 1 numbers", "takes 2"],
  },
  {
    what: "a center that is too long",
    code: data,
    query: withCenter([1, 2, 3]),
    says: ["the input x has 3 numbers", "takes 2"],
  },
  { what: "a radius below zero", code: data, query: withSet({ ...ball, eps: -0.1 }), says: ['input "x"', "-0.1"] },
  {
    what: "a lower end above the upper one",
    code: data,
    query: withSet({ type: "box", lower: [0, 1], upper: [1, -1] }),
    says: ['input "x"', "lower is above upper"],
  },
  {
    what: "an input that the model does not have",
    code: data,
    query: { inputs: [input, { ...input, name: "z" }] },
    says: ['the model has no input "z"', "Inputs: x."],
  },
  {
    what: "an input that is missing",
    code: data,
    query: { inputs: [{ ...input, name: "X" }] },
    says: ['the model has no input "X"'],
  },
  {
    what: "a spec that does not fit",
    code: data,
    query: { inputs: [input], spec: [[1, 2, 3]] },
    says: ["row 0 of the spec has 3 numbers"],
  },
  {
    what: "a perturbation that nobody provides",
    code: unavailable,
    query: withSet({ type: "cloud" }),
    says: ['no plugin provides the perturbation "cloud"', "linf"],
  },
  {
    what: "a memory budget that is too small",
    code: unavailable,
    options: ["--memory", "1B"],
    says: ["budget", "Raise the memory budget"],
  },

  {
    what: "a command that there is not",
    code: usage,
    args: ["bonds"],
    says: ['unknown command "bonds"', "Did you mean bounds?"],
  },
  {
    what: "an option that there is not",
    code: usage,
    options: ["--jsn"],
    says: ['unknown option "--jsn"', "Did you mean --json?"],
  },
  {
    what: "a method that there is not",
    code: usage,
    options: ["--method", "crwn"],
    says: ['there is no method "crwn"', "crown"],
  },
  {
    what: "an unknown method among known ones",
    code: usage,
    options: ["--method", "ibp,crwn"],
    says: ['there is no method "crwn"'],
  },
  {
    what: "a method without a name",
    code: usage,
    options: ["--method", "ibp,"],
    says: ['"ibp,"', "separated by commas"],
  },
  {
    what: "a method twice",
    code: usage,
    options: ["--method", "ibp", "--method", "ibp"],
    says: ["ibp is given twice"],
  },
  {
    what: "an output that there is not",
    code: usage,
    options: ["--output", "z"],
    says: ['the model has no output "z"', "Outputs: y."],
  },
  {
    what: "no model",
    code: usage,
    args: ["bounds", "--query", "query.json"],
    says: ['missing required argument "model"', "lirpa bounds --help"],
  },
  { what: "no query", code: usage, args: ["bounds", "model.onnx"], says: ["--query", "lirpa bounds --help"] },
  {
    what: "two models",
    code: usage,
    args: ["bounds", "model.onnx", "model.onnx", "--query", "query.json"],
    says: ["too many arguments"],
  },
  { what: "memory that is no size", code: usage, options: ["--memory", "lots"], says: ['"lots"', "2GiB"] },
  { what: "half a thread", code: usage, options: ["--threads", "0.5"], says: ['"0.5"', "whole number"] },
  {
    what: "a provider that there is not",
    code: usage,
    options: ["--provider", "abacus"],
    says: ['"abacus"', "cpu, cuda, webgpu"],
  },
  {
    what: "several methods to save",
    code: usage,
    options: ["--method", "ibp,crown", "--save", "out.onnx"],
    says: ["--save takes one method"],
  },
  {
    what: "a place that is not there to save to",
    code: usage,
    options: ["--save", "nowhere/out.onnx"],
    says: ["cannot save to nowhere/out.onnx: no such file"],
  },
  { what: "a folder to save to", code: usage, options: ["--save", "."], says: ["no regular file"] },
  {
    what: "the model itself to save to",
    code: usage,
    options: ["--save", "model.onnx"],
    says: ["the command reads that file"],
  },
];

describe("lirpa refuses, in one line with a hint and nothing on standard output,", function () {
  this.timeout(60_000);
  const folder = temporaryFolder();
  const outcomes = new Map<Case, Promise<Outcome>>();

  before(() => {
    writeExample(folder);
    const enqueue = queue();
    for (const [i, one] of cases.entries())
      outcomes.set(
        one,
        enqueue(() => lirpa(argumentsOf(one, i), { cwd: folder })),
      );
  });

  for (const one of cases) {
    it(`${one.what} (${one.code})`, async () => {
      const { code, stdout, stderr } = await outcomes.get(one)!;
      expect(code, stderr).to.equal(one.code);
      expect(stdout).to.equal("");
      expect(stderr).to.match(/^lirpa: [^\n]+[.?]\n$/);
      // eslint-disable-next-line no-control-regex
      expect(stderr.slice(0, -1)).to.not.match(/[\u0000-\u001f]|\.\.$| at .*:\d+:\d+/);
      for (const part of one.says) expect(stderr).to.include(part);
    });
  }

  it("and leaves the files as they were", async () => {
    await Promise.all(outcomes.values());
    expect(Buffer.compare(readFileSync(join(folder, "model.onnx")), model())).to.equal(0);
  });

  it("no command at all, with the help on standard error (64)", async () => {
    const { code, stdout, stderr } = await lirpa([]);
    expect([code, stdout]).to.deep.equal([exitCodes.usage, ""]);
    expect(stderr).to.match(/^Usage: lirpa/);
  });

  it("with the stack where LIRPA_DEBUG asks for it", async () => {
    const { stderr } = await lirpa(["bounds", "nowhere.onnx", "--query", "query.json"], {
      cwd: folder,
      env: { LIRPA_DEBUG: "1" },
    });
    expect(stderr)
      .to.match(/^lirpa: cannot read the model[^\n]*\nLirpaError: /)
      .and.include("files.js:");
  });

  function argumentsOf(one: Case, i: number): readonly string[] {
    if (one.args !== undefined) return one.args;
    const written = (name: string, contents: string | Uint8Array): string => {
      writeFileSync(join(folder, `${i}-${name}`), contents);
      return `${i}-${name}`;
    };
    const modelFile =
      one.model === undefined
        ? "model.onnx"
        : typeof one.model === "string"
          ? one.model
          : written("model.onnx", one.model);
    const queryFile =
      one.query === undefined
        ? "query.json"
        : written("query.json", typeof one.query === "string" ? one.query : JSON.stringify(one.query));
    return ["bounds", modelFile, "--query", queryFile, ...(one.options ?? [])];
  }
});
