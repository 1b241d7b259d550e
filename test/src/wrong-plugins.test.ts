import { expect } from "chai";
import { composeLirpa as compose, isLirpaError, standardMethods, type LirpaError } from "@lirpa/core";
import { defineMethod } from "@lirpa/core/recording";
import {
  defineOperator,
  definePerturbation,
  definePlugin,
  int,
  type AnyOperator,
  type AnyPerturbation,
} from "@lirpa/core/plugin";
import { referenceExecutor } from "@lirpa/executor-reference";
import { lp, perturbed, standardPlugins } from "lirpa";
import { graph, tensor } from "./graphs.js";

// Plugins that are wrong in one way each: every one is refused in words that name the package and what is wrong, when
// plugins are put together or when the function is first called; never by a bare TypeError, never as a defect of lirpa.

const PACKAGE = "lirpa-plugin-odd";
type Loose = Record<string, unknown>;

/** Right operators of each kind; `t` is the vocabulary, as rules get it. */
const operators: Readonly<Record<string, Loose>> = {
  linear: {
    kind: "linear",
    inputs: ["x"],
    data: ["x"],
    attributes: { axis: int(0) },
    derive: () => ({}),
    forward: (c: Context, x: unknown) => c.t.mul(x, 2),
    magnitude: (c: Context, x: unknown) => c.t.mul(x, 2),
  },
  elementwise: {
    kind: "elementwise",
    inputs: ["x"],
    forward: (c: Context, x: unknown) => c.t.relu(x),
    range: (c: Context, { lower, upper }: Ends) => ({ lower: c.t.relu(lower), upper: c.t.relu(upper) }),
    relax: (c: Context, { upper }: Ends) => ({
      lower: { slope: 0, intercept: 0 },
      upper: { slope: 0, intercept: c.t.relu(upper) },
    }),
    stable: (c: Context, { lower }: Ends) => c.t.greaterEqual(lower, 0),
  },
  bilinear: {
    kind: "bilinear",
    inputs: ["a", "b"],
    factors: ["a", "b"],
    forward: (c: Context, a: unknown, b: unknown) => c.t.mul(a, b),
    terms: (_: Context, a: unknown, b: unknown) => ({ left: a, right: b, sum: (products: unknown) => products }),
  },
  composite: {
    kind: "composite",
    inputs: ["x"],
    expand: () => ({ nodes: [{ name: "part", type: "Relu", inputs: ["inputs.0"], outputs: ["outputs.0"] }] }),
  },
  custom: {
    kind: "custom",
    inputs: ["x"],
    forward: (c: Context, x: unknown) => c.t.relu(x),
    interval: (c: Context, { lower, upper }: Ends) => ({ lower: c.t.relu(lower), upper: c.t.relu(upper) }),
    backward: (c: Context, [a]: Ends[], [x]: Ends[]) => ({
      inputs: [undefined],
      bias: {
        lower: c.t.dot(c.t.min(a!.lower, 0), c.t.relu(x!.upper)),
        upper: c.t.dot(c.t.relu(a!.upper), c.t.relu(x!.upper)),
      },
    }),
  },
};
// Rules are written without types here: that is how plugins come to be wrong.
type Operation = (...args: unknown[]) => unknown;
type OperationName =
  "abs" | "add" | "concat" | "dot" | "full" | "greaterEqual" | "min" | "mul" | "relu" | "reshape" | "sub" | "sum";
type Context = { readonly t: Readonly<Record<OperationName, Operation>> };
type Ends = { readonly lower: unknown; readonly upper: unknown };

const perturbation: Loose = {
  type: "odd",
  parse: () => ({ structure: "odd", values: {} }),
  isBox: () => true,
  hull: ({ t, center }: Context & { center: unknown }) => ({ lower: t.sub(center, 1), upper: t.add(center, 1) }),
  concretize: ({ t, center }: Context & { center: unknown }, a: unknown, side: string) =>
    t[side === "lower" ? "sub" : "add"](t.dot(a, center), t.sum(t.abs(a))),
  concretizeRange: ({ t, center }: Context & { center: unknown }) => t.sum(center),
  sample: () => ({ shape: [1, 2], dtype: "float", data: [0, 0] }),
  project: (_: unknown, x: unknown) => x,
};

