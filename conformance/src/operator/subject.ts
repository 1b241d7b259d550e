import { composeLirpa, type Graph, type GraphNode, type Lirpa, type ResolvedNode } from "@lirpa/core";
import { definePlugin, operatorKey, type Operator, type Plugin } from "@lirpa/core/plugin";
import { onnxRuntimeExecutor } from "@lirpa/executor-onnxruntime";
import { FREE, marked, methodCalled, watched, type FreeValue } from "../kit/marked-methods.js";
import { Network, referenceLirpa, type Recording, type RecordingOptions } from "../kit/network.js";
import { KIT, kitPlugin } from "../kit/plugin.js";
import type { Settings } from "../settings.js";
import { isShape, isTensor, nameOf, type OpenInput, type OperatorCase } from "./case.js";
import { opsetsOf, subjectNode } from "./subject-node.js";

/** The operator by itself, or between two relaxations that part the lower bound from the upper one. */
export type Setting = "alone" | "in company";

export interface SubjectOptions extends Omit<RecordingOptions, "relaxation"> {
  readonly setting?: Setting;
  /** The name of other lines than the operator's default ones. */
  readonly relaxation?: string;
}

/** One operator in one case, as a model of one node, with what the laws ask of it. */
export class OperatorSubject {
  readonly name: string;
  readonly open: readonly Required<Omit<OpenInput, "defined">>[];
  readonly alone: Network;
  readonly company: Network;
  /** The network in which the outputs are tilted, once it is asked for. */
  private leaning: Network | undefined;
  private readonly lirpa: Lirpa;
  /** Outputs that a perturbation reaches and that can be bounded. */
  readonly bounded: readonly number[];
  readonly tolerance: number;

  constructor(
    readonly operator: Operator,
    readonly example: OperatorCase,
    readonly settings: Settings,
  ) {
    this.name = nameOf(operator, example);
    this.tolerance = example.tolerance ?? 1e-9;
    this.open = openInputs(example);
    const lirpa = (this.lirpa = referenceLirpa(pluginsFor(operator, settings.plugins ?? [])));
    this.alone = new Network(this.graph([]), lirpa);
    this.bounded = this.alone.boundedOutputs();
    this.company = this.bounded.length === 0 ? this.alone : new Network(this.graph(this.bounded), lirpa);
  }

  /** A model of the node on inputs x0, x1, …; with outputs to blur, they and the inputs are blurred. */
  private graph(blurred: readonly number[]): Graph {
    const { operator, example } = this;
    const company = blurred.length > 0;
    const { node, constants: initializers } = subjectNode(operator, example, (at) => `${company ? "b" : "x"}${at}`);
    const blur = (from: string, to: string): GraphNode => {
      return { name: `blur ${to}`, type: "Blur", domain: KIT, inputs: [from], outputs: [to], attributes: {} };
    };
    return {
      name: operator.type,
      inputs: this.open.map(({ shape }, i) => ({ name: `x${i}`, shape, dtype: "float" })),
      outputs: node.outputs.map((name, i) => (blurred.includes(i) ? `z${i}` : name)),
      initializers,
      nodes: [
        ...(company ? this.open.map((_, i) => blur(`x${i}`, `b${i}`)) : []),
        node,
        ...blurred.map((i) => blur(`y${i}`, `z${i}`)),
      ],
      opsets: opsetsOf(operator, example),
    };
  }

  /** Each bounded output y as z = y + k · x for every tilt k: what is sound of these is sound of the lines around y. */
  get tilted(): Network {
    return (this.leaning ??= new Network(this.tiltedGraph(), this.lirpa));
  }

  /** The same in ONNX Runtime, in float32. Whoever asks disposes of `lirpa`. */
  tiltedInSingle(): { readonly lirpa: Lirpa; readonly network: Network } {
    const plugins = pluginsFor(this.operator, this.settings.plugins ?? []);
    const lirpa = composeLirpa({ plugins, executor: onnxRuntimeExecutor({ threads: 1 }) });
    return { lirpa, network: new Network(this.tiltedGraph(), lirpa) };
  }

  private tiltedGraph(): Graph {
    const graph = this.graph([]);
    const inputs = graph.inputs.map(({ name }) => name);
    return {
      ...graph,
      outputs: this.bounded.map((i) => `z${i}`),
      nodes: [
        ...graph.nodes,
        ...this.bounded.map((i): GraphNode => ({
          name: `tilt ${i}`,
          type: "Tilt",
          domain: KIT,
          inputs: [`y${i}`, ...inputs],
          outputs: [`z${i}`],
          attributes: {},
        })),
      ],
    };
  }

  /** The free values that CROWN meets where it bounds rows of an output, with the operator alone. */
  freeValues(output: number): readonly FreeValue[] {
    const { method, seen } = watched(methodCalled("crown"));
    const lirpa = referenceLirpa(pluginsFor(this.operator, this.settings.plugins ?? []), [method]);
    new Network(this.graph([]), lirpa).recording(method.name, { output, rows: true });
    return seen;
  }

  recording(
    method: string,
    { setting = "alone", output = this.bounded[0]!, relaxation, rows = false, pointwise = false }: SubjectOptions = {},
  ): Recording {
    const network = setting === "alone" ? this.alone : this.company;
    return network.recording(method, {
      output,
      rows,
      pointwise,
      ...(relaxation !== undefined && { relaxation: { [operatorKey(this.operator)]: relaxation } }),
    });
  }
}

/** Whether relaxations that bound an output leave something to choose. */
export function hasFreeValues(subject: OperatorSubject, output: number): boolean {
  const { program } = subject.recording(marked.free("crown"), { setting: "in company", output, rows: true });
  return program.inputs.some(({ name }) => name.startsWith(FREE));
}

function openInputs({ inputs }: OperatorCase): Required<Omit<OpenInput, "defined">>[] {
  const standard = { center: [-2, 2], radius: 2, domain: [-1e4, 1e4] } as const;
  return inputs.flatMap((input) => {
    if (input === undefined || isTensor(input)) return [];
    if (isShape(input)) return [{ shape: input, ...standard }];
    return "same" in input ? [] : [{ ...standard, ...input }];
  });
}

/** True for a node of this operator: registries guard the functions of what they hold, so that it is another object. */
export function isOf({ operator }: ResolvedNode, { type, domain, sinceVersion }: Operator): boolean {
  return (
    operatorKey(operator) === operatorKey({ type, ...(domain !== undefined && { domain }) }) &&
    operator.sinceVersion === sinceVersion
  );
}

/** The operator, those that it expands to and the kit's own; it replaces another plugin's operator of its name. */
export function pluginsFor(operator: Operator, others: readonly Plugin[]): Plugin[] {
  if (others.some((plugin) => plugin.operators.includes(operator))) return [...others, kitPlugin];
  const { type, domain = "" } = operator;
  const taken = others.some((plugin) =>
    plugin.operators.some((other) => other.type === type && (other.domain ?? "") === domain),
  );
  const own = definePlugin({
    name: "subject",
    apiVersion: 2,
    operators: [operator],
    overrides: taken ? [domain === "" ? type : `${domain}:${type}`] : [],
  });
  return [...others, own, kitPlugin];
}
