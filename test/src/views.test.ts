import { expect } from "chai";
import fc from "fast-check";
import { emitOnnx, makeProgram, Vocabulary } from "@lirpa/core/recording";
import type { Graph, GraphNode } from "@lirpa/core";
import type { HostTensor } from "@lirpa/core/plugin";
import { onnxRuntimeExecutor } from "@lirpa/executor-onnxruntime";
import { lp, perturbed } from "lirpa";
import { graph, randomTensor, referenceLirpa, sampleBox, seeded, tensor } from "./graphs.js";

/** One view of a value: what it is and three numbers that choose its details. */
type ViewChoice = readonly [kind: number, a: number, b: number, c: number];

const ints = (values: readonly number[]): HostTensor => tensor([values.length], values, "int");
const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);
const LARGEST = 64;

/** Writes views of one value, node by node, and keeps its shape. */
class Sketch {
  readonly nodes: [string, string[], string[], GraphNode["attributes"]?][] = [];
  readonly stored: Record<string, HostTensor> = {};
  private count = 0;

  constructor(readonly random: () => number) {}

  store(value: HostTensor): string {
    const name = `c${this.count++}`;
    this.stored[name] = value;
    return name;
  }

  node(type: string, inputs: string[], attributes: GraphNode["attributes"] = {}): string {
    const name = `v${this.count++}`;
    this.nodes.push([type, inputs, [name], attributes]);
    return name;
  }
}

