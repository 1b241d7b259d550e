import { expect } from "chai";
import fc from "fast-check";
import { composeLirpa as compose } from "@lirpa/core";
import { referenceExecutor } from "@lirpa/executor-reference";
import { tfjsExecutor } from "@lirpa/executor-tfjs";
import { readModel } from "@lirpa/onnx";
import { coverage } from "@lirpa/registry";
import {
  box,
  createLirpa,
  diskProgramCache,
  isLirpaError,
  loadProgram,
  lp,
  onnxRuntimeExecutor,
  perturbed,
  standardPlugins,
} from "lirpa";
import { graph, referenceLirpa, tensor } from "./graphs.js";

const net = graph({ x: [1, 2] }, { w: tensor([2, 2], [1, 2, 3, 4]) }, [["MatMul", ["x", "w"], ["y"]]], ["y"]);
const lirpa = referenceLirpa();
const inputs = { x: perturbed([0, 0], lp({ norm: 2, eps: 1 })) };
const executor = referenceExecutor();

/** Every call that takes options: what is right, and what it does with more. */
const calls: Readonly<Record<string, { readonly right: object; readonly call: (options: never) => unknown }>> = {
  "createLirpa of lirpa": { right: { project: false }, call: (options) => createLirpa(options) },
  "createLirpa of core": { right: { plugins: standardPlugins, executor }, call: (options) => compose(options) },
  "model.bounds": {
    right: { method: "ibp", memory: 2 ** 30 },
    call: (options) => lirpa.model(net).bounds(inputs, options),
  },
  "model.program": {
    right: { method: "crown", spec: [[1, 0]] },
    call: (options) => lirpa.model(net).program(inputs, options),
  },
  "alpha-crown": {
    right: { iterations: 2, layers: "all" },
    call: (given) =>
      lirpa.model(net).bounds(inputs, { method: "alpha-crown", methodOptions: { "alpha-crown": given } }),
  },
  "alpha-crown, where another method is asked": {
    right: { iterations: 2, layers: "all" },
    call: (given) => lirpa.model(net).bounds(inputs, { method: "ibp", methodOptions: { "alpha-crown": given } }),
  },
  lp: { right: { norm: 2, eps: 1 }, call: (options) => lp(options) },
  box: { right: { lower: [0], upper: [1] }, call: (options) => box(options) },
  "a perturbation in a query": {
    right: { type: "linf", eps: 1 },
    call: (set) => lirpa.model(net).bounds({ x: perturbed([0, 0], set) }),
  },
  onnxRuntimeExecutor: { right: { provider: "cpu", threads: 1 }, call: (options) => onnxRuntimeExecutor(options) },
  tfjsExecutor: { right: { backend: "cpu" }, call: (options) => tfjsExecutor(options) },
  diskProgramCache: {
    right: { folder: "/nowhere", executor, plugins: [] },
    call: (options) => diskProgramCache(options),
  },
  coverage: { right: { methods: [] }, call: (options) => coverage(net, lirpa.registry, options) },
};

/** These fail with anything but the right bytes, and before that with a wrong option. */
const onlyWrong: Readonly<Record<string, (options: never) => unknown>> = {
  loadProgram: (options) => loadProgram(new Uint8Array(), options),
  readModel: (options) => readModel(new Uint8Array(), options),
};

async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error;
  }
}

function misspelt(name: string, at: number): string {
  const i = at % (name.length + 1);
  return `${name.slice(0, i)}z${name.slice(i)}`;
}

describe("an option that nobody reads is refused,", () => {
  for (const [name, { right, call }] of Object.entries(calls)) {
    it(`by ${name}, with the nearest name`, async () => {
      expect(await failureOf(() => call(right as never))).to.equal(undefined);
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...Object.keys(right)), fc.nat(), async (option, at) => {
          const wrong = misspelt(option, at);
          const error = await failureOf(() => call({ ...right, [wrong]: 1 } as never));
          if (!isLirpaError(error)) throw new Error(`${wrong} was taken, or ended in ${String(error)}`);
          expect(error.code).to.be.oneOf(["LIRPA_OPTION", "LIRPA_PERTURBATION"]);
          expect(error.message).to.include(JSON.stringify(wrong)).and.to.include(option);
        }),
        { numRuns: 10, seed: 14 },
      );
      for (const inherited of ["constructor", "toString", "__proto__x"]) {
        expect(isLirpaError(await failureOf(() => call({ ...right, [inherited]: 1 } as never))), inherited).to.equal(
          true,
        );
      }
    });
  }

  for (const [name, call] of Object.entries(onlyWrong)) {
    it(`by ${name}`, async () => {
      const error = await failureOf(() => call({ nmae: "x" } as never));
      expect(isLirpaError(error) && [error.code, error.message.includes('"nmae"')]).to.deep.equal([
        "LIRPA_OPTION",
        true,
      ]);
    });
  }

  it("and so are options that are no object, and a memory budget that is none", async () => {
    for (const wrong of [null, 3, "ibp", []]) {
      const error = await failureOf(() => lirpa.model(net).bounds(inputs, wrong as never));
      expect(isLirpaError(error) && error.code, JSON.stringify(wrong)).to.equal("LIRPA_OPTION");
    }
    for (const memory of [0, -1, NaN, "2GiB"]) {
      for (const call of [
        () => lirpa.model(net).bounds(inputs, { memory } as never),
        () => compose({ plugins: [], executor, memory } as never),
      ]) {
        const error = await failureOf(call);
        expect(isLirpaError(error) && error.code, String(memory)).to.equal("LIRPA_OPTION");
      }
    }
  });
});
