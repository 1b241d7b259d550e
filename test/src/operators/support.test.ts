import { expect } from "chai";
import fc from "fast-check";
import { isLirpaError, type LirpaError } from "@lirpa/core";
import type { HostTensor } from "@lirpa/core/plugin";
import { readModel, writeModel } from "@lirpa/onnx";
import { standardPlugins } from "lirpa";
import type { AttributeType } from "@lirpa/core/plugin";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { referenceLirpa, tensor } from "../graphs.js";
import { expectClose } from "../primitives/laws.js";

/** What the tests of operators share: ONNX files of one node, run by ONNX Runtime and by lirpa. */

/** The types of each operator's attributes, as the packs declare them. */
const TYPES: ReadonlyMap<string, Readonly<Record<string, AttributeType>>> = new Map(
  standardPlugins
    .flatMap(({ operators }) => operators)
    .map(({ type, attributes = {} }) => {
      return [type, Object.fromEntries(Object.entries(attributes).map(([name, declared]) => [name, declared.type]))];
    }),
);
/** Float32 sums in another order; relative to 1 + the value. */
const TOLERANCE = 1e-5;

export type Attributes = Readonly<Record<string, number | string | readonly number[] | readonly string[]>>;

export interface OneNode {
  readonly type: string;
  readonly inputs: readonly (HostTensor | undefined)[];
  readonly attributes?: Attributes;
  readonly opset: number;
  /** Slots of the inputs that the file stores; the others are fed. */
  readonly stored?: readonly number[];
  readonly outputs?: readonly string[];
}

export function describeNode({ type, inputs, attributes = {}, opset }: OneNode): string {
  const shapes = inputs.map((input) => (input === undefined ? "–" : `[${input.shape.join(", ")}]`));
  return `${type}-${opset} of ${shapes.join(" ")} ${JSON.stringify(attributes)}`;
}

/** The file: inputs `i0`, `i1`, … and outputs `o0`, ….  */
export function oneNodeFile({
  type,
  inputs,
  attributes = {},
  opset,
  stored = [],
  outputs = ["o0"],
}: OneNode): Uint8Array {
  const present = inputs.flatMap((input, slot) => (input === undefined ? [] : [{ name: `i${slot}`, slot, ...input }]));
  const isStored = ({ slot }: { slot: number }): boolean => stored.includes(slot);
  return writeModel({
    name: "one node",
    inputs: present.filter((input) => !isStored(input)).map(({ name, shape, dtype }) => ({ name, shape, dtype })),
    outputs: outputs.filter((name) => name !== ""),
    initializers: new Map(
      present.filter(isStored).map(({ name, shape, dtype, data }) => [name, { shape, dtype, data }]),
    ),
    nodes: [
      {
        name: "node",
        type,
        domain: "",
        inputs: inputs.map((input, slot) => (input === undefined ? "" : `i${slot}`)),
        outputs,
        attributes,
        attributeTypes: TYPES.get(type) ?? {},
      },
    ],
    opsets: new Map([["", opset]]),
  });
}

interface Values {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

export type Outcome = "both agree" | "ONNX Runtime refuses" | "lirpa refuses";

/** Both run the file to the same end, or at least one of them refuses it: lirpa with one of the given codes. */
export async function compare(node: OneNode, codes: readonly LirpaError["code"][] = []): Promise<Outcome> {
  const title = describeNode(node);
  const file = oneNodeFile(node);
  const ours = await outcomeOf(() => byLirpa(file, node));
  if (ours instanceof Error) {
    if (!isLirpaError(ours) || !codes.includes(ours.code))
      throw new Error(`${title}: ${String(ours)}`, { cause: ours });
    expect(ours.message, title).to.include("node");
    return "lirpa refuses";
  }
  const theirs = await outcomeOf(() => byOnnxRuntime(file, node));
  if (theirs instanceof Error) return "ONNX Runtime refuses";
  expect(ours.shape, title).to.deep.equal(theirs.shape);
  expectClose(ours.data, theirs.data, TOLERANCE, title);
  return "both agree";
}

async function outcomeOf(run: () => Promise<Values>): Promise<Values | Error> {
  return run().catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
}

function fed({ inputs, stored = [] }: OneNode): [string, HostTensor][] {
  return inputs.flatMap((input, slot): [string, HostTensor][] =>
    input === undefined || stored.includes(slot) ? [] : [[`i${slot}`, input]],
  );
}

async function byLirpa(file: Uint8Array, node: OneNode): Promise<Values> {
  const lirpa = referenceLirpa();
  const model = lirpa.model(await readModel(file));
  const results = await model.forward(Object.fromEntries(fed(node).map(([name, { data }]) => [name, data])));
  return results["o0"]!;
}

async function byOnnxRuntime(file: Uint8Array, node: OneNode): Promise<Values> {
  // 4: fatal errors only; a refusal is an answer here.
  const session = await InferenceSession.create(file, { logSeverityLevel: 4, graphOptimizationLevel: "disabled" });
  const feeds = fed(node).map(([name, { shape, dtype, data }]): [string, Tensor] => [
    name,
    dtype === "float"
      ? new Tensor("float32", Float32Array.from(data), [...shape])
      : dtype === "int"
        ? new Tensor("int64", BigInt64Array.from(Array.from(data, BigInt)), [...shape])
        : new Tensor("bool", Uint8Array.from(data), [...shape]),
  ]);
  const { o0 } = await session.run(Object.fromEntries(feeds));
  const values = { shape: [...o0!.dims], data: Array.from(o0!.data as ArrayLike<number>, Number) };
  await session.release();
  return values;
}

export const OPSETS = [8, 9, 10, 11, 12, 13, 15, 17, 18, 19, 21] as const;

/** Float32 numbers from −1 to 1 in a shape. */
export function numbers(shape: readonly number[], seed: number, absolute = false): HostTensor {
  const size = shape.reduce((product, axis) => product * axis, 1);
  const wave = (i: number): number => Math.fround(Math.sin(12.9898 * (i + 1) + 78.233 * seed));
  return tensor(
    shape,
    Array.from({ length: size }, (_, i) => (absolute ? Math.abs(wave(i)) + 0.1 : wave(i))),
  );
}

/** Compares on random nodes, and counts what came out. */
export async function counted(
  nodes: fc.Arbitrary<OneNode>,
  options: { readonly numRuns: number; readonly seed: number; readonly codes: readonly LirpaError["code"][] },
): Promise<Readonly<Record<Outcome, number>>> {
  const counts = { "both agree": 0, "ONNX Runtime refuses": 0, "lirpa refuses": 0 };
  await fc.assert(
    fc.asyncProperty(nodes, async (node) => {
      counts[await compare(node, options.codes)]++;
    }),
    { numRuns: options.numRuns, seed: options.seed },
  );
  return counts;
}
