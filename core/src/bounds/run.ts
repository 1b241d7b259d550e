import { LirpaError } from "../plugin/errors.js";
import type { Perturbation, SetContext } from "../plugin/perturbation.js";
import type { Pair } from "../plugin/pair.js";
import type { ResolvedGraph, ResolvedNode, Value } from "../graph/resolved.js";
import { inputsOf, needed } from "../graph/order.js";
import { contextOf } from "../graph/resolved.js";
import type { IrNode, RowSpace } from "../tensor/ir.js";
import type { Marks, Vocabulary } from "../tensor/vocabulary.js";
import { outputsOf } from "./calls.js";
import { intersect } from "./intersect.js";
import { finite, onOwnSides } from "./unbounded.js";
import type { Relaxation } from "./relaxation.js";

/** A perturbed input or parameter: its set, recorded. */
export interface Source {
  readonly perturbation: Perturbation;
  readonly structure: unknown;
  readonly center: IrNode;
  readonly values: Readonly<Record<string, IrNode>>;
}

export interface RunOptions {
  /** Whether every step expects values without bounds, and not only finds out that there are some (`unbounded.ts`). */
  readonly unbounded?: boolean;
  /** Which lines an operator uses where it offers several, by its key. */
  readonly relaxation: Relaxation;
}

/** Intermediate bounds that are fed. */
export interface GivenBounds {
  /**
   * Final: relaxations use them as they are. Of rows: they replace CROWN's rows, and an interval step may still sharpen
   * them.
   */
  readonly use: "final" | "rows";
  readonly bounds: Pair<IrNode>;
}

/** What is fed of intermediate values, by value. */
export interface Fed {
  readonly given: ReadonlyMap<Value, GivenBounds>;
  /** Bounds that hold as well, or are asked to hold: those of the value are intersected with them. */
  readonly restrictions: ReadonlyMap<Value, Pair<IrNode>>;
}

const NOTHING_FED: Fed = { given: new Map(), restrictions: new Map() };

/** What is bounded: linear functions of one value, one row each. */
export interface Target {
  readonly value: Value;
  readonly rows: RowSpace;
  /** Coefficients with respect to the value, in its shape. */
  readonly coefficients: IrNode;
}

/**
 * One recording of bounds over one graph: what is perturbed, the exact values of what is not, and what is fed of
 * intermediate values. It knows no rules; passes keep with it what they find, and nothing else holds state.
 */
export class BoundRun {
  private readonly exactValues = new Map<Value, IrNode>();
  private readonly cleanValues = new Map<Value, IrNode>();
  private readonly perturbed = new Set<Value>();
  private readonly passes = new Map<object, unknown>();

  constructor(
    readonly graph: ResolvedGraph,
    readonly t: Vocabulary,
    readonly sources: ReadonlyMap<Value, Source>,
    /** Inputs that are fed, but not perturbed. */
    private readonly fixed: ReadonlyMap<Value, IrNode>,
    readonly options: RunOptions,
    private readonly fed: Fed = NOTHING_FED,
    /** What must be a number, or no bound holds: collected where values without bounds are not expected. */
    private readonly watched: Set<IrNode> = new Set(),
  ) {
    for (const [value, tensor] of fixed) this.exactValues.set(value, tensor);
    for (const source of sources.keys()) this.perturbed.add(source);
    for (const node of graph.nodes) {
      if (node.inputs.some((input) => input !== undefined && this.perturbed.has(input))) {
        for (const output of node.outputs) if (output.constant === undefined) this.perturbed.add(output);
      }
    }
  }

  /** The same run, in which rules' marks mean something else. */
  marked(marks: Marks): BoundRun {
    return new BoundRun(this.graph, this.t.with(marks), this.sources, this.fixed, this.options, this.fed, this.watched);
  }

  /** What a pass over this run keeps under a key of its own: made where it is first asked for, shared afterwards. */
  pass<P>(key: object, make: () => P): P {
    if (!this.passes.has(key)) this.passes.set(key, make());
    return this.passes.get(key) as P;
  }

  /** A rule that compares or chooses may make a number of what is none: the sum tells whether anything was none. */
  watch({ lower, upper }: Pair<IrNode>): void {
    if (!this.unbounded && lower !== upper) this.watched.add(this.t.sum(this.t.sub(upper, lower)));
  }

  /** Zero where everything that was watched is a number, otherwise NaN; undefined where nothing was. */
  guard(): IrNode | undefined {
    if (this.watched.size === 0) return undefined;
    const sum = this.t.stopGradient([...this.watched].reduce((a, b) => this.t.add(a, b)));
    return this.t.sub(sum, sum);
  }

