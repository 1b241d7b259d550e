import type { AttributeValue, HostTensor, Operator, Plugin, Shape } from "@lirpa/core/plugin";
import type { Graph, GraphNode } from "@lirpa/core";
import { sizeOf, tensor, type Numbers } from "../kit/numbers.js";
import { KIT } from "../kit/plugin.js";
import { randomFrom } from "../kit/random.js";
import { isShape, isTensor, type OpenInput, type OperatorCase } from "../operator/case.js";
import { keyOf, type OperatorCases } from "../operator/describe.js";
import type { Boxes } from "../kit/network.js";

/** An operator that random graphs may hold, called as one of its cases says. */
export interface Ingredient {
  readonly operator: Operator;
  readonly example: OperatorCase;
  /** Shapes of its outputs; of those that can be bounded. */
  readonly outputs: readonly Shape[];
}

/** A random graph and the boxes of its inputs. */
export interface FuzzCase {
  readonly graph: Graph;
  readonly boxes: Boxes;
  readonly seed: number;
}

/** Values by name, with their shapes. */
type Values = { readonly name: string; readonly shape: Shape }[];

const OPSET = 17;
/** How often an operator with special points gets what leaves its domain. */
const UNCONFINED = 0.4;
/** Larger tensors only take time. */
const LARGEST = 24;

/** Which operators and cases random graphs are made of: one opset, small shapes, something to bound. */
export function ingredientsOf(
  plugins: readonly Plugin[],
  cases: OperatorCases,
  outputsOf: (operator: Operator, example: OperatorCase) => readonly Shape[],
): Ingredient[] {
  return plugins.flatMap(({ operators }) =>
    operators.flatMap((operator) =>
      (cases[keyOf(operator)] ?? []).flatMap((example): Ingredient[] => {
        if ((example.opset ?? OPSET) !== OPSET) return [];
        const outputs = outputsOf(operator, example);
        return outputs.length === 0 || outputs.some((shape) => sizeOf(shape) > LARGEST)
          ? []
          : [{ operator, example, outputs }];
      }),
    ),
  );
}

/** A graph of two to eight operators. The same seed and ingredients give the same graph. */
export function randomGraph(seed: number, ingredients: readonly Ingredient[]): FuzzCase {
  return new Generator(seed, ingredients).run();
}

class Generator {
  private readonly random: () => number;
  private readonly nodes: GraphNode[] = [];
  private readonly initializers = new Map<string, HostTensor>();
  private readonly values: Values = [];

  constructor(
    private readonly seed: number,
    private readonly ingredients: readonly Ingredient[],
  ) {
    this.random = randomFrom(seed);
  }

  private below(n: number): number {
    return Math.floor(this.random() * n);
  }

  run(): FuzzCase {
    const shapes: readonly Shape[] = [[2], [3], [1, 3], [2, 2], [2, 3], [1, 2, 3], [1, 2, 2, 2]];
    const inputs = Array.from({ length: 1 + this.below(2) }, (_, i) => ({
      name: `x${i}`,
      shape: shapes[this.below(shapes.length)]!,
    }));
    this.values.push(...inputs);
    for (let left = 2 + this.below(7); left > 0; left--)
      this.operator(this.ingredients[this.below(this.ingredients.length)]!);
    const last = this.values[this.values.length - 1]!;
    const output = sizeOf(last.shape) > 8 || this.random() < 0.3 ? this.mixed(last, [1, 2]) : last.name;
    const boxes = inputs.map(({ shape }) => {
      const radius = [0.1, 0.5, 1][this.below(3)]!;
      const ends = Array.from({ length: sizeOf(shape) }, () => {
        const center = this.grid(1);
        const reach = this.random() < 0.15 ? 0 : Math.abs(this.grid(radius));
        return [center - reach, center + reach] as const;
      });
      return { lower: ends.map(([low]) => low), upper: ends.map(([, high]) => high) };
    });
    const graph: Graph = {
      name: `fuzz-${this.seed}`,
      inputs: inputs.map(({ name, shape }) => ({ name, shape, dtype: "float" })),
      outputs: [output],
      initializers: this.initializers,
      nodes: this.nodes,
      opsets: new Map([...versionsOf(this.ingredients), ["", OPSET], ["lirpa", 1], [KIT, 1]]),
    };
    return { graph, boxes, seed: this.seed };
  }

