import { LirpaError } from "../plugin/errors.js";
import type { PerturbationQuery } from "../plugin/perturbation.js";
import type { HostTensor, Shape } from "../plugin/tensor.js";
import type { Graph } from "../graph/graph.js";
import { inputNames } from "../bounds/problem.js";
import type { PluginRegistry } from "../registry/plugin-registry.js";
import { showShape, sizeOf } from "../tensor/shapes.js";
import {
  checkedNumbers,
  demandRecord,
  demandSingle,
  isPerturbed,
  numbersOf,
  parseSet,
  queryError,
  type BoundInput,
  type Numbers,
} from "./query.js";
import type { SetStructure } from "./structure.js";

/** An input with the shape of one instance. */
export interface InstanceInput {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: HostTensor["dtype"];
}

/** Sets and numbers of a query, read and copied: their structure, and what is fed. */
export interface ReadSets {
  readonly inputs: Readonly<Record<string, SetStructure>>;
  readonly weights: Readonly<Record<string, SetStructure>>;
  readonly feeds: Readonly<Record<string, HostTensor>>;
  readonly instances: number;
}

interface Asked {
  readonly inputs: Readonly<Record<string, BoundInput>>;
  readonly weights: Readonly<Record<string, PerturbationQuery>>;
  /** Parameters that are open without a set around them. */
  readonly parameters: readonly string[];
}

/** Reads what a query says of inputs and weights. Throws `LIRPA_QUERY` or `LIRPA_PERTURBATION`. */
export function readSets(
  { inputs, weights, parameters }: Asked,
  own: readonly InstanceInput[],
  graph: Graph,
  registry: PluginRegistry,
): ReadSets {
  const instances = instancesOf(inputs, own);
  const reader = new SetReader(registry, instances);
  for (const value of own) {
    const input = inputs[value.name]!;
    const data = checkedNumbers(`the input ${value.name}`, isPerturbed(input) ? input.center : input, value, instances);
    const center: HostTensor = { shape: [instances, 1, ...value.shape], dtype: value.dtype, data };
    if (isPerturbed(input)) reader.bind(value, "input", input.set, center);
    else reader.feeds[inputNames.fixed({ name: value.name, parameter: undefined })] = center;
  }
  for (const name of parameters) {
    if (Object.hasOwn(weights, name)) continue;
    const stored = graph.initializers.get(name);
    // One that is none is refused where the graph is resolved.
    if (stored !== undefined)
      reader.feeds[inputNames.fixed({ name, parameter: stored })] = { ...stored, shape: [1, 1, ...stored.shape] };
  }
  for (const [name, set] of Object.entries(weights)) {
    if (set === undefined)
      throw queryError(`the perturbation of weight ${name} is undefined`, "Leave out a weight that is fixed.");
    const stored = graph.initializers.get(name);
    if (stored !== undefined)
      reader.bind({ name, shape: stored.shape, dtype: stored.dtype }, "weight", set, {
        ...stored,
        shape: [1, 1, ...stored.shape],
      });
  }
  const { feeds } = reader;
  return { inputs: reader.structuresOf("input"), weights: reader.structuresOf("weight"), feeds, instances };
}

/** How many instances the numbers of the inputs hold. Throws `LIRPA_QUERY` for an input that is missing or unknown. */
export function instancesOf(
  inputs: Readonly<Record<string, BoundInput | Numbers>>,
  own: readonly InstanceInput[],
): number {
  demandRecord("inputs", inputs);
  for (const name of Object.keys(inputs)) {
    if (own.some((input) => input.name === name)) continue;
    throw queryError(
      `the model has no input ${JSON.stringify(name)}`,
      `Inputs: ${own.map((input) => input.name).join(", ")}.`,
    );
  }
  const counts = own.map(({ name, shape }) => {
    const input = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
    if (input === undefined)
      throw queryError(
        `the input ${name} was not given`,
        `It takes ${sizeOf(shape)} numbers of shape ${showShape(shape)}.`,
      );
    const count = numbersOf(name, input).length / Math.max(1, sizeOf(shape));
    return Number.isInteger(count) && count >= 1 ? count : 1;
  });
  return Math.max(1, ...counts);
}

class SetReader {
  readonly feeds: Record<string, HostTensor> = {};
  /** By role: entries, since a name may be one that every object has. */
  private readonly structures: Readonly<Record<"input" | "weight", [string, SetStructure][]>> = {
    input: [],
    weight: [],
  };

  constructor(
    private readonly registry: PluginRegistry,
    private readonly instances: number,
  ) {}

  structuresOf(role: "input" | "weight"): Readonly<Record<string, SetStructure>> {
    return Object.fromEntries(this.structures[role]);
  }

  bind(value: InstanceInput, role: "input" | "weight", query: PerturbationQuery, center: HostTensor): void {
    const { name, dtype } = value;
    if (dtype !== "float") throw queryError(`the ${role} ${name} holds integers; only floats can be perturbed`);
    if (role === "weight") demandSingle(`the parameter ${name}`, center.data);
    const instances = role === "input" ? this.instances : 1;
    const shape = batched(value.shape, instances);
    const { structure, values } = parseSet(this.registry, query, { name, shape, role, center: { ...center, shape } });
    this.feeds[inputNames.center({ name })] = center;
    const shapes: Record<string, Shape> = {};
    for (const [key, part] of Object.entries(values)) {
      const perInstance = role === "input" && part.shape.length > 0;
      const own = perInstance ? [part.shape[0]! / instances, ...part.shape.slice(1)] : part.shape;
      if (!Number.isInteger(own[0] ?? 1)) {
        throw new LirpaError(
          "LIRPA_PLUGIN",
          `the perturbation of ${name} gives ${key} of shape ${showShape(part.shape)} for ${instances} instances`,
        );
      }
      shapes[key] = own;
      this.feeds[inputNames.setValue({ name }, key)] = { ...part, shape: [perInstance ? instances : 1, 1, ...own] };
    }
    this.structures[role].push([name, { type: query.type, structure, values: shapes }]);
  }
}

/** Instances lie one after the other along the first axis. */
export function batched(shape: Shape, instances: number): Shape {
  return instances === 1 || shape.length === 0 ? shape : [shape[0]! * instances, ...shape.slice(1)];
}
