import {
  createLirpa, definePlugin, evaluate, evaluateProgram, perturbed, resolveGraph, standardMethods, Vocabulary,
  type BoundInput, type Graph, type GraphNode, type HostTensor, type IrNode, type Lirpa, type Model, type Operator, type Plugin, type Program,
  type RawAttributes, type ResolvedGraph, type Shape, type Value,
} from "@lirpa/core";
import { referenceExecutor } from "@lirpa/executor-reference";
import { kitMethods } from "../kit/marked-methods.js";
import { KIT, kitPlugin } from "../kit/plugin.js";
import { chunks, sizeOf, tensor, type Numbers } from "../kit/numbers.js";
import type { Settings } from "../settings.js";
import { isShape, isTensor, nameOf, type OpenInput, type OperatorCase } from "./case.js";

/** A box for each perturbed input. */
export type Boxes = readonly { readonly lower: Numbers; readonly upper: Numbers }[];
/** A point for each perturbed input. */
export type Point = readonly Numbers[];

/** Lower and upper ends, a list for each instance. */
export interface Ends {
  readonly lower: readonly (readonly number[])[];
  readonly upper: readonly (readonly number[])[];
}

/** The operator by itself, or between two relaxations that part the lower bound from the upper one. */
export type Setting = "alone" | "in company";

export interface Recording {
  readonly program: Program;
  /** The physical inputs of a run on some boxes, one instance each; `extra` gives what only this program reads. */
  feeds(boxes: readonly Boxes[], extra?: Readonly<Record<string, HostTensor>>): Record<string, HostTensor>;
  run(boxes: readonly Boxes[], extra?: Readonly<Record<string, HostTensor>>): Ends;
}

export interface ProgramOptions {
  readonly setting?: Setting;
  readonly output?: number;
  readonly relaxation?: string;
  /** Bound rows that are fed under this name's array rather than the elements. */
  readonly rows?: boolean;
}

const ROWS = "rows";

/** One operator in one case, as a model of one node, with what the laws ask of it. */
export class OperatorSubject {
  readonly name: string;
  readonly open: readonly Required<OpenInput>[];
  readonly resolved: ResolvedGraph;
  /** Outputs that a perturbation reaches and that can be bounded. */
  readonly bounded: readonly number[];
  readonly tolerance: number;
  readonly lirpa: Lirpa;
  private readonly models: Readonly<Record<Setting, Model>>;
  private readonly recordings = new Map<string, Recording>();
  private forwardNodes: { readonly inputs: IrNode[]; readonly outputs: IrNode[]; readonly t: Vocabulary } | undefined;

  constructor(
    readonly operator: Operator,
    readonly example: OperatorCase,
    readonly settings: Settings,
    /** What the node's attributes are made of; for the law that they stay as they are. */
    attributes: RawAttributes = example.attributes ?? {},
  ) {
    this.name = nameOf(operator, example);
    this.tolerance = example.tolerance ?? 1e-9;
    this.open = example.inputs.flatMap((input) => {
      if (input === undefined || isTensor(input)) return [];
      if (isShape(input)) return [{ shape: input, center: [-2, 2] as const, radius: 2, domain: [-1e4, 1e4] as const }];
      return "same" in input ? [] : [{ center: [-2, 2] as const, radius: 2, domain: [-1e4, 1e4] as const, ...input }];
    });
    this.lirpa = createLirpa({ plugins: pluginsFor(operator, settings.plugins ?? []), executor: referenceExecutor(), methods: [...standardMethods, ...kitMethods] });
    const graph = this.graph("alone", attributes);
    const shapes = new Map(this.open.map(({ shape }, i): [string, Shape] => [`x${i}`, shape]));
    this.resolved = resolveGraph(graph, this.lirpa.registry, { shapes });
    this.bounded = this.open.length === 0 ? [] : [...this.resolved.outputs.keys()].filter((i) => {
      const { dtype, constant } = this.resolved.outputs[i]!;
      return dtype === "float" && constant === undefined;
    });
    this.models = { alone: this.lirpa.model(graph), "in company": this.lirpa.model(this.graph("in company", attributes)) };
  }

