import { LirpaError } from "./errors.js";
import type { Declared, RawAttributes } from "./attributes.js";
import type { Pair } from "./pair.js";
import type { HostTensor, Shape, Tensor, TensorLike, TensorOps } from "./tensor.js";

/** What a rule gets besides its tensors. `A` is what the operator declares, or derives from that. */
export interface RuleContext<A> {
  readonly t: TensorOps;
  readonly attributes: A;
  /** For error messages: the node's name and operator type. */
  readonly node: string;
}

/**
 * What stands in each of an operator's inputs, by their names: `T` for one that is required, `T` or undefined for
 * `"B?"`, any number of `T` for `"inputs..."`. Core checks a node's inputs before it calls a rule.
 */
export type Slots<I extends readonly string[], T = Tensor> = I extends readonly [
  ...infer First extends readonly string[],
  `${string}...`,
]
  ? readonly [...Slots<First, T>, ...T[]]
  : { readonly [At in keyof I]: Slot<I[At], T> };
type Slot<N, T> = string extends N ? T | undefined : N extends `${string}?` ? T | undefined : T;
/** The slots behind the first one. */
export type OtherSlots<I extends readonly string[], T = Tensor> = I extends readonly [
  string,
  ...infer Rest extends readonly string[],
]
  ? Slots<Rest, T>
  : Slots<I, T>;
/** An input's name without the mark that says how often it is there. */
export type SlotName<I extends readonly string[]> = I[number] extends infer N
  ? N extends `${infer Name}?` | `${infer Name}...`
    ? Name
    : N
  : never;

/** What `derive` and `expand` may look at: the shapes of the inputs, and those inputs that are constants. */
export interface AttributeContext<I extends readonly string[] = readonly string[]> {
  readonly node: string;
  readonly opset: number;
  readonly shapes: Slots<I, Shape>;
  readonly constants: readonly (HostTensor | undefined)[];
  /** Names of the inputs' values: inputs of one name are one value. */
  readonly names: readonly (string | undefined)[];
  /** For each output that the node names, whether anything in the model reads it. */
  readonly isRead: readonly boolean[];
}

/** The ends of an interval for every element. */
export type Interval = Pair<Tensor>;

/** `slope · x + intercept`, elementwise. */
export interface Line {
  readonly slope: TensorLike;
  readonly intercept: TensorLike;
}

/** A line below a function and one above it, on an interval. */
export type Lines = Pair<Line>;

/**
 * One node of a composite's expansion. Names of values are local; `inputs.i` and `outputs.i` are the composite's own.
 */
export interface SubgraphNode {
  readonly name: string;
  readonly type: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: RawAttributes;
}

/** What a node expands into. */
export interface Subgraph {
  readonly nodes: readonly SubgraphNode[];
  readonly constants?: Readonly<Record<string, HostTensor>>;
}

/** Attributes of whatever type. */
type Erased = Readonly<Record<string, unknown>>;

interface OperatorBase<A, I extends readonly string[], D> {
  /** The ONNX operator type, such as `"Relu"`. */
  readonly type: string;
  /** The ONNX domain; the default one where absent. */
  readonly domain?: string;
  /** The first opset of the domain that this rule reads. */
  readonly sinceVersion: number;
  /** Names of the inputs in ONNX's order. `"B?"` is optional, `"inputs..."` takes all that follow. */
  readonly inputs: I;
  /**
   * What a node may say, by ONNX's names: `{ axis: int(-1) }`. Core reads it, and refuses all else. None where
   * absent.
   */
  readonly attributes?: Declared<D>;
  /**
   * What rules get instead of the attributes: derived once from them, the inputs' shapes and those inputs that are
   * constants. Refuses what the rules do not cover. It stands before the rules, for these are typed by its result.
   */
  derive?(attributes: NoInfer<D>, context: NoInfer<AttributeContext<I>>): A;
  /** Replaces the node by other operators before any rule runs; undefined keeps the node. */
  expand?(attributes: A, context: NoInfer<AttributeContext<I>>): Subgraph | undefined;
}

/** One output, or several in ONNX's order. */
export type Outputs = Tensor | readonly Tensor[];

/** Affine in the inputs that `data` names, together; the other inputs are parameters that nobody may perturb. */
export interface LinearOperator<A, I extends readonly string[] = readonly string[], D = Erased> extends OperatorBase<
  A,
  I,
  D
