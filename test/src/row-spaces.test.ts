import { expect } from "chai";
import { composeLirpa } from "@lirpa/core";
import {
  defineMethod,
  forwardBounds,
  recorded,
  forwardForms,
  Vocabulary,
  type BoundRun,
  type IrNode,
} from "@lirpa/core/recording";
import type { Pair } from "@lirpa/core/plugin";
import { referenceExecutor } from "@lirpa/executor-reference";
import { lp, perturbed, standardPlugins } from "lirpa";
import { graph, randomTensor, seeded, tensor } from "./graphs.js";

describe("row spaces of a recording", () => {
  const t = new Vocabulary();
  const of = (name: string) => ({ name: `rows:${name}`, size: 3, kind: "elements", of: name }) as const;

  it("are one for each description, so that rows of one value meet", () => {
    expect(t.rows(of("x"))).to.equal(t.rows(of("x")));
    expect(t.add(t.eye([3], t.rows(of("x"))), t.eye([3], t.rows(of("x")))).rows).to.include({ size: 3, of: "x" });
  });

  it("differ between values, so that their rows never meet", () => {
    const joined = () => t.add(t.eye([3], t.rows(of("x"))), t.eye([3], t.rows(of("y"))));
    expect(joined)
      .to.throw(/rows:x and rows:y/)
      .with.property("code", "LIRPA_SHAPE");
  });
});

describe("forward forms of a run", () => {
  const random = seeded(11);
  const net = graph(
    { x: [1, 2] },
    { w: randomTensor([2, 4], random, 2), v: tensor([4, 1], [1, -1, 1, -1]) },
    [
      ["Gemm", ["x", "w"], ["z"]],
      ["Relu", ["z"], ["r"]],
      ["Gemm", ["r", "v"], ["y"]],
    ],
    ["y"],
  );
  const wider = ({ t }: BoundRun, { lower, upper }: Pair<IrNode>): Pair<IrNode> => ({
    lower: t.sub(lower, 5),
    upper: t.add(upper, 5),
  });

  it("rest on the bounds that they are asked with, whoever asked before", async () => {
    const method = defineMethod({
      name: "twice",
      description: "forward forms by intermediate bounds, then by wider ones",
      needs: "forward",
      ...recorded("twice", {
        intermediate: forwardBounds,
        rows: () => {
          throw new Error("only elements are asked for");
        },
        elements: (run, value, boundsOf) => {
          const { lower } = forwardForms(run, boundsOf).elements(value);
          return { lower, upper: forwardForms(run, (input) => wider(run, boundsOf(input))).elements(value).upper };
        },
      }),
    });
    const query = { x: perturbed([0.1, -0.2], lp({ norm: Infinity, eps: 0.5 })) };
    const own = composeLirpa({ plugins: standardPlugins, executor: referenceExecutor(), methods: [method] });
    const standard = composeLirpa({ plugins: standardPlugins, executor: referenceExecutor() });
    const twice = await own.model(net).bounds(query, { method: "twice" });
    const once = await standard.model(net).bounds(query, { method: "forward" });
    await Promise.all([own.dispose(), standard.dispose()]);
    expect(twice.lower[0]).to.equal(once.lower[0]);
    expect(twice.upper[0]).to.be.greaterThan(once.upper[0]! + 0.1);
  });
});
