import {
  createLirpa, perturbed, Vocabulary,
  type Coefficients, type DType, type Executor, type GraphNode, type HostTensor, type IrNode, type Line, type Model, type Operator, type Plugin, type RawAttributes, type Shape, type Tensor,
} from "@lirpa/core";
import { referenceExecutor } from "@lirpa/executor-reference";
import lp from "@lirpa/perturbation-lp";
import { expect } from "chai";
import fc from "fast-check";

/** What the tests of this pack share: models of one node, and what must hold of their bounds. */

/** A shape for an input of the model, a tensor for a constant. */
export type Operand = readonly number[] | HostTensor | undefined;

export interface OneNode {
  readonly type: string;
  readonly operands: readonly Operand[];
  readonly attributes?: RawAttributes;
  readonly opset?: number;
  readonly domain?: string;
  /** The one in float64 where absent. */
  readonly executor?: Executor;
}

export function tensor(shape: Shape, data: readonly number[], dtype: DType = "float"): HostTensor {
  return { shape, dtype, data: Float64Array.from(data) };
}

export function ints(...data: number[]): HostTensor {
  return tensor([data.length], data, "int");
}

function isShape(operand: Operand): operand is readonly number[] {
  return Array.isArray(operand);
}

/** A model of one node. Its open inputs are called `x0`, `x1`, … by slot. */
export function modelOf(plugins: readonly Plugin[], { type, operands, attributes = {}, opset = 17, domain = "", executor }: OneNode): Model {
  const name = (slot: number): string => (isShape(operands[slot]) ? `x${slot}` : operands[slot] === undefined ? "" : `c${slot}`);
  const shapes = Object.fromEntries(operands.flatMap((operand, slot) => (isShape(operand) ? [[name(slot), operand]] : [])));
  const constants = Object.fromEntries(operands.flatMap((operand, slot) => (operand === undefined || isShape(operand) ? [] : [[name(slot), operand]])));
  return modelOfNodes(plugins, shapes, constants, [{ name: "node", type, domain, inputs: operands.map((_, slot) => name(slot)), outputs: ["y"], attributes }], opset, executor);
}

/** A model whose output is called `y`. */
export function modelOfNodes(plugins: readonly Plugin[], shapes: Readonly<Record<string, Shape>>, constants: Readonly<Record<string, HostTensor>>, nodes: readonly GraphNode[], opset = 17, executor: Executor = referenceExecutor()): Model {
  const lirpa = createLirpa({ plugins: [...plugins, lp], executor });
  return lirpa.model({
    name: "small",
    inputs: Object.entries(shapes).map(([name, shape]) => ({ name, shape, dtype: "float" })),
    outputs: ["y"],
    initializers: new Map(Object.entries(constants)),
    nodes,
    opsets: new Map([["", opset]]),
  });
}

interface Box {
  readonly lower: readonly number[];
  readonly upper: readonly number[];
  readonly points: readonly (readonly number[])[];
}

export interface Boxes {
  /** No element lies below. */
  readonly least?: number;
  /** Elements are about this great. */
  readonly scale?: number;
}

const POINTS = 8;

/** A box around each input of a model, with points in it, many of them corners. Some boxes have no width. */
function boxes(model: Model, { least = -Infinity, scale = 3 }: Boxes): fc.Arbitrary<Readonly<Record<string, Box>>> {
  const width = fc.oneof(fc.constant(0), fc.double({ min: 0, max: scale, noNaN: true }), fc.double({ min: 0, max: scale / 100, noNaN: true }));
  const share = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true }));
  const element = fc.tuple(fc.oneof(fc.double({ min: -scale, max: scale, noNaN: true }), fc.constant(0)), width, fc.array(share, { minLength: POINTS, maxLength: POINTS })).map(([at, size, shares]) => {
    const lower = Math.max(least, at - size);
    const upper = Math.max(lower, at + size);
    return { lower, upper, points: shares.map((part) => Math.min(upper, lower + part * (upper - lower))) };
  });
  const box = (shape: Shape): fc.Arbitrary<Box> => {
    const length = shape.reduce((product, size) => product * size, 1);
    return fc.array(element, { minLength: length, maxLength: length }).map((elements) => ({
      lower: elements.map(({ lower }) => lower),
      upper: elements.map(({ upper }) => upper),
      points: Array.from({ length: POINTS }, (_, i) => elements.map(({ points }) => points[i]!)),
    }));
  };
  return fc.record(Object.fromEntries(model.inputs.map(({ name, shape }) => [name, box(shape)])));
}

