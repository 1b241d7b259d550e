import { expect } from "chai";
import { callsOf, numbersOf, ones, sizeOf, type Call } from "@lirpa/conformance/kit";
import type { Shape } from "@lirpa/core/plugin";
import plugin from "./index.js";

const { operator, prepared } = callsOf(plugin);

interface Product {
  readonly type: string;
  readonly shapes: readonly [Shape, Shape];
  readonly attributes?: Call["attributes"];
}

const PRODUCTS: readonly Product[] = [
  { type: "Mul", shapes: [[2, 1], [3]] },
  { type: "Mul", shapes: [[], [2]] },
  {
    type: "MatMul",
    shapes: [
      [2, 3],
      [3, 2],
    ],
  },
  { type: "MatMul", shapes: [[3], [3]] },
  { type: "MatMul", shapes: [[3], [2, 3, 2]] },
  {
    type: "MatMul",
    shapes: [
      [2, 1, 2, 3],
      [2, 3, 1],
    ],
  },
  {
    type: "Gemm",
    shapes: [
      [2, 3],
      [3, 4],
    ],
  },
  {
    type: "Gemm",
    shapes: [
      [3, 2],
      [4, 3],
    ],
    attributes: { transA: 1, transB: 1 },
  },
];

for (const { type, shapes, attributes = {} } of PRODUCTS) {
  it(`${type} of [${shapes[0].join(", ")}] and [${shapes[1].join(", ")}] adds each product once, to one output`, () => {
    const { t, inputs, context } = prepared({ type, attributes, inputs: shapes.map((shape) => ones(...shape)) });
    const { left, right, sum } = operator(type, "bilinear").terms(context, ...inputs);
    const products = t.mul(left, right);
    const total = Array.from(numbersOf(t, sum(products)).data).reduce((all, count) => all + count, 0);
    expect(total).equal(sizeOf(products.shape));
  });
}
