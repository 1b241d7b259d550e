import { LirpaError } from "../plugin/errors.js";
import type { BilinearOperator } from "../plugin/operator.js";
import { contextOf, slotName, slotsOf, type ResolvedNode, type Value } from "../graph/resolved.js";
import type { IrNode } from "../tensor/ir.js";
import { adjoint, asNodes, outputsOf } from "./adjoint.js";
import { affineForward, affineStep, withOpen } from "./affine.js";
import type { CoefficientPair, ForwardContext, ForwardForm, KindRules, Step, StepContext } from "./kind-rules.js";
import { around, middle, radius } from "./linear.js";
import { elementRows, isAffineFromPreciseSources, preciseIntervals } from "./precise.js";
import type { BoundRun, NodeInterval } from "./run.js";

/** Products: linear while one factor is fixed, McCormick's planes where both are perturbed. */
export const bilinearRules: KindRules = {
  interval: (run, node, of) => {
    check(run, node);
    if (isAffineFromPreciseSources(run, node)) return preciseIntervals(run, node);
    return isAffine(run, node) ? linearInterval(run, node, of) : productInterval(run, node, of);
  },
  backward: (context, node) => {
    check(context.run, node);
    return isAffine(context.run, node) ? affineStep(context, node) : mcCormickStep(context, node);
  },
  forward: (context, node) => {
    const { run } = context;
    check(run, node);
    if (!isAffine(run, node)) return mcCormickForward(context, node);
    return affineForward(context, node, (of) => linearInterval(run, node, of), (radii) => [magnitude(run, node, radii)]);
  },
  isAffine,
};

type IntervalOf = (value: Value) => NodeInterval;

function factorSlots(node: ResolvedNode): [number, number] {
  const operator = node.operator as BilinearOperator<unknown>;
  return slotsOf(node.operator, operator.factors, node.inputs.length) as [number, number];
}

function isAffine(run: BoundRun, node: ResolvedNode): boolean {
  return factorSlots(node).some((slot) => !run.isPerturbed(node.inputs[slot]!));
}

/** One factor fixed: centre and radius, the radius through the factor's magnitude. */
function linearInterval(run: BoundRun, node: ResolvedNode, of: IntervalOf): NodeInterval[] {
  const centers = outputsOf(node, contextOf(node, run.t), withOpen(run, node, (slot) => middle(run, of(node.inputs[slot]!))));
  return around(run, centers, [magnitude(run, node, (slot) => radius(run, of(node.inputs[slot]!)))]);
}

/** The product with the fixed factor's magnitude, and nothing fixed added. */
function magnitude(run: BoundRun, node: ResolvedNode, radii: (slot: number) => IrNode): IrNode {
  const { t } = run;
  const factors = factorSlots(node);
  const partner = factors.some((slot) => run.isPerturbed(node.inputs[slot]!));
  const inputs = node.inputs.map((input, slot) => {
    if (input === undefined) return undefined;
    if (run.isPerturbed(input)) return radii(slot);
    // With only an additive input perturbed the product itself has no radius.
    return factors.includes(slot) && partner ? t.abs(run.exact(input)) : t.zeros(input.shape);
  });
  return outputsOf(node, contextOf(node, t), inputs)[0]!;
}

