import { expect } from "chai";
import {
  composeLirpa as compose,
  MemoryProgramCache,
  type BoundOptions,
  type Graph,
  type Composition,
  type ProgramCache,
} from "@lirpa/core";
import { crownRecipe, defineMethod, recorded, rowBounds, type Method, type Rows } from "@lirpa/core/recording";
import type { PerturbationQuery } from "@lirpa/core/plugin";
import { referenceExecutor } from "@lirpa/executor-reference";
import { defineExecutor } from "@lirpa/core/recording";
import { defineFusion, defineOperator, definePerturbation, definePlugin, type Operator } from "@lirpa/core/plugin";
import { lp, onnxRuntimeExecutor, perturbed, standardPlugins, type Executor, type Plugin } from "lirpa";
import lpPlugin from "@lirpa/perturbation-lp";
import { graph, tensor } from "./graphs.js";

const DOMAIN = "com.example";
const linf = lpPlugin.perturbations.find(({ type }) => type === "linf")!;

/** x times a number that only its rules know. */
const scale = (factor: number): Operator =>
  defineOperator({
    type: "Scale",
    domain: DOMAIN,
    sinceVersion: 1,
    kind: "linear",
    inputs: ["x"],
    nonnegative: true,
    forward: ({ t }, x) => t.mul(x!, factor),
  });
const stranger = (...operators: Operator[]): Plugin => definePlugin({ name: "a-stranger", apiVersion: 2, operators });
const double = scale(2);

/** A ball whose hull is wider by a number that only its rules know. */
const ball = (more: number): Plugin =>
  definePlugin({
    name: "a-stranger's-sets",
    apiVersion: 2,
    perturbations: [
      definePerturbation<unknown>({
        ...linf,
        type: "wide",
        parse: ({ eps }, site) => linf.parse({ type: "linf", eps }, site),
        hull: (context) => {
          const { lower, upper } = linf.hull(context);
          return { lower: context.t.sub(lower, more), upper: context.t.add(upper, more) };
        },
      }),
    ],
  });
const sets = ball(0.5);

const wider = (by: number): Method => {
  const rows: Rows = (run, target, boundsOf) => {
    const { lower, upper } = crownRecipe.rows(run, target, boundsOf);
    return { lower: run.t.sub(lower, by), upper: run.t.add(upper, by) };
  };
  return defineMethod({
    name: "crown",
    description: "",
    needs: "backward",
    ...recorded("crown", { intermediate: rowBounds(rows), rows }),
  });
};
const widerByOne = wider(1);

interface Weights {
  readonly w?: readonly number[];
  readonly alpha?: number;
  readonly activation?: string;
  readonly name?: string;
}
function net({ w = [1, -2, 0.5, 1], alpha = 0.1, activation = "LeakyRelu", name = "net" }: Weights = {}): Graph {
  const sketch = graph(
    { x: [1, 2] },
    { w: tensor([2, 2], w), v: tensor([2, 2], [1, 1, -1, 0.5]) },
    [
      ["MatMul", ["x", "w"], ["h"]],
      [activation, ["h"], ["a"], activation === "LeakyRelu" ? { alpha } : {}],
      ["Scale", ["a"], ["s"], {}, DOMAIN],
      ["MatMul", ["s", "v"], ["y"]],
    ],
    ["y", "s"],
  );
  return {
    ...sketch,
    name,
    opsets: new Map([
      ["", 17],
      [DOMAIN, 1],
    ]),
  };
}

/** An instance and a question. */
interface Asked {
  readonly lirpa?: Partial<Composition>;
  readonly graph?: Graph;
  readonly set?: PerturbationQuery;
  readonly options?: BoundOptions;
}
const base: Required<Asked> = {
  lirpa: { plugins: [...standardPlugins, stranger(double), sets], executor: referenceExecutor() },
  graph: net(),
  set: lp({ norm: Infinity, eps: 0.5 }),
  options: { output: "y" },
};

/** A cache that counts what was made. */
function counted(): { readonly cache: ProgramCache; readonly made: string[] } {
  const kept = new MemoryProgramCache();
  const made: string[] = [];
  return {
    made,
    cache: { get: (key, make) => kept.get(key, () => (made.push(key), make())), clear: () => kept.clear() },
  };
}

async function ask(asked: Asked, cache?: ProgramCache): Promise<{ lower: number[]; upper: number[] }> {
  const { lirpa, graph: network, set, options } = { ...base, ...asked };
  const instance = compose({ ...(base.lirpa as Composition), ...lirpa, ...(cache !== undefined && { cache }) });
  const { lower, upper } = await instance
    .model(network)
    .bounds({ x: perturbed([0.3, -0.2], set) }, { ...base.options, ...options });
  return { lower: [...lower], upper: [...upper] };
}

const copyOf = (executor: Executor): Executor => defineExecutor({ ...executor });
const pluginsWith = (...more: Plugin[]): Partial<Composition> => ({ plugins: [...standardPlugins, ...more] });
const twice = { type: "Scale", domain: DOMAIN, inputs: [{ type: "Scale", domain: DOMAIN, inputs: ["x"] }] };
const fusion = defineFusion({ name: "scaled twice", patterns: [twice], operator: scale(4), inputs: ["x"] });

