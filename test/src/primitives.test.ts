import { readFileSync } from "node:fs";
import { expect } from "chai";
import { evaluate, PRIMITIVES, Vocabulary, vjp, type IrNode } from "@lirpa/core/recording";
import {
  expectEachInstanceAndRowAlone,
  expectEmittedEqualsReference,
  expectGradientsAreDifferences,
  primitivesOf,
  recordCase,
  type Recording,
} from "./primitives/laws.js";
import { FAMILIES } from "./primitives/families.js";
import { combinations, leaf, OPEN, type PrimitiveCase } from "./primitives/sketch.js";
import { repositoryPath } from "./shared.js";

/** Families whose primitives make hidden axes or move them. */
const OF_HIDDEN_AXES: readonly string[] = ["leaves", "hidden axes", "picked rows"];
const CASES = Object.values(FAMILIES).flat();

for (const [family, cases] of Object.entries(FAMILIES)) {
  describe(`primitives: ${family}`, () => {
    for (const example of cases) {
      describe(`${example.primitive}, ${example.of}`, () => {
        let recording: Recording;
        before(() => {
          recording = recordCase(example);
        });

        it("runs in ONNX Runtime as in the reference, with gradients, for all hidden axes of its inputs", async () => {
          expect([
            ...recording.all.reduce((names, { y }) => primitivesOf(y, new Set(), names), new Set<string>()),
          ]).to.include(example.primitive);
          await expectEmittedEqualsReference(recording);
        });

        if (!OF_HIDDEN_AXES.includes(family)) {
          it("treats each instance and row as if it were alone", () => expectEachInstanceAndRowAlone(recording));
        }

        if (example.kinks !== true && isDifferentiable(example)) {
          it("has the gradients that differences show, and they have theirs", () =>
            expectGradientsAreDifferences(recording));
        }
      });
    }
  });
}

describe("primitives: gradients on kinks", () => {
  const KINKS: Readonly<
    Record<
      string,
      {
        readonly at: readonly number[];
        readonly f: (t: Vocabulary, x: IrNode) => IrNode;
        readonly gradient: readonly number[];
      }
    >
  > = {
    "relu is flat at 0": { at: [0, 1, -1], f: (t, x) => t.relu(x), gradient: [0, 1, 0] },
    "abs is flat at 0": { at: [0, 1, -1], f: (t, x) => t.abs(x), gradient: [0, 1, -1] },
    "equal operands of max share": { at: [2, 1, 3], f: (t, x) => t.max(x, 2), gradient: [0.5, 0, 1] },
    "equal operands of min share": { at: [2, 1, 3], f: (t, x) => t.min(2, x), gradient: [0.5, 1, 0] },
    "equal greatest elements share": { at: [2, 1, 2], f: (t, x) => t.reduceMax(x), gradient: [0.5, 0, 0.5] },
    "equal least elements share": { at: [2, 1, 1], f: (t, x) => t.reduceMin(x), gradient: [0, 0.5, 0.5] },
    "the first of equal greatest elements is taken": {
      at: [1, 2, 2],
      f: (t, x) => t.topK(x, 1, 0).values,
      gradient: [0, 1, 0],
    },
  };
  for (const [law, { at, f, gradient }] of Object.entries(KINKS)) {
    it(law, () => {
      const t = new Vocabulary();
      const x = leaf(t, "x", [3], "float", "none", OPEN);
      const y = f(t, x);
      const [g] = vjp(t, [y], [t.full(y.shape, 1)], [x]);
      const [value] = evaluate([g!], {
        "x.none.open": { shape: [1, 1, 3], dtype: "float", data: Float64Array.from(at) },
      });
      expect([...value!.data]).to.deep.equal(gradient);
    });
  }

  it("nothing flows through stopGradient and through what is constant piece by piece", () => {
    const t = new Vocabulary();
    const x = leaf(t, "x", [3], "float", "none", OPEN);
    for (const y of [t.stopGradient(x), t.floor(x), t.ceil(x), t.round(x), t.sign(x)])
      expect(vjp(t, [y], [t.full([3], 1)], [x])).to.deep.equal([undefined]);
  });
});

describe("primitives: all of them", () => {
  it("are tested", () => {
    const tested = new Set(CASES.map(({ primitive }) => primitive));
    expect([...tested].sort()).to.deep.equal(Object.keys(PRIMITIVES).sort());
  });

  it("are known by their names", () => {
    expect(Object.values(PRIMITIVES).map(({ name }) => name)).to.deep.equal(Object.keys(PRIMITIVES));
  });

  it("say how they compute, whole or slice by slice, if they are not fed", () => {
    for (const { name, fed, evaluate: bySlice, evaluateHidden: whole } of Object.values(PRIMITIVES)) {
      expect(
        [fed, bySlice, whole].filter((way) => way !== undefined),
        name,
      ).to.have.length(1);
    }
  });

  it("are tested through all that rules may call", () => {
    const called = new Set<string>();
    for (const example of CASES) recordFirst(example, spied(called));
    // These have tests of their own.
    const marks = ["free", "constantValue"];
    expect(vocabulary().filter((name) => !called.has(name) && !marks.includes(name))).to.deep.equal([]);
  });
});

/** All functions of the contract's vocabulary. */
function vocabulary(): string[] {
  const source = readFileSync(repositoryPath("core/src/plugin/tensor.ts"), "utf8");
  const names = [...source.slice(source.indexOf("interface TensorOps")).matchAll(/^ {2}(\w+)\(/gm)].map(
    ([, name]) => name!,
  );
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
  return example.build(
    t,
    ...example.inputs.map(({ shape, dtype = "float" }, slot) => leaf(t, `x${slot}`, shape, dtype, inputs[slot]!, rows)),
  );
}

function isDifferentiable(example: PrimitiveCase): boolean {
  return (
    recordFirst(example, new Vocabulary()).dtype === "float" &&
    example.inputs.some(({ dtype = "float" }) => dtype === "float")
  );
}
