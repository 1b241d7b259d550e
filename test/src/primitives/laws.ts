import { expect } from "chai";
import { evaluate, evaluateProgram, makeProgram, Vocabulary, vjp, type IrNode } from "@lirpa/core/recording";
import type { HostTensor } from "@lirpa/core/plugin";
import { onnxRuntimeExecutor } from "@lirpa/executor-onnxruntime";
import { combinations, feed, leaf, type Combination, type PrimitiveCase } from "./sketch.js";

/** Float32 sums in another order; relative to 1 + the value. */
const EMITTED = 2e-5;
/** Central differences of this step in float64: their error is below the tolerance by some orders. */
const STEP = 1e-5;
const DIFFERENCES = 1e-6;
/** Float64 sums in another order. */
const ALONE = 1e-12;

const NO_SHAPE = { instances: true, rows: true } as const;

/** A case recorded with one combination of hidden axes. */
interface Recorded {
  readonly combination: Combination;
  readonly inputs: readonly IrNode[];
  readonly y: IrNode;
  /** The float inputs. */
  readonly variables: readonly IrNode[];
  readonly first: readonly (IrNode | undefined)[];
  readonly value: IrNode;
  readonly alongU: IrNode;
  readonly second: readonly (IrNode | undefined)[];
  readonly slope: IrNode;
  readonly slopeAlongU: IrNode;
  readonly slopeAlongCotangent: IrNode;
}

/** All combinations of a case in one recording, and what to feed it. */
export interface Recording {
  readonly all: readonly Recorded[];
  readonly feeds: Readonly<Record<string, HostTensor>>;
}

export function recordCase(example: PrimitiveCase): Recording {
  const t = new Vocabulary();
  const feeds: Record<string, HostTensor> = {};
  return { all: combinations(example).map((combination) => recordOne(example, combination, t, feeds)), feeds };
}

function recordOne(
  example: PrimitiveCase,
  combination: Combination,
  t: Vocabulary,
  feeds: Record<string, HostTensor>,
): Recorded {
  const { rows } = combination;
  const sketched = (name: string, slot: number): IrNode => {
    const sketch = example.inputs[slot]!;
    const hidden = combination.inputs[slot]!;
    const node = leaf(t, `${name}${slot}`, sketch.shape, sketch.dtype ?? "float", hidden, rows);
    const plain = name === "x" ? sketch : { shape: sketch.shape, from: -1, to: 1 };
    feeds[nameOf(node)] ??= feed(plain, hidden, rows, "xvu".indexOf(name) + 3 * slot, 3 * example.inputs.length);
    return node;
  };
  const inputs = example.inputs.map((_, slot) => sketched("x", slot));
  const y = example.build(t, ...inputs);
  const slots = inputs.flatMap(({ dtype }, slot) => (dtype === "float" ? [slot] : []));
  const variables = slots.map((slot) => inputs[slot]!);
  const v = slots.map((slot) => sketched("v", slot));
  const u = slots.map((slot) => sketched("u", slot));
  const cotangent = leaf(t, `g[${y.shape.join(",")}]`, y.shape, "float", combination.cotangent, rows);
  feeds[nameOf(cotangent)] ??= feed({ shape: y.shape }, combination.cotangent, rows, 0, 1);
  const differentiable = y.dtype === "float";
  const value = differentiable
    ? t.sumHidden(t.dot(cotangent, y), { instances: y.instances, rows: y.rows !== undefined })
    : t.full([], 0);
  const first = differentiable ? vjp(t, [y], [cotangent], variables) : variables.map(() => undefined);
  const slope = t.sumHidden(along(t, first, variables, v), NO_SHAPE);
  const second = vjp(t, [slope], [t.full([], 1)], [...variables, cotangent]);
  return {
    combination,
    inputs,
    y,
    variables,
    first,
    value,
    second,
    slope,
    alongU: along(t, first, variables, u),
    slopeAlongU: along(t, second.slice(0, -1), variables, u),
    slopeAlongCotangent: along(t, second.slice(-1), [cotangent], [cotangent]),
  };
}

/** The derivative along directions: gradients times directions, added up over the hidden axes of the variables. */
function along(
  t: Vocabulary,
  gradients: readonly (IrNode | undefined)[],
  variables: readonly IrNode[],
  directions: readonly IrNode[],
): IrNode {
  return gradients.reduce<IrNode>(
    (sum, gradient, i) => {
      if (gradient === undefined) return sum;
      const { instances, rows, shape } = variables[i]!;
      expect(gradient.shape, "the shape of a gradient").to.deep.equal(shape);
      return t.add(sum, t.sumHidden(t.dot(gradient, directions[i]!), { instances, rows: rows !== undefined }));
    },
    t.full([], 0),
  );
}

function nameOf(node: IrNode): string {
  return (node.attributes as { readonly name: string }).name;
}

function describeCombination({ inputs, cotangent, rows }: Combination): string {
  return `inputs with ${inputs.join(", ")} (rows: ${rows.name}), cotangent with ${cotangent}`;
}

