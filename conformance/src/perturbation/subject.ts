import {
  definePlugin,
  type HostTensor,
  type Perturbation,
  type PerturbationSet,
  type PerturbationSite,
  type Plugin,
} from "@lirpa/core/plugin";
import { evaluate, makeProgram, Vocabulary, vjp, type IrNode, type Program } from "@lirpa/core/recording";
import { sizeOf, tensor, type Numbers } from "../kit/numbers.js";
import { randomFrom } from "../kit/random.js";
import type { Settings } from "../settings.js";
import type { PerturbationCase } from "./case.js";

/** What a set's rules are asked: each name is an output of one program. */
export type Question = "hull" | "concretize" | "project" | "range";

/** One perturbation in one case: its set, and its rules recorded once. */
export class PerturbationSubject {
  readonly name: string;
  readonly site: PerturbationSite;
  readonly set: PerturbationSet<unknown>;
  readonly size: number;
  readonly tolerance: number;
  readonly plugin: Plugin;
  private readonly programs = new Map<Question, Program>();

  constructor(
    readonly perturbation: Perturbation,
    readonly example: PerturbationCase,
    readonly settings: Settings,
  ) {
    const { query, shape, role = "input", center, name } = example;
    this.name = name ?? `${JSON.stringify(query)} over [${shape.join(", ")}]`;
    this.size = sizeOf(shape);
    this.tolerance = example.tolerance ?? 1e-9;
    this.site = { name: "x", shape, role, center: tensor(shape, center ?? anyCenter(this.size)) };
    this.set = perturbation.parse(query, this.site);
    this.plugin = definePlugin({ name: "subject", apiVersion: 2, perturbations: [perturbation] });
  }

  /** A point of the set. */
  sample(random: () => number): number[] {
    return Array.from(this.perturbation.sample(this.site, this.set, random).data);
  }

  /** Records the answers to a question. `a`, `low`, `high` and `x` are inputs. */
  record(question: Question, t: Vocabulary = new Vocabulary()): Record<string, IrNode> {
    const { perturbation, set, site } = this;
    const input = (name: string, shape = site.shape): IrNode =>
      t.input({ name, shape, dtype: "float", instances: true, rows: undefined });
    const values = Object.fromEntries(
      Object.entries(set.values).map(([key, value]) => [key, input(`set:${key}`, value.shape)]),
    );
    const context = { t, structure: set.structure, center: input("center"), values };
    switch (question) {
      case "hull": {
        const { lower, upper } = perturbation.hull(context);
        return { lower: t.node(lower), upper: t.node(upper) };
      }
      case "concretize": {
        const a = input("a");
        const [lower, upper] = (["lower", "upper"] as const).map((side) =>
          t.node(perturbation.concretize(context, a, side)),
        );
        const [farthest] = vjp(t, [upper!], [t.full([], 1)], [a]);
        return { lower: lower!, upper: upper!, farthest: t.expand(farthest ?? t.zeros(site.shape), site.shape) };
      }
      case "project":
        return { point: t.node(perturbation.project(context, input("x"))) };
      case "range": {
        const a = { lower: input("low"), upper: input("high") };
        const [lower, upper] = (["lower", "upper"] as const).map((side) =>
          t.node(perturbation.concretizeRange!(context, a, side)),
        );
        return { lower: lower!, upper: upper! };
      }
    }
  }

  program(question: Question): Program {
    let program = this.programs.get(question);
    if (program === undefined) this.programs.set(question, (program = makeProgram(question, this.record(question))));
    return program;
  }

  /** The arrays of a program's inputs. */
  feeds(inputs: Readonly<Record<string, Numbers>>): Record<string, HostTensor> {
    const { site, set } = this;
    return {
      center: tensor([1, 1, ...site.shape], site.center.data),
      ...Object.fromEntries(
        Object.entries(set.values).map(([key, value]) => [`set:${key}`, tensor([1, 1, ...value.shape], value.data)]),
      ),
      ...Object.fromEntries(
        Object.entries(inputs).map(([name, data]) => [name, tensor([1, 1, ...site.shape], Array.from(data))]),
      ),
    };
  }

  ask(question: Question, inputs: Readonly<Record<string, Numbers>> = {}): Record<string, number[]> {
    const { outputs } = this.program(question);
    const results = evaluate(Object.values(outputs) as IrNode[], this.feeds(inputs));
    return Object.fromEntries(Object.keys(outputs).map((name, i) => [name, Array.from(results[i]!.data)]));
  }
}

function anyCenter(size: number): number[] {
  const random = randomFrom(size);
  return Array.from({ length: size }, () => Math.round((random() * 4 - 2) * 64) / 64);
}
