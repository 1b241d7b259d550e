import { readdirSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { Vocabulary } from "@lirpa/core";
import { CONTRACTION } from "./primitives/contraction-cases.js";
import { ELEMENTWISE } from "./primitives/elementwise-cases.js";
import { HIDDEN_AXES, LEAVES } from "./primitives/hidden-cases.js";
import { INDEXING } from "./primitives/indexing-cases.js";
import { expectEmittedEqualsReference, expectGradientsAreDifferences, primitivesOf, recordCase, type Recording } from "./primitives/laws.js";
import { REDUCTION } from "./primitives/reduction-cases.js";
import { SHAPE } from "./primitives/shape-cases.js";
import { combinations, leaf, type PrimitiveCase } from "./primitives/sketch.js";
import { repositoryPath } from "./shared.js";

const FAMILIES: Readonly<Record<string, readonly PrimitiveCase[]>> = {
  leaves: LEAVES, elementwise: ELEMENTWISE, contraction: CONTRACTION, reduction: REDUCTION, shape: SHAPE, indexing: INDEXING, "hidden axes": HIDDEN_AXES,
};
const CASES = Object.values(FAMILIES).flat();

for (const [family, cases] of Object.entries(FAMILIES)) {
  describe(`primitives: ${family}`, () => {
    for (const example of cases) {
      describe(`${example.primitive}, ${example.of}`, () => {
        let recording: Recording;
        before(() => {
          recording = recordCase(example);
        });

        it("runs in ONNX Runtime as in the reference, with its gradients, whatever hidden axes its inputs have", async () => {
          expect([...recording.all.reduce((names, { y }) => primitivesOf(y, new Set(), names), new Set<string>())]).to.include(example.primitive);
          await expectEmittedEqualsReference(recording);
        });

        if (example.kinks !== true && isDifferentiable(example)) {
          it("has the gradients that differences show, and they have theirs", () => expectGradientsAreDifferences(recording));
        }
      });
    }
  });
}

describe("primitives: all of them", () => {
  it("are tested", async () => {
    const tested = new Set(CASES.map(({ primitive }) => primitive));
    expect([...tested].sort()).to.deep.equal((await allPrimitives()).sort());
  });

  it("are tested through all that rules may call", () => {
    const called = new Set<string>();
    for (const example of CASES) recordFirst(example, spied(called));
    // These have tests of their own.
    const marks = ["free", "outward", "constantValue"];
    expect(vocabulary().filter((name) => !called.has(name) && !marks.includes(name))).to.deep.equal([]);
  });
});

/** Names of all primitives that core's modules export, alone or in a record. */
async function allPrimitives(): Promise<string[]> {
  const files = readdirSync(repositoryPath("core/src/tensor/primitives")).filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  const names = new Set<string>();
  for (const file of files) {
    const module = (await import(pathToFileURL(repositoryPath("core/dist/tensor/primitives", file.replace(/\.ts$/, ".js"))).href)) as Record<string, unknown>;
    const before = names.size;
    for (const value of Object.values(module).flatMap((value) => (isPrimitive(value) ? [value] : Object.values(value as object)))) if (isPrimitive(value)) names.add(value.name);
    expect(names.size, file).to.be.greaterThan(before);
  }
  return [...names];
}

function isPrimitive(value: unknown): value is { readonly name: string } {
  return typeof value === "object" && value !== null && "infer" in value && "lower" in value && "name" in value;
}

/** All functions of the contract's vocabulary. */
function vocabulary(): string[] {
  const source = readFileSync(repositoryPath("core/src/plugin/tensor.ts"), "utf8");
  const names = [...source.slice(source.indexOf("interface TensorOps")).matchAll(/^ {2}(\w+)\(/gm)].map(([, name]) => name!);
  expect(names).to.have.length.greaterThan(60);
  return names;
}

/** A vocabulary that notes what a case calls, not what core then calls itself. */
function spied(called: Set<string>): Vocabulary {
  return new Proxy(new Vocabulary(), {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      called.add(String(name));
      return member.bind(target);
    },
  });
}

function recordFirst(example: PrimitiveCase, t: Vocabulary) {
  const { rows, inputs } = combinations(example)[0]!;
  return example.build(t, ...example.inputs.map(({ shape, dtype = "float" }, slot) => leaf(t, `x${slot}`, shape, dtype, inputs[slot]!, rows)));
}

function isDifferentiable(example: PrimitiveCase): boolean {
  return recordFirst(example, new Vocabulary()).dtype === "float" && example.inputs.some(({ dtype = "float" }) => dtype === "float");
}
