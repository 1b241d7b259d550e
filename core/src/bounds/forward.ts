import type { Value } from "../graph/resolved.js";
import { sizeOf } from "../tensor/shapes.js";
import type { IrNode } from "../tensor/ir.js";
import type { CoefficientPair, ForwardForm } from "./kind-rules.js";
import { elementRows } from "./precise.js";
import type { BoundRun, NodeInterval, Target } from "./run.js";

/**
 * Linear forms carried forward from the sources (Xu et al. 2020, section 3.1): every element of a value between two
 * linear functions of the sources. Computed once for each value of a run.
 */
export class ForwardForms {
  private readonly forms = new Map<Value, ForwardForm>();

  constructor(
    private readonly run: BoundRun,
    private readonly boundsOf: (value: Value) => NodeInterval,
  ) {}

  /** The form of a value. */
  of(value: Value): ForwardForm {
    const known = this.forms.get(value);
    if (known !== undefined) return known;
    const { run } = this;
    const { t } = run;
    if (!run.isPerturbed(value)) return this.keep(value, { coefficients: new Map(), bias: { lower: run.exact(value), upper: run.exact(value) } });
    if (run.sources.has(value)) {
      const unit = t.eye(value.shape, elementRows(value));
      const zero = t.zeros(value.shape);
      return this.keep(value, { coefficients: new Map([[value, { lower: unit, upper: unit }]]), bias: { lower: zero, upper: zero } });
    }
    const node = value.producer!;
    const rules = run.rules(node);
    const forms =
      rules.forward?.({ run, formOf: (input) => this.of(input), boundsOf: this.boundsOf }, node) ??
      // Only an interval is known: the form starts again, with slopes of zero.
      rules.interval(run, node, this.boundsOf).map((bias): ForwardForm => ({ coefficients: new Map(), bias }));
    forms.forEach((form, i) => this.keep(node.outputs[i]!, form));
    return this.forms.get(value)!;
  }

  private keep(value: Value, form: ForwardForm): ForwardForm {
    this.forms.set(value, form);
    return form;
  }

  /** Bounds of every element. */
  elements(value: Value): NodeInterval {
    const { t } = this.run;
    const rows = elementRows(value);
    const { coefficients, bias } = this.of(value);
    let { lower, upper } = bias;
    for (const [source, pair] of coefficients) {
      const end = (side: "lower" | "upper"): IrNode => {
        const a = t.reshape(t.shapeToRows(t.transpose(columns(t, source, value, pair[side]), [1, 0]), rows), source.shape);
        return t.reshape(t.rowsToShape(this.concretize(source, a, side), rows), value.shape);
      };
      lower = t.add(lower, end("lower"));
      upper = t.add(upper, end("upper"));
    }
    return { lower, upper };
  }

  /** Bounds of a target's rows: the sign of a coefficient says which of the two forms it meets. */
  rows({ value, coefficients: c }: Target): NodeInterval {
    const { t } = this.run;
    const { coefficients, bias } = this.of(value);
    const positive = t.relu(c);
    const negative = t.min(c, 0);
    const flat = (a: IrNode): IrNode => t.reshape(a, [1, sizeOf(value.shape)]);
    const side = (which: "lower" | "upper"): IrNode => {
      const other = which === "lower" ? "upper" : "lower";
      let bound = t.add(t.dot(positive, bias[which]), t.dot(negative, bias[other]));
      for (const [source, pair] of coefficients) {
        const matrix = (end: "lower" | "upper"): IrNode => t.transpose(columns(t, source, value, pair[end]), [1, 0]);
        const a = t.add(t.matmul(flat(positive), matrix(which)), t.matmul(flat(negative), matrix(other)));
        bound = t.add(bound, this.concretize(source, t.reshape(a, source.shape), which));
      }
      return bound;
    };
    return { lower: side("lower"), upper: side("upper") };
  }

  private concretize(value: Value, a: IrNode, side: "lower" | "upper"): IrNode {
    const source = this.run.sources.get(value)!;
    return this.run.t.node(source.perturbation.concretize(this.run.setContext(source), a, side));
  }
}

/** Coefficients as a matrix: [elements of the source, elements of the value]. */
function columns(t: BoundRun["t"], source: Value, value: Value, coefficients: CoefficientPair["lower"]): IrNode {
  const expanded = t.expand(coefficients, value.shape);
  return t.reshape(t.rowsToShape(expanded, elementRows(source)), [sizeOf(source.shape), sizeOf(value.shape)]);
}

const known = new WeakMap<BoundRun, ForwardForms>();

/** The forms of a run, shared by all that ask for them. */
export function forwardForms(run: BoundRun, boundsOf: (value: Value) => NodeInterval): ForwardForms {
  let result = known.get(run);
  if (result === undefined) known.set(run, (result = new ForwardForms(run, boundsOf)));
  return result;
}
