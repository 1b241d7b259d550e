import { LirpaError, isLirpaError } from "../plugin/errors.js";
import { fitsInputs } from "../plugin/inputs.js";
import { operatorKey, type AttributeContext, type Operator, type Subgraph } from "../plugin/operator.js";
import type { HostTensor, Shape, Tensor } from "../plugin/tensor.js";
import type { PluginRegistry } from "../registry/plugin-registry.js";
import { constantOf, isConstant, isVast } from "../tensor/primitives/leaves.js";
import { Recorder } from "../tensor/recorder.js";
import { isOutOfMemory, outOfMemory } from "../tensor/extent.js";
import { isIrNode, type IrNode } from "../tensor/ir.js";
import { Vocabulary } from "../tensor/vocabulary.js";
import type { Graph, GraphNode } from "./graph.js";
import { readAttributes } from "./attributes.js";
import { checkCoefficients } from "./coefficients.js";
import { matchNode, withoutUnread } from "./fuse.js";
import { contextOf, type ResolvedGraph, type ResolvedNode, type Value } from "./resolved.js";
import { verifyResolved } from "./verify.js";

/** What a graph leaves open. */
export interface ResolveOptions {
  /** Shapes of the inputs, every size a number. */
  readonly shapes: ReadonlyMap<string, Shape>;
  /** Initializers that stay open: perturbed, or fed as they are. */
  readonly openParameters?: ReadonlySet<string>;
  /** Bytes that one value may take; any number where absent. */
  readonly memory?: number;
  /**
   * Is told of each node that is refused: it has no operator, or its operator does not take this use of it. `"skip"`
   * goes on without the node and all that depend on it; `"throw"`, as where this is absent, ends with the error.
   */
  readonly onRefusal?: (node: GraphNode, error: LirpaError) => "skip" | "throw";
}

/**
 * Gives every node its operator, attributes and shapes, expands composites, and folds what is constant. Shapes come
 * from recording each node's own forward rule, so that no operator states its shape twice.
 */
export function resolveGraph(graph: Graph, registry: PluginRegistry, options: ResolveOptions): ResolvedGraph {
  const resolved = new Resolver(graph, registry, options).run();
  verifyResolved(resolved);
  return resolved;
}

/** Composites may expand into composites, but none of them into itself for ever. */
const DEEPEST_EXPANSION = 64;

type OpenValue = Value & { readonly tensor: IrNode };

class Resolver {
  private readonly t: Vocabulary;
  private readonly values = new Map<string, OpenValue>();
  private readonly nodes: ResolvedNode[] = [];
  private readonly inputs: Value[] = [];
  private readonly parameters: Value[] = [];
  private readonly read: Set<string>;
  /** Nodes within a fused formula, and the node that took the formula's place. */
  private readonly within = new Map<ResolvedNode, string>();
  /** Names that nothing defines, since the node that would is left out. */
  private readonly lost = new Set<string>();
  private readonly readByLeftOut = new Set<string>();

  constructor(
    private readonly graph: Graph,
    private readonly registry: PluginRegistry,
    private readonly options: ResolveOptions,
  ) {
    this.t = new Vocabulary(new Recorder(options.memory));
    this.read = new Set([...graph.nodes.flatMap((node) => node.inputs), ...graph.outputs]);
  }