const nonsense: Readonly<Record<string, unknown>> = {
  null: null,
  "a number": 3,
  "a text": "nonsense",
  "a list": [],
  "an object": {},
  true: true,
};
const results: Readonly<Record<string, () => unknown>> = {
  nothing: () => undefined,
  null: () => null,
  NaN: () => NaN,
  "a text": () => "x",
  "an empty object": () => ({}),
  "a list of nothing": () => [undefined],
  "a promise": () => Promise.reject(new Error("later")),
  "half an interval": () => ({ lower: 1 }),
};

async function failure(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error;
  }
}

function demandBlame(error: unknown, what: string, names: readonly string[]): LirpaError {
  if (!isLirpaError(error))
    throw new Error(`${what}: ${error === undefined ? "nobody complained" : `bare ${String(error)}`}`, {
      cause: error,
    });
  expect(error.code, `${what}: ${error.message}`).to.be.oneOf(["LIRPA_PLUGIN", "LIRPA_OPTION", "LIRPA_CONFLICT"]);
  for (const name of names) expect(error.message, what).to.include(name);
  return error;
}

function lirpaWith(operator: Loose | undefined, set?: Loose) {
  const plugin = definePlugin({
    name: PACKAGE,
    apiVersion: 2,
    operators: operator === undefined ? [] : [defineOperator(operator as unknown as AnyOperator<unknown>)],
    perturbations: set === undefined ? [] : [definePerturbation(set as unknown as AnyPerturbation<unknown>)],
  });
  return compose({ plugins: [...standardPlugins, plugin], executor: referenceExecutor() });
}

/** Behind an affine step, a Relu and another affine step: intervals, sets, both kinds of lines and rows are asked. */
async function boundAll(operator: Loose, set?: Loose): Promise<void> {
  const lirpa = lirpaWith(operator, set);
  const inputs = operator["kind"] === "bilinear" ? ["b", "r"] : ["b"];
  const net = graph(
    { x: [1, 2] },
    { w: tensor([2, 2], [1, -1, 0.5, 1]) },
    [
      ["MatMul", ["x", "w"], ["a"]],
      ["Relu", ["a"], ["r"]],
      ["MatMul", ["r", "w"], ["b"]],
      ["Odd", inputs, ["o"]],
      ["Tanh", ["o"], ["y"]],
    ],
    ["y"],
  );
  const model = lirpa.model(net);
  const ball = set === undefined ? lp({ norm: Infinity, eps: 1 }) : { type: "odd" };
  for (const method of ["ibp", "crown", "forward"]) await model.bounds({ x: perturbed([0.5, 0], ball) }, { method });
}

const operatorOf = (kind: string, change: Loose): Loose => ({
  type: "Odd",
  sinceVersion: 1,
  ...operators[kind],
  ...change,
});

