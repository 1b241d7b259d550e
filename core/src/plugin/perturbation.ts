import type { Side } from "./pair.js";
import type { Interval } from "./operator.js";
import type { HostTensor, Shape, Tensor, TensorOps } from "./tensor.js";

/** What a query says of a perturbation: a `type` and that type's own fields. JSON, or the same as an object. */
export interface PerturbationQuery {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** What a set is read for. */
export interface SetSite {
  /** The input's or parameter's name, for messages. */
  readonly name: string;
  readonly shape: Shape;
  readonly role: "input" | "weight";
  /**
   * A set contains its center. Numbers that 32-bit floats hold: this is checked before. Absent where a problem is
   * prepared without numbers.
   */
  readonly center?: HostTensor;
}

/** Where a perturbation is put. */
export type PerturbationSite = SetSite & { readonly center: HostTensor };

/**
 * A parsed set. `structure` decides what is recorded (a norm, a number of candidates) and is part of the program's
 * identity: plain JSON. `values` are numbers that may change without a new program (a radius, limits).
 */
export interface PerturbationSet<S> {
  readonly structure: S;
  readonly values: Readonly<Record<string, HostTensor>>;
}

/** A set of inputs as its rules see it. */
export interface SetContext<S> {
  readonly t: TensorOps;
  readonly structure: S;
  readonly center: Tensor;
  readonly values: Readonly<Record<string, Tensor>>;
}

/** A perturbation owns its whole geometry. Core never asks for its type. */
export interface AnyPerturbation<S> {
  /** The name by which queries ask for it. */
  readonly type: string;
  /** Refuses wrong parameters with `perturbationError`. The structure must not depend on the center. */
  parse(query: PerturbationQuery, site: SetSite): PerturbationSet<S>;
  /** True where the set is a box: its hull is the set itself. */
  isBox(structure: S): boolean;
  /** The smallest box around the set. */
  hull(context: SetContext<S>): Interval;
  /** The exact minimum (`lower`) or maximum (`upper`) of ⟨a, x⟩ over the set: a scalar. `a` has the center's shape. */
  concretize(context: SetContext<S>, a: Tensor, side: Side): Tensor;
  /**
   * A bound of ⟨a, x⟩ over all x of the set and all a in an interval, for products with another perturbed factor. The
   * hull is used where absent.
   */
  concretizeRange?(context: SetContext<S>, a: Interval, side: Side): Tensor;
  /** A point of the set on the host; `random()` is uniform in [0, 1). Corners and edges should come up often. */
  sample(site: PerturbationSite, set: PerturbationSet<S>, random: () => number): HostTensor;
  /** The nearest point of the set (or a point of it near `x`), for attacks. */
  project(context: SetContext<S>, x: Tensor): Tensor;
}

/** A perturbation as plugins hold it, made by `definePerturbation`. */
export type Perturbation = Readonly<AnyPerturbation<unknown>> & { readonly $$type: "lirpa.perturbation" };

/** Freezes and brands a perturbation. */
export function definePerturbation<S>(perturbation: AnyPerturbation<S>): Perturbation {
  return Object.freeze({ ...perturbation, $$type: "lirpa.perturbation" }) as unknown as Perturbation;
}