> {
  readonly kind: "linear";
  /** Names of the inputs in which the operator is affine; the first one where absent. */
  readonly data?: readonly SlotName<I>[];
  forward(context: RuleContext<A>, ...inputs: Slots<I>): Outputs;
  /** All coefficients are at least zero: the interval is forward of the lower and of the upper ends. */
  readonly nonnegative?: boolean;
  /** The linear part with absolute coefficients, applied to radii at the data inputs. Required unless `nonnegative`. */
  magnitude?(context: RuleContext<A>, ...inputs: Slots<I>): Outputs;
}

/** Applies one scalar function to each element of the first input; other inputs are parameters that broadcast. */
export interface ElementwiseOperator<
  A,
  I extends readonly string[] = readonly string[],
  D = Erased,
> extends OperatorBase<A, I, D> {
  readonly kind: "elementwise";
  forward(context: RuleContext<A>, x: Tensor, ...parameters: OtherSlots<I>): Tensor;
  readonly monotone?: "increasing" | "decreasing";
  /** The smallest interval around the function's values on [lower, upper]. Required unless `monotone`. */
  range?(context: RuleContext<A>, interval: Interval, ...parameters: OtherSlots<I>): Interval;
  /**
   * Whether `range` may be asked with infinite ends, each on its own side. Where absent, core says that nothing is
   * known there; `forward` of a `monotone` operator is always asked.
   */
  readonly takesUnbounded?: boolean;
  /**
   * True where the function has a value for every number of the interval; for all numbers where absent. Where it has
   * not (the root of a negative number), bounds are of the values that there are, and the result says so.
   */
  defined?(context: RuleContext<A>, interval: Interval, ...parameters: OtherSlots<I>): Tensor;
  /**
   * A line below and a line above the function on [lower, upper], both of which are finite. Where there is no line, the
   * slope is 0 and the intercept infinite, on the line's own side. Where there is something to choose from, several by
   * name, for which a query may ask (`"relaxation": { "Relu": "zero" }`).
   */
  readonly relax: RelaxRule<A, I> | NamedLines<RelaxRule<A, I>>;
  /**
   * True where the function is affine on [lower, upper] (a stable neuron). Core keeps the interval of such an element
   * and spends no row on it.
   */
  stable?(context: RuleContext<A>, interval: Interval, ...parameters: OtherSlots<I>): Tensor;
}

/** Several ways to draw lines, by names that queries use. */
export interface NamedLines<R> {
  readonly lines: Readonly<Record<string, R>>;
  /** The name of those that are taken where a query names none. */
  readonly default: string;
  /**
   * The name of those that forward mode takes where a query names none; `default` where absent. There one pair of lines
   * serves all that follows, with no coefficient yet to tell which of them matters.
   */
  readonly forward?: string;
}

/** All rules of `relax` by name; one that is alone has no name. */
export function relaxRules<A, I extends readonly string[]>(
  relax: RelaxRule<A, I> | NamedLines<RelaxRule<A, I>>,
): ReadonlyMap<string | undefined, RelaxRule<A, I>> {
  return typeof relax === "function" ? new Map([[undefined, relax]]) : new Map(Object.entries(relax.lines));
}

/** The rule that `relax` is, or the default one of several. */
export function defaultRelax<A, I extends readonly string[]>(
  relax: RelaxRule<A, I> | NamedLines<RelaxRule<A, I>>,
): RelaxRule<A, I> {
  if (typeof relax === "function") return relax;
  const rule = relax.lines[relax.default];
  if (rule === undefined) throw new LirpaError("LIRPA_PLUGIN", `there are no lines called ${relax.default}`);
  return rule;
}

/** Lines around an elementwise function on an interval. */
export type RelaxRule<A, I extends readonly string[] = readonly string[]> = (
  context: RuleContext<A>,
  interval: Interval,
  ...parameters: OtherSlots<I>
) => Lines;

/**
 * A product: linear in each of two inputs while the other is fixed, with no negative coefficient in the products, plus
 * whatever is linear in the `additive` inputs. With one factor fixed it is treated as linear.
 */
export interface BilinearOperator<A, I extends readonly string[] = readonly string[], D = Erased> extends OperatorBase<
  A,
  I,
  D
