import { expect } from "chai";
import { composeLirpa as compose, MemoryProgramCache } from "@lirpa/core";
import { referenceExecutor } from "@lirpa/executor-reference";
import { isLirpaError, lp, onnxRuntimeExecutor, perturbed, standardPlugins, type Executor, type Graph } from "lirpa";
import type { CompiledProgram } from "@lirpa/core/recording";
import { graph, tensor } from "./graphs.js";

const net = (weight: number): Graph =>
  graph(
    { x: [2] },
    { w: tensor([2, 2], [weight, -1, 0.5, 2]) },
    [
      ["MatMul", ["x", "w"], ["h"]],
      ["Relu", ["h"], ["y"]],
    ],
    ["y"],
  );
const input = { x: perturbed([0.3, -0.2], lp({ norm: Infinity, eps: 0.4 })) };

/** What became of programs, in order; runs wait at a gate. */
class Watched {
  readonly events: string[] = [];
  private readonly waiting: (() => void)[] = [];
  private isOpen = false;

  readonly executor: Executor = {
    ...referenceExecutor(),
    compile: async (program) => {
      const inner = await referenceExecutor().compile(program);
      let disposed = false;
      return {
        run: async (feeds) => {
          if (disposed) this.events.push("ran after dispose");
          if (!this.isOpen) await new Promise<void>((resolve) => this.waiting.push(resolve));
          this.events.push(disposed ? "disposed during a run" : "ran");
          return inner.run(feeds);
        },
        dispose: async () => {
          disposed = true;
          this.events.push("disposed");
        },
      };
    },
  };

  async untilRunning(count: number): Promise<void> {
    while (this.waiting.length < count) await new Promise(setImmediate);
  }

  open(): void {
    this.isOpen = true;
    for (const go of this.waiting) go();
  }
}

describe("dispose", () => {
  it("waits for all that is under way, which ends as ever; programs go last, each once", async () => {
    const watched = new Watched();
    const lirpa = compose({ plugins: standardPlugins, executor: watched.executor });
    const models = [1, 2, 3].map((weight) => lirpa.model(net(weight)));
    const calls = models.flatMap((model) => [
      model.bounds(input),
      model.bounds(input, { method: "ibp" }),
      model.forward({ x: [1, 2] }),
    ]);
    await watched.untilRunning(9);
    let ended = false;
    const end = lirpa.dispose().then(() => (ended = true));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([ended, watched.events]).to.deep.equal([false, []]);
    watched.open();
    const results = await Promise.all(calls);
    await Promise.all([end, lirpa.dispose()]);
    expect(results).to.have.length(9);
    expect(watched.events).to.deep.equal([...Array<string>(9).fill("ran"), ...Array<string>(9).fill("disposed")]);
  });

  it("waits for a call that fails, too", async () => {
    const failing: Executor = {
      ...referenceExecutor(),
      compile: () => new Promise((_, reject) => setTimeout(() => reject(new Error("no")), 10)),
    };
    const lirpa = compose({ plugins: standardPlugins, executor: failing });
    const call = lirpa
      .model(net(1))
      .bounds(input)
      .then(
        () => "bounded",
        () => "failed",
      );
    await lirpa.dispose();
    expect(await Promise.race([call, Promise.resolve("still under way")])).to.equal("failed");
  });

  it("lets no call of its models begin afterwards, nor while it waits", async () => {
    const watched = new Watched();
    const lirpa = compose({ plugins: standardPlugins, executor: watched.executor });
    const model = lirpa.model(net(1));
    const call = model.bounds(input);
    await watched.untilRunning(1);
    const end = lirpa.dispose();
    const late: Record<string, () => unknown> = {
      bounds: () => model.bounds(input),
      "bounds by alpha-crown": () => model.bounds(input, { method: "alpha-crown" }),
      forward: () => model.forward({ x: [1, 2] }),
      program: () => model.program(input),
    };
    for (const when of ["while it waits", "afterwards"]) {
      for (const [what, begin] of Object.entries(late)) {
        const error: unknown = await Promise.resolve()
          .then(begin)
          .then(
            () => undefined,
            (reason: unknown) => reason,
          );
        expect(isLirpaError(error) && error.code, `${what} ${when}`).to.equal("LIRPA_DISPOSED");
      }
      watched.open();
      await Promise.all([call, end]);
    }
  });

  it("leaves an instance that may make new models, and that waits again", async () => {
    const watched = new Watched();
    const lirpa = compose({ plugins: standardPlugins, executor: watched.executor });
    const first = lirpa.model(net(1)).bounds(input);
    await watched.untilRunning(1);
    const end = lirpa.dispose();
    const second = lirpa.model(net(1)).bounds(input);
    await watched.untilRunning(2);
    let ended = false;
    const again = lirpa.dispose().then(() => (ended = true));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([ended, watched.events]).to.deep.equal([false, []]);
    watched.open();
    await Promise.all([end, again]);
    expect((await second).lower).to.deep.equal((await first).lower);
    expect(watched.events).to.deep.equal(["ran", "ran", "disposed", "disposed"]);
  });

  it("of a session waits for its runs; it runs no more", async () => {
    const lirpa = compose({ plugins: standardPlugins, executor: onnxRuntimeExecutor({ threads: 1 }) });
    const { program, feeds } = lirpa.model(net(1)).program(input);
    const compiled = await onnxRuntimeExecutor({ threads: 1 }).compile(program);
    const runs = Array.from({ length: 5 }, () => compiled.run(feeds));
    let done = 0;
    for (const run of runs) void run.then(() => done++);
    await compiled.dispose();
    await Promise.all(runs);
    expect(done).to.equal(5);
    const error: unknown = await compiled.run(feeds).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(isLirpaError(error) && error.code).to.equal("LIRPA_EXECUTOR");
  });
});