  model(setting: Setting): Model {
    return this.models[setting];
  }

  outputShape(output: number): Shape {
    return this.resolved.outputs[output]!.shape;
  }

  /** A model of the node on inputs x0, x1, … with outputs y0, y1, … */
  private graph(setting: Setting, attributes: RawAttributes): Graph {
    const { operator, example } = this;
    const company = setting === "in company";
    const initializers = new Map<string, HostTensor>();
    const names: string[] = [];
    let next = 0;
    example.inputs.forEach((input, slot) => {
      if (input === undefined) names.push("");
      else if (isTensor(input)) {
        initializers.set(`c${slot}`, input);
        names.push(`c${slot}`);
      } else if (!isShape(input) && "same" in input) names.push(names[input.same]!);
      else names.push(`${company ? "b" : "x"}${next++}`);
    });
    const outputs = Array.from({ length: example.outputs ?? 1 }, (_, i) => `y${i}`);
    const blur = (from: string, to: string): GraphNode => ({ name: `blur ${to}`, type: "Blur", domain: KIT, inputs: [from], outputs: [to], attributes: {} });
    const subject: GraphNode = { name: "subject", type: operator.type, domain: operator.domain ?? "", inputs: names, outputs, attributes };
    const before = company ? this.open.map((_, i) => blur(`x${i}`, `b${i}`)) : [];
    const after = company ? outputs.filter((_, i) => this.bounded.includes(i)).map((name) => blur(name, `z${name}`)) : [];
    const opset = example.opset ?? 17;
    return {
      name: operator.type,
      inputs: this.open.map(({ shape }, i) => ({ name: `x${i}`, shape, dtype: "float" })),
      outputs: company ? outputs.map((name, i) => (this.bounded.includes(i) ? `z${name}` : name)) : outputs,
      initializers,
      nodes: [...before, subject, ...after],
      opsets: new Map([["", opset], [operator.domain ?? "", operator.domain === undefined ? opset : Math.max(1, operator.sinceVersion)], [KIT, 1]]),
    };
  }

  /** What a method records, once. */
  recording(method: string, { setting = "alone", output = this.bounded[0]!, relaxation, rows = false }: ProgramOptions = {}): Recording {
    const key = JSON.stringify([method, setting, output, relaxation, rows]);
    const known = this.recordings.get(key);
    if (known !== undefined) return known;
    const model = this.model(setting);
    const { program } = model.program(this.anyInputs(), {
      method,
      output: model.outputs[output]!,
      ...(relaxation !== undefined && { relaxation: { [this.operator.type]: relaxation } }),
      ...(rows && { spec: [anyRow(this.outputShape(output))] }),
    });
    const feeds: Recording["feeds"] = (boxes, extra = {}) => {
      const all: Record<string, HostTensor> = { ...extra };
      for (const { name, shape } of program.inputs) {
        const part = /^(?:set|center):x(\d+)(?::(lower|upper))?$/.exec(name);
        if (part === null) continue;
        const data = boxes.flatMap((box) => {
          const { lower, upper } = box[Number(part[1])]!;
          return part[2] === undefined ? middle(lower, upper) : Array.from(part[2] === "lower" ? lower : upper);
        });
        all[name] = tensor([boxes.length, 1, ...shape], data);
      }
      return all;
    };
    const recording: Recording = {
      program,
      feeds,
      run: (boxes, extra) => {
        const { lower, upper } = evaluateProgram(program, feeds(boxes, extra));
        return { lower: perInstance(lower!, boxes.length), upper: perInstance(upper!, boxes.length) };
      },
    };
    this.recordings.set(key, recording);
    return recording;
  }

