import { composeLirpa, isLirpaError, type GraphNode, type Model } from "@lirpa/core";
import type { Executor } from "@lirpa/core/recording";
import type { HostTensor, Plugin, RawAttributes, Shape } from "@lirpa/core/plugin";
import { referenceExecutor } from "@lirpa/executor-reference";
import { kitPlugin } from "./plugin.js";

/** A shape for an input of the model, a tensor for a constant, undefined for an optional input that is absent. */
export type Operand = readonly number[] | HostTensor | undefined;

/** A node by itself. */
export interface OneNode {
  readonly type: string;
  readonly operands: readonly Operand[];
  readonly attributes?: RawAttributes;
  readonly opset?: number;
  readonly domain?: string;
  /** The one in float64 where absent. */
  readonly executor?: Executor;
}

function isShape(operand: Operand): operand is readonly number[] {
  return Array.isArray(operand);
}

/** A model of one node. Its open inputs are called `x0`, `x1`, … by slot. */
export function modelOf(
  plugins: readonly Plugin[],
  { type, operands, attributes = {}, opset = 17, domain = "", executor }: OneNode,
): Model {
  const name = (slot: number): string =>
    isShape(operands[slot]) ? `x${slot}` : operands[slot] === undefined ? "" : `c${slot}`;
  const shapes = Object.fromEntries(
    operands.flatMap((operand, slot) => (isShape(operand) ? [[name(slot), operand]] : [])),
  );
  const constants = Object.fromEntries(
    operands.flatMap((operand, slot) => (operand === undefined || isShape(operand) ? [] : [[name(slot), operand]])),
  );
  return modelOfNodes(
    plugins,
    shapes,
    constants,
    [{ name: "node", type, domain, inputs: operands.map((_, slot) => name(slot)), outputs: ["y"], attributes }],
    opset,
    executor,
  );
}

/** A model whose output is called `y`. */
export function modelOfNodes(
  plugins: readonly Plugin[],
  shapes: Readonly<Record<string, Shape>>,
  constants: Readonly<Record<string, HostTensor>>,
  nodes: readonly GraphNode[],
  opset = 17,
  executor: Executor = referenceExecutor(),
): Model {
  const lirpa = composeLirpa({ plugins: [...plugins, kitPlugin], executor });
  return lirpa.model({
    name: "small",
    inputs: Object.entries(shapes).map(([name, shape]) => ({ name, shape, dtype: "float" })),
    outputs: ["y"],
    initializers: new Map(Object.entries(constants)),
    nodes,
    opsets: new Map([["", opset]]),
  });
}

/** The only output of a model, for given inputs. */
export async function valueOf(
  model: Model,
  inputs: Readonly<Record<string, readonly number[]>> = {},
): Promise<{ shape: readonly number[]; data: readonly number[] }> {
  const { y } = await model.forward(inputs);
  return { shape: y!.shape, data: [...y!.data] };
}

/** The code of the error that reading the model's nodes ends in, or `"none"`. */
export function refusal(model: Model): string {
  try {
    model.check();
  } catch (error) {
    return isLirpaError(error) ? error.code : String(error);
  }
  return "none";
}
