import { Vocabulary, type AttributeContext, type DType, type HostTensor, type IrNode, type Operator, type RawAttributes, type RuleContext, type Shape } from "@lirpa/core";
import fc from "fast-check";
import plugin from "./index.js";

/** What the tests of this pack share: operators applied to numbers, as a model would apply them. */

export interface Call {
  readonly type: string;
  readonly inputs: readonly (HostTensor | undefined)[];
  readonly attributes?: RawAttributes;
  readonly opset?: number;
  /** Slots of inputs whose values are known before a run. */
  readonly constants?: readonly number[];
  /** Whether each output is read. */
  readonly outputs?: readonly boolean[];
}

type Kind<K extends Operator["kind"]> = Extract<Operator, { readonly kind: K }>;

export function operator<K extends Operator["kind"]>(type: string, kind: K): Kind<K> {
  const found = plugin.operators.find((candidate) => candidate.type === type);
  if (found?.kind !== kind) throw new Error(`${type} is not ${kind}`);
  return found as Kind<K>;
}

export function tensor(shape: Shape, data: readonly number[], dtype: DType = "float"): HostTensor {
  return { shape, dtype, data: Float64Array.from(data) };
}

export const ones = (...shape: number[]): HostTensor => tensor(shape, new Array<number>(sizeOf(shape)).fill(1));

export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

export interface Prepared {
  readonly t: Vocabulary;
  readonly inputs: readonly (IrNode | undefined)[];
  readonly attributeContext: AttributeContext;
  readonly context: RuleContext<unknown>;
}

/**
 * A recording with the inputs, and the attributes as the operator reads them. All inputs are constants, so that recording
 * computes already; or only those that the call names, as in a model.
 */
export function prepared({ type, inputs, attributes = {}, opset = 17, constants = [], outputs = [true] }: Call, compute = true): Prepared {
  const t = new Vocabulary();
  const attributeContext = {
    node: "node", opset, outputs,
    shapes: inputs.map((input) => input?.shape),
    constants: inputs.map((input, slot) => (constants.includes(slot) ? input : undefined)),
    values: inputs.map((input, slot) => (input === undefined ? undefined : `value ${slot}`)),
  };
  const nodes = inputs.map((input, slot) => {
    if (input === undefined) return undefined;
    const { shape, dtype } = input;
    return compute || constants.includes(slot) ? t.constant(input) : t.input({ name: `value ${slot}`, shape, dtype, instances: true, rows: undefined });
  });
  const found = plugin.operators.find((candidate) => candidate.type === type)!;
  return { t, inputs: nodes, attributeContext, context: { t, attributes: found.attributes?.(attributes, attributeContext), node: "node" } };
}

/** Records the operator's forward rule. */
export function forward(call: Call, compute = true): { readonly t: Vocabulary; readonly result: unknown } {
  const found = plugin.operators.find((candidate) => candidate.type === call.type)!;
  if (found.kind === "composite") throw new Error(`${call.type} has no rule of its own`);
  const { t, inputs, context } = prepared(call, compute);
  const result: unknown = found.forward(context, ...(inputs as [IrNode]));
  return { t, result: Array.isArray(result) ? result[0] : result };
}

export function numbersOf(t: Vocabulary, x: unknown): HostTensor {
  return t.constantValue(x as IrNode)!;
}

/** The first output of an operator on numbers. */
export function apply(call: Call): HostTensor {
  const { t, result } = forward(call);
  return numbersOf(t, result);
}

/** Numbers for a tensor of some shape. */
export function values(shape: Shape, min = -10, max = 10): fc.Arbitrary<HostTensor> {
  const size = sizeOf(shape);
  return fc.array(fc.double({ min, max, noNaN: true }), { minLength: size, maxLength: size }).map((data) => tensor(shape, data));
}

export function isNear(got: ArrayLike<number>, wanted: ArrayLike<number>, tolerance = 1e-9): boolean {
  return got.length === wanted.length && Array.from(got).every((x, i) => Math.abs(x - wanted[i]!) <= tolerance * (1 + Math.abs(wanted[i]!)));
}