/** Registers that the bounds of a model hold all values over a box, by every method, and are exact at a point. */
export function itHoldsItsValues(model: Model, options: Boxes = {}): void {
  const queries = (all: Readonly<Record<string, Box>>, upper: "lower" | "upper") =>
    Object.fromEntries(Object.entries(all).map(([name, box]) => [name, perturbed(box.lower, { type: "box", lower: box.lower, upper: box[upper] })]));
  for (const method of ["ibp", "crown-ibp", "crown"]) {
    it(`bounds its values by ${method}`, () =>
      fc.assert(fc.asyncProperty(boxes(model, options), async (all) => {
        const bounds = await model.bounds(queries(all, "upper"), { method });
        for (let i = 0; i < POINTS; i++) {
          const { y } = await model.forward(Object.fromEntries(Object.entries(all).map(([name, box]) => [name, box.points[i]!])));
          y!.data.forEach((value, at) => {
            const slack = 1e-9 * (1 + (options.scale ?? 1) + Math.abs(bounds.lower[at]!) + Math.abs(bounds.upper[at]!));
            expect(bounds.lower[at]!).at.most(value + slack);
            expect(bounds.upper[at]!).at.least(value - slack);
          });
        }
      }), { numRuns: 25 }));
  }

  it("is exact where the box is a point", () =>
    fc.assert(fc.asyncProperty(boxes(model, options), async (all) => {
      const { lower, upper } = await model.bounds(queries(all, "lower"), { method: "crown" });
      const { y } = await model.forward(Object.fromEntries(Object.entries(all).map(([name, box]) => [name, box.lower])));
      y!.data.forEach((value, at) => {
        expect(lower[at]!).closeTo(value, 1e-6 * (1 + Math.abs(value)));
        expect(upper[at]!).closeTo(value, 1e-6 * (1 + Math.abs(value)));
      });
    }), { numRuns: 10 }));
}

/** The only output of a model, for given inputs. */
export async function valueOf(model: Model, inputs: Readonly<Record<string, readonly number[]>> = {}): Promise<{ shape: readonly number[]; data: readonly number[] }> {
  const { y } = await model.forward(inputs);
  return { shape: y!.shape, data: [...y!.data] };
}

/** The code of the error that reading the model's nodes ends in. */
export function refusal(model: Model): string {
  try {
    model.check();
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
  return "none";
}

/** Numbers for an operator's rules: intervals of its inputs (two equal ends for what is fixed) and points within. */
export interface Situation {
  readonly intervals: readonly { readonly lower: HostTensor; readonly upper: HostTensor }[];
  readonly points: readonly (readonly HostTensor[])[];
}

/**
 * Registers that an operator's relaxation holds whatever its free choices are, for coefficients of either sign: what
 * α-CROWN relies on.
 */
export function itHoldsForEveryChoice(operator: Operator, attributes: unknown, situations: fc.Arbitrary<Situation>): void {
  const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 5 });
  const signs = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 16, maxLength: 16 });
  it(`${operator.type} holds for every free choice`, () => {
    fc.assert(fc.property(situations, shares, signs, ({ intervals, points }, chosen, coefficients) => {
      let turn = 0;
      const free = (t: Vocabulary, { shape }: IrNode, min: IrNode, max: IrNode): IrNode =>
        t.expand(t.add(min, t.mul(t.sub(max, min), chosen[turn++ % chosen.length]!)), shape);
      const t = new Vocabulary(undefined, { free });
      const form = formOf(t, operator, attributes, intervals, coefficients);
      for (const point of points) {
        const operands = point.map((value) => t.constant(value));
        const y = operator.kind === "custom" || operator.kind === "elementwise" ? (operator.forward({ t, attributes, node: "node" }, ...(operands as unknown as [Tensor, ...Tensor[]])) as IrNode) : undefined;
        const value = number(t, t.dot(cut(t, y!.shape, coefficients), y!));
        const [lower, upper] = form(operands);
        const slack = 1e-9 * (1 + Math.abs(value) + Math.abs(lower) + Math.abs(upper) + form.size);
        expect(lower).at.most(value + slack);
        expect(upper).at.least(value - slack);
      }
    }));
  });
}

