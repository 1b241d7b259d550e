import type { Pair, Side } from "../../plugin/pair.js";
import { inputsOf, needed } from "../../graph/order.js";
import type { Value } from "../../graph/resolved.js";
import { sizeOf } from "../../tensor/shapes.js";
import type { IrNode } from "../../tensor/ir.js";
import type { ForwardForm } from "../kind-rules.js";
import { columns } from "../rows/columns.js";
import { elementRows } from "../rows/all-elements.js";
import type { BoundRun } from "../run.js";
import { dotBounds } from "../unbounded.js";
import { rulesOf } from "../kinds/table.js";

/**
 * Linear forms carried forward from the sources (Xu et al. 2020, section 3.1): every element of a value between two
 * linear functions of the sources. Computed once for each value of a run.
 */
export class ForwardForms {
  private readonly forms = new Map<Value, ForwardForm>();

  constructor(
    private readonly run: BoundRun,
    private readonly boundsOf: (value: Value) => Pair<IrNode>,
  ) {}

  /** The form of a value. */
  of(value: Value): ForwardForm {
    if (!this.forms.has(value)) {
      const needs = (of: Value): Value[] => (this.isCarried(of) ? inputsOf(of.producer!) : []);
      for (const need of needed(value, (other) => this.forms.has(other), needs))
        if (!this.forms.has(need)) this.find(need);
    }
    return this.forms.get(value)!;
  }

  /** True where a value's form comes from those of its producer's inputs. */
  private isCarried(value: Value): boolean {
    const { run } = this;
    return run.isPerturbed(value) && !run.sources.has(value) && rulesOf(value.producer!).forward !== undefined;
  }

  /** Of a value whose producer's inputs have theirs. */
  private find(value: Value): void {
    const { run } = this;
    const { t } = run;
    if (!run.isPerturbed(value)) {
      this.forms.set(value, { coefficients: new Map(), bias: { lower: run.exact(value), upper: run.exact(value) } });
      return;
    }
    if (run.sources.has(value)) {
      const unit = t.eye(value.shape, elementRows(t, value));
      const zero = t.zeros(value.shape);
      this.forms.set(value, {
        coefficients: new Map([[value, { lower: unit, upper: unit }]]),
        bias: { lower: zero, upper: zero },
      });
      return;
    }
    const node = value.producer!;
    const rules = rulesOf(node);
    const forms =
      rules.forward?.({ run, formOf: (input) => this.of(input), boundsOf: this.boundsOf }, node) ??
      // Only an interval is known: the form starts again, with slopes of zero.
      rules.interval(run, node, this.boundsOf).map((bias): ForwardForm => ({ coefficients: new Map(), bias }));
    forms.forEach((form, i) => this.forms.set(node.outputs[i]!, form));
  }

  /** Bounds of every element. */
  elements(value: Value): Pair<IrNode> {
    const { t } = this.run;
    const rows = elementRows(t, value);
    const { coefficients, bias } = this.of(value);
    let { lower, upper } = bias;
    for (const [source, pair] of coefficients) {
      const end = (side: Side): IrNode => {
        const a = t.reshape(
          t.shapeToRows(t.transpose(columns(t, source, value, pair[side]), [1, 0]), rows),
          source.shape,
        );
        return t.reshape(t.rowsToShape(this.concretize(source, a, side), rows), value.shape);
      };
      lower = t.add(lower, end("lower"));
      upper = t.add(upper, end("upper"));
    }
    return { lower, upper };
  }

  /** A linear form of a value as one of the sources: the sign of a coefficient says which side it meets. */
  substitute(value: Value, pair: Pair<IrNode>): { bias: Pair<IrNode>; sources: ReadonlyMap<Value, Pair<IrNode>> } {
    const { t } = this.run;
    const { coefficients, bias } = this.of(value);
    const flat = (a: IrNode): IrNode => t.reshape(a, [1, sizeOf(value.shape)]);
    const parts = (side: Side): [IrNode, IrNode, Side] => [
      t.relu(pair[side]),
      t.min(pair[side], 0),
      side === "lower" ? "upper" : "lower",
    ];
    const constant = (side: Side): IrNode => {
      const [positive, negative, other] = parts(side);
      const dot = (part: IrNode, ends: IrNode): IrNode =>
        this.run.unbounded ? dotBounds(t, part, ends, side) : t.dot(part, ends);
      return t.add(dot(positive, t.expand(bias[side], value.shape)), dot(negative, t.expand(bias[other], value.shape)));
    };
    const along = (source: Value, form: Pair<IrNode>, side: Side): IrNode => {
      const [positive, negative, other] = parts(side);
      const matrix = (end: Side): IrNode => t.transpose(columns(t, source, value, form[end]), [1, 0]);
      return t.reshape(
        t.add(t.matmul(flat(positive), matrix(side)), t.matmul(flat(negative), matrix(other))),
        source.shape,
      );
    };
    return {
      bias: { lower: constant("lower"), upper: constant("upper") },
      sources: new Map(
        [...coefficients].map(([source, form]) => [
          source,
          { lower: along(source, form, "lower"), upper: along(source, form, "upper") },
        ]),
      ),
    };
  }

  private concretize(value: Value, a: IrNode, side: Side): IrNode {
    const source = this.run.sources.get(value)!;
    return this.run.t.node(source.perturbation.concretize(this.run.setContext(source), a, side));
  }
}

/** The forms of a run that rest on the same bounds, shared by all that ask for them. */
export function forwardForms(run: BoundRun, boundsOf: (value: Value) => Pair<IrNode>): ForwardForms {
  return run.pass(boundsOf, () => new ForwardForms(run, boundsOf));
}
