import { expect } from "chai";
import {
  defineOperator,
  type ElementwiseOperator,
  type Interval,
  type Operator,
  type Tensor,
  type TensorOps,
} from "@lirpa/core/plugin";
import { defineMethod } from "@lirpa/core/recording";
import { describeMethod } from "./method/describe.js";
import { methodCalled } from "./kit/marked-methods.js";
import { methodNetworks } from "./method/networks.js";
import { describeOperator, describePlugin } from "./operator/describe.js";
import type { OpenInput, OperatorCase } from "./operator/case.js";
import { describePerturbation } from "./perturbation/describe.js";
import { rightBall } from "./wrong/sets.js";

// A test that says something which nobody reads, says it twice or excepts what it need not, is an error in words.

/** |x|: by the least value that it has on an interval, and by constant lines. */
const absolute = (type: string, least: (t: TensorOps, interval: Interval) => Tensor): Operator => {
  const range: ElementwiseOperator<unknown>["range"] = ({ t }, interval) => ({
    lower: least(t, interval),
    upper: t.max(t.abs(interval.lower), t.abs(interval.upper)),
  });
  return defineOperator({
    type,
    domain: "strict",
    sinceVersion: 1,
    kind: "elementwise",
    inputs: ["x"],
    forward: ({ t }, x) => t.abs(x),
    range,
    relax: (context, interval) => {
      const { lower, upper } = range(context, interval);
      return { lower: { slope: 0, intercept: lower }, upper: { slope: 0, intercept: upper } };
    },
  });
};
const abs = absolute("Abs", (t, { lower, upper }) => t.max(t.max(lower, t.neg(upper)), 0));
const doubled: Operator = defineOperator({
  type: "Doubled",
  domain: "strict",
  sinceVersion: 1,
  kind: "linear",
  inputs: ["x"],
  nonnegative: true,
  forward: ({ t }, x) => t.mul(x, 2),
});

const BALL = { query: { type: "wrong-ball", eps: 0.75 }, shape: [3] } as const;
const two = { shape: [2], dtype: "float", data: Float64Array.of(1, 2) } as const;