  /** A number in [−most, most] that float32 holds. */
  private grid(most: number): number {
    return Math.round((this.random() * 2 - 1) * most * 64) / 64;
  }

  private operator({ operator, example, outputs }: Ingredient): void {
    const at = this.nodes.length;
    const names: string[] = [];
    // Poles, jumps and ends of domains lie about zero mostly, as values do: what is not confined crosses and touches
    // them.
    const special = example.points !== undefined || example.tuples !== undefined ? UNCONFINED : 0;
    example.inputs.forEach((input, slot) => {
      if (input === undefined) names.push("");
      else if (isTensor(input)) {
        const name = `c${at}_${slot}`;
        this.initializers.set(name, input);
        names.push(name);
      } else if (!isShape(input) && "same" in input) names.push(names[input.same]!);
      else names.push(this.fitting(isShape(input) ? { shape: input } : input, special));
    });
    const results = outputs.map((_, i) => `v${this.nodes.length}_${i}`);
    this.node(operator.type, operator.domain ?? "", names, results, example.attributes ?? {});
    outputs.forEach((shape, i) => this.values.push({ name: results[i]!, shape }));
  }

  /** A value of the shape: one there is, or a random affine map of one; within the operator's domain, mostly. */
  private fitting({ shape, domain }: OpenInput, unconfined: number): string {
    const near = this.values.slice(-4);
    const equal = this.values.filter(
      (value) => sizeOf(value.shape) === sizeOf(shape) && value.shape.join() === shape.join(),
    );
    const name =
      equal.length > 0 && this.random() < 0.6
        ? equal[this.below(equal.length)]!.name
        : this.mixed(near[this.below(near.length)]!, shape);
    if (domain === undefined || this.random() < unconfined) return name;
    const [min, max] = domain;
    const confined = `v${this.nodes.length}`;
    this.node("Confine", KIT, [name], [confined], { min, max });
    return confined;
  }

  private mixed({ name, shape }: Values[number], to: Shape): string {
    const [rows, columns] = [sizeOf(shape), sizeOf(to)];
    const at = this.nodes.length;
    // Rows of about unit length: what is mixed again and again neither grows nor vanishes.
    const scale = 1.5 / Math.sqrt(rows);
    this.initializers.set(
      `m${at}`,
      tensor(
        [rows, columns],
        Array.from({ length: rows * columns }, () => this.grid(scale)),
      ),
    );
    this.initializers.set(
      `o${at}`,
      tensor(
        [columns],
        Array.from({ length: columns }, () => this.grid(0.5)),
      ),
    );
    this.node("Mix", KIT, [name, `m${at}`, `o${at}`], [`v${at}`], { shape: to });
    return `v${at}`;
  }

  private node(
    type: string,
    domain: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>>,
  ): void {
    this.nodes.push({ name: `${type}_${this.nodes.length}`, type, domain, inputs, outputs, attributes });
  }
}

/** Each domain in the version that all of its operators are read from. */
function versionsOf(ingredients: readonly Ingredient[]): Map<string, number> {
  const versions = new Map<string, number>();
  for (const {
    operator: { domain = "", sinceVersion },
  } of ingredients)
    versions.set(domain, Math.max(sinceVersion, versions.get(domain) ?? 1));
  return versions;
}

/** A case as text, for a file. */
export function toJson({ graph, boxes, seed }: FuzzCase): string {
  const plain = (_: string, value: unknown): unknown =>
    value instanceof Map
      ? { map: [...value] }
      : ArrayBuffer.isView(value)
        ? { numbers: Array.from(value as Float64Array) }
        : value;
  return JSON.stringify(
    { seed, boxes: boxes.map(({ lower, upper }) => ({ lower: list(lower), upper: list(upper) })), graph },
    plain,
    1,
  );
}

function list(values: Numbers): number[] {
  return Array.from(values);
}

/** The inverse of `toJson`. */
export function fromJson(text: string): FuzzCase {
  return JSON.parse(text, (_, value: unknown) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const { map, numbers } = value as { map?: [string, unknown][]; numbers?: number[] };
    return map !== undefined ? new Map(map) : numbers !== undefined ? Float64Array.from(numbers) : value;
  }) as FuzzCase;
}
