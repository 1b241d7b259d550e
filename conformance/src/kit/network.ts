import {
  composeLirpa,
  perturbed,
  resolveGraph,
  standardMethods,
  type BoundInput,
  type BoundOptions,
  type Graph,
  type Lirpa,
  type Model,
  type ResolvedGraph,
  type SetStructure,
  type Value,
} from "@lirpa/core";
import {
  evaluate,
  evaluateProgram,
  Vocabulary,
  type IrNode,
  type Method,
  type PortRole,
  type Program,
} from "@lirpa/core/recording";
import type { HostTensor, Plugin, Shape } from "@lirpa/core/plugin";
import { referenceExecutor } from "@lirpa/executor-reference";
import { markedMethods, methodCalled } from "./marked-methods.js";
import { chunks, tensor, type Numbers } from "./numbers.js";

/** A box for each perturbed input. */
export type Boxes = readonly { readonly lower: Numbers; readonly upper: Numbers }[];
/** A point for each perturbed input. */
export type Point = readonly Numbers[];

/** Lower and upper ends, a list for each instance. */
export interface Ends {
  readonly lower: readonly (readonly number[])[];
  readonly upper: readonly (readonly number[])[];
}

export interface Recording {
  readonly program: Program;
  /** The arrays to feed for some boxes, one instance each; `extra` gives what only this program reads. */
  feeds(boxes: readonly Boxes[], extra?: Readonly<Record<string, HostTensor>>): Record<string, HostTensor>;
  run(boxes: readonly Boxes[], extra?: Readonly<Record<string, HostTensor>>): Ends;
}

export interface RecordingOptions {
  readonly output?: number;
  readonly relaxation?: Readonly<Record<string, string>>;
  /** Bound rows that are fed rather than the elements. */
  readonly rows?: boolean;
  /** Take linear forms at points that are fed rather than where they are extreme. */
  readonly pointwise?: boolean;
}

const ROWS = "rows";

/** What core's methods are, and CROWN with its marks opened, over linear bounds and over intervals. */
export const methodsOfTheKit: readonly Method[] = [
  ...standardMethods,
  ...["crown", "crown-ibp"].flatMap((name) => markedMethods(methodCalled(name))),
];

/** lirpa in float64 over some plugins. */
export function referenceLirpa(plugins: readonly Plugin[], methods: readonly Method[] = methodsOfTheKit): Lirpa {
  return composeLirpa({ plugins, executor: referenceExecutor(), methods });
}

/** A graph whose inputs all lie in boxes: its values at points, and what methods record of its bounds. */
export class Network {
  readonly model: Model;
  readonly resolved: ResolvedGraph;
  private readonly recordings = new Map<string, Recording>();
  private forwardNodes:
    { readonly inputs: readonly IrNode[]; readonly outputs: readonly IrNode[]; readonly t: Vocabulary } | undefined;

  constructor(
    readonly graph: Graph,
    lirpa: Lirpa,
  ) {
    // Not copied: a law sees whether a rule changes what it reads.
    this.model = lirpa.model(graph, { copy: false });
    this.resolved = resolveGraph(graph, lirpa.registry, {
      shapes: new Map(graph.inputs.map(({ name, shape }) => [name, shape as Shape])),
    });
  }

  get inputShapes(): readonly Shape[] {
    return this.graph.inputs.map(({ shape }) => shape as Shape);
  }

  outputShape(output: number): Shape {
    return this.resolved.outputs[output]!.shape;
  }

  /** Outputs that a perturbation reaches and that can be bounded. */
  boundedOutputs(): number[] {
    if (this.graph.inputs.length === 0) return [];
    return [...this.resolved.outputs.keys()].filter((i) => {
      const { dtype, constant } = this.resolved.outputs[i]!;
      return dtype === "float" && constant === undefined;
    });
  }

  /** What a method records, once. */
  recording(
    method: string,
    { output = 0, relaxation, rows = false, pointwise = false }: RecordingOptions = {},
  ): Recording {
    const key = JSON.stringify([method, output, relaxation, rows, pointwise]);
    let recording = this.recordings.get(key);
    if (recording === undefined) {
      const prepared = this.model.prepare({
        inputs: this.sets(pointwise),
        method,
        output: this.model.outputs[output]!,
        spec: rows ? "rows" : "elements",
        ...(relaxation !== undefined && { relaxation }),
      });
      this.recordings.set(key, (recording = this.recordingOf(prepared.program())));
    }
    return recording;
  }

  /** A program over the same inputs as those of the model's own. */
  recordingOf(program: Program): Recording {
    const feeds: Recording["feeds"] = (boxes, extra = {}) => ({ ...this.boxFeeds(program, boxes), ...extra });
    return {
      program,
      feeds,
      run: (boxes, extra) => {
        const { lower, upper } = evaluateProgram(program, feeds(boxes, extra));
        return { lower: perInstance(lower!, boxes.length), upper: perInstance(upper!, boxes.length) };
      },
    };
  }

  private boxFeeds({ inputs }: Program, boxes: readonly Boxes[]): Record<string, HostTensor> {
    const feeds: Record<string, HostTensor> = {};
    for (const { name, shape, role } of inputs) {
      const part = partOf(role);
      if (part === undefined) continue;
      const at = this.indexOf(part.of);
      const data = boxes.flatMap((box) => Array.from(part.take(box[at]!)));
      feeds[name] = tensor([boxes.length, 1, ...shape], data);
    }
    return feeds;
  }