/** All values and gradients as one ONNX model in ONNX Runtime are those of the reference. */
export async function expectEmittedEqualsReference({ all, feeds }: Recording): Promise<void> {
  const outputs: Record<string, IrNode> = {};
  all.forEach(({ y, first, second, combination }, i) => {
    outputs[`y${i}`] = y;
    first.forEach((gradient, at) => gradient && (outputs[`first${i}.${at}`] = gradient));
    // Those of one kind of rows: they are many nodes.
    if (combination.rows === all[0]!.combination.rows)
      second.forEach((gradient, at) => gradient && (outputs[`second${i}.${at}`] = gradient));
  });
  const program = makeProgram("primitive", outputs);
  const used = Object.fromEntries(program.inputs.map(({ name }) => [name, feeds[name]!]));
  const expected = evaluateProgram(program, used);
  const compiled = await onnxRuntimeExecutor({ threads: 1 }).compile(program);
  const actual = await compiled.run(used);
  await compiled.dispose();
  for (const [name, value] of Object.entries(expected)) {
    const title = `${name}: ${describeCombination(all[parseInt(name.replace(/^\D+/, ""), 10)]!.combination)}`;
    expect(actual[name]!.shape, title).to.deep.equal(value.shape);
    expectClose(actual[name]!.data, value.data, EMITTED, title);
  }
}

/**
 * A value with hidden axes holds, for each instance and row, what the inputs of that instance and row give by
 * themselves.
 */
export function expectEachInstanceAndRowAlone({ all, feeds }: Recording): void {
  const alone = all.find(({ combination }) => combination.inputs.every((hidden) => hidden === "none"))!;
  for (const { combination, inputs, y } of all) {
    const [together] = evaluate([y], feeds);
    const [instances, rows] = together!.shape as [number, number];
    const size = together!.data.length / (instances * rows);
    for (let n = 0; n < instances; n++) {
      for (let k = 0; k < rows; k++) {
        const own = Object.fromEntries(
          inputs.map((input, slot) => [nameOf(alone.inputs[slot]!), sliceOf(feeds[nameOf(input)]!, n, k)]),
        );
        const [expected] = evaluate([alone.y], own);
        const at = (n * rows + k) * size;
        expectClose(
          together!.data.subarray(at, at + size),
          expected!.data,
          ALONE,
          `instance ${n}, row ${k}: ${describeCombination(combination)}`,
        );
      }
    }
  }
}

function sliceOf({ shape, dtype, data }: HostTensor, n: number, k: number): HostTensor {
  const [instances, rows, ...inner] = shape as [number, number, ...number[]];
  const size = data.length / (instances * rows);
  const at = ((instances === 1 ? 0 : n) * rows + (rows === 1 ? 0 : k)) * size;
  return { shape: [1, 1, ...inner], dtype, data: data.subarray(at, at + size) };
}

/**
 * Gradients of the first order are central differences of the value, those of the second are differences of the first.
 */
export function expectGradientsAreDifferences({ all, feeds }: Recording): void {
  for (const { combination, value, slope, alongU, slopeAlongU, slopeAlongCotangent } of all) {
    const title = describeCombination(combination);
    const moved = (step: number): HostTensor[] => evaluate([value, slope], alongDirections(feeds, step));
    const [ahead, behind] = [moved(STEP), moved(-STEP)];
    const difference = (i: number): Float64Array =>
      Float64Array.from(ahead[i]!.data, (x, at) => (x - behind[i]!.data[at]!) / (2 * STEP));
    const [first, second, linear, itself] = evaluate([alongU, slopeAlongU, slopeAlongCotangent, slope], feeds);
    expectClose(first!.data, difference(0), DIFFERENCES, `first order, ${title}`);
    expectClose(second!.data, difference(1), DIFFERENCES, `second order, ${title}`);
    // What is linear in the cotangent is its own derivative along it.
    expectClose(linear!.data, itself!.data, DIFFERENCES, `second order in the cotangent, ${title}`);
  }
}

function alongDirections(feeds: Readonly<Record<string, HostTensor>>, step: number): Record<string, HostTensor> {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, value]) => {
      const direction = name.startsWith("x") ? feeds[`u${name.slice(1)}`] : undefined;
      if (direction === undefined) return [name, value];
      return [name, { ...value, data: Float64Array.from(value.data, (x, i) => x + step * direction.data[i]!) }];
    }),
  );
}

export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  title: string,
): void {
  const longer = Math.max(actual.length, expected.length);
  for (let i = 0; i < longer; i++) {
    const [got, wanted] = [actual[actual.length === 1 ? 0 : i]!, expected[expected.length === 1 ? 0 : i]!];
    if (got !== wanted && !(Math.abs(got - wanted) <= tolerance * (1 + Math.abs(wanted))))
      expect.fail(`${title}: ${got} is not ${wanted} at ${i}`);
  }
}

/** Names of the primitives that a node is made of. */
export function primitivesOf(node: IrNode, seen: Set<IrNode> = new Set(), names: Set<string> = new Set()): Set<string> {
  if (seen.has(node)) return names;
  seen.add(node);
  names.add(node.primitive.name);
  for (const input of node.inputs) primitivesOf(input, seen, names);
  return names;
}
