import { expect } from "chai";
import { isLirpaError, standardMethods, type Graph } from "@lirpa/core";
import type { HostTensor } from "@lirpa/core/plugin";
import { evaluateProgram, type Executor } from "@lirpa/core/recording";
import { referenceExecutor } from "@lirpa/executor-reference";
import { lp, perturbed } from "lirpa";
import { graph, randomTensor, referenceLirpa, seeded, tensor } from "./graphs.js";

type Link = readonly [type: string, ...others: string[]];

/**
 * Nodes one behind the other; a name after the type stands for a stored tensor or, as "^", for the value two before.
 */
const CHAINS: Readonly<Record<string, readonly Link[]>> = {
  Relu: [["Relu"]],
  affine: [
    ["Mul", "scale"],
    ["Add", "shift"],
  ],
  "Gemm and Relu": [["Gemm", "weights"], ["Relu"]],
  mixed: [["Gemm", "weights"], ["Relu"], ["Add", "^"], ["Sigmoid"], ["Mul", "scale"], ["Add", "shift"]],
};

function chain(links: readonly Link[], length: number): Graph {
  const random = seeded(5);
  const stored: Record<string, HostTensor> = {
    weights: randomTensor([3, 3], random, 0.6),
    scale: tensor([1], [0.9]),
    shift: randomTensor([1, 3], random, 0.1),
  };
  const nodes = Array.from({ length }, (_, i) => {
    const [type, ...others] = links[i % links.length]!;
    const inputs = [i === 0 ? "x" : `h${i}`, ...others.map((other) => (other === "^" ? `h${i - 1}` : other))];
    return [type, inputs, [`h${i + 1}`]] as const;
  });
  return graph({ x: [1, 3] }, stored, nodes, [`h${length}`]);
}

const ball = (norm: number) => ({ x: perturbed([0.3, -0.2, 0.5], lp({ norm, eps: 0.1 })) });

async function sound(net: Graph, method: string, norm = Infinity): Promise<void> {
  const model = referenceLirpa().model(net);
  const { lower, upper } = await model.bounds(ball(norm), { method });
  const { data } = (await model.forward({ x: [0.3, -0.2, 0.5] }))[net.outputs[0]!]!;
  data.forEach((value, i) => {
    expect(lower[i]).to.be.at.most(value + 1e-9);
    expect(upper[i]).to.be.at.least(value - 1e-9);
  });
}

describe("deep graphs", () => {
  for (const [name, links] of Object.entries(CHAINS)) {
    it(`chains of 5,000 nodes (${name}) are bounded by intervals`, async function () {
      this.timeout(30_000);
      await sound(chain(links, 5000), "ibp");
    });

    it(`chains of 3,000 nodes (${name}) are bounded by forward forms`, async function () {
      this.timeout(60_000);
      await sound(chain(links, 3000), "forward");
    });

    it(`chains of 3,000 nodes (${name}) are bounded backward from intervals`, async function () {
      this.timeout(60_000);
      await sound(chain(links, 3000), "crown-ibp");
    });
  }

  it("chains whose bounds need no rows are bounded by every method", async function () {
    this.timeout(60_000);
    for (const { name } of standardMethods) {
      await sound(chain(CHAINS["Relu"]!, 500), name);
      await sound(chain(CHAINS["affine"]!, 2000), name);
    }
    await sound(chain(CHAINS["affine"]!, 2000), "crown", 2);
  });

  it("that take many backward passes are bounded in blocks, with the bounds of the whole", async function () {
    this.timeout(60_000);
    const model = referenceLirpa().model(chain(CHAINS["mixed"]!, 220));
    const shares: number[] = [];
    const { lower, upper } = await model.bounds(ball(2), {
      method: "crown",
      onProgress: (share) => shares.push(share),
    });
    // One report for each program.
    expect(shares.length).to.be.greaterThan(2);
    const { program, feeds } = model.program(ball(2), { method: "crown" });
    const whole = evaluateProgram(program, feeds);
    lower.forEach((value, i) => expect(value).to.be.closeTo(whole["lower"]!.data[i]!, 1e-9));
    upper.forEach((value, i) => expect(value).to.be.closeTo(whole["upper"]!.data[i]!, 1e-9));
  });

  it("are fed bounds of one number of instances, block by block, where weights move that all share", async function () {
    this.timeout(60_000);
    const inner = referenceExecutor();
    const counts = new Set<string>();
    const executor: Executor = {
      ...inner,
      compile: async (program) => {
        const ready = await inner.compile(program);
        const fed = program.inputs.filter(({ instances }) => instances).map(({ name }) => name);
        return {
          ...ready,
          run: (feeds) => {
            counts.add([...new Set(fed.map((name) => feeds[name]!.shape[0]))].join());
            return ready.run(feeds);
          },
        };
      },
    };
    // A deep chain of weights, and an input that meets its end.
    const deep = chain(CHAINS["Gemm and Relu"]!, 150);
    const [end] = deep.outputs;
    const { nodes } = graph({}, {}, [["MatMul", ["u", end!], ["y"]]], ["y"]);
    const stored = new Map([...deep.initializers, ["x", randomTensor([1, 3], seeded(3))]]);
    const inputs = [{ name: "u", shape: [1, 1], dtype: "float" as const }];
    const net: Graph = { ...deep, inputs, outputs: ["y"], initializers: stored, nodes: [...deep.nodes, ...nodes] };
    const moving = lp({ norm: Infinity, eps: 0.05 });
    await referenceLirpa([], executor)
      .model(net)
      .bounds({ u: perturbed([1, 2], moving) }, { weights: { x: moving } });
    expect([...counts]).to.deep.equal(["2"]);
  });

  it("that take a backward pass for each of very many values are refused before recording", async function () {
    this.timeout(30_000);
    for (const method of ["crown", "alpha-crown"]) {
      let error: unknown;
      const start = performance.now();
      await sound(chain(CHAINS["Gemm and Relu"]!, 1000), method).catch((caught: unknown) => (error = caught));
      expect(
        isLirpaError(error) && [error.code, error.message.includes("steps of backward passes")],
        String(error),
      ).to.deep.equal(["LIRPA_MEMORY", true]);
      expect(performance.now() - start).to.be.below(10_000);
    }
  });
});