/** Both factors perturbed: the extreme of the four corners, product by product (exact for independent factors). */
function productInterval(run: BoundRun, node: ResolvedNode, of: IntervalOf): NodeInterval[] {
  const { t } = run;
  const operator = node.operator as BilinearOperator<unknown>;
  const context = contextOf(node, t);
  const [left, right] = factorSlots(node);
  const corners = (["lower", "upper"] as const).flatMap((i) =>
    (["lower", "upper"] as const).map((j) => {
      const inputs = node.inputs.map((input, slot) => {
        if (input === undefined) return undefined;
        return of(input)[slot === left ? i : slot === right ? j : "lower"];
      });
      const terms = operator.terms(context, ...inputs);
      return { product: t.mul(terms.left, terms.right), sum: terms.sum };
    }),
  );
  const extreme = (pick: (a: IrNode, b: IrNode) => IrNode): IrNode =>
    asNodes(node, corners[0]!.sum(corners.map(({ product }) => product).reduce(pick)))[0]!;
  const additive = (end: "lower" | "upper"): IrNode => {
    const inputs = node.inputs.map((input, slot) => {
      if (input === undefined) return undefined;
      return slot === left || slot === right ? t.zeros(input.shape) : of(input)[end];
    });
    return outputsOf(node, context, inputs)[0]!;
  };
  const products = { lower: extreme((a, b) => t.min(a, b)), upper: extreme((a, b) => t.max(a, b)) };
  const best = [left, right].reduce((bounds, slot) => tighter(run, bounds, rangeInterval(run, node, slot, of)), products);
  return [{ lower: t.add(best.lower, additive("lower")), upper: t.add(best.upper, additive("upper")) }];
}

/**
 * A factor that is a source and no box: every output element is ⟨a, factor⟩, where a depends on the other factor with
 * no negative coefficient and so lies between its values at that factor's ends. The set itself bounds the product.
 */
function rangeInterval(run: BoundRun, node: ResolvedNode, slot: number, of: IntervalOf): NodeInterval | undefined {
  const { t } = run;
  const source = run.sources.get(node.inputs[slot]!);
  if (source === undefined || source.perturbation.concretizeRange === undefined || source.perturbation.isBox(source.structure)) return undefined;
  const [left, right] = factorSlots(node);
  const other = slot === left ? right : left;
  const output = node.outputs[0]!;
  const rows = elementRows(output);
  const coefficients = (end: "lower" | "upper"): IrNode => {
    const inputs = node.inputs.map((input, i) => (input === undefined ? undefined : i === other ? of(input)[end] : t.zeros(input.shape)));
    return adjoint(t, node, rows, [t.eye(output.shape, rows)], [slot], inputs)[0]!;
  };
  const a = { lower: coefficients("lower"), upper: coefficients("upper") };
  const end = (side: "lower" | "upper"): IrNode => {
    const bound = t.node(source.perturbation.concretizeRange!(run.setContext(source), a, side));
    return t.reshape(t.rowsToShape(bound, rows), output.shape);
  };
  return { lower: end("lower"), upper: end("upper") };
}

/** The intersection of two sound intervals. */
export function tighter({ t }: BoundRun, a: NodeInterval, b: NodeInterval | undefined): NodeInterval {
  return b === undefined ? a : { lower: t.max(a.lower, b.lower), upper: t.min(a.upper, b.upper) };
}

/** A corner of the factors' boxes at which one of McCormick's planes touches the product. */
interface Corner {
  readonly left: "lower" | "upper";
  readonly right: "lower" | "upper";
}

/** Two planes below and two above, in the order in which the share falls from 1 to 0. */
const PLANES: Readonly<Record<"lower" | "upper", readonly [Corner, Corner]>> = {
  lower: [{ left: "lower", right: "lower" }, { left: "upper", right: "upper" }],
  upper: [{ left: "lower", right: "upper" }, { left: "upper", right: "lower" }],
};

/**
 * McCormick (1976): (x − lx)(w − lw) ≥ 0 and (x − ux)(w − uw) ≥ 0 give two planes below x·w, and the mixed corners two
 * above. Any convex combination is sound, so that its share is free; 1 is the default, and 1/2 is called `middle`.
 * Coefficients of products are nonnegative, so that the planes add up as forward itself does.
 */