interface View {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Each kind of view, by its own reading of three numbers; one that would be no view leaves the value as it is. */
const VIEWS: readonly ((sketch: Sketch, from: View, a: number, b: number, c: number) => View)[] = [
  function slice(sketch, { name, shape }, a, b, c) {
    const axis = a % shape.length;
    const size = shape[axis]!;
    const step = 1 + (b % 3);
    const start = c % size;
    const backward = b % 2 === 1;
    const bounds = backward ? [size - 1 - start, -size - 1, -step] : [start, size, step];
    const out = shape.map((old, at) => (at === axis ? Math.ceil((size - start) / step) : old));
    const inputs = [...bounds.slice(0, 2), axis, bounds[2]!].map((value) => sketch.store(ints([value])));
    return { name: sketch.node("Slice", [name, ...inputs]), shape: out };
  },
  function transpose(sketch, { name, shape }, a) {
    const perm = shape.map((_, at) => (at + a) % shape.length);
    if (a % 2 === 0) perm.reverse();
    return { name: sketch.node("Transpose", [name], { perm }), shape: perm.map((at) => shape[at]!) };
  },
  function reshape(sketch, { name, shape }, a, b) {
    const size = sizeOf(shape);
    const divisors = Array.from({ length: size }, (_, i) => i + 1).filter((d) => size % d === 0);
    const first = divisors[a % divisors.length]!;
    const out = b % 2 === 0 ? [first, size / first] : [1, size / first, first];
    return {
      name: sketch.node("Reshape", [name, sketch.store(ints(b % 3 === 0 ? [out[0]!, -1, ...out.slice(2)] : out))]),
      shape: out,
    };
  },
  function expand(sketch, { name, shape }, a) {
    const out = [1 + (a % 2), ...shape.map((size) => (size === 1 ? 1 + (a % 3) : size))];
    if (sizeOf(out) > LARGEST || out.length > 4) return { name, shape };
    return { name: sketch.node("Expand", [name, sketch.store(ints(out))]), shape: out };
  },
  function gather(sketch, { name, shape }, a, b, c) {
    const axis = a % shape.length;
    const size = shape[axis]!;
    const places = Array.from({ length: 1 + (b % 4) }, (_, i) => ((c + i * b) % (2 * size)) - size);
    const out = shape.map((old, at) => (at === axis ? places.length : old));
    return sizeOf(out) > LARGEST
      ? { name, shape }
      : { name: sketch.node("Gather", [name, sketch.store(ints(places))], { axis }), shape: out };
  },
  function concat(sketch, { name, shape }, a, b) {
    const axis = a % shape.length;
    const other = b % 3 === 0 ? name : sketch.store(randomTensor(shape, sketch.random));
    const out = shape.map((size, at) => (at === axis ? 2 * size : size));
    if (sizeOf(out) > LARGEST) return { name, shape };
    return { name: sketch.node("Concat", b % 2 === 0 ? [name, other] : [other, name], { axis }), shape: out };
  },
  function pad(sketch, { name, shape }, a, b, c) {
    const counts = [...shape, ...shape].map((_, at) => (at + a) % 2);
    const cut = a % shape.length;
    if (shape[cut]! > 2) counts[cut] = -1;
    const out = shape.map((size, at) => size + counts[at]! + counts[at + shape.length]!);
    if (sizeOf(out) > LARGEST) return { name, shape };
    const mode = ["constant", "edge", "reflect"][b % 3]!;
    const inputs = [
      name,
      sketch.store(ints(counts)),
      ...(mode === "constant" ? [sketch.store(tensor([], [c / 10]))] : []),
    ];
    return { name: sketch.node("Pad", inputs, { mode }), shape: out };
  },
  function split(sketch, { name, shape }, a, b) {
    const axis = a % shape.length;
    const size = shape[axis]!;
    if (size === 1) return { name, shape };
    const first = 1 + (b % (size - 1));
    const parts = [`${name}a${sketch.nodes.length}`, `${name}b${sketch.nodes.length}`];
    sketch.nodes.push(["Split", [name, sketch.store(ints([first, size - first]))], parts, { axis }]);
    const taken = b % 2;
    return { name: parts[taken]!, shape: shape.map((old, at) => (at === axis ? [first, size - first][taken]! : old)) };
  },
  function squeeze(sketch, { name, shape }) {
    const axes = shape.flatMap((size, at) => (size === 1 ? [at] : []));
    if (axes.length === 0 || axes.length === shape.length) return { name, shape };
    return {
      name: sketch.node("Squeeze", [name, sketch.store(ints(axes))]),
      shape: shape.filter((size) => size !== 1),
    };
  },
  function unsqueeze(sketch, { name, shape }, a) {
    const axis = a % (shape.length + 1);
    if (shape.length > 3) return { name, shape };
    return {
      name: sketch.node("Unsqueeze", [name, sketch.store(ints([axis]))]),
      shape: [...shape.slice(0, axis), 1, ...shape.slice(axis)],
    };
  },
  function tile(sketch, { name, shape }, a) {
    const repeats = shape.map((_, at) => 1 + ((a >> at) % 2));
    const out = shape.map((size, at) => size * repeats[at]!);
    return sizeOf(out) > LARGEST
      ? { name, shape }
      : { name: sketch.node("Tile", [name, sketch.store(ints(repeats))]), shape: out };
  },
];

function viewed(sketch: Sketch, from: View, choices: readonly ViewChoice[]): View {
  return choices.reduce((view, [kind, a, b, c]) => VIEWS[kind]!(sketch, view, a, b, c), from);
}

interface Case {
  readonly shape: readonly number[];
  readonly ofInput: readonly ViewChoice[];
  readonly ofConstant: readonly ViewChoice[];
  readonly tail: readonly ViewChoice[];
  readonly columns: number;
  readonly seed: number;
}

/**
 * Views of the input, times a matrix that is a view of a constant, a Relu, and views before a constant matrix again.
 */
function networkOf({ shape, ofInput, ofConstant, tail, columns, seed }: Case): Graph {
  const sketch = new Sketch(seeded(seed));
  const x = viewed(sketch, { name: "x", shape }, ofInput);
  const constant = viewed(
    sketch,
    { name: sketch.store(randomTensor([3, 4], sketch.random)), shape: [3, 4] },
    ofConstant,
  );
  const times = (left: View, from: View): View => {
    const k = left.shape.at(-1)!;
    const places = Array.from({ length: k * columns }, (_, i) => i % sizeOf(from.shape));
    const flat = sketch.node("Reshape", [from.name, sketch.store(ints([-1]))]);
    const matrix = sketch.node("Reshape", [
      sketch.node("Gather", [flat, sketch.store(ints(places))]),
      sketch.store(ints([k, columns])),
    ]);
    return { name: sketch.node("MatMul", [left.name, matrix]), shape: [...left.shape.slice(0, -1), columns] };
  };
  const hidden = times(x, constant);
  const relu = { name: sketch.node("Relu", [hidden.name]), shape: hidden.shape };
  const last = viewed(sketch, relu, tail);
  const weights = { name: sketch.store(randomTensor([5, 3], sketch.random)), shape: [5, 3] };
  sketch.nodes.push(["Identity", [times(last, weights).name], ["y"]]);
  return graph({ x: shape }, sketch.stored, sketch.nodes, ["y"]);
}

// Slices as often as all others together: steps are what needs gaps on the way back.
const kind = fc.oneof(fc.constant(0), fc.nat(VIEWS.length - 1));
const choice: fc.Arbitrary<ViewChoice> = fc.tuple(kind, fc.nat(11), fc.nat(11), fc.nat(11));
const cases: fc.Arbitrary<Case> = fc.record({
  // Unit rows of a vector become a matrix's own rows, those of a tensor do not.
  shape: fc
    .oneof(fc.constant([6]), fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }))
    .map((sizes) => [1, ...sizes]),
  ofInput: fc.array(choice, { maxLength: 3 }),
  ofConstant: fc.array(choice, { maxLength: 3 }),
  tail: fc.array(choice, { maxLength: 2 }),
  columns: fc.integer({ min: 1, max: 6 }),
  seed: fc.nat(1000),
});

