import { expect } from "chai";
import {
  bestOf,
  boundsByBackward,
  defineMethod,
  forwardBounds,
  recorded,
  rowBounds,
  type AnyMethod,
  type Method,
  type Outcome,
} from "@lirpa/core/recording";
import {
  composeLirpa as compose,
  isLirpaError,
  LirpaError,
  MemoryProgramCache,
  standardMethods,
  type Bounds,
  type BoundOptions,
  type Composition,
} from "@lirpa/core";
import { definePlugin, type Plugin } from "@lirpa/core/plugin";
import { referenceExecutor } from "@lirpa/executor-reference";
import { lp, perturbed, standardPlugins } from "lirpa";
import { graph, tensor } from "./graphs.js";

// Methods that plugins bring: put together, found, guarded and kept apart as their operators are.

const PACKAGE = "lirpa-plugin-best";
const net = graph(
  { x: [1, 2] },
  { w: tensor([2, 3], [1, -1, 0.5, 0.25, 1, -2]), v: tensor([3, 2], [1, -1, 1, 1, -0.5, 2]) },
  [
    ["MatMul", ["x", "w"], ["h"]],
    ["Relu", ["h"], ["r"]],
    ["MatMul", ["r", "v"], ["s"]],
    ["Tanh", ["s"], ["y"]],
  ],
  ["y"],
);
const inputs = { x: perturbed([0.5, -0.25, 0.1, 0.3], lp({ norm: Infinity, eps: 0.3 })) };

const best: Method = defineMethod({
  name: "best",
  aliases: ["best-of-two"],
  description: "CROWN and forward bounds, intersected",
  needs: "forward",
  ...recorded("best", { intermediate: bestOf(rowBounds(boundsByBackward), forwardBounds), rows: boundsByBackward }),
});
const plugin = (methods: readonly Method[], name: string = PACKAGE, overrides: readonly string[] = []): Plugin =>
  definePlugin({ name, apiVersion: 2, methods, overrides });
const lirpaWith = (plugins: readonly Plugin[], others: Partial<Composition> = {}) =>
  compose({ plugins: [...standardPlugins, ...plugins], executor: referenceExecutor(), ...others });

async function failure(call: () => unknown): Promise<LirpaError> {
  try {
    await call();
  } catch (error) {
    if (isLirpaError(error)) return error;
    throw new Error("a bare error", { cause: error });
  }
  throw new Error("nobody complained");
}