/** Two questions that differ in one thing that programs depend on. */
const different: readonly (readonly [what: string, one: Asked, other: Asked])[] = [
  ["weights", {}, { graph: net({ w: [1, -2, 0.5, 1.5] }) }],
  ["an attribute", {}, { graph: net({ alpha: 0.2 }) }],
  ["an operator of the graph", {}, { graph: net({ activation: "Relu" }) }],
  ["the name of the graph", {}, { graph: net({ name: "other" }) }],
  ["an operator's code", {}, { lirpa: pluginsWith(stranger(scale(3)), sets) }],
  [
    "a set's code",
    { set: { type: "wide", eps: 0.5 } },
    { set: { type: "wide", eps: 0.5 }, lirpa: pluginsWith(stranger(double), ball(0.7)) },
  ],
  [
    "a fusion",
    {},
    { lirpa: pluginsWith(stranger(double), sets, definePlugin({ name: "fusing", apiVersion: 2, fusions: [fusion] })) },
  ],
  ["a method's code", { lirpa: { methods: [widerByOne] } }, { lirpa: { methods: [wider(2)] } }],
  ["a method that takes a standard name", {}, { lirpa: { methods: [widerByOne] } }],
  [
    "the executor's options",
    { lirpa: { executor: onnxRuntimeExecutor({ threads: 1 }) } },
    { lirpa: { executor: onnxRuntimeExecutor({ threads: 2 }) } },
  ],
  ["the executor's code, by one name", {}, { lirpa: { executor: copyOf(referenceExecutor()) } }],
  ["the method", {}, { options: { method: "crown-ibp" } }],
  ["the output", {}, { options: { output: "s" } }],
  ["the norm of a set", {}, { set: lp({ norm: 2, eps: 0.5 }) }],
  ["rows instead of elements", {}, { options: { spec: [[1, -1]] } }],
  ["an open parameter", {}, { options: { parameters: ["w"] } }],
  ["lines of an operator in the model", {}, { options: { relaxation: { LeakyRelu: "same-slope" } } }],
  [
    "the layers that are optimized",
    { options: { method: "alpha-crown", methodOptions: { "alpha-crown": { layers: "all" } } } },
    { options: { method: "alpha-crown", methodOptions: { "alpha-crown": { layers: "last" } } } },
  ],
];

/** Two questions that differ in nothing that programs depend on. */
const equal: readonly (readonly [what: string, one: Asked, other: Asked])[] = [
  ["two graphs of equal content", {}, { graph: net() }],
  ["two plugins of the same operators", {}, { lirpa: pluginsWith(stranger(double), sets) }],
  [
    "two executors of equal options",
    { lirpa: { executor: onnxRuntimeExecutor({ threads: 1 }) } },
    { lirpa: { executor: onnxRuntimeExecutor({ threads: 1, provider: "cpu" }) } },
  ],
  ["two tables of the same methods", { lirpa: { methods: [widerByOne] } }, { lirpa: { methods: [widerByOne] } }],
  ["two radii", {}, { set: lp({ norm: Infinity, eps: 0.1 }) }],
  [
    "two matrices of rows",
    { options: { spec: [[1, -1]] } },
    {
      options: {
        spec: [
          [2, 1],
          [0, 1],
        ],
      },
    },
  ],
  ["two memory budgets that suffice", {}, { options: { memory: 2 ** 28 } }],
  [
    "numbers of steps, by a method that takes none",
    {},
    { options: { methodOptions: { "alpha-crown": { iterations: 3 } } } },
  ],
  [
    "layers to optimize, by a method that optimizes none",
    {},
    { options: { methodOptions: { "alpha-crown": { layers: "last" } } } },
  ],
  [
    "numbers of steps",
    { options: { method: "alpha-crown", methodOptions: { "alpha-crown": { iterations: 2 } } } },
    { options: { method: "alpha-crown", methodOptions: { "alpha-crown": { iterations: 3 } } } },
  ],
  [
    "lines, by a method that has no lines",
    { options: { method: "ibp" } },
    { options: { method: "ibp", relaxation: { LeakyRelu: "same-slope" } } },
  ],
  ["lines of an operator that is not in the model", {}, { options: { relaxation: { Relu: "zero" } } }],
  [
    "the order of lines",
    { options: { relaxation: { LeakyRelu: "same-slope", Mul: "middle" } } },
    { options: { relaxation: { Mul: "middle", LeakyRelu: "same-slope" } } },
  ],
];

describe("two instances that share one cache", () => {
  for (const [what, one, other] of different) {
    it(`share no program where they differ in ${what}`, async () => {
      const { cache, made } = counted();
      const alone = [await ask(one), await ask(other)];
      const first = await ask(one, cache);
      const programs = made.length;
      const second = await ask(other, cache);
      expect(programs).to.be.greaterThan(0);
      expect(made.length - programs, "programs of the second").to.be.greaterThan(0);
      expect(new Set(made).size).to.equal(made.length);
      expect([first, second]).to.deep.equal(alone);
    });
  }

  for (const [what, one, other] of equal) {
    it(`share every program where they differ in nothing: ${what}`, async () => {
      const { cache, made } = counted();
      await ask(one, cache);
      const programs = made.length;
      expect(await ask(other, cache)).to.deep.equal(await ask(other));
      expect(made.length).to.equal(programs);
    });
  }

  it("give no program back that the other one may use, and leave the cache to whoever made it", async () => {
    let disposed = 0;
    const inner = referenceExecutor();
    const executor: Executor = {
      ...inner,
      compile: async (program) => ({ ...(await inner.compile(program)), dispose: async () => void disposed++ }),
    };
    const cache = new MemoryProgramCache();
    const [one, two] = [
      compose({ plugins: standardPlugins, executor, cache }),
      compose({ plugins: standardPlugins, executor, cache }),
    ];
    const network = graph({ x: [2] }, {}, [["Relu", ["x"], ["y"]]], ["y"]);
    const bound = (lirpa: typeof one) => lirpa.model(network).bounds({ x: perturbed([0.5, -0.5], base.set) });
    await bound(one);
    await one.dispose();
    expect(disposed).to.equal(0);
    await bound(two);
    await two.dispose();
    await cache.clear();
    expect(disposed).to.equal(1);
  });
});