describe("a plugin that is wrong", () => {
  for (const [kind, right] of Object.entries(operators)) {
    it(`in a field of a ${kind} operator is refused by name`, async () => {
      expect(await failure(() => boundAll(operatorOf(kind, {})))).to.equal(undefined);
      for (const field of ["type", "sinceVersion", ...Object.keys(right)]) {
        for (const [what, value] of Object.entries({ ...nonsense, missing: undefined })) {
          const isRight = field === "data" && Array.isArray(value);
          const optional =
            ["attributes", "derive", "data", "stable", "backward", "magnitude"].includes(field) && value === undefined;
          const fine =
            isRight ||
            optional ||
            (field === "type" && what === "a text") ||
            (field === "sinceVersion" && what === "a number") ||
            (field === "inputs" && what === "a list");
          const change: Loose = { [field]: value };
          const error = await failure(() => boundAll(operatorOf(kind, change)));
          if (error === undefined || fine) continue;
          if (field === "magnitude") demandBlame(error, `${field} is ${what}`, [PACKAGE]);
          else demandBlame(error, `${field} is ${what}`, [PACKAGE, ...(field === "type" ? [] : ["Odd"])]);
        }
      }
      for (const field of ["forwrad", "Relax", "nonnegativ"])
        demandBlame(await failure(() => boundAll(operatorOf(kind, { [field]: true }))), field, [PACKAGE, "Odd", field]);
    });

    it(`in what a function of a ${kind} operator throws or returns is refused by name`, async () => {
      for (const [field, own] of Object.entries(right)) {
        if (typeof own !== "function") continue;
        const throwing = await failure(() =>
          boundAll(
            operatorOf(kind, {
              [field]: () => {
                throw new TypeError("x is not iterable");
              },
            }),
          ),
        );
        demandBlame(throwing, `${field} throws`, [PACKAGE, "Odd", field, "x is not iterable"]);
        for (const [what, result] of Object.entries(results)) {
          if (field === "derive" && what !== "a promise") continue;
          const error = await failure(() => boundAll(operatorOf(kind, { [field]: result })));
          if (field === "expand" && what === "nothing") demandBlame(error, "expand returns nothing", [PACKAGE, "Odd"]);
          else demandBlame(error, `${field} returns ${what}`, [PACKAGE, "Odd", field]);
        }
      }
    });
  }

  it("in the inputs that it names is refused, with the nearest name", () => {
    const constant = (): unknown => ({ lower: { slope: 0, intercept: 0 }, upper: { slope: 0, intercept: 1 } });
    const wrong: readonly [Loose, readonly string[]][] = [
      [operatorOf("linear", { data: ["X"] }), ["data", '"X"', "Did you mean x?"]],
      [operatorOf("bilinear", { factors: ["a", "c"] }), ["factors", '"c"']],
      [operatorOf("bilinear", { additive: ["bias"] }), ["additive", '"bias"']],
      [operatorOf("linear", { inputs: ["x", "x"] }), ["two inputs"]],
      [operatorOf("linear", { inputs: ["x...", "y"] }), ["stand last"]],
      [
        operatorOf("elementwise", { relax: { lines: { flat: constant }, default: "flatt" } }),
        ["flatt", "Did you mean flat?"],
      ],
      [
        operatorOf("elementwise", { relax: { lines: { flat: constant }, default: "flat", forward: "flap" } }),
        ["flap", "Did you mean flat?"],
      ],
      [operatorOf("elementwise", { kind: "elementwize" }), ["elementwize", "Kinds are"]],
      [operatorOf("elementwise", { monotone: "rising" }), ["monotone", "rising"]],
    ];
    for (const [operator, says] of wrong) {
      let error: unknown;
      try {
        lirpaWith(operator);
      } catch (caught) {
        error = caught;
      }
      demandBlame(error, says.join(), [PACKAGE, "Odd", ...says]);
    }
  });

  it("in a shape that a rule returns is refused by name", async () => {
    const grown = (c: Context, { lower, upper }: Ends): unknown => ({
      lower: c.t.reshape(c.t.concat([lower, lower], 1), [4]),
      upper,
    });
    demandBlame(await failure(() => boundAll(operatorOf("elementwise", { range: grown }))), "range", [
      PACKAGE,
      "range of Odd",
      "shape",
    ]);
    const lines = (c: Context): unknown => ({
      lower: { slope: c.t.full([7], 1), intercept: 0 },
      upper: { slope: 0, intercept: 1 },
    });
    demandBlame(
      await failure(() => boundAll(operatorOf("elementwise", { relax: { lines: { flat: lines }, default: "flat" } }))),
      "relax",
      [PACKAGE, "Odd", "shape"],
    );
  });

  it("because a composite expands into itself, directly or through others, is refused by name", async () => {
    const part = (type: string): unknown => ({
      nodes: [{ name: "p", type, inputs: ["inputs.0"], outputs: ["outputs.0"] }],
    });
    for (const chain of [["Odd"], ["Odd", "Even"], ["Odd", "Even", "Other"]]) {
      const all = chain.map((type, i) =>
        defineOperator({
          type,
          sinceVersion: 1,
          kind: "composite",
          inputs: ["x"],
          expand: () => part(chain[(i + 1) % chain.length]!) as never,
        }),
      );
      const lirpa = compose({
        plugins: [...standardPlugins, definePlugin({ name: PACKAGE, apiVersion: 2, operators: all })],
        executor: referenceExecutor(),
      });
      const error = await failure(() => lirpa.model(graph({ x: [1, 2] }, {}, [["Odd", ["x"], ["y"]]], ["y"])).check());
      demandBlame(error, chain.join(" to "), [PACKAGE, "expands without end", ...chain]);
    }
  });

  it("in a field or a function of a perturbation is refused by name", async () => {
    expect(await failure(() => boundAll(operatorOf("linear", {}), perturbation))).to.equal(undefined);
    for (const [field, own] of Object.entries(perturbation)) {
      for (const [what, value] of Object.entries({ ...nonsense, missing: undefined })) {
        if (field === "concretizeRange" && value === undefined) continue;
        if (field === "type" && what === "a text") continue;
        demandBlame(
          await failure(() => lirpaWith(undefined, { ...perturbation, [field]: value })),
          `${field} is ${what}`,
          [PACKAGE, field],
        );
      }
      if (typeof own !== "function" || ["sample", "project", "concretizeRange"].includes(field)) continue;
      const changes = {
        throws: () => {
          throw new RangeError("out of range");
        },
        ...results,
      };
      for (const [what, change] of Object.entries(changes)) {
        const error = await failure(() =>
          boundAll(operatorOf("linear", {}), { ...perturbation, isBox: () => field === "hull", [field]: change }),
        );
        demandBlame(error, `${field}: ${what}`, [PACKAGE, "perturbation odd", field]);
      }
    }
  });

  it("in its lists, its generation or its fields is refused by name", async () => {
    for (const change of [
      { operators: 3 },
      { perturbations: {} },
      { overrides: "Relu" },
      { apiVersion: 7 },
      { apiVersion: undefined },
      { operator: [] },
      { operators: [null] },
      { fusions: [{}] },
    ]) {
      const error = await failure(() =>
        compose({
          plugins: [definePlugin({ name: PACKAGE, apiVersion: 2, ...change } as never)],
          executor: referenceExecutor(),
        }),
      );
      demandBlame(error, JSON.stringify(change), [PACKAGE]);
    }
    for (const plugin of [null, {}, "lirpa-plugin-odd", 3, []]) {
      demandBlame(
        await failure(() => compose({ plugins: [plugin as never], executor: referenceExecutor() })),
        String(plugin),
        ["not a lirpa plugin"],
      );
    }
  });

  it("as a method is refused by name", async () => {
    const right = standardMethods.find(({ name }) => name === "crown")!;
    const composed = (methods: unknown) =>
      failure(() => compose({ plugins: standardPlugins, executor: referenceExecutor(), methods: methods as never }));
    expect(await composed([right])).to.equal(undefined);
    for (const methods of [3, [], [3], [null], [{}], "crown", [right, right]])
      demandBlame(await composed(methods), JSON.stringify(methods), ["method"]);
    for (const field of ["name", "needs", "aliases", "recipe", "bounds", "intermediate"]) {
      for (const value of [3, null, "nonsense", {}]) {
        if (field === "name" && value === "nonsense") continue;
        demandBlame(
          await composed([defineMethod({ ...right, [field]: value } as never)]),
          `${field} is ${String(value)}`,
          [field],
        );
      }
    }
    const misspelt = await composed([defineMethod({ ...right, bound: () => undefined } as never)]);
    demandBlame(misspelt, "bound", ['"bound"', "Did you mean bounds?"]);
  });
});