describe("a method of a plugin", () => {
  it("is asked for by its names, beside those of core", async () => {
    const lirpa = lirpaWith([plugin([best])]);
    const model = lirpa.model(net);
    // The first value with rows of its own: all methods agree on what comes before it.
    const bounded = (method: string): Promise<Bounds> => model.bounds(inputs, { method, intermediate: ["s"] });
    const [own, crown, forward] = [await bounded("best-of-two"), await bounded("crown"), await bounded("forward")];
    expect(own.method).to.equal("best");
    const { lower, upper } = own.intermediate!["s"]!;
    const [one, other] = [crown, forward].map(({ intermediate }) => intermediate!["s"]!);
    lower.forEach((end, i) => expect(end).to.be.closeTo(Math.max(one!.lower[i]!, other!.lower[i]!), 1e-12));
    upper.forEach((end, i) => expect(end).to.be.closeTo(Math.min(one!.upper[i]!, other!.upper[i]!), 1e-12));
    expect(lirpa.registry.methods().map(({ value, plugin: from }) => [value.name, from])).to.deep.equal([
      ...standardMethods.map(({ name }) => [name, "@lirpa/core"]),
      ["best", PACKAGE],
    ]);
  });

  it("is there where the option methods leaves core's out", async () => {
    const ibp = standardMethods.find(({ name }) => name === "ibp")!;
    const lirpa = lirpaWith([plugin([best])], { methods: [ibp] });
    expect(lirpa.registry.methodKeys()).to.deep.equal(["ibp", "best", "best-of-two"]);
  });

  const questions: readonly BoundOptions[] = [
    {},
    {
      spec: [
        [1, -1],
        [0, 1],
        [2, 1],
      ],
    },
    { side: "upper" },
    { spec: [[1, -1]], side: "lower" },
    { memory: 600 },
    { intermediate: ["h", "s"], spec: [[1, 1]] },
    { forms: true },
    { forms: true, spec: [[1, -1]], side: "lower" },
  ];
  for (const { name } of standardMethods) {
    it(`is guarded without a change of what it gives: ${name}`, async () => {
      const original = standardMethods.find((method) => method.name === name)!;
      const copy = defineMethod({ ...original, name: "copy", aliases: [] });
      const model = lirpaWith([plugin([copy])]).model(net);
      for (const question of questions) {
        const asked = (method: string): Promise<Bounds | string> =>
          model.bounds(inputs, { ...question, method }).catch((error: unknown) => (error as LirpaError).code);
        const strip = (answer: Bounds | string): unknown =>
          typeof answer === "string" ? answer : { ...answer, seconds: undefined, method: undefined };
        expect(strip(await asked("copy")), JSON.stringify(question)).to.deep.equal(strip(await asked(name)));
      }
    });
  }

  it("names both packages where two claim a name, core's methods included", async () => {
    const other = defineMethod({ ...best, name: "other", aliases: ["best"] });
    const crown = defineMethod({ ...best, name: "crown", aliases: [] });
    const cases: readonly (readonly [readonly Plugin[], readonly string[]])[] = [
      [
        [plugin([best]), plugin([other], "lirpa-plugin-other")],
        ["best", PACKAGE, "lirpa-plugin-other"],
      ],
      [[plugin([crown])], ["crown", "@lirpa/core", PACKAGE, 'overrides: ["method:crown"]']],
      [[plugin([best, best])], [PACKAGE, "two methods called best"]],
      [["one", "two"].map((name) => plugin([crown], name, ["method:crown"])), ["crown", "one", "two"]],
    ];
    for (const [plugins, says] of cases) {
      const error = await failure(() => lirpaWith(plugins));
      expect(error.code).to.equal("LIRPA_CONFLICT");
      for (const part of says) expect(error.message).to.include(part);
    }
  });

  it("takes another one's place where its plugin says so", () => {
    const own = defineMethod({ ...best, name: "forward+crown", aliases: [] });
    const { registry } = lirpaWith([plugin([own], PACKAGE, ["method:forward+crown"])]);
    expect(registry.method("forward+crown")).to.deep.include({ plugin: PACKAGE, original: own, overrides: true });
    // The other one's further names go with it: they meant the other one.
    expect(registry.methodKeys()).to.not.include("forward+backward");
  });

  it("is missed by name, with what is called alike or the package that brings it", async () => {
    const { registry } = lirpaWith([plugin([best])], {
      catalogue: { "method:branch": { package: "lirpa-plugin-branch", installed: true } },
    });
    const alike = await failure(() => registry.method("bset"));
    expect(alike.code).to.equal("LIRPA_UNSUPPORTED_METHOD");
    expect(alike.hint).to.include("Did you mean best?").and.include("Methods: ibp, ");
    const elsewhere = await failure(() => registry.method("branch"));
    expect(elsewhere.hint).to.equal("Add lirpa-plugin-branch, which is installed, to lirpa.plugins in package.json.");
    expect(elsewhere.details["package"]).to.equal("lirpa-plugin-branch");
  });

  it("shares no program with another one of its name and its package's name", async () => {
    const made: string[] = [];
    const kept = new MemoryProgramCache();
    const cache = {
      get: (key: string, make: () => never) => kept.get(key, () => (made.push(key), make())),
      clear: () => kept.clear(),
    };
    const twin = defineMethod({ ...best });
    for (const method of [best, twin, best]) {
      await lirpaWith([plugin([method])], { cache })
        .model(net)
        .bounds(inputs, { method: "best" });
    }
    expect(new Set(made).size).to.equal(made.length).and.equal(2);
  });
});

