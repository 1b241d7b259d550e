import {
  defaultRelax,
  type Coefficients,
  type HostTensor,
  type Line,
  type Operator,
  type Shape,
  type Tensor,
} from "@lirpa/core/plugin";
import { Vocabulary, type IrNode } from "@lirpa/core/recording";
import fc from "fast-check";
import { LawBroken } from "../settings.js";
import { sizeOf, tensor } from "./numbers.js";
import { reals } from "./reals.js";
import { testing } from "./testing.js";

/** Numbers for an operator's rules: intervals of its inputs (two equal ends for what is fixed) and points within. */
export interface Situation {
  readonly intervals: readonly { readonly lower: HostTensor; readonly upper: HostTensor }[];
  readonly points: readonly (readonly HostTensor[])[];
}

const POINTS = 8;

/** Operands of given shapes with points in their boxes. */
export function situations(shapes: readonly Shape[], scale = 3): fc.Arbitrary<Situation> {
  const share = fc.oneof(fc.constantFrom(0, 1), reals(0, 1));
  const width = fc.oneof(fc.constant(0), reals(0, scale));
  const element = fc.tuple(reals(-scale, scale), width, fc.array(share, { minLength: POINTS, maxLength: POINTS }));
  const operand = (shape: Shape): fc.Arbitrary<readonly [number, number, number[]][]> => {
    const length = sizeOf(shape);
    return fc.array(element, { minLength: length, maxLength: length });
  };
  return fc.tuple(...shapes.map(operand)).map((operands) => ({
    intervals: operands.map((elements, slot) => ({
      lower: tensor(
        shapes[slot]!,
        elements.map(([at]) => at),
      ),
      upper: tensor(
        shapes[slot]!,
        elements.map(([at, size]) => at + size),
      ),
    })),
    points: Array.from({ length: POINTS }, (_, i) =>
      operands.map((elements, slot) =>
        tensor(
          shapes[slot]!,
          elements.map(([at, size, parts]) => Math.min(at + size, at + size * parts[i]!)),
        ),
      ),
    ),
  }));
}

/**
 * Registers that an operator's relaxation holds whatever its free choices are, for coefficients of either sign: what
 * α-CROWN relies on. Unlike the law of that name it asks the rules alone, without a model, so that situations may be
 * such as no model brings about.
 */
export function itHoldsForEveryChoice(operator: Operator, attributes: unknown, tried: fc.Arbitrary<Situation>): void {
  const shares = fc.array(reals(0, 1), { minLength: 1, maxLength: 5 });
  // Mostly zeros: what one element's line lacks, those of the others would make up for.
  const signs = fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: reals(-2, 2) }), {
    minLength: 16,
    maxLength: 16,
  });
  testing().it(`${operator.type} holds for every free choice`, () => {
    fc.assert(
      fc.property(tried, shares, signs, ({ intervals, points }, chosen, coefficients) => {
        let turn = 0;
        const free = (t: Vocabulary, { shape }: IrNode, min: IrNode, max: IrNode): IrNode =>
          t.expand(t.add(min, t.mul(t.sub(max, min), chosen[turn++ % chosen.length]!)), shape);
        const t = new Vocabulary(undefined, { free });
        const form = formOf(t, operator, attributes, intervals, coefficients);
        for (const point of points) {
          const operands = point.map((value) => t.constant(value));
          const y =
            operator.kind === "custom" || operator.kind === "elementwise"
              ? (operator.forward(
                  { t, attributes, node: "node" },
                  ...(operands as unknown as [Tensor, ...Tensor[]]),
                ) as IrNode)
              : undefined;
          const value = number(t, t.dot(cut(t, y!.shape, coefficients), y!));
          const [lower, upper] = form(operands);
          const slack = 1e-9 * (1 + Math.abs(value) + Math.abs(lower) + Math.abs(upper) + form.size);
          if (!(lower <= value + slack && upper >= value - slack))
            throw new LawBroken(`the form is ${value}, outside [${lower}, ${upper}]`);
        }
      }),
    );
  });
}

type Form = ((point: readonly IrNode[]) => [lower: number, upper: number]) & { readonly size: number };

function formOf(
  t: Vocabulary,
  operator: Operator,
  attributes: unknown,
  intervals: Situation["intervals"],
  coefficients: readonly number[],
): Form {
  const context = { t, attributes, node: "node" };
  const ends = intervals.map(({ lower, upper }) => ({ lower: t.constant(lower), upper: t.constant(upper) }));
  const parts: [lower: (IrNode | undefined)[], upper: (IrNode | undefined)[]] = [[], []];
  let bias: Coefficients;
  if (operator.kind === "custom" && operator.backward !== undefined) {
    const y = operator.forward(context, ...ends.map(({ lower }) => lower)) as IrNode;
    const a = cut(t, y.shape, coefficients);
    const step = operator.backward(context, [{ lower: a, upper: a }], ends);
    step.inputs.forEach((pair) => {
      parts[0].push(pair && t.node(pair.lower));
      parts[1].push(pair && t.node(pair.upper));
    });
    bias = step.bias;
  } else if (operator.kind === "elementwise") {
    const lines = defaultRelax(operator.relax)(context, ends[0]!, ...ends.slice(1).map(({ lower }) => lower));
    const { shape } = ends[0]!.lower;
    const a = cut(t, shape, coefficients);
    const slope = (positive: Line, negative: Line): IrNode =>
      t.add(t.mul(t.relu(a), positive.slope), t.mul(t.min(a, 0), negative.slope));
    const constant = (positive: Line, negative: Line): IrNode =>
      t.add(
        t.dot(t.relu(a), t.expand(positive.intercept, shape)),
        t.dot(t.min(a, 0), t.expand(negative.intercept, shape)),
      );
    parts[0].push(slope(lines.lower, lines.upper));
    parts[1].push(slope(lines.upper, lines.lower));
    bias = { lower: constant(lines.lower, lines.upper), upper: constant(lines.upper, lines.lower) };
  } else throw new Error(`${operator.type} has no planes`);
  const at = (point: readonly IrNode[], which: 0 | 1): number =>
    number(
      t,
      parts[which].reduce<IrNode>(
        (sum, part, slot) => (part === undefined ? sum : t.add(sum, t.dot(part, point[slot]!))),
        t.node(which === 0 ? bias.lower : bias.upper),
      ),
    );
  const size = Math.abs(number(t, t.node(bias.lower))) + Math.abs(number(t, t.node(bias.upper)));
  return Object.assign((point: readonly IrNode[]): [number, number] => [at(point, 0), at(point, 1)], { size });
}

function cut(t: Vocabulary, shape: Shape, numbers: readonly number[]): IrNode {
  return t.constant(
    tensor(
      shape,
      Array.from({ length: sizeOf(shape) }, (_, i) => numbers[i % numbers.length]!),
    ),
  );
}

function number(t: Vocabulary, scalar: IrNode): number {
  return t.constantValue(scalar)!.data[0]!;
}