  /** Rows of a matrix over an output, to feed to a recording of rows. */
  rows(output: number, rows: readonly Numbers[]): Record<string, HostTensor> {
    return {
      [ROWS]: tensor(
        [1, rows.length, ...this.outputShape(output)],
        rows.flatMap((row) => Array.from(row)),
      ),
    };
  }

  /** Points, one for each instance, to feed to a program that is pointwise. */
  points({ inputs }: Program, points: readonly Point[]): Record<string, HostTensor> {
    return Object.fromEntries(
      inputs.flatMap(({ name, shape, role }) => {
        if (role.is !== "set" || role.field !== "at") return [];
        const at = this.indexOf(role.of);
        return [
          [
            name,
            tensor(
              [points.length, 1, ...shape],
              points.flatMap((point) => Array.from(point[at]!)),
            ),
          ],
        ];
      }),
    );
  }

  private indexOf(input: string): number {
    return this.graph.inputs.findIndex(({ name }) => name === input);
  }

  /** Some boxes as the model takes them, one instance each. */
  inputsOf(...all: readonly Boxes[]): Record<string, BoundInput> {
    return Object.fromEntries(
      this.graph.inputs.map(({ name }, i) => {
        const of = (end: "lower" | "upper"): number[] => all.flatMap((boxes) => Array.from(boxes[i]![end]));
        const [lower, upper] = [of("lower"), of("upper")];
        return [name, perturbed(middle(lower, upper), { type: "lirpa.kit.box", lower, upper })];
      }),
    );
  }

  /** Bounds of an output as users get them. */
  async bounds(method: string, output: number, boxes: readonly Boxes[], options: BoundOptions = {}): Promise<Ends> {
    const asked = { ...options, method, output: this.model.outputs[output]! };
    const { lower, upper } = await this.model.bounds(this.inputsOf(...boxes), asked);
    return { lower: chunks(lower, boxes.length), upper: chunks(upper, boxes.length) };
  }

  /** The sets in which recorded inputs lie, without numbers. */
  private sets(pointwise: boolean): Record<string, SetStructure> {
    return Object.fromEntries(
      this.inputShapes.map((shape, i): [string, SetStructure] => {
        const box = { lower: shape, upper: shape };
        const set = pointwise
          ? { type: "lirpa.kit.point", structure: "point", values: { ...box, at: shape } }
          : { type: "lirpa.kit.box", structure: "box", values: box };
        return [this.graph.inputs[i]!.name, set];
      }),
    );
  }

  /** The forward rules, recorded on open inputs. */
  forwardRecording(): {
    readonly inputs: readonly IrNode[];
    readonly outputs: readonly IrNode[];
    readonly t: Vocabulary;
  } {
    if (this.forwardNodes === undefined) {
      const t = new Vocabulary();
      const inputs = this.inputShapes.map((shape, i) =>
        t.input({ name: `x${i}`, shape, dtype: "float", instances: true, rows: undefined }),
      );
      this.forwardNodes = { t, inputs, outputs: this.record(t, inputs) };
    }
    return this.forwardNodes;
  }

  /** The outputs on given inputs. */
  record(t: Vocabulary, inputs: readonly IrNode[]): IrNode[] {
    const known = new Map<Value, IrNode>(this.resolved.inputs.map((value, i) => [value, inputs[i]!]));
    const valueOf = (value: Value): IrNode => known.get(value) ?? t.constant(value.constant!);
    for (const node of this.resolved.nodes) {
      const operands = node.inputs.map((input) => (input === undefined ? undefined : valueOf(input)));
      const result = node.operator.forward(
        { t, attributes: node.attributes, node: node.name },
        ...(operands as [IrNode, ...(IrNode | undefined)[]]),
      );
      (Array.isArray(result) ? (result as IrNode[]) : [result as IrNode]).forEach((output, i) =>
        known.set(node.outputs[i]!, output),
      );
    }
    return this.resolved.outputs.map(valueOf);
  }

  /** All outputs at some points: for each point a list for each output. */
  forward(points: readonly Point[]): number[][][] {
    const { outputs } = this.forwardRecording();
    const feeds = Object.fromEntries(
      this.inputShapes.map((shape, i) => [
        `x${i}`,
        tensor(
          [points.length, 1, ...shape],
          points.flatMap((point) => Array.from(point[i]!)),
        ),
      ]),
    );
    const results = evaluate(outputs, feeds).map((result) => perInstance(result, points.length));
    return points.map((_, n) => results.map((result) => result[n]!));
  }
}

/** One list for each instance, whether or not the array has an axis of them. */
export function perInstance({ shape, data }: HostTensor, count: number): number[][] {
  const lists = chunks(data, shape[0]!);
  return lists.length === count ? lists : Array.from({ length: count }, () => lists[0]!);
}

/** What a port holds of a box around a value; points are fed besides (`points`). */
function partOf(role: PortRole): { readonly of: string; take(box: Boxes[number]): Numbers } | undefined {
  if (role.is === "center") return { of: role.of, take: ({ lower, upper }) => middle(lower, upper) };
  if (role.is !== "set" || (role.field !== "lower" && role.field !== "upper")) return undefined;
  const { of, field } = role;
  return { of, take: (box) => box[field] };
}

function middle(lower: Numbers, upper: Numbers): number[] {
  return Array.from(lower, (low, i) => (low + upper[i]!) / 2);
}