describe("The kit refuses", () => {
  it("a case that stands there twice, also by another name", async () => {
    const cases: OperatorCase[] = [
      { inputs: [[3]] },
      { inputs: [{ shape: [3], center: [0, 1] }] },
      { name: "again", inputs: [[3]] },
    ];
    expect(await failureOf(() => describeOperator(abs, cases), /has cases/)).equal(
      "again: the same as Abs([3]), which stands before it",
    );
    expect(await failureOf(() => describeOperator(abs, [{ inputs: [[3]] }, { inputs: [[2]] }]), /has cases/)).equal("");
  });

  it("a field of a case, of an input or of the settings that nobody reads", async () => {
    const misspelled = { inputs: [[3]], pionts: [0] } as OperatorCase;
    expect(await failureOf(() => describeOperator(abs, [misspelled]), /has cases/)).match(
      /^Abs\(\[3\]\): there is no field pionts, .* points,/,
    );
    const odd = { inputs: [{ shape: [3], centre: [0, 1] } as OpenInput] };
    expect(await failureOf(() => describeOperator(abs, [odd]), /has cases/)).match(
      /^Abs\(\[3\]\), input 0: there is no field centre/,
    );
    const settings = { rnus: 3 } as object;
    expect(await failureOf(() => describeOperator(abs, [{ inputs: [[3]] }], settings), /has cases/)).match(
      /^the settings of Abs: there is no field rnus/,
    );
    const plugin = { $$type: "lirpa.plugin", name: "odd", apiVersion: 2, operators: [], perturbations: [] } as never;
    expect(await failureOf(() => describePlugin(plugin, {}, settings), /has a case/)).match(
      /^the settings of odd: there is no field rnus/,
    );
  });

  it("the exception of a law that the case obeys, that is not asked of it, or that there is not", async () => {
    const excepting = (law: string): OperatorCase => ({ inputs: [[3]], except: { [law]: "a reason" } });
    const needless = (law: string) => failureOf(() => describeOperator(abs, [excepting(law)]), /cases except/);
    expect(await needless("containsSamples")).equal("Abs([3]): except names containsSamples, which this case obeys");
    expect(await needless("linearIsTight")).equal(
      "Abs([3]): except names linearIsTight, which is not asked of this case anyway",
    );
    expect(await needless("containsSample")).equal("Abs([3]): except names containsSample, which is no law");
  });

  it("no exception that is needed", async () => {
    const loose = absolute("LooseAbs", (t, { upper }) => t.mul(upper, 0));
    const example: OperatorCase = {
      inputs: [[3]],
      except: { rangeIsTight: "zero is below all values", exactAtPoints: "so it is at a point" },
    };
    expect(await failureOf(() => describeOperator(loose, [example]), /cases except/)).equal("");
  });

  it("cases that leave out a law which is about the operator, and says which laws are not asked", async () => {
    const constant: OperatorCase = { inputs: [two] };
    expect(await failureOf(() => describeOperator(doubled, [constant]), /is not asked: .*containsSamples/)).equal(
      "no case of Doubled perturbs an input, though it can be bounded: Doubled({1, 2}) with its input 0 perturbed",
    );
    expect(
      await failureOf(
        () => describeOperator(doubled, [{ inputs: [[2]] }]),
        /is not asked: computesOnnx, linesAreWorthwhile/,
      ),
    ).equal("");
  });

  it("the same of perturbations", async () => {
    const failure = (cases: readonly object[], test = /has cases/) =>
      failureOf(() => describePerturbation(rightBall, cases as never), test);
    expect(await failure([BALL, { ...BALL, name: "again" }])).match(/^again: the same as/);
    expect(await failure([{ ...BALL, centre: [0, 0, 0] }])).match(/there is no field centre/);
    expect(await failure([{ ...BALL, except: { hullContainsSamples: "a reason" } }], /cases except/)).match(
      /hullContainsSamples, which this case obeys$/,
    );
    expect(await failure([{ ...BALL, query: { ...BALL.query, radii: [1] } }], /is not asked/)).match(
      /lets instancesAreApart be asked: give a queryOfTwo/,
    );
  });

  it("the same of methods", async () => {
    const crown = methodCalled("crown");
    const failure = (settings: object) => failureOf(() => describeMethod(crown, settings), /has networks/);
    expect(await failure({ netwroks: [] })).match(/^the settings of crown: there is no field netwroks/);
    expect(await failure({ networks: methodNetworks().slice(0, 1) })).equal(
      "chain: the same as chain, which stands before it",
    );
    expect(await failure({})).equal("");
  });

  it("nothing of a method that acts without a recipe but what bounds alone can break", async () => {
    const { needs, bounds } = methodCalled("crown");
    const acting = defineMethod({ name: "acting", description: "", needs, bounds });
    const recorded = /^is not asked: rowsContainSamples, rowsAreElements, optimizingNeverLoosens, marksAreSound,/;
    expect(await failureOf(() => describeMethod(acting), recorded)).equal("");
    for (const law of [/^bounds all samples/, /^is exact where/, /^bounds one instance/]) {
      expect(await failureOf(() => describeMethod(acting), law)).equal("");
    }
  });
});

/**
 * Registers tests as a runner would, and gives the words in which the one of some title fails: none where it passes.
 */
async function failureOf(register: () => void, title: RegExp): Promise<string> {
  const tests = new Map<string, () => void | Promise<void>>();
  const runner = globalThis as unknown as Record<"describe" | "it", unknown>;
  const { describe: ownDescribe, it: ownIt } = runner;
  runner.describe = (_: string, body: () => void) => body();
  runner.it = (name: string, body: () => void) => tests.set(name, body);
  try {
    register();
  } finally {
    [runner.describe, runner.it] = [ownDescribe, ownIt];
  }
  const found = [...tests.keys()].find((name) => title.test(name));
  expect(found, [...tests.keys()].join("\n")).not.equal(undefined);
  try {
    await tests.get(found!)!();
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}