function mcCormickStep({ run, rows, outputs: [pair], boundsOf }: StepContext, node: ResolvedNode): Step {
  const { t } = run;
  const context = contextOf(node, t);
  const [left, right] = factorSlots(node);
  const bound = (slot: number): NodeInterval => {
    const { lower, upper } = boundsOf(node.inputs[slot]!);
    const [low, high] = t.outward(lower, upper);
    return { lower: low, upper: high };
  };
  const x = bound(left);
  const w = bound(right);
  const zero = (slot: number): IrNode => t.zeros(node.inputs[slot]!.shape);
  // Inputs of the product alone: nothing is added.
  const product = (l: IrNode, r: IrNode): (IrNode | undefined)[] =>
    node.inputs.map((input, slot) => (input === undefined ? undefined : slot === left ? l : slot === right ? r : zero(slot)));
  const additive = run.perturbedSlots(node).filter((slot) => slot !== left && slot !== right);
  const withAddends = node.inputs.map((input, slot) => (input === undefined ? undefined : slot === left || slot === right || run.isPerturbed(input) ? zero(slot) : run.exact(input)));
  const addends = outputsOf(node, context, withAddends)[0]!;
  const share = shareOf(run, node);

  const side = (a: IrNode, below: "lower" | "upper"): { inputs: (IrNode | undefined)[]; bias: IrNode } => {
    const inputs: (IrNode | undefined)[] = node.inputs.map(() => undefined);
    let bias = t.dot(a, addends);
    const parts = [[t.relu(a), below], [t.min(a, 0), below === "lower" ? "upper" : "lower"]] as const;
    for (const [part, which] of parts) {
      const first = share();
      const mixed = [t.mul(part, first), t.mul(part, t.sub(1, first))] as const;
      PLANES[which].forEach((corner, i) => {
        const coefficients = mixed[i]!;
        const [xs, ws] = [x[corner.left], w[corner.right]];
        inputs[left] = sum(t, inputs[left], adjoint(t, node, rows, [coefficients], [left], product(zero(left), ws))[0]);
        inputs[right] = sum(t, inputs[right], adjoint(t, node, rows, [coefficients], [right], product(xs, zero(right)))[0]);
        bias = t.sub(bias, t.dot(coefficients, outputsOf(node, context, product(xs, ws))[0]!));
      });
    }
    for (const slot of additive) inputs[slot] = adjoint(t, node, rows, [a], [slot], withAddends)[0];
    return { inputs, bias };
  };
  const lower = side(pair!.lower, "lower");
  const upper = side(pair!.upper, "upper");
  return {
    inputs: lower.inputs.map((a, slot): CoefficientPair | undefined => (a === undefined ? undefined : { lower: a, upper: upper.inputs[slot]! })),
    bias: { lower: lower.bias, upper: upper.bias },
  };
}

