import { readAttributes } from "@lirpa/core";
import { Vocabulary, type IrNode } from "@lirpa/core/recording";
import type { DType, HostTensor, Operator, RawAttributes, Shape } from "@lirpa/core/plugin";
import plugin from "./index.js";

/** What the tests of this pack share: operators applied to numbers, as a model would apply them. */

export interface Call {
  readonly type: string;
  readonly inputs: readonly (HostTensor | undefined)[];
  readonly attributes?: RawAttributes;
  readonly opset?: number;
  readonly outputs?: number;
}

export interface Result {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: readonly number[];
}

export function tensor(shape: Shape, data: readonly number[], dtype: DType = "float"): HostTensor {
  return { shape, dtype, data: Float64Array.from(data) };
}

/** 0, 1, 2, … in a shape. */
export function counting(...shape: number[]): HostTensor {
  return tensor(
    shape,
    Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, at) => at),
  );
}

export function ints(...data: number[]): HostTensor {
  return tensor([data.length], data, "int");
}

export function scalar(value: number, dtype: DType = "float"): HostTensor {
  return tensor([], [value], dtype);
}

export function linear(type: string): Extract<Operator, { readonly kind: "linear" }> {
  const operator: Operator | undefined = plugin.operators.find((candidate) => candidate.type === type);
  if (operator?.kind !== "linear") throw new Error(`${type} is not linear`);
  return operator;
}

/** Data inputs count as not constant, as they are in a model; the others are constants. */
function record(t: Vocabulary, call: Call, values: readonly (IrNode | undefined)[]): IrNode[] {
  const operator = linear(call.type);
  const open = dataSlots(call);
  const attributes = readAttributes(operator, call.attributes ?? {}, {
    node: "node",
    opset: call.opset ?? 17,
    shapes: call.inputs.map((input) => input?.shape),
    constants: call.inputs.map((input, slot) => (open.includes(slot) ? undefined : input)),
    names: [],
    isRead: Array.from({ length: call.outputs ?? 1 }, () => true),
  });
  const result = operator.forward({ t, attributes, node: "node" }, ...values);
  return (Array.isArray(result) ? result : [result]) as IrNode[];
}

/** Slots of the inputs in which the operator is linear. */
export function dataSlots({ type, inputs }: Call): number[] {
  const operator = linear(type);
  const data = operator.data ?? operator.inputs.slice(0, 1);
  return data.flatMap((name) => {
    const at = operator.inputs.findIndex((input) => input.replace(/\?|\.\.\./, "") === name);
    return operator.inputs[at]!.endsWith("...") ? [...inputs.keys()].slice(at) : [at];
  });
}

/** All outputs of an operator on numbers. */
export function applyAll(call: Call): Result[] {
  const t = new Vocabulary();
  return record(
    t,
    call,
    call.inputs.map((input) => (input === undefined ? undefined : t.constant(input))),
  ).map((node) => {
    const { shape, dtype, data } = t.constantValue(node)!;
    return { shape, dtype, data: [...data] };
  });
}

export function apply(call: Call): Result {
  return applyAll(call)[0]!;
}
