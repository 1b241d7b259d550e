import { createLirpa, perturbed, type DType, type HostTensor, type Model, type Plugin, type RawAttributes, type Shape } from "@lirpa/core";
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

/** A model of one node in float64. Its open inputs are called `x0`, `x1`, … by slot. */
export function modelOf(plugins: readonly Plugin[], { type, operands, attributes = {}, opset = 17, domain = "" }: OneNode): Model {
  const lirpa = createLirpa({ plugins: [...plugins, lp], executor: referenceExecutor() });
  const name = (slot: number): string => (isShape(operands[slot]) ? `x${slot}` : operands[slot] === undefined ? "" : `c${slot}`);
  return lirpa.model({
    name: "one",
    inputs: operands.flatMap((operand, slot) => (isShape(operand) ? [{ name: name(slot), shape: operand, dtype: "float" as const }] : [])),
    outputs: ["y"],
    initializers: new Map(operands.flatMap((operand, slot) => (operand === undefined || isShape(operand) ? [] : [[name(slot), operand] as const]))),
    nodes: [{ name: "node", type, domain, inputs: operands.map((_, slot) => name(slot)), outputs: ["y"], attributes }],
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
            const slack = 1e-9 * (1 + Math.abs(bounds.lower[at]!) + Math.abs(bounds.upper[at]!));
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