describe("a method that is wrong", () => {
  type Loose = Record<string, unknown>;
  const right: Loose = { ...best, aliases: [], options: (given: unknown) => given ?? {}, structure: () => null };
  const composed = (change: Loose) =>
    lirpaWith([plugin([defineMethod({ ...right, ...change } as unknown as AnyMethod<unknown>)])]);
  const answer = (change: Loose, options: BoundOptions = {}) =>
    composed(change)
      .model(net)
      .bounds(inputs, { method: "best", ...options });

  it("in a field is refused by package, method and field", async () => {
    await answer({});
    const wrong: Readonly<Record<string, readonly unknown[]>> = {
      name: [3, "", "two words", "a,b", undefined],
      description: [3, undefined],
      aliases: ["b", [3], ["a b"]],
      improves: [3, ""],
      needs: ["nothing", undefined],
      relaxes: ["no"],
      options: [{}],
      structure: ["x"],
      program: [3],
      bounds: [undefined, {}],
      recipe: [3, {}, { rows: boundsByBackward }, { rows: boundsByBackward, intermediate: {} }],
    };
    for (const [field, values] of Object.entries(wrong)) {
      for (const value of values) {
        const error = await failure(() => composed({ [field]: value }));
        expect(error.code).to.equal("LIRPA_PLUGIN");
        expect(error.message, `${field}: ${String(value)}`)
          .to.include(`[${PACKAGE}]`)
          .and.include(field);
        if (field !== "name") expect(error.message).to.include("the method best");
      }
    }
    expect((await failure(() => composed({ bound: 3 }))).message)
      .to.include('"bound", which nobody reads')
      .and.include("Did you mean bounds?");
    expect((await failure(() => composed({ aliases: ["best"] }))).message).to.include('the name "best" twice');
    for (const methods of [[null], [{}], [3]]) {
      const error = await failure(() => lirpaWith([plugin(methods as never)]));
      expect(error.message).to.include(`[${PACKAGE}]`).and.include("defineMethod()");
    }
  });

  const outcome =
    (results: object, more: object = {}) =>
    (): Promise<object> =>
      Promise.resolve({ results, ...more });
  const float = (shape: readonly number[]) =>
    tensor(shape, new Array<number>(shape.reduce((a, b) => a * b, 1)).fill(0));
  const two = { lower: float([2, 1, 1, 2]), upper: float([2, 1, 1, 2]) };
  const returned: readonly (readonly [field: string, what: string, value: unknown, says: string])[] = [
    ["options", "a promise", () => Promise.reject(new Error("later")), "a promise"],
    ["structure", "a function", () => () => 0, "plain data"],
    [
      "structure",
      "a circle",
      () => {
        const a: Loose = {};
        return (a["a"] = a);
      },
      "plain data",
    ],
    ["bounds", "no promise", () => two, "a promise is wanted"],
    ["bounds", "nothing", () => Promise.resolve(), "{ results }"],
    ["bounds", "no results", () => Promise.resolve({}), "{ results }"],
    ["bounds", "one side", outcome({ lower: two.lower }), 'nothing as "upper"'],
    ["bounds", "numbers", outcome({ lower: [0], upper: [0] }), "a list"],
    [
      "bounds",
      "too few numbers",
      outcome({ ...two, upper: float([1, 1, 1]) }),
      "of shape [1, 1, 1] for 2 numbers of 2 instances",
    ],
    ["bounds", "integers", outcome({ ...two, upper: tensor([2, 1, 1, 2], [0, 0, 0, 0], "int") }), "an array of int"],
    ["bounds", "a state of numbers", outcome(two, { state: { a: 3 } }), "state"],
    ["bounds", "half cut short", outcome(two, { isCutShort: "half" }), "isCutShort"],
  ];
  for (const [field, what, value, says] of returned) {
    it(`in what ${field} returns is refused by name: ${what}`, async () => {
      const { code, message, details } = await failure(() => answer({ [field]: value }));
      expect([code, details["plugin"]]).to.deep.equal(["LIRPA_PLUGIN", PACKAGE]);
      expect(message).to.include(`[${PACKAGE}]`).and.include(`${field} of the method best`).and.include(says);
    });
  }

  it("in its options, where nothing says what of them programs depend on, is refused by name", async () => {
    const { message } = await failure(() => answer({ options: () => ({ act: () => 0 }), structure: undefined }));
    expect(message).to.include("options of the method best returned").and.include("plain data");
  });

  it("in the program that it gives is refused by name", async () => {
    const { message } = await failure(() =>
      composed({ program: () => ({}) })
        .model(net)
        .program(inputs, { method: "best" }),
    );
    expect(message).to.include(
      "program of the method best returned an empty object where a program, or nothing, is wanted",
    );
  });

  const thrown: Readonly<Record<string, () => unknown>> = {
    "at once": () => {
      throw new TypeError("x is not iterable");
    },
    later: () => Promise.reject(new TypeError("x is not iterable")),
  };
  for (const [field, when] of [
    ["options", "at once"],
    ["structure", "at once"],
    ["bounds", "at once"],
    ["bounds", "later"],
  ] as const) {
    it(`in what ${field} throws ${when} is refused by name, and LirpaErrors pass`, async () => {
      const { code, message, cause } = await failure(() => answer({ [field]: thrown[when] }));
      expect(code).to.equal("LIRPA_PLUGIN");
      expect(message).to.include(`[${PACKAGE}] ${field} of the method best failed: x is not iterable`);
      expect(cause).to.be.instanceOf(TypeError);
      const own = new LirpaError("LIRPA_OPTION", "best: depth is −1", { hint: "Give a whole number, 1 or more." });
      const passing =
        when === "later"
          ? () => Promise.reject(own)
          : () => {
              throw own;
            };
      expect(await failure(() => answer({ [field]: passing }))).to.equal(own);
    });
  }

  it("in its recipe, which core reads besides, is refused by name", async () => {
    const intermediate = {
      bounds: () => {
        throw new TypeError("no luck");
      },
      reliesOn: () => [],
    };
    // Bounds by another method; the domain of a logarithm is looked at by this one's intermediate bounds.
    const logarithm = graph(
      { x: [1, 2] },
      {},
      [
        ["Neg", ["x"], ["a"]],
        ["Log", ["a"], ["y"]],
      ],
      ["y"],
    );
    const model = composed({ recipe: { rows: boundsByBackward, intermediate } }).model(logarithm);
    const { message } = await failure(() =>
      model.bounds({ x: perturbed([1, 1], lp({ norm: Infinity, eps: 2 })) }, { method: "best" }),
    );
    expect(message).to.include(`[${PACKAGE}] the intermediate bounds of the method best failed: no luck`);
  });

  it("is what its author knows where the right one is an Outcome", async () => {
    const fixed: Outcome = { results: two };
    const { lower } = await answer({ bounds: () => Promise.resolve(fixed) });
    expect([...lower]).to.deep.equal([0, 0, 0, 0]);
  });
});