  run(): ResolvedGraph {
    for (const { name, dtype } of this.graph.inputs) {
      const shape = this.options.shapes.get(name);
      if (shape === undefined) throw new LirpaError("LIRPA_INTERNAL", `no shape was given for the input ${name}`);
      this.inputs.push(this.open(name, shape, dtype));
    }
    for (const [name, value] of this.graph.initializers) {
      if (this.options.openParameters?.has(name))
        this.parameters.push(this.open(name, value.shape, value.dtype, undefined, value));
      else this.constant(name, value);
    }
    for (const node of this.graph.nodes) this.resolveOrLeaveOut(node);
    const outputs = this.graph.outputs
      .filter((name) => !this.lost.has(name))
      .map((name) => this.valueOf(name, "the graph's outputs"));
    const readElsewhere = [...this.readByLeftOut].flatMap((name) => this.values.get(name) ?? []);
    const nodes = withoutUnread(this.nodes, [...outputs, ...readElsewhere], new Set(this.within.keys()));
    nodes.forEach((node, i) => ((node as { order: number }).order = i));
    const kept = new Set(nodes);
    const fused = new Map([...this.within].filter(([node]) => !kept.has(node)).map(([{ name }, into]) => [name, into]));
    return Object.freeze({
      name: this.graph.name,
      inputs: this.inputs,
      outputs,
      nodes,
      parameters: this.parameters,
      fused,
    });
  }

  /** A refused node is left out where the caller says so, and with it what reads its outputs. */
  private resolveOrLeaveOut(node: GraphNode): void {
    if (node.inputs.some((name) => this.lost.has(name))) return this.leaveOut(node);
    const [nodes, values, within] = [this.nodes.length, this.values.size, this.within.size];
    try {
      this.resolve(node);
    } catch (error) {
      if (!isLirpaError(error) || this.options.onRefusal?.(node, error) !== "skip") throw error;
      // Of a composite, some parts may have been there already.
      this.nodes.length = nodes;
      for (const name of [...this.values.keys()].slice(values)) this.values.delete(name);
      for (const part of [...this.within.keys()].slice(within)) this.within.delete(part);
      this.leaveOut(node);
    }
  }

  private leaveOut({ inputs, outputs }: GraphNode): void {
    for (const name of outputs) if (name !== "") this.lost.add(name);
    for (const name of inputs) this.readByLeftOut.add(name);
  }

  /** `within`: the composites that the node comes from, the outermost first. */
  private resolve(node: GraphNode, within: readonly string[] = []): void {
    const opset = this.graph.opsets.get(node.domain) ?? 1;
    const found = this.registry.operator(node.domain, node.type, opset);
    if (found === undefined) throw this.registry.missingError(node.name, node.domain, node.type, opset);
    const operator = found.value;
    const inputs = node.inputs.map((name) => (name === "" ? undefined : this.valueOf(name, `node ${node.name}`)));
    checkCount(node, operator, inputs.length);
    if (this.fuse(node, opset, inputs)) return;
    const context = this.attributeContext(node, opset, inputs);
    const attributes = readAttributes(operator, node.attributes, context);
    const expansion = operator.expand?.(attributes, context);
    if (expansion !== undefined) this.expand(node, expansion, [...within, found.plugin, operatorKey(operator)]);
    else if (operator.kind === "composite")
      throw new LirpaError("LIRPA_PLUGIN", `[${found.plugin}] ${node.type} expands to nothing (node ${node.name})`);
    else this.add(node, operator, found.plugin, attributes, inputs);
  }

  /** Puts an operator in the place of a formula that ends in the node, where a fusion knows it. */
  private fuse(node: GraphNode, opset: number, inputs: readonly (OpenValue | undefined)[]): boolean {
    for (const { value: fusion, plugin } of this.registry.fusions) {
      for (const pattern of fusion.patterns) {
        const match = matchNode(pattern, node.type, node.domain, inputs);
        if (match === undefined) continue;
        const own = fusion.inputs.map((name) => match.values.get(name) as OpenValue);
        // A constant with more axes than the value would have given the formula another shape.
        if (
          own.every(({ constant }) => constant !== undefined) ||
          match.constants.some(({ shape }) => shape.length > own[0]!.shape.length)
        )
          continue;
        const { operator } = fusion;
        if (operator.kind === "composite")
          throw new LirpaError("LIRPA_PLUGIN", `[${plugin}] the fusion ${fusion.name} ends in a composite`);
        const attributes = readAttributes(operator, fusion.attributes ?? {}, this.attributeContext(node, opset, own));
        for (const part of match.nodes) this.within.set(part, node.name);
        this.add({ ...node, type: operator.type, domain: operator.domain ?? "" }, operator, plugin, attributes, own);
        return true;
      }
    }
    return false;
  }

