import type { Pair, Side } from "../../plugin/pair.js";
import type { Value, ResolvedNode } from "../../graph/resolved.js";
import type { IrNode } from "../../tensor/ir.js";
import type { BoundRun, Target } from "../run.js";
import { isAffine, rulesOf } from "../kinds/table.js";

/** A linear form that ends at a value: what is added in its place. */
export interface Ended {
  /** Constants of the two bounds, as scalars with rows. */
  readonly bias: Pair<IrNode>;
  /** Coefficients of sources, where what stands in is a linear form of them. */
  readonly sources?: ReadonlyMap<Value, Pair<IrNode>>;
}

/** A part of a value's coefficients: what one reader's step left there. */
export interface Share {
  /** Undefined for the target's own coefficients. */
  readonly reader: ResolvedNode | undefined;
  readonly pair: Pair<IrNode>;
}

/** What a method does on the way back. */
export interface BackwardOptions {
  /**
   * Sees the coefficients of each perturbed value on their way back, from the target to the sources, once for each
   * value, when all that read it have left their shares.
   * @param pair the sum of the shares, in the value's shape, with rows.
   * @returns coefficients to go on with, as where the multiplier of a constraint is added; an end of the linear form
   *   at this value, as where its interval is used; undefined to go on as it is. What is returned must be sound.
   */
  readonly at?: (value: Value, pair: Pair<IrNode>, shares: readonly Share[]) => Pair<IrNode> | Ended | undefined;
}

type At = NonNullable<BackwardOptions["at"]>;

/** What the first of two methods does at a value, or else the second. */
export function firstOf(first: At | undefined, second: At): At {
  return first === undefined ? second : (...seen) => first(...seen) ?? second(...seen);
}

/**
 * Carries the target's coefficients back to the sources, node by node in reverse topological order, and concretizes
 * there (Zhang et al. 2018; Xu et al. 2020, section 3). Coefficients of a value that is used twice add up.
 * @returns the lower and the upper bound of each row: scalars with rows.
 */
export function boundsByBackward(
  run: BoundRun,
  target: Target,
  boundsOf: (value: Value) => Pair<IrNode>,
  { at }: BackwardOptions = {},
): Pair<IrNode> {
  const { t } = run;
  const form = new LinearForm(run, at);
  form.add(target.value, { lower: target.coefficients, upper: target.coefficients });
  for (let node = form.nextNode(); node !== undefined; node = form.nextNode()) {
    const reader = node;
    const outputs = reader.outputs.map((value) => form.take(value));
    if (outputs.every((pair) => pair === undefined)) continue;
    const { inputs, bias } = rulesOf(reader).backward({ run, rows: target.rows, outputs, boundsOf }, reader);
    form.addBias(bias);
    inputs.forEach((pair, slot) => {
      if (pair !== undefined) form.add(reader.inputs[slot]!, pair, reader);
    });
  }
  form.concretize();
  return { lower: t.node(form.bias.lower), upper: t.node(form.bias.upper) };
}

/** Coefficients by value, and the constant collected so far. Missing means zero. */
class LinearForm {
  private readonly shares = new Map<Value, Share[]>();
  bias: Pair<IrNode>;

  constructor(
    private readonly run: BoundRun,
    private readonly at: BackwardOptions["at"],
  ) {
    const zero = run.t.zeros([]);
    this.bias = { lower: zero, upper: zero };
  }

  add(value: Value, pair: Pair<IrNode>, reader?: ResolvedNode): void {
    const { t } = this.run;
    if (!this.run.isPerturbed(value)) {
      const exact = this.run.exact(value);
      this.addBias({ lower: t.dot(pair.lower, exact), upper: t.dot(pair.upper, exact) });
      return;
    }
    const shares = this.shares.get(value);
    if (shares === undefined) this.shares.set(value, [{ reader, pair }]);
    else shares.push({ reader, pair });
  }

  /** The sum of a value's coefficients, as the method wants it; undefined where there are none, or they end here. */
  take(value: Value): Pair<IrNode> | undefined {
    const shares = this.shares.get(value);
    if (shares === undefined) return undefined;
    this.shares.delete(value);
    const pair = this.sum(shares);
    const result = this.at?.(value, pair, shares) ?? pair;
    if (!("bias" in result)) return result;
    this.addBias(result.bias);
    for (const [source, part] of result.sources ?? []) this.add(source, part);
    return undefined;
  }

  private sum(shares: readonly Share[]): Pair<IrNode> {
    const { t } = this.run;
    return shares
      .map(({ pair }) => pair)
      .reduce((a, b) => ({ lower: t.add(a.lower, b.lower), upper: t.add(a.upper, b.upper) }));
  }

  addBias({ lower, upper }: Pair<IrNode>): void {
    const { t } = this.run;
    this.bias = { lower: t.add(this.bias.lower, lower), upper: t.add(this.bias.upper, upper) };
  }

  /** The last node in topological order that has coefficients. */
  nextNode(): ResolvedNode | undefined {
    let last: ResolvedNode | undefined;
    for (const { producer } of this.shares.keys()) {
      if (producer !== undefined && (last === undefined || producer.order > last.order)) last = producer;
    }
    return last;
  }

  /** Over the sets, when only sources have coefficients. */
  concretize(): void {
    for (const [value, source] of this.run.sources) {
      const pair = this.take(value);
      if (pair === undefined) continue;
      const context = this.run.setContext(source);
      const end = (side: Side): IrNode => this.run.t.node(source.perturbation.concretize(context, pair[side], side));
      this.addBias({ lower: end("lower"), upper: end("upper") });
    }
  }
}

/** True where the affine stretch that ends in a value begins. */
export function beginsAffineStretch(run: BoundRun, { producer }: Value): boolean {
  return producer !== undefined && !isAffine(run, producer);
}
