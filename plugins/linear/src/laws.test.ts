import { expect } from "chai";
import fc from "fast-check";
import { callsOf, isNear, numbersOf, reals, sizeOf, tensor, type Call } from "@lirpa/conformance/kit";
import type { HostTensor, Shape } from "@lirpa/core";
import plugin from "./index.js";

const { apply, operator, prepared } = callsOf(plugin);

/** Numbers for a tensor of some shape. */
function values(shape: Shape, min = -10, max = 10): fc.Arbitrary<HostTensor> {
  const size = sizeOf(shape);
  return fc.array(reals(min, max), { minLength: size, maxLength: size }).map((data) => tensor(shape, data));
}

const options = { seed: 3, numRuns: 40 } as const;

interface Law {
  readonly type: string;
  readonly shapes: readonly Shape[];
  /** Slots of the inputs in which the operator is affine; the others are parameters. */
  readonly data: readonly number[];
  /** Ends of the range of some parameters: divisors and variances. */
  readonly ranges?: Readonly<Record<number, readonly [number, number]>>;
  readonly attributes?: Call["attributes"];
}

const AFFINE: readonly Law[] = [
  { type: "Add", shapes: [[2, 1], [3]], data: [0, 1] },
  { type: "Sub", shapes: [[2, 1], [3]], data: [0, 1] },
  { type: "Sum", shapes: [[2, 1], [3], []], data: [0, 1, 2] },
  { type: "Neg", shapes: [[4]], data: [0] },
  { type: "Div", shapes: [[2, 3], [3]], data: [0], ranges: { 1: [0.5, 4] } },
  { type: "Div", shapes: [[2], [2, 1]], data: [0], ranges: { 1: [-4, -0.5] } },
  { type: "Dropout", shapes: [[3]], data: [0] },
  { type: "Cast", shapes: [[3]], data: [0], attributes: { to: 1 } },
  { type: "BatchNormalization", shapes: [[1, 2, 3], [2], [2], [2], [2]], data: [0], ranges: { 4: [0.5, 4] } },
  { type: "BatchNormalization", shapes: [[2, 2], [2], [2], [2], [2]], data: [0], ranges: { 4: [0.5, 4] }, attributes: { epsilon: 0.1 } },
];

const callOf = ({ type, attributes = {} }: Law, inputs: readonly HostTensor[]): Call => ({ type, attributes, inputs });
const inputsOf = ({ shapes, ranges = {} }: Law): fc.Arbitrary<HostTensor[]> => fc.tuple(...shapes.map((shape, slot) => values(shape, ...(ranges[slot] ?? [-10, 10]))));

for (const law of AFFINE) {
  describe(`${law.type} of ${law.shapes.map((shape) => `[${shape.join(", ")}]`).join(" ")}${JSON.stringify(law.attributes ?? {}).replace("{}", "")}`, () => {
    const rule = operator(law.type, "linear");

    it("is affine in its data", () => {
      fc.assert(fc.property(inputsOf(law), inputsOf(law), (a, b) => {
        const along = (share: number): HostTensor => apply(callOf(law, a.map((x, slot) => (law.data.includes(slot) ? mixed(x, b[slot]!, share) : x))));
        const [start, middle, end] = [along(0), along(0.5), along(1)];
        expect(isNear(middle.data, mixed(start, end, 0.5).data)).equal(true);
      }), options);
    });

    it("reaches as far as its magnitude says, at some corner of every box, and no further", () => {
      fc.assert(fc.property(inputsOf(law), inputsOf(law), (center, radii) => {
        const reach = rule.nonnegative === true ? differences(law, center, radii, (up) => up) : magnitude(law, center, radii);
        expect(isNear(reach, differences(law, center, radii, Math.abs))).equal(true);
      }), options);
    });
  });
}

function mixed(x: HostTensor, y: HostTensor, share: number): HostTensor {
  return { ...x, data: Float64Array.from(x.data, (value, i) => value + share * (y.data[i]! - value)) };
}

function magnitude(law: Law, center: readonly HostTensor[], radii: readonly HostTensor[]): ArrayLike<number> {
  const inputs = center.map((x, slot) => (law.data.includes(slot) ? { ...x, data: radii[slot]!.data.map(Math.abs) } : x));
  const { t, inputs: nodes, context } = prepared(callOf(law, inputs));
  return numbersOf(t, operator(law.type, "linear").magnitude!(context, ...nodes)).data;
}

/** What each element of the data adds to the outputs when it moves by its radius, added up. */
function differences(law: Law, center: readonly HostTensor[], radii: readonly HostTensor[], of: (difference: number) => number): number[] {
  const from = apply(callOf(law, center)).data;
  const sum = new Array<number>(from.length).fill(0);
  for (const slot of law.data) {
    for (let i = 0; i < sizeOf(law.shapes[slot]!); i++) {
      const moved = center.map((x, at) => (at === slot ? { ...x, data: x.data.map((value, j) => (j === i ? value + Math.abs(radii[slot]!.data[i]!) : value)) } : x));
      apply(callOf(law, moved)).data.forEach((value, j) => (sum[j]! += of(value - from[j]!)));
    }
  }
  return sum;
}

const PRODUCTS: readonly { readonly type: string; readonly shapes: readonly [Shape, Shape]; readonly attributes?: Call["attributes"] }[] = [
  { type: "Mul", shapes: [[2, 1], [3]] },
  { type: "Mul", shapes: [[], [2]] },
  { type: "MatMul", shapes: [[2, 3], [3, 2]] },
  { type: "MatMul", shapes: [[3], [3]] },
  { type: "MatMul", shapes: [[3], [2, 3, 2]] },
  { type: "MatMul", shapes: [[2, 1, 2, 3], [2, 3, 1]] },
  { type: "Gemm", shapes: [[2, 3], [3, 4]] },
  { type: "Gemm", shapes: [[3, 2], [4, 3]], attributes: { transA: 1, transB: 1 } },
];

for (const { type, shapes, attributes = {} } of PRODUCTS) {
  describe(`${type} of [${shapes[0].join(", ")}] and [${shapes[1].join(", ")}]`, () => {
    it("is the sum of its terms", () => {
      fc.assert(fc.property(values(shapes[0]), values(shapes[1]), (a, b) => {
        const { t, inputs: nodes, context } = prepared({ type, attributes, inputs: [a, b] });
        const { left, right, sum } = operator(type, "bilinear").terms(context, ...nodes);
        const whole = apply({ type, attributes, inputs: [a, b] });
        const terms = numbersOf(t, sum(t.mul(left, right)));
        expect(terms.shape).deep.equal(whole.shape);
        expect(isNear(terms.data, whole.data)).equal(true);
      }), options);
    });

    it("adds every product once, to one output", () => {
      const { t, inputs: nodes, context } = prepared({ type, attributes, inputs: shapes.map((shape) => tensor(shape, new Array<number>(sizeOf(shape)).fill(1))) });
      const { left, right, sum } = operator(type, "bilinear").terms(context, ...nodes);
      const products = t.mul(left, right);
      const total = [...numbersOf(t, sum(products)).data].reduce((all, count) => all + count, 0);
      expect(total).equal(sizeOf(products.shape));
    });
  });
}

describe("The linear pack", () => {
  it("has a law here for each operator", () => {
    const tested = new Set([...AFFINE, ...PRODUCTS].map(({ type }) => type));
    expect(plugin.operators.map(({ type }) => type).filter((type) => !tested.has(type))).deep.equal(["Square"]);
  });
});