  private attributeContext(
    node: GraphNode,
    opset: number,
    inputs: readonly (OpenValue | undefined)[],
  ): AttributeContext {
    return {
      node: node.name,
      opset,
      shapes: inputs.map((input) => input?.shape),
      constants: inputs.map((input) => input?.constant),
      names: inputs.map((input) => input?.name),
      isRead: node.outputs.map((name) => this.isRead(name)),
    };
  }

  private isRead(name: string): boolean {
    return name !== "" && this.read.has(name);
  }

  private add(
    node: GraphNode,
    operator: ResolvedNode["operator"],
    plugin: string,
    attributes: unknown,
    inputs: readonly (OpenValue | undefined)[],
  ): void {
    const outputs: Value[] = [];
    const resolved: ResolvedNode = {
      name: node.name,
      type: node.type,
      operator,
      plugin,
      attributes,
      inputs,
      outputs,
      order: this.nodes.length,
    };
    checkCoefficients(resolved, inputs);
    const tensors = this.forward(resolved, inputs);
    const open = tensors.some((tensor) => !isKnown(tensor));
    node.outputs.forEach((name, i) => {
      const tensor = tensors[i];
      if (name === "" || (tensor === undefined && !this.isRead(name))) return;
      if (tensor === undefined) {
        throw new LirpaError(
          "LIRPA_UNSUPPORTED_OPERATOR",
          `node ${node.name}: the rule of ${node.type} gives ${tensors.length} of its ${node.outputs.length} outputs`,
          {
            hint: "Remove the unused output from the model.",
            details: { node: node.name, operator: node.type },
          },
        );
      }
      if (isKnown(tensor)) this.constant(name, constantOf(tensor));
      else outputs.push(this.open(name, tensor.shape, tensor.dtype, resolved));
    });
    if (open) {
      if (outputs.length !== node.outputs.length || outputs.length !== tensors.length)
        this.padOutputs(resolved, tensors, node, outputs);
      this.nodes.push(resolved);
    }
  }

  /** Outputs that nobody named still have a place, so that rules may count on all of them. */
  private padOutputs(resolved: ResolvedNode, tensors: readonly IrNode[], node: GraphNode, outputs: Value[]): void {
    outputs.splice(
      0,
      outputs.length,
      ...tensors.map((tensor, i) => {
        const name = node.outputs[i];
        const known = name === undefined || name === "" ? undefined : this.values.get(name);
        return known ?? this.open(`${node.name}/output${i}`, tensor.shape, tensor.dtype, resolved);
      }),
    );
  }

  private forward(node: ResolvedNode, inputs: readonly (OpenValue | undefined)[]): IrNode[] {
    try {
      const result = node.operator.forward(
        contextOf(node, this.t),
        ...(inputs.map((input) => input?.tensor) as [Tensor, ...(Tensor | undefined)[]]),
      );
      return (Array.isArray(result) ? result : [result]).map((tensor: unknown) => {
        if (!isIrNode(tensor))
          throw new LirpaError("LIRPA_PLUGIN", `[${node.plugin}] forward of ${node.type} returned no tensor`);
        return tensor;
      });
    } catch (error) {
      throw located(error, node);
    }
  }