type Form = ((point: readonly IrNode[]) => [lower: number, upper: number]) & { readonly size: number };

function formOf(t: Vocabulary, operator: Operator, attributes: unknown, intervals: Situation["intervals"], coefficients: readonly number[]): Form {
  const context = { t, attributes, node: "node" };
  const ends = intervals.map(({ lower, upper }) => ({ lower: t.constant(lower), upper: t.constant(upper) }));
  const parts: [lower: (IrNode | undefined)[], upper: (IrNode | undefined)[]] = [[], []];
  let bias: Coefficients;
  if (operator.kind === "custom") {
    const y = operator.forward(context, ...ends.map(({ lower }) => lower)) as IrNode;
    const a = cut(t, y.shape, coefficients);
    const step = operator.backward!(context, [{ lower: a, upper: a }], ends);
    step.inputs.forEach((pair) => { parts[0].push(pair && t.node(pair.lower)); parts[1].push(pair && t.node(pair.upper)); });
    bias = step.bias;
  } else if (operator.kind === "elementwise") {
    const lines = operator.relax(context, ends[0]!, ...ends.slice(1).map(({ lower }) => lower));
    const { shape } = ends[0]!.lower;
    const a = cut(t, shape, coefficients);
    const slope = (positive: Line, negative: Line): IrNode => t.add(t.mul(t.relu(a), positive.slope), t.mul(t.min(a, 0), negative.slope));
    const constant = (positive: Line, negative: Line): IrNode => t.add(t.dot(t.relu(a), t.expand(positive.intercept, shape)), t.dot(t.min(a, 0), t.expand(negative.intercept, shape)));
    parts[0].push(slope(lines.lower, lines.upper));
    parts[1].push(slope(lines.upper, lines.lower));
    bias = { lower: constant(lines.lower, lines.upper), upper: constant(lines.upper, lines.lower) };
  } else throw new Error(`${operator.type} has no planes`);
  const at = (point: readonly IrNode[], which: 0 | 1): number =>
    number(t, parts[which].reduce<IrNode>((sum, part, slot) => (part === undefined ? sum : t.add(sum, t.dot(part, point[slot]!))), t.node(which === 0 ? bias.lower : bias.upper)));
  const size = Math.abs(number(t, t.node(bias.lower))) + Math.abs(number(t, t.node(bias.upper)));
  return Object.assign((point: readonly IrNode[]): [number, number] => [at(point, 0), at(point, 1)], { size });
}

function cut(t: Vocabulary, shape: Shape, numbers: readonly number[]): IrNode {
  const length = shape.reduce((product, size) => product * size, 1);
  return t.constant(tensor(shape, Array.from({ length }, (_, i) => numbers[i % numbers.length]!)));
}

function number(t: Vocabulary, scalar: IrNode): number {
  return t.constantValue(scalar)!.data[0]!;
}

/** Operands of given shapes with points in their boxes. */
export function situations(shapes: readonly Shape[], scale = 3): fc.Arbitrary<Situation> {
  const share = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true }));
  const width = fc.oneof(fc.constant(0), fc.double({ min: 0, max: scale, noNaN: true }));
  const element = fc.tuple(fc.double({ min: -scale, max: scale, noNaN: true }), width, fc.array(share, { minLength: POINTS, maxLength: POINTS }));
  const operand = (shape: Shape): fc.Arbitrary<readonly [number, number, number[]][]> => {
    const length = shape.reduce((product, size) => product * size, 1);
    return fc.array(element, { minLength: length, maxLength: length });
  };
  return fc.tuple(...shapes.map(operand)).map((operands) => ({
    intervals: operands.map((elements, slot) => ({
      lower: tensor(shapes[slot]!, elements.map(([at]) => at)),
      upper: tensor(shapes[slot]!, elements.map(([at, size]) => at + size)),
    })),
    points: Array.from({ length: POINTS }, (_, i) => operands.map((elements, slot) => tensor(shapes[slot]!, elements.map(([at, size, parts]) => Math.min(at + size, at + size * parts[i]!))))),
  }));
}
