import { expect } from "chai";
import { createLirpa, isLirpaError, lp, perturbed, type Lirpa, type Model } from "lirpa";
import { graph, tensor } from "./graphs.js";

// Names that every JavaScript object knows. In a model or a query they are names like any other.

const NAMES = [
  "constructor",
  "__proto__",
  "prototype",
  "toString",
  "valueOf",
  "hasOwnProperty",
  "__defineGetter__",
  "then",
  "length",
  "name",
];
const ball = lp({ norm: Infinity, eps: 0.1 });

async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe("a name that every object has", () => {
  let lirpa: Lirpa;
  before(async () => (lirpa = await createLirpa({ project: false })));
  after(() => lirpa.dispose());

  /** Asks for what nobody provides: a typed error that names it, and no package to install. */
  async function demandMissing(call: () => unknown, code: string, name: string): Promise<void> {
    const error = await failureOf(call);
    if (!isLirpaError(error)) throw new Error(`${name}: ${String(error)}`, { cause: error });
    expect(
      [error.code, error.message.includes(name), /function|native|\[object/.test(error.message)],
      error.message,
    ).to.deep.equal([code, true, false]);
  }

  const relu = (): Model => lirpa.model(graph({ x: [1, 2] }, {}, [["Relu", ["x"], ["y"]]], ["y"]));

  for (const name of NAMES) {
    it(`is missing as an operator, a perturbation, a method, an output, a relaxation: ${name}`, async () => {
      await demandMissing(
        () => lirpa.model(graph({ x: [1, 2] }, {}, [[name, ["x"], ["y"]]], ["y"])).check(),
        "LIRPA_UNSUPPORTED_OPERATOR",
        name,
      );
      await demandMissing(
        () => lirpa.model(graph({ x: [1, 2] }, {}, [["Relu", ["x"], ["y"], {}, name]], ["y"])).check(),
        "LIRPA_UNSUPPORTED_OPERATOR",
        name,
      );
      await demandMissing(
        () => relu().bounds({ x: perturbed([0, 0], { type: name }) }),
        "LIRPA_UNSUPPORTED_PERTURBATION",
        name,
      );
      const inputs = { x: perturbed([0, 0], ball) };
      await demandMissing(() => relu().bounds(inputs, { method: name }), "LIRPA_UNSUPPORTED_METHOD", name);
      await demandMissing(() => relu().bounds(inputs, { output: name }), "LIRPA_OPTION", name);
      await demandMissing(() => relu().bounds(inputs, { relaxation: { Relu: name } }), "LIRPA_OPTION", name);
      await demandMissing(
        () => relu().bounds(inputs, { relaxation: Object.fromEntries([[name, "zero"]]) }),
        "LIRPA_OPTION",
        name,
      );
      await demandMissing(
        () => relu().bounds(inputs, { weights: Object.fromEntries([[name, ball]]) }),
        "LIRPA_QUERY",
        name,
      );
      await demandMissing(
        () => relu().bounds({ ...inputs, ...Object.fromEntries([[name, [1]]]) }),
        "LIRPA_QUERY",
        name,
      );
    });

    it(`is no attribute of an operator that declares none: ${name}`, async () => {
      const { nodes, ...net } = relu().graph;
      const attributes = Object.fromEntries([[name, 1]]);
      const model = lirpa.model({ ...net, nodes: nodes.map((node) => ({ ...node, attributes })) });
      const error = await failureOf(() => model.bounds({ x: perturbed([1, -1], ball) }));
      expect(isLirpaError(error) && error.code, String(error)).to.equal("LIRPA_UNSUPPORTED_ATTRIBUTE");
      expect(String(error)).to.include(`no attribute '${name}'`);
    });

    it(`may be that of an input, a parameter, a node and an output: ${name}`, async () => {
      const net = graph({ [`${name}`]: [1, 2] }, {}, [], ["out"]);
      const named = {
        ...net,
        inputs: [{ name, shape: [1, 2], dtype: "float" as const }],
        initializers: new Map([[`${name}2`, tensor([2, 2], [1, 2, 3, 4])]]),
        nodes: [
          {
            name,
            type: "MatMul",
            domain: "",
            inputs: [name, `${name}2`],
            outputs: ["h"],
            attributes: {},
          },
          { name: `${name}4`, type: "Relu", domain: "", inputs: ["h"], outputs: [`${name}5`], attributes: {} },
        ],
        outputs: [`${name}5`],
      };
      const model = lirpa.model(named);
      const center = Object.fromEntries([[name, perturbed([1, -1], ball)]]);
      for (const method of ["ibp", "crown", "alpha-crown"]) {
        const { lower, upper } = await model.bounds(center, { method, weights: { [`${name}2`]: ball } });
        expect(Array.from(lower).every((low, i) => low <= upper[i]!)).to.equal(true);
      }
      const forward = await model.forward(Object.fromEntries([[name, [1, -1]]]));
      expect(Array.from(forward[`${name}5`]!.data)).to.deep.equal([0, 0]);
      const error = await failureOf(() => model.bounds({}));
      expect(isLirpaError(error) && error.code, "an input that is not given").to.equal("LIRPA_QUERY");
    });
  }
});