  /** Rows of a matrix over an output, to feed to a recording of rows. */
  rows(output: number, rows: readonly Numbers[]): Record<string, HostTensor> {
    return { [ROWS]: tensor([1, rows.length, ...this.outputShape(output)], rows.flatMap((row) => Array.from(row))) };
  }

  anyInputs(): Record<string, BoundInput> {
    return Object.fromEntries(this.open.map(({ shape, domain }, i) => {
      const value = Math.min(Math.max(0, domain[0]), domain[1]);
      const numbers = new Array<number>(sizeOf(shape)).fill(value);
      return [`x${i}`, perturbed(numbers, { type: "lirpa.kit.box", lower: numbers, upper: numbers })];
    }));
  }

  /** The operator's forward rule, recorded on open inputs. */
  forwardRecording(): { readonly inputs: readonly IrNode[]; readonly outputs: readonly IrNode[]; readonly t: Vocabulary } {
    if (this.forwardNodes === undefined) {
      const t = new Vocabulary();
      const inputs = this.open.map(({ shape }, i) => t.input({ name: `x${i}`, shape, dtype: "float", instances: true, rows: undefined }));
      this.forwardNodes = { t, inputs, outputs: this.record(t, inputs) };
    }
    return this.forwardNodes;
  }

  /** The outputs of the model's nodes on given inputs. */
  record(t: Vocabulary, inputs: readonly IrNode[]): IrNode[] {
    const known = new Map<Value, IrNode>(this.resolved.inputs.map((value, i) => [value, inputs[i]!]));
    const valueOf = (value: Value): IrNode => known.get(value) ?? t.constant(value.constant!);
    for (const node of this.resolved.nodes) {
      const arguments_ = node.inputs.map((input) => (input === undefined ? undefined : valueOf(input)));
      const context = { t, attributes: node.attributes, node: node.name };
      const result = node.operator.forward(context, ...(arguments_ as [IrNode, ...(IrNode | undefined)[]]));
      (Array.isArray(result) ? (result as IrNode[]) : [result as IrNode]).forEach((tensor, i) => known.set(node.outputs[i]!, tensor));
    }
    return this.resolved.outputs.map(valueOf);
  }

  /** All outputs at some points: for each point a list for each output. */
  forward(points: readonly Point[]): number[][][] {
    const { outputs } = this.forwardRecording();
    const feeds = Object.fromEntries(this.open.map(({ shape }, i) => [`x${i}`, tensor([points.length, 1, ...shape], points.flatMap((point) => Array.from(point[i]!)))]));
    const results = evaluate(outputs, feeds).map((result) => perInstance(result, points.length));
    return points.map((_, n) => results.map((result) => result[n]!));
  }
}

function pluginsFor(operator: Operator, plugins: readonly Plugin[]): Plugin[] {
  const others = plugins.filter((plugin) => plugin !== kitPlugin);
  if (others.some((plugin) => plugin.operators.includes(operator))) return [...others, kitPlugin];
  const key = operator.domain === undefined || operator.domain === "" ? operator.type : `${operator.domain}:${operator.type}`;
  const taken = others.some((plugin) => plugin.operators.some(({ type, domain = "" }) => type === operator.type && domain === (operator.domain ?? "")));
  const own = definePlugin({ name: "subject", apiVersion: 1, operators: [operator], overrides: taken ? [key] : [] });
  return [...others, own, kitPlugin];
}

/** One list for each instance, whether or not the array has an axis of them. */
function perInstance({ shape, data }: HostTensor, count: number): number[][] {
  const lists = chunks(data, shape[0]!);
  return lists.length === count ? lists : Array.from({ length: count }, () => lists[0]!);
}

function middle(lower: Numbers, upper: Numbers): number[] {
  return Array.from(lower, (low, i) => (low + upper[i]!) / 2);
}

/** A row that a spec may hold. */
function anyRow(shape: Shape): number[] {
  const batch = shape.length < 2 ? 1 : shape[0]!;
  return new Array<number>(sizeOf(shape) / batch).fill(1);
}
