import { expect } from "chai";
import fc from "fast-check";
import {
  createLirpa,
  isLirpaError,
  lp,
  perturbed,
  type BoundInput,
  type BoundOptions,
  type Graph,
  type Lirpa,
} from "lirpa";
import type { PerturbationQuery } from "@lirpa/core/plugin";
import { graph } from "./graphs.js";

type Floats = Float32Array | Float64Array | number[];

/** Everything that was handed in is overwritten: numbers of lists and arrays, at any depth. */
function scribble(value: unknown, by: number): void {
  if (typeof value !== "object" || value === null) return;
  if (value instanceof Map) for (const part of value.values()) scribble(part, by);
  else if (ArrayBuffer.isView(value)) (value as Float64Array).fill(by);
  else if (Array.isArray(value) && value.every((part) => typeof part === "number")) value.fill(by);
  else for (const part of Object.values(value)) scribble(part, by);
}

const kinds = { Float32Array: Float32Array, Float64Array: Float64Array } as const;
function as(kind: string, numbers: readonly number[]): Floats {
  return kind === "list" ? [...numbers] : kinds[kind as keyof typeof kinds].from(numbers);
}

function net(kind: string): Graph {
  const initializer = (shape: number[], numbers: number[]) => ({
    shape,
    dtype: "float" as const,
    data: as(kind === "list" ? "Float64Array" : kind, numbers) as Float64Array,
  });
  const sketch = graph(
    { x: [1, 2], z: [1, 2] },
    {},
    [
      ["Gemm", ["x", "w", "b"], ["h"]],
      ["Relu", ["h"], ["r"]],
      ["Add", ["r", "z"], ["s"]],
      ["MatMul", ["s", "v"], ["y"]],
    ],
    ["y"],
  );
  return {
    ...sketch,
    initializers: new Map([
      ["w", initializer([2, 2], [1, -0.5, 0.25, 2])],
      ["b", initializer([2], [0.1, -0.1])],
      ["v", initializer([2, 3], [1, 2, -1, 0.5, -2, 1])],
    ]),
  };
}

interface Question {
  readonly inputs: Record<string, BoundInput>;
  readonly options: BoundOptions;
  readonly graph: Graph;
}

const sets: Readonly<Record<string, (kind: string) => PerturbationQuery>> = {
  "one radius": () => lp({ norm: Infinity, eps: 0.25 }),
  "a radius for each element": (kind) => ({ type: "linf", eps: as(kind, [0.25, 0.5]) }),
  "an L2 ball": () => lp({ norm: 2, eps: 0.5 }),
  "a box": (kind) => ({ type: "box", lower: as(kind, [0, -1]), upper: as(kind, [0.75, 0.5]) }),
};

const questions = fc.record({
  kind: fc.constantFrom("Float32Array", "Float64Array", "list"),
  set: fc.constantFrom(...Object.keys(sets)),
  method: fc.constantFrom("ibp", "crown", "forward", "alpha-crown"),
  spec: fc.boolean(),
  weights: fc.boolean(),
  relaxation: fc.boolean(),
  by: fc.constantFrom(7, 0, NaN, Infinity, 1e30),
});
type Drawn = typeof questions extends fc.Arbitrary<infer T> ? T : never;

function question({ kind, set, method, spec, weights, relaxation }: Drawn): Question {
  return {
    graph: net(kind),
    inputs: { x: perturbed(as(kind, [0.5, -0.25]), sets[set]!(kind)), z: as(kind, [0.125, 0.25]) },
    options: {
      method,
      methodOptions: { "alpha-crown": { iterations: 2 } },
      ...(spec && { spec: [as(kind, [1, -1, 0]), as(kind, [0, 0.5, 2])] }),
      ...(weights && { weights: { b: { type: "linf", eps: as(kind, [0.125, 0.25]) } } }),
      ...(relaxation && { relaxation: { Relu: "same-slope" } }),
    },
  };
}

describe("numbers that were handed in", () => {
  let lirpa: Lirpa;
  before(async () => {
    lirpa = await createLirpa({ project: false });
  });
  after(() => lirpa.dispose());

  it("may be overwritten as soon as the call returns: inputs, sets, weights, rows, options, graphs", async () => {
    await fc.assert(
      fc.asyncProperty(questions, async (drawn) => {
        const calm = question(drawn);
        const expected = await lirpa.model(calm.graph).bounds(calm.inputs, calm.options);
        const hasty = question(drawn);
        const model = lirpa.model(hasty.graph);
        scribble(hasty.graph, drawn.by);
        const promise = model.bounds(hasty.inputs, hasty.options);
        scribble([hasty.inputs, hasty.options.spec, hasty.options.weights], drawn.by);
        Object.assign(hasty.options, {
          method: "ibp",
          output: "nothing",
          spec: undefined,
          relaxation: { Relu: "nonsense" },
        });
        const { lower, upper, shape, method } = await promise;
        expect({ lower, upper, shape, method }).to.deep.equal({
          lower: expected.lower,
          upper: expected.upper,
          shape: expected.shape,
          method: expected.method,
        });
      }),
      { numRuns: 60 },
    );
  }).timeout(60_000);

  it("may be overwritten while a network is run", async () => {
    const model = lirpa.model(net("Float32Array"));
    const [x, z] = [Float32Array.of(1, 2), Float64Array.of(0, 1)];
    const expected = await model.forward({ x: [1, 2], z: [0, 1] });
    const promise = model.forward({ x, z });
    scribble([x, z], NaN);
    expect(await promise).to.deep.equal(expected);
  });

  it("are refused where they are not finite when they are handed in, whatever they become", async () => {
    for (const kind of ["Float32Array", "Float64Array", "list"]) {
      const center = as(kind, [NaN, 0]);
      const promise = lirpa
        .model(net(kind))
        .bounds({ x: perturbed(center, lp({ norm: Infinity, eps: 0.1 })), z: [0, 0] });
      center[0] = 0;
      const error: unknown = await promise.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(isLirpaError(error) && error.code, kind).to.equal("LIRPA_QUERY");
    }
  });
});