/** McCormick's planes forward: each is linear in one factor while the other one stands at a corner. */
function mcCormickForward({ run, formOf, boundsOf }: ForwardContext, node: ResolvedNode): ForwardForm[] {
  const { t } = run;
  const context = contextOf(node, t);
  const [left, right] = factorSlots(node);
  const forms = new Map(run.perturbedSlots(node).map((slot) => [slot, formOf(node.inputs[slot]!)]));
  const bounds = { left: boundsOf(node.inputs[left]!), right: boundsOf(node.inputs[right]!) };
  const zero = (slot: number): IrNode => t.zeros(node.inputs[slot]!.shape);
  const product = (l: IrNode, r: IrNode): (IrNode | undefined)[] =>
    node.inputs.map((input, slot) => (input === undefined ? undefined : slot === left ? l : slot === right ? r : zero(slot)));
  const value = (l: IrNode, r: IrNode): IrNode => outputsOf(node, context, product(l, r))[0]!;
  const share = shareOf(run, node);
  const sources = new Set([...forms.values()].flatMap(({ coefficients }) => [...coefficients.keys()]));
  const shares = { lower: share(), upper: share() };

  // One factor moves along a pair of tensors, the other one stands: the sign of what stands chooses the side.
  const moving = (slot: number, fixed: IrNode, pair: CoefficientPair, side: "lower" | "upper"): IrNode => {
    const at = (x: IrNode, y: IrNode): IrNode => (slot === left ? value(x, y) : value(y, x));
    const center = at(t.mul(t.add(pair.lower, pair.upper), 0.5), fixed);
    if (pair.lower === pair.upper) return center;
    const reach = at(t.mul(t.sub(pair.upper, pair.lower), 0.5), t.abs(fixed));
    return side === "lower" ? t.sub(center, reach) : t.add(center, reach);
  };
  const planes = (of: (slot: number) => CoefficientPair | undefined, constant: boolean): CoefficientPair => {
    const side = (which: "lower" | "upper"): IrNode => {
      const [first, second] = PLANES[which].map((corner) => {
        const [xs, ws] = [bounds.left[corner.left], bounds.right[corner.right]];
        let sum = constant ? t.neg(value(xs, ws)) : t.zeros(node.outputs[0]!.shape);
        const [l, r] = [of(left), of(right)];
        if (l !== undefined) sum = t.add(sum, moving(left, ws, l, which));
        if (r !== undefined) sum = t.add(sum, moving(right, xs, r, which));
        return sum;
      });
      return t.add(t.mul(shares[which], first!), t.mul(t.sub(1, shares[which]), second!));
    };
    return { lower: side("lower"), upper: side("upper") };
  };
  const additive = (of: (slot: number) => NodeInterval): CoefficientPair => {
    const end = (which: "lower" | "upper"): IrNode =>
      outputsOf(node, context, node.inputs.map((input, slot) => (input === undefined ? undefined : slot === left || slot === right ? zero(slot) : of(slot)[which])))[0]!;
    return { lower: end("lower"), upper: end("upper") };
  };
  const plus = (a: CoefficientPair, b: CoefficientPair): CoefficientPair => ({ lower: t.add(a.lower, b.lower), upper: t.add(a.upper, b.upper) });
  const none = (slot: number): NodeInterval => ({ lower: zero(slot), upper: zero(slot) });
  const coefficients = new Map([...sources].map((source) => {
    const of = (slot: number): CoefficientPair | undefined => forms.get(slot)?.coefficients.get(source);
    return [source, plus(planes(of, false), additive((slot) => of(slot) ?? none(slot)))] as const;
  }));
  const bias = plus(planes((slot) => forms.get(slot)!.bias, true), additive((slot) => formOf(node.inputs[slot]!).bias));
  return [{ coefficients, bias }];
}

/** The share of the first plane of each pair, for each output element: a free value. */
function shareOf(run: BoundRun, node: ResolvedNode): () => IrNode {
  const { t } = run;
  const wanted = run.options.relaxation[node.type] ?? "adaptive";
  if (wanted !== "adaptive" && wanted !== "middle") {
    throw new LirpaError("LIRPA_OPTION", `${node.type} has no relaxation called ${wanted}`, { hint: "It offers adaptive, middle.", details: { option: "relaxation" } });
  }
  return () => t.free(t.full(node.outputs[0]!.shape, wanted === "middle" ? 0.5 : 1), 0, 1);
}

function sum(t: BoundRun["t"], a: IrNode | undefined, b: IrNode | undefined): IrNode | undefined {
  return a === undefined || b === undefined ? (a ?? b) : t.add(a, b);
}

function check(run: BoundRun, node: ResolvedNode): void {
  const operator = node.operator as BilinearOperator<unknown>;
  const allowed = slotsOf(node.operator, [...operator.factors, ...(operator.additive ?? [])], node.inputs.length);
  for (const slot of run.perturbedSlots(node)) {
    if (!allowed.includes(slot)) {
      throw new LirpaError("LIRPA_UNSUPPORTED_ATTRIBUTE", `node ${node.name}: the rule of ${node.type} takes its input ${slotName(node.operator, slot)} as fixed, but ${node.inputs[slot]!.name} is perturbed`);
    }
  }
}