  /** Splices a composite's subgraph in; its nodes are called `<node>/<part>`. */
  private expand(node: GraphNode, { nodes, constants = {} }: Subgraph, within: readonly string[]): void {
    if (within.length > 2 * DEEPEST_EXPANSION) {
      const [plugin, type] = within as [string, string];
      const chain = [...new Set(within.filter((_, i) => i % 2 === 1))];
      throw new LirpaError(
        "LIRPA_PLUGIN",
        `[${plugin}] ${type} expands without end, through ${chain.join(", ")} (node ${node.name.slice(0, 80)})`,
        {
          hint: "This is a defect of the plugin.",
          details: { plugin, operator: type },
        },
      );
    }
    const local = (name: string): string => {
      const place = /^(inputs|outputs)\.(\d+)$/.exec(name);
      const own = place === null ? undefined : (place[1] === "inputs" ? node.inputs : node.outputs)[Number(place[2])];
      // An output that the model leaves out may still be read within the subgraph.
      if (own === undefined || (own === "" && place?.[1] === "outputs"))
        return name === "" || place?.[1] === "inputs" ? "" : `${node.name}/${name}`;
      return own;
    };
    for (const name of nodes.flatMap((part) => part.inputs.map(local))) this.read.add(name);
    for (const [name, value] of Object.entries(constants)) this.constant(local(name), value);
    for (const part of nodes) {
      this.resolve(
        {
          name: `${node.name}/${part.name}`,
          type: part.type,
          domain: part.domain ?? "",
          inputs: trimmed(part.inputs.map(local)),
          outputs: part.outputs.map(local),
          attributes: part.attributes ?? {},
        },
        within,
      );
    }
  }

  private open(
    name: string,
    shape: Shape,
    dtype: Value["dtype"],
    producer?: ResolvedNode,
    parameter?: HostTensor,
  ): OpenValue {
    const tensor = this.t.input({ name, shape, dtype, instances: false, rows: undefined });
    return this.define({ name, shape, dtype, constant: undefined, parameter, producer, tensor });
  }

  private constant(name: string, value: HostTensor): void {
    this.define({
      name,
      shape: value.shape,
      dtype: value.dtype,
      constant: value,
      parameter: undefined,
      producer: undefined,
      tensor: this.t.constant(value),
    });
  }

  private define(value: OpenValue): OpenValue {
    if (this.values.has(value.name)) throw new LirpaError("LIRPA_GRAPH", `two things are called ${value.name}`);
    this.values.set(value.name, value);
    return value;
  }

  private valueOf(name: string, user: string): OpenValue {
    const value = this.values.get(name);
    if (value === undefined)
      throw new LirpaError("LIRPA_GRAPH", `${user} reads ${name}, which nothing defines before it`);
    return value;
  }
}

/** Vast constants are left to the program: written out they might take more than the budget. */
function isKnown(tensor: IrNode): boolean {
  return isConstant(tensor) && !isVast(tensor);
}

function trimmed(names: readonly string[]): readonly string[] {
  const last = names.findLastIndex((name) => name !== "");
  return names.slice(0, last + 1);
}

function checkCount(node: GraphNode, operator: Operator, count: number): void {
  // Of inputs without end each one is needed: that is what they are.
  const last = operator.inputs.length - 1;
  const missing = node.inputs.findIndex((name, i) => name === "" && !operator.inputs[Math.min(i, last)]!.endsWith("?"));
  if (!fitsInputs(operator.inputs, count) || missing >= 0) {
    throw new LirpaError(
      "LIRPA_GRAPH",
      `node ${node.name}: ${node.type} takes the inputs ${operator.inputs.join(", ")}; the model gives ${count}`,
    );
  }
}

/** The same error with the node's name in front, where the rule could not know it. */
function located(
  error: unknown,
  node: { readonly name: string; readonly type: string; readonly plugin: string },
): unknown {
  if (isLirpaError(error)) {
    if (error.problem.includes(node.name)) return error;
    const { hint, details } = error;
    return new LirpaError(error.code, `node ${node.name} (${node.type}): ${error.problem}`, {
      ...(hint !== undefined && { hint }),
      details: { ...details, node: node.name },
      cause: error,
    });
  }
  if (isOutOfMemory(error)) return outOfMemory(`node ${node.name}: ${node.type} makes more than memory holds`, error);
  return new LirpaError(
    "LIRPA_PLUGIN",
    `[${node.plugin}] the rule of ${node.type} failed at node ${node.name}: ` +
      `${error instanceof Error ? error.message : String(error)}`,
    {
      cause: error,
      hint: "This is a defect of the plugin.",
    },
  );
}