  /** A node that differs between instances, if anything does. */
  anyInstance(): IrNode | undefined {
    const centers = [...this.sources.values()].map(({ center }) => center);
    return [...centers, ...this.fixed.values()].find((input) => input.instances);
  }

  /** The same for every instance, where there are several: what all share is repeated for each. */
  forEachInstance(x: IrNode): IrNode {
    const like = this.anyInstance();
    return like === undefined ? x : this.t.spread(x, like);
  }

  isPerturbed(value: Value): boolean {
    return this.perturbed.has(value);
  }

  /** Bounds of a value's rows that are fed. */
  fedRows(value: Value): Pair<IrNode> | undefined {
    const given = this.fed.given.get(value);
    return given?.use === "rows" ? given.bounds : undefined;
  }

  /** Intermediate bounds of a value that are fed and are final. */
  finalBounds(value: Value): Pair<IrNode> | undefined {
    const given = this.fed.given.get(value);
    return given?.use === "final" ? given.bounds : undefined;
  }

  /** True where a value's intermediate bounds are fed and are final: its interval is these. */
  isFinal(value: Value): boolean {
    return this.finalBounds(value) !== undefined;
  }

  /** Bounds of a value, intersected with those that restrict it. */
  restricted(value: Value, bounds: Pair<IrNode>): Pair<IrNode> {
    const others = this.fed.restrictions.get(value);
    return others === undefined ? bounds : intersect(this.t, bounds, others);
  }

  /** Positions of a node's inputs that the perturbation reaches. */
  perturbedSlots(node: ResolvedNode): number[] {
    return node.inputs.flatMap((input, slot) => (input !== undefined && this.isPerturbed(input) ? [slot] : []));
  }

  /** The value of what is not perturbed. */
  exact(value: Value): IrNode {
    const known = this.exactValues.get(value);
    if (known !== undefined) return known;
    const needs = ({ constant, producer }: Value): Value[] =>
      constant === undefined && producer !== undefined ? inputsOf(producer) : [];
    for (const need of needed(value, (other) => this.exactValues.has(other), needs)) this.findExact(need);
    return this.exactValues.get(value)!;
  }

  /** Of a value whose producer's inputs are known. */
  private findExact(value: Value): void {
    if (this.exactValues.has(value)) return;
    if (this.isPerturbed(value))
      throw new LirpaError("LIRPA_INTERNAL", `the value ${value.name} is perturbed and has no exact value`);
    const { constant, producer } = value;
    if (constant !== undefined) {
      this.exactValues.set(value, this.t.constant(this.perturbed.size === 0 ? constant : finite(constant)));
      return;
    }
    if (producer === undefined) throw new LirpaError("LIRPA_INTERNAL", `nothing gives the value ${value.name}`);
    const inputs = producer.inputs.map((input) => (input === undefined ? undefined : this.exactValues.get(input)));
    outputsOf(producer, contextOf(producer, this.t), inputs).forEach((tensor, i) =>
      this.exactValues.set(producer.outputs[i]!, tensor),
    );
  }

  /**
   * The value at the centers of all sets: what the network itself computes for its unperturbed inputs. Recorded beside
   * bounds, as the batch statistics of training need it.
   */
  clean(value: Value): IrNode {
    const isKnown = (other: Value): boolean => this.cleanValues.has(other);
    const needs = (of: Value): Value[] => (this.isPerturbed(of) && !this.sources.has(of) ? inputsOf(of.producer!) : []);
    for (const need of isKnown(value) ? [] : needed(value, isKnown, needs)) {
      if (!isKnown(need)) this.findClean(need);
    }
    return this.cleanValues.get(value)!;
  }

  /** Of a value whose producer's inputs are known. */
  private findClean(value: Value): void {
    const source = this.sources.get(value);
    if (source !== undefined || !this.isPerturbed(value)) {
      this.cleanValues.set(value, source?.center ?? this.exact(value));
      return;
    }
    const node = value.producer!;
    const inputs = node.inputs.map((input) => (input === undefined ? undefined : this.cleanValues.get(input)));
    outputsOf(node, contextOf(node, this.t), inputs).forEach((tensor, i) => {
      this.cleanValues.set(node.outputs[i]!, tensor);
    });
  }

  /** Whether steps expect values without bounds. */
  get unbounded(): boolean {
    return this.options.unbounded === true;
  }

  /** Where values without bounds are expected, a result's ends are put on their own sides. */
  onOwnSides({ dtype }: Value, interval: Pair<IrNode>): Pair<IrNode> {
    return this.unbounded && dtype === "float" ? onOwnSides(this.t, interval) : interval;
  }

  setContext({ structure, center, values }: Source): SetContext<unknown> {
    return { t: this.t, structure, center, values };
  }
}