describe("the cache in memory", () => {
  it("disposes of a program that makes room when its last run ends", async () => {
    const watched = new Watched();
    const cache = new MemoryProgramCache(1);
    const lirpa = compose({ plugins: standardPlugins, executor: watched.executor, cache });
    const first = lirpa.model(net(1)).bounds(input);
    await watched.untilRunning(1);
    const second = lirpa.model(net(2)).bounds(input);
    await watched.untilRunning(2);
    expect(watched.events).to.deep.equal([]);
    watched.open();
    await Promise.all([first, second]);
    await new Promise(setImmediate);
    expect(watched.events).to.deep.equal(["ran", "ran", "disposed"]);
  });

  it("gives the right bounds however many programs take turns in however little room", async () => {
    const watched = new Watched();
    watched.open();
    const crowded = compose({ plugins: standardPlugins, executor: watched.executor, cache: new MemoryProgramCache(2) });
    const alone = compose({ plugins: standardPlugins, executor: referenceExecutor() });
    const weights = Array.from({ length: 40 }, (_, i) => (i * 7) % 12);
    const models = weights.map((weight) => crowded.model(net(weight)));
    const results = await Promise.all(models.map((model) => model.bounds(input)));
    for (const [i, { lower, upper }] of results.entries()) {
      const expected = await alone.model(net(weights[i]!)).bounds(input);
      expect([[...lower], [...upper]]).to.deep.equal([[...expected.lower], [...expected.upper]]);
    }
    expect(watched.events.filter((event) => event.includes("after") || event.includes("during"))).to.deep.equal([]);
  });

  it("makes one program for all that ask for it at once, and keeps no failure", async () => {
    const cache = new MemoryProgramCache();
    const program: CompiledProgram = { run: async () => ({}), dispose: async () => undefined };
    let made = 0;
    const make = async (): Promise<CompiledProgram> => {
      if (made++ === 0) throw new Error("no");
      return program;
    };
    expect(
      await cache.get("key", make).then(
        () => "made",
        () => "failed",
      ),
    ).to.equal("failed");
    const both = await Promise.all([cache.get("key", make), cache.get("key", make)]);
    expect([both[0] === both[1], made]).to.deep.equal([true, 2]);
  });
});
