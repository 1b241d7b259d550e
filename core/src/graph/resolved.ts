import type { BilinearOperator, Operator, RuleContext } from "../plugin/operator.js";
import type { DType, HostTensor, Shape, TensorOps } from "../plugin/tensor.js";

/** A value of the graph: an input, a parameter, or an output of a node. */
export interface Value {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Set where the value is known without running anything. */
  readonly constant: HostTensor | undefined;
  /** Set where the value is a stored parameter that is open: perturbed, or fed as it is; what is stored. */
  readonly parameter: HostTensor | undefined;
  readonly producer: ResolvedNode | undefined;
}

/** A node with its operator, parsed attributes and values. Constant nodes and composites are gone. */
export interface ResolvedNode {
  readonly name: string;
  readonly type: string;
  readonly operator: Exclude<Operator, { readonly kind: "composite" }>;
  readonly plugin: string;
  readonly attributes: unknown;
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly Value[];
  /** Position in topological order. */
  readonly order: number;
}

/** A graph of operators that have rules: shapes are known, composites expanded, constants folded. */
export interface ResolvedGraph {
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Inputs before users. */
  readonly nodes: readonly ResolvedNode[];
  /** Stored parameters that are open: perturbed, or fed as they are. */
  readonly parameters: readonly Value[];
  /** Names of nodes that became part of another one, and that one's name. */
  readonly fused: ReadonlyMap<string, string>;
}

export function contextOf(node: Pick<ResolvedNode, "name" | "attributes">, t: TensorOps): RuleContext<unknown> {
  return { t, attributes: node.attributes, node: node.name };
}

/** Positions of the inputs that an operator names; `"xs..."` stands for all from its position on. */
export function slotsOf(operator: Operator, names: readonly string[], count: number): number[] {
  return names.flatMap((name) => {
    const at = operator.inputs.findIndex(
      (input) => input.replace(/(\?|\.\.\.)$/, "") === name.replace(/(\?|\.\.\.)$/, ""),
    );
    if (at < 0) return [];
    return operator.inputs[at]!.endsWith("...")
      ? Array.from({ length: Math.max(0, count - at) }, (_, i) => at + i)
      : [at];
  });
}

/** The name of an input slot, for messages. */
export function slotName(operator: Operator, slot: number): string {
  return (operator.inputs[Math.min(slot, operator.inputs.length - 1)] ?? String(slot)).replace(/(\?|\.\.\.)$/, "");
}

/** Positions of the two factors among a node's inputs. */
export function factorSlots({ operator, inputs }: ResolvedNode): [number, number] {
  const { factors } = operator as BilinearOperator<unknown>;
  return slotsOf(operator, factors, inputs.length) as [number, number];
}