> {
  readonly kind: "bilinear";
  /** Names of the two factors. */
  readonly factors: readonly [SlotName<I>, SlotName<I>];
  /** Names of inputs that are added with nonnegative coefficients, such as a bias. */
  readonly additive?: readonly SlotName<I>[];
  forward(context: RuleContext<A>, ...inputs: Slots<I>): Tensor;
  /**
   * The products term by term: `left · right` broadcasts to all products, `sum` adds up those of one output element.
   * Additive inputs are not part of it.
   */
  terms(
    context: RuleContext<A>,
    ...inputs: Slots<I>
  ): {
    readonly left: Tensor;
    readonly right: Tensor;
    sum(products: Tensor): Tensor;
  };
}

/** Nothing but other operators: every rule comes from the expansion. */
export interface CompositeOperator<A, I extends readonly string[] = readonly string[], D = Erased> extends OperatorBase<
  A,
  I,
  D
> {
  readonly kind: "composite";
  expand(attributes: A, context: NoInfer<AttributeContext<I>>): Subgraph;
}

/** Coefficients of the lower and of the upper bound with respect to one tensor, in that tensor's shape. */
export type Coefficients = Pair<Tensor>;

/** Coefficients of a node's outputs, carried to its inputs. */
export interface BackwardStep<T = Tensor> {
  /** For each input its coefficients; undefined where the step does not depend on it. */
  readonly inputs: readonly (Pair<T> | undefined)[];
  /** Scalars to add to the lower and to the upper bound. */
  readonly bias: Pair<T>;
}

/** The escape hatch: writes its own rules. */
export interface CustomOperator<A, I extends readonly string[] = readonly string[], D = Erased> extends OperatorBase<
  A,
  I,
  D
> {
  readonly kind: "custom";
  forward(context: RuleContext<A>, ...inputs: Slots<I>): Outputs;
  /** Intervals of the outputs from those of the inputs (an unperturbed input has lower = upper). */
  interval(context: RuleContext<A>, ...inputs: Slots<I, Interval>): Interval | readonly Interval[];
  /**
   * Whether `interval` may be asked with infinite ends, each on its own side. Where absent, core says that nothing is
   * known there.
   */
  readonly takesUnbounded?: boolean;
  /**
   * Carries coefficients of the outputs (zero where nothing depends on one) to the inputs, given the inputs'
   * intervals, all of which are finite. Core derives forward mode from it. Without it linear forms end here, at the
   * interval of the outputs, and `lirpa coverage` says `loose`.
   */
  backward?(
    context: RuleContext<A>,
    outputs: readonly [Coefficients, ...Coefficients[]],
    inputs: Slots<I, Interval>,
  ): BackwardStep;
}

/** An operator as its author writes it, of any kind. */
export type AnyOperator<A, I extends readonly string[] = readonly string[], D = Erased> =
  | LinearOperator<A, I, D>
  | ElementwiseOperator<A, I, D>
  | BilinearOperator<A, I, D>
  | CompositeOperator<A, I, D>
  | CustomOperator<A, I, D>;

/** An operator whose attribute type nobody outside its file needs to know. */
export type Operator = Branded<AnyOperator<unknown>>;
type Branded<T> = T extends unknown ? Readonly<T> & { readonly $$type: "lirpa.operator" } : never;

/**
 * The one name of an operator in options, manifests and messages: its type alone in ONNX's own domain, `domain:Type`
 * in any other.
 */
export function operatorKey({ domain = "", type }: { readonly domain?: string; readonly type: string }): string {
  return domain === "" || domain === "ai.onnx" ? type : `${domain}:${type}`;
}

/** True for the key of an operator that expansions alone are made of: of the domain `lirpa`, which no model has. */
export function isInternal(key: string): boolean {
  return key.startsWith("lirpa:");
}

type NoAttributes = Readonly<Record<never, never>>;

/** Checks nothing but types; the registry checks the value. Freezes the operator so that it cannot drift. */
export function defineOperator<const I extends readonly string[], D extends object = NoAttributes, A = D>(
  operator: AnyOperator<A, I, D> & ([D] extends [A] ? unknown : { derive: unknown }),
): Operator {
  return Object.freeze({ ...operator, $$type: "lirpa.operator" }) as unknown as Operator;
}
