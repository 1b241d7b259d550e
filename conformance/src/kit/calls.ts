import { readAttributes } from "@lirpa/core";
import { Vocabulary, type IrNode } from "@lirpa/core/recording";
import type { AttributeContext, HostTensor, Operator, Plugin, RawAttributes, RuleContext } from "@lirpa/core/plugin";

/** An operator and what it is applied to. */
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

/** An operator of one kind. */
export type OfKind<K extends Operator["kind"]> = Extract<Operator, { readonly kind: K }>;

/** What the rules of a called operator get. */
export interface Prepared {
  readonly t: Vocabulary;
  readonly inputs: readonly (IrNode | undefined)[];
  readonly attributeContext: AttributeContext;
  readonly context: RuleContext<unknown>;
}

/** The operators of a plugin applied to numbers, as a model would apply them. */
export interface Calls {
  operator<K extends Operator["kind"]>(type: string, kind: K): OfKind<K>;
  /**
   * A recording with the inputs, and the attributes as the operator reads them. All inputs are constants, so that
   * recording computes already; or, where nothing is to be computed, only those that the call names, as in a model.
   */
  prepared(call: Call, compute?: boolean): Prepared;
  /** Records the operator's forward rule. */
  forward(call: Call, compute?: boolean): { readonly t: Vocabulary; readonly result: unknown };
  /** The first output of an operator on numbers. */
  apply(call: Call): HostTensor;
}

export function callsOf(plugin: Plugin): Calls {
  const find = (type: string): Operator => {
    const found = plugin.operators.find((candidate) => candidate.type === type);
    if (found === undefined) throw new Error(`${plugin.name} has no ${type}`);
    return found;
  };
  const prepared: Calls["prepared"] = (
    { type, inputs, attributes = {}, opset = 17, constants = [], outputs = [true] },
    compute = true,
  ) => {
    const t = new Vocabulary();
    const attributeContext: AttributeContext = {
      node: "node",
      opset,
      isRead: outputs,
      shapes: inputs.map((input) => input?.shape),
      constants: inputs.map((input, slot) => (constants.includes(slot) ? input : undefined)),
      names: inputs.map((input, slot) => (input === undefined ? undefined : `value ${slot}`)),
    };
    const nodes = inputs.map((input, slot) => {
      if (input === undefined) return undefined;
      const { shape, dtype } = input;
      return compute || constants.includes(slot)
        ? t.constant(input)
        : t.input({ name: `value ${slot}`, shape, dtype, instances: true, rows: undefined });
    });
    return {
      t,
      inputs: nodes,
      attributeContext,
      context: { t, attributes: readAttributes(find(type), attributes, attributeContext), node: "node" },
    };
  };
  const forward: Calls["forward"] = (call, compute = true) => {
    const found = find(call.type);
    if (found.kind === "composite") throw new Error(`${call.type} has no rule of its own`);
    const { t, inputs, context } = prepared(call, compute);
    const result: unknown = found.forward(context, ...(inputs as [IrNode]));
    return { t, result: Array.isArray(result) ? result[0] : result };
  };
  return {
    operator: <K extends Operator["kind"]>(type: string, kind: K) => {
      const found = find(type);
      if (found.kind !== kind) throw new Error(`${type} is not ${kind}`);
      return found as OfKind<K>;
    },
    prepared,
    forward,
    apply: (call) => {
      const { t, result } = forward(call);
      return numbersOf(t, result);
    },
  };
}

/** The numbers of a constant that a rule recorded. */
export function numbersOf(t: Vocabulary, x: unknown): HostTensor {
  return t.constantValue(x as IrNode)!;
}
