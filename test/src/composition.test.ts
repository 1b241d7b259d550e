import { expect } from "chai";
import { createLirpa, isLirpaError, lp, perturbed, standardPlugins, type Executor, type ProgramCache } from "lirpa";
import { definePlugin } from "@lirpa/core/plugin";
import type { CompiledProgram } from "@lirpa/core/recording";
import { composeLirpa as compose, MemoryProgramCache, standardMethods } from "@lirpa/core";
import { crownRecipe, defineMethod, recorded, rowBounds, type Rows } from "@lirpa/core/recording";
import { referenceExecutor } from "@lirpa/executor-reference";
import { graph, randomTensor, referenceLirpa, seeded, tensor } from "./graphs.js";

const random = seeded(7);
const net = graph(
  { x: [1, 4] },
  { w: randomTensor([4, 8], random), b: randomTensor([8], random), v: randomTensor([8, 3], random) },
  [
    ["Gemm", ["x", "w", "b"], ["h"]],
    ["Relu", ["h"], ["r"]],
    ["Gemm", ["r", "v"], ["y"]],
  ],
  ["y"],
);
const center = Array.from({ length: 4 }, () => random());
const ball = lp({ norm: Infinity, eps: 0.2 });

describe("putting lirpa together", () => {
  it("takes another executor and another cache", async () => {
    const compiled: string[] = [];
    const keys: string[] = [];
    const inner = referenceExecutor();
    const executor: Executor = {
      ...inner,
      name: "counting",
      compile: (program) => (compiled.push(program.name), inner.compile(program)),
    };
    const kept = new MemoryProgramCache();
    const cache: ProgramCache = {
      get: (key, make): Promise<CompiledProgram> => (keys.push(key), kept.get(key, make)),
      clear: () => kept.clear(),
    };
    const model = compose({ plugins: standardPlugins, executor, cache }).model(net);
    await model.bounds({ x: perturbed(center, ball) });
    await model.bounds({ x: perturbed(center, lp({ norm: Infinity, eps: 0.3 })) });
    expect(compiled).to.have.length(1);
    expect(keys).to.have.length(2);
    expect(keys[0]).to.match(/^counting\|/);
  });

  it("bounds every element by the rows of a stranger's method", async () => {
    const crown = standardMethods.find(({ name }) => name === "crown")!;
    const rows: Rows = (run, target, boundsOf) => {
      const { lower, upper } = crownRecipe.rows(run, target, boundsOf);
      return { lower: run.t.sub(lower, 1), upper: run.t.add(upper, 1) };
    };
    const wider = defineMethod({
      name: "wider",
      description: "",
      needs: "backward",
      ...recorded("wider", { intermediate: rowBounds(rows), rows }),
    });
    const model = compose({
      plugins: standardPlugins,
      executor: referenceExecutor(),
      methods: [{ ...crown }, wider],
    }).model(net);
    const plain = await model.bounds({ x: perturbed(center, ball) }, { method: "crown" });
    const widened = await model.bounds({ x: perturbed(center, ball) }, { method: "wider" });
    plain.lower.forEach((value, i) => expect(widened.lower[i]).to.be.closeTo(value - 1, 1e-12));
  });

  it("makes a new program where the structure changes, not where a radius does", async () => {
    let count = 0;
    const inner = referenceExecutor();
    const model = compose({
      plugins: standardPlugins,
      executor: { ...inner, compile: (program) => (count++, inner.compile(program)) },
    }).model(net);
    for (const set of [ball, lp({ norm: Infinity, eps: 0.01 }), lp({ norm: 2, eps: 0.1 }), lp({ norm: 2, eps: 0.2 })])
      await model.bounds({ x: perturbed(center, set) });
    await model.bounds({ x: perturbed(center, ball) }, { method: "ibp" });
    expect(count).to.equal(3);
  });

  it("shares nothing between two instances", async () => {
    const two = [referenceLirpa(), referenceLirpa()] as const;
    expect(two[0].registry).to.not.equal(two[1].registry);
    const alone = compose({ plugins: [], executor: referenceExecutor() });
    expect(() => alone.model(net).check()).to.throw(/no plugin provides the operator Gemm/);
    two[0].model(net).check();
  });

  it("names the package to install where a pack was left out", async () => {
    const { catalogue } = await import("lirpa");
    // Without those that need it, too.
    const absent = ["activation", "reduction", "normalization"].map((pack) => `@lirpa/plugin-${pack}`);
    const plugins = standardPlugins.filter(({ name }) => !absent.includes(name));
    const lirpa = compose({ plugins, executor: referenceExecutor(), catalogue });
    try {
      lirpa.model(net).check();
      expect.fail("covered without the pack");
    } catch (error) {
      if (!isLirpaError(error)) throw error;
      expect(error.code).to.equal("LIRPA_UNSUPPORTED_OPERATOR");
      expect(error.message).to.include("Relu_1").and.include("Relu");
      expect(error.hint).to.include("@lirpa/plugin-activation");
      expect(error.details["package"]).to.equal("@lirpa/plugin-activation");
    }
  });

  it("names both plugins where two claim one operator, unless one says that it overrides", async () => {
    const relu = standardPlugins.flatMap(({ operators }) => operators).find(({ type }) => type === "Relu")!;
    const rival = definePlugin({ name: "lirpa-plugin-rival", apiVersion: 2, operators: [relu] });
    const error = await createLirpa({ plugins: [rival] }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(isLirpaError(error) && error.code).to.equal("LIRPA_CONFLICT");
    expect(String(error)).to.include("@lirpa/plugin-activation").and.include("lirpa-plugin-rival");
    await createLirpa({
      plugins: [definePlugin({ name: "lirpa-plugin-rival", apiVersion: 2, operators: [relu], overrides: ["Relu"] })],
    });
  });

  it("does not choose between two that both override one operator", async () => {
    const relu = standardPlugins.flatMap(({ operators }) => operators).find(({ type }) => type === "Relu")!;
    const plugins = ["one", "two"].map((name) =>
      definePlugin({ name: `lirpa-plugin-${name}`, apiVersion: 2, operators: [relu], overrides: ["Relu"] }),
    );
    const error = await createLirpa({ plugins }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(isLirpaError(error) && error.code).to.equal("LIRPA_CONFLICT");
    expect(String(error)).to.include("lirpa-plugin-one").and.include("lirpa-plugin-two");
  });

  it("refuses a plugin of another generation of the contract", async () => {
    const error = await createLirpa({ plugins: [definePlugin({ name: "lirpa-plugin-old", apiVersion: 0 })] }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(isLirpaError(error) && error.code).to.equal("LIRPA_PLUGIN");
    expect(String(error)).to.include("[lirpa-plugin-old]").and.include("generation 0");
  });
});

describe("a memory budget", () => {
  const wide = graph(
    { x: [1, 10] },
    { w: randomTensor([10, 40], random), v: randomTensor([40, 30], random), u: randomTensor([30, 20], random) },
    [
      ["Gemm", ["x", "w"], ["a"]],
      ["Relu", ["a"], ["b"]],
      ["Gemm", ["b", "v"], ["c"]],
      ["Relu", ["c"], ["d"]],
      ["Gemm", ["d", "u"], ["y"]],
    ],
    ["y"],
  );
  const point = Array.from({ length: 10 }, () => random());

  it("splits the work into programs and chunks of rows with the same bounds", async () => {
    let runs = 0;
    const inner = referenceExecutor();
    const counting: Executor = {
      ...inner,
      compile: async (program) => {
        const ready = await inner.compile(program);
        return { ...ready, run: (feeds) => (runs++, ready.run(feeds)) };
      },
    };
    const model = referenceLirpa([], counting).model(wide);
    const whole = await model.bounds({ x: perturbed(point, ball) }, { method: "crown" });
    expect(runs).to.equal(1);
    const small = await model.bounds({ x: perturbed(point, ball) }, { method: "crown", memory: 4000 });
    expect(runs).to.be.greaterThan(5);
    whole.lower.forEach((value, i) => expect(small.lower[i]).to.be.closeTo(value, 1e-12));
    whole.upper.forEach((value, i) => expect(small.upper[i]).to.be.closeTo(value, 1e-12));
  });

  // 3 channels of 8 × 8, pooled and joined to a shortcut: rows are patches, and some neurons are stable.
  const images = graph(
    { x: [1, 2, 8, 8] },
    {
      k: randomTensor([3, 2, 3, 3], random, 0.5),
      b: tensor([3], [0.5, -0.5, 0]),
      l: randomTensor([3, 3, 3, 3], random, 0.3),
      m: randomTensor([2, 3, 3, 3], random, 0.3),
      w: randomTensor([32, 6], random, 0.3),
      v: randomTensor([6, 2], random),
    },
    [
      ["Conv", ["x", "k", "b"], ["c1"], { pads: [1, 1, 1, 1] }],
      ["Relu", ["c1"], ["r1"]],
      ["Conv", ["r1", "l"], ["c2"], { pads: [1, 1, 1, 1] }],
      ["Add", ["c2", "r1"], ["a2"]],
      ["Relu", ["a2"], ["r2"]],
      ["AveragePool", ["r2"], ["p"], { kernel_shape: [2, 2], strides: [2, 2] }],
      ["Conv", ["p", "m"], ["c3"], { pads: [1, 1, 1, 1] }],
      ["Relu", ["c3"], ["r3"]],
      ["Flatten", ["r3"], ["f"]],
      ["Gemm", ["f", "w"], ["g"]],
      ["Relu", ["g"], ["r4"]],
      ["Gemm", ["r4", "v"], ["y"]],
    ],
    ["y"],
  );
  const [one, other] = [randomTensor([128], random).data, randomTensor([128], random).data];

  for (const [what, options] of [
    ["every element", {}],
    [
      "rows of a spec",
      {
        spec: [
          [1, -1],
          [0.5, 2],
          [1, 0],
        ],
      },
    ],
  ] as const) {
    it(`gives the same bounds of images, instance by instance: ${what}`, async () => {
      let rowsFed = 0;
      const inner = referenceExecutor();
      const counting: Executor = {
        ...inner,
        compile: async (program) => {
          const ready = await inner.compile(program);
          return { ...ready, run: (feeds) => ((rowsFed += feeds["rows"]?.shape[1] ?? 0), ready.run(feeds)) };
        },
      };
      const model = referenceLirpa([], counting).model(images);
      for (const method of ["crown", "crown-ibp"]) {
        const input = { x: perturbed([...one, ...other], lp({ norm: Infinity, eps: 0.03 })) };
        const whole = await model.bounds(input, { method, ...options });
        rowsFed = 0;
        const small = await model.bounds(input, { method, memory: method === "crown" ? 160_000 : 110_000, ...options });
        expect(small.shape).to.deep.equal(whole.shape);
        whole.lower.forEach((value, i) => expect(small.lower[i]).to.be.closeTo(value, 1e-12));
        whole.upper.forEach((value, i) => expect(small.upper[i]).to.be.closeTo(value, 1e-12));
        // 192 + 32 + 6 elements have rows where none is stable.
        if (method === "crown") expect(rowsFed).to.be.within(2 * 10, 2 * 200);
      }
    });
  }

  it("takes instances in turns where one fits", async () => {
    let runs = 0;
    const inner = referenceExecutor();
    const counting: Executor = {
      ...inner,
      compile: async (program) => {
        const ready = await inner.compile(program);
        return { ...ready, run: (feeds) => (runs++, ready.run(feeds)) };
      },
    };
    const model = referenceLirpa([], counting).model(wide);
    const points = Array.from({ length: 5 }, () => Array.from({ length: 10 }, () => random()));
    for (const method of ["ibp", "crown"]) {
      const together = await model.bounds({ x: perturbed(points.flat(), ball) }, { method });
      runs = 0;
      const inTurns = await model.bounds(
        { x: perturbed(points.flat(), ball) },
        { method, memory: method === "ibp" ? 3000 : 80_000 },
      );
      expect(runs).to.be.within(2, 5);
      expect(inTurns.shape).to.deep.equal([5, 20]);
      together.lower.forEach((value, i) => expect(inTurns.lower[i]).to.be.closeTo(value, 1e-12));
    }
  });

  it("records once, whatever cache is used", async () => {
    let times = 0;
    const kept = new MemoryProgramCache();
    const cache: ProgramCache = { get: (key, make) => kept.get(key, make), clear: () => kept.clear() };
    const rows: Rows = (...all) => (times++, crownRecipe.rows(...all));
    const counted = defineMethod({
      name: "crown",
      description: "",
      needs: "backward",
      ...recorded("crown", { intermediate: rowBounds(rows), rows }),
    });
    const model = compose({ plugins: standardPlugins, executor: referenceExecutor(), methods: [counted], cache }).model(
      wide,
    );
    for (const memory of [2 ** 30, 4000]) {
      await model.bounds({ x: perturbed(point, ball) }, { memory });
      const first = times;
      await model.bounds({ x: perturbed(point, ball) }, { memory });
      expect(times).to.equal(first);
    }
    // A program that was asked for is the one that runs.
    const prepared = model.prepare({ inputs: { x: lp({ norm: 2, eps: 0.1 }) } });
    prepared.program();
    const before = times;
    await prepared.bounds({ x: perturbed(point, lp({ norm: 2, eps: 0.1 })) });
    expect(times).to.equal(before);
  });

  it("says what one row takes where even that is too much", async () => {
    const error = await referenceLirpa()
      .model(wide)
      .bounds({ x: perturbed(point, ball) }, { method: "crown", memory: 100 })
      .then(
        () => undefined,
        (reason: unknown) => reason,
      );
    expect(isLirpaError(error) && error.code).to.equal("LIRPA_MEMORY");
  });
});

describe("several instances at once", () => {
  it("bounds each as if it were alone", async () => {
    const model = referenceLirpa().model(net);
    const centers = Array.from({ length: 3 }, () => Array.from({ length: 4 }, () => random()));
    for (const method of ["ibp", "crown-ibp", "crown"]) {
      const together = await model.bounds({ x: perturbed(centers.flat(), ball) }, { method });
      expect(together.shape).to.deep.equal([3, 3]);
      for (const [n, one] of centers.entries()) {
        const alone = await model.bounds({ x: perturbed(one, ball) }, { method });
        alone.lower.forEach((value, i) => expect(together.lower[n * 3 + i]).to.be.closeTo(value, 1e-12));
      }
    }
  });

  it("bounds rows of a spec for each batch row", async () => {
    const model = referenceLirpa().model(net);
    const spec = [
      [1, -1, 0],
      [0, 1, -1],
    ];
    const bounds = await model.bounds({ x: perturbed([...center, ...center], ball) }, { method: "crown", spec });
    expect(bounds.shape).to.deep.equal([2, 2]);
    expect(bounds.lower[0]).to.be.closeTo(bounds.lower[2]!, 1e-12);
  });
});