const METHODS = ["ibp", "crown-ibp", "crown", "forward", "forward+crown", "alpha-crown"];

describe("views before constant matrices", () => {
  it("are bounded in float32 as in float64 by every method, around all samples", async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(cases, async (drawn) => {
        const net = networkOf(drawn);
        const runtime = referenceLirpa([], onnxRuntimeExecutor({ threads: 1 }));
        const reference = referenceLirpa().model(net);
        const center = Array.from(randomTensor(drawn.shape, seeded(drawn.seed + 1)).data);
        const inputs = { x: perturbed(center, lp({ norm: Infinity, eps: 0.3 })) };
        const value = async ({ x }: Record<string, number[]>): Promise<ArrayLike<number>> =>
          (await reference.forward({ x: x! }))["y"]!.data;
        const seen = await sampleBox(value, { x: { center, radius: 0.3 } }, 6, seeded(3));
        for (const method of METHODS) {
          const { lower, upper } = await runtime.model(net).bounds(inputs, { method });
          // Float32 rounding of sums of some dozen products of numbers below 2.
          const close = (x: number, y: number): boolean => Math.abs(x - y) <= 2e-5 * (1 + Math.abs(y));
          seen.lower.forEach((least, i) => {
            expect(lower[i], `${method}, lower ${i}`).to.be.at.most(least + 2e-5 * (1 + Math.abs(least)));
            expect(upper[i], `${method}, upper ${i}`).to.be.at.least(
              seen.upper[i]! - 2e-5 * (1 + Math.abs(seen.upper[i]!)),
            );
          });
          if (method === "alpha-crown") continue;
          const exact = await reference.bounds(inputs, { method });
          exact.lower.forEach((end, i) =>
            expect(close(lower[i]!, end), `${method}, lower ${i}: ${lower[i]} for ${end}`).to.equal(true),
          );
          exact.upper.forEach((end, i) =>
            expect(close(upper[i]!, end), `${method}, upper ${i}: ${upper[i]} for ${end}`).to.equal(true),
          );
        }
        await runtime.dispose();
      }),
      { seed: 4, numRuns: 150 },
    );
  });
});

describe("constants of a program", () => {
  const recorded = (value: HostTensor): (() => unknown) => {
    const t = new Vocabulary();
    const x = t.input({ name: "x", shape: [3], dtype: "float", instances: false, rows: undefined });
    const program = makeProgram("p", { y: t.add(x, t.cast(t.constant(value), "float")) });
    return () => emitOnnx(program);
  };

  it("are emitted only from as many numbers as their shape has", () => {
    const value = { shape: [3], dtype: "float" as const, data: Float64Array.of(1, 2, 3) };
    const emit = recorded(value);
    value.data = value.data.subarray(1);
    expect(emit).to.throw(/a constant of float \[1, 1, 3\] is emitted from 2 numbers/);
  });

  it("are emitted from a part of an array as from a copy of it", () => {
    const whole = Float32Array.from({ length: 40 }, (_, i) => i);
    const part = recorded({ shape: [3], dtype: "float", data: whole.subarray(20, 23) })();
    expect(part).to.deep.equal(recorded({ shape: [3], dtype: "float", data: Float32Array.of(20, 21, 22) })());
  });
});
