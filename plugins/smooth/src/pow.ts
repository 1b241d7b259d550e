import {
  broadcastShape,
  broadcastsTo,
  defineOperator,
  integers,
  unsupportedAttribute,
  type AttributeContext,
  type HostTensor,
  type Interval,
  type Line,
  type Lines,
  type LirpaError,
  type Operator,
  type RuleContext,
  type Subgraph,
  type Tensor,
  type TensorOps,
} from "@lirpa/core/plugin";
import { flat, select } from "./lines.js";
import { poleLines, poleRange } from "./pole.js";
import { powerLines, powerRange } from "./power.js";

interface PowAttributes {
  /** Undefined where nothing but the base is a constant. */
  readonly exponents: HostTensor | undefined;
}

/** Exponents for which there is an operator. */
const NAMED: Readonly<Record<number, string>> = { 1: "Identity", 0.5: "Sqrt", [-1]: "Reciprocal" };

/** X^Y, element by element, for constant exponents; exponents of several values are bounded value by value. */
export const pow: Operator = defineOperator({
  type: "Pow",
  sinceVersion: 7,
  kind: "elementwise",
  inputs: ["X", "Y"],
  derive: (_, context) => ({ exponents: exponentsOf(context) }),
  expand: ({ exponents }, context) => (exponents === undefined ? exponential(context) : rewritten(exponents, context)),
  forward: ({ t, attributes: { exponents } }, x, y) => {
    const [only, ...others] = exponents === undefined ? [] : distinct(exponents);
    const base = t.cast(x, "float");
    // The result has the base's type: powers of integers are cut to integers, whatever the exponent's type is.
    const exponent = only !== undefined && others.length === 0 ? only : t.cast(y, "float");
    return t.cast(t.pow(base, exponent), x.dtype);
  },
  defined: (context, { lower }) => {
    const { t } = context;
    const exponents = constantExponents(context);
    const isPartial = t.constant({
      ...exponents,
      dtype: "float",
      data: Float64Array.from(exponents.data, (p) => (Number.isInteger(p) ? 0 : 1)),
    });
    return t.or(t.greaterEqual(lower, 0), t.less(isPartial, 0.5));
  },
  range: (context, interval) => {
    const range = (p: number): Interval => oneRange(context.t, interval, p);
    const choose = (is: Tensor, yes: Interval, no: Interval): Interval => ({
      lower: context.t.where(is, yes.lower, no.lower),
      upper: context.t.where(is, yes.upper, no.upper),
    });
    return byExponent(context, range, choose);
  },
  relax: (context, interval) => {
    const lines = (p: number): Lines => oneLines(context.t, interval, p);
    const choose = (is: Tensor, yes: Lines, no: Lines): Lines => ({
      lower: select(context.t, is, yes.lower, no.lower),
      upper: select(context.t, is, yes.upper, no.upper),
    });
    return byExponent(context, lines, choose);
  },
});

function oneLines(t: TensorOps, interval: Interval, p: number): Lines {
  if (p === 0 || p === 1) {
    const line: Line = p === 0 ? flat(1) : { slope: 1, intercept: 0 };
    return { lower: line, upper: line };
  }
  return p < 0 ? poleLines(t, interval, p) : powerLines(t, interval, p);
}

function oneRange(t: TensorOps, interval: Interval, p: number): Interval {
  if (p === 1) return interval;
  if (p === 0) return { lower: t.full(interval.lower.shape, 1), upper: t.full(interval.lower.shape, 1) };
  return p < 0 ? poleRange(t, interval, p) : powerRange(t, interval, p);
}

/** The rule of each exponent there is, chosen where the element has it. */
function byExponent<R>(
  context: RuleContext<PowAttributes>,
  rule: (p: number) => R,
  choose: (is: Tensor, yes: R, no: R) => R,
): R {
  const { t } = context;
  const exponents = constantExponents(context);
  // Of no elements any rule will do.
  const [first = 1, ...others] = distinct(exponents);
  const all = t.constant({ ...exponents, dtype: "float" });
  return others.reduce((rest, p) => choose(t.equal(all, p), rule(p), rest), rule(first));
}

/** Where the exponents are no constant, the node expands and no rule is asked for bounds. */
function constantExponents({ attributes: { exponents }, node }: RuleContext<PowAttributes>): HostTensor {
  if (exponents === undefined) throw notConstant(node);
  return exponents;
}

function notConstant(node: string): LirpaError {
  return unsupportedAttribute(`${node}: the exponent of Pow is not a constant`, {
    hint: "Powers are supported of constant exponents, and of constant positive bases.",
  });
}

function distinct({ data }: HostTensor): number[] {
  return [...new Set(data)];
}

function exponentsOf({ node, constants: [base, exponents] }: AttributeContext): HostTensor | undefined {
  if (exponents === undefined && base !== undefined && base.dtype !== "float") {
    throw unsupportedAttribute(`${node}: the base of Pow holds integers, and its exponent is not a constant`, {
      hint: "Such powers are cut to integers, which have no bounds; make the base a float.",
    });
  }
  if (exponents === undefined && !base?.data.every((value) => value > 0)) {
    throw notConstant(node);
  }
  return exponents;
}

/** c^Y = exp(Y log c). */
function exponential({ constants }: AttributeContext): Subgraph | undefined {
  const [base] = constants;
  if (base === undefined) return undefined;
  return {
    constants: { logarithm: { shape: base.shape, dtype: "float", data: Float64Array.from(base.data, Math.log) } },
    nodes: [
      { name: "scale", type: "Mul", inputs: ["inputs.1", "logarithm"], outputs: ["scaled"] },
      { name: "exp", type: "Exp", inputs: ["scaled"], outputs: ["outputs.0"] },
    ],
  };
}

/** The operator that one exponent has, and exponents that broadcast to more elements than the base has. */
function rewritten(
  exponents: HostTensor,
  { node, shapes: [base], constants }: AttributeContext<readonly ["X", "Y"]>,
): Subgraph | undefined {
  if (constants[0] !== undefined) return undefined;
  const [only, ...others] = distinct(exponents);
  const name =
    only !== undefined && others.length === 0 && broadcastsTo(exponents.shape, base) ? NAMED[only] : undefined;
  if (name !== undefined)
    return { nodes: [{ name: "named", type: name, inputs: ["inputs.0"], outputs: ["outputs.0"] }] };
  if (broadcastsTo(exponents.shape, base)) return undefined;
  const shape = broadcastShape(node, exponents.shape, base);
  return {
    constants: { shape: integers(...shape) },
    nodes: [
      { name: "expand", type: "Expand", inputs: ["inputs.0", "shape"], outputs: ["base"] },
      { name: "power", type: "Pow", inputs: ["base", "inputs.1"], outputs: ["outputs.0"] },
    ],
  };
}
