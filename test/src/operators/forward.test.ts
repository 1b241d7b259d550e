import { expect } from "chai";
import { tensor } from "../graphs.js";
import { compare, describeNode, numbers, OPSETS, type Attributes, type OneNode } from "./support.test.js";

type Shape = readonly number[];

function node(
  type: string,
  shapes: readonly (Shape | undefined)[],
  attributes: Attributes = {},
  rest: Partial<OneNode> = {},
): OneNode {
  return { type, opset: 17, attributes, inputs: shapes.map((shape, i) => shape && numbers(shape, i + 1)), ...rest };
}

const PRODUCTS: readonly (readonly [Shape, Shape])[] = [
  [[3], [3]],
  [[3], [3, 2]],
  [[4, 3], [3]],
  [
    [4, 3],
    [3, 2],
  ],
  [
    [2, 4, 3],
    [3, 2],
  ],
  [
    [4, 3],
    [2, 3, 5],
  ],
  [[3], [2, 3, 5]],
  [[2, 4, 3], [3]],
  [
    [2, 1, 4, 3],
    [5, 3, 2],
  ],
  [
    [1, 1],
    [1, 1],
  ],
  [
    [2, 3, 4, 5],
    [2, 3, 5, 1],
  ],
];
const BROADCASTS: readonly (readonly [Shape, Shape])[] = [
  [[3], [3]],
  [[2, 3], [3]],
  [[3], [2, 3]],
  [
    [2, 1],
    [4, 1, 5],
  ],
  [[], [2]],
  [[1, 2], []],
];

const gemms = [0, 1].flatMap((transA) =>
  [0, 1].flatMap((transB) =>
    [undefined, [], [1], [5], [4, 1], [1, 5], [4, 5]].map((c: Shape | undefined) =>
      node("Gemm", [transA ? [3, 4] : [4, 3], transB ? [5, 3] : [3, 5], ...(c ? [c] : [])], { transA, transB }),
    ),
  ),
);

const normalizations = (
  [
    [1, 2, 3],
    [2, 2],
    [2, 3, 1, 2],
  ] as const
).flatMap((shape) =>
  [8, 9, 14, 15].map((opset): OneNode => {
    const parameter = (seed: number): ReturnType<typeof numbers> => numbers([shape[1]], seed, seed === 5);
    return {
      type: "BatchNormalization",
      opset,
      inputs: [numbers(shape, 1), ...[2, 3, 4, 5].map(parameter)],
      attributes: opset === 9 ? {} : { epsilon: 0.01 },
      stored: [1, 2, 3, 4],
    };
  }),
);

const integers = (values: readonly number[], shape: Shape = [values.length]) => tensor(shape, values, "int");

const NODES: Readonly<Record<string, readonly OneNode[]>> = {
  MatMul: PRODUCTS.flatMap(([a, b]) => [node("MatMul", [a, b]), node("MatMul", [a, b], {}, { stored: [1] })]),
  Gemm: [
    ...gemms,
    ...[8, 9, 11].flatMap((opset) =>
      [{ alpha: 0.5 }, { alpha: -2, beta: 3 }, { beta: 0 }].map((scales) =>
        node("Gemm", [[4, 3], [3, 5], [5]], scales, { opset }),
      ),
    ),
  ],
  ...Object.fromEntries(
    ["Add", "Sub", "Mul"].map((type) => [
      type,
      BROADCASTS.flatMap(([a, b]) => [
        node(type, [a, b]),
        node(type, [a, b], {}, { stored: [0], opset: 8 }),
        node(type, [a, b], {}, { stored: [1] }),
      ]),
    ]),
  ),
  Div: BROADCASTS.map(([a, b]) => node("Div", [a, b], {}, { stored: [1] })),
  "integer arithmetic": [
    ...["Add", "Sub", "Mul", "Div"].map((type): OneNode => ({
      type,
      opset: 17,
      inputs: [integers([7, -7, 8, -1]), integers([2])],
      stored: [0, 1],
    })),
    { type: "Div", opset: 17, inputs: [integers([7, -7, 8, -8]), integers([-3])], stored: [1] },
    { type: "Neg", opset: 17, inputs: [integers([1, -2])] },
  ],
  Sum: [[[2, 1]], [[2, 1], [3]], [[2, 1], [3], [1, 1, 1]]].flatMap((shapes) =>
    [8, 13].map((opset) => node("Sum", shapes, {}, { opset })),
  ),
  Neg: [node("Neg", [[2, 1]]), node("Neg", [[]])],
  Dropout: [
    node("Dropout", [[2, 3]]),
    node("Dropout", [[2, 3]], { ratio: 0.5 }, { opset: 10 }),
    { type: "Dropout", opset: 13, inputs: [numbers([2, 3], 1), tensor([], [0.5])], stored: [1] },
    { type: "Dropout", opset: 13, inputs: [numbers([2, 3], 1), undefined, tensor([], [0], "bool")], stored: [2] },
  ],
  BatchNormalization: normalizations,
  Cast: [
    node("Cast", [[2, 3]], { to: 1 }),
    ...[1, 7, 9].map((to): OneNode => ({
      type: "Cast",
      opset: 13,
      inputs: [integers([3, 0, -2])],
      attributes: { to },
    })),
    ...[1, 6, 7, 9].map((to): OneNode => ({
      type: "Cast",
      opset: 13,
      inputs: [tensor([4], [1.7, -1.7, 0, 3])],
      attributes: { to },
      stored: [0],
    })),
    ...[1, 7].map((to): OneNode => ({
      type: "Cast",
      opset: 9,
      inputs: [tensor([3], [1, 0, 1], "bool")],
      attributes: { to },
    })),
  ],
  GlobalAveragePool: [
    [1, 2, 3],
    [2, 1, 2, 3],
    [1, 2, 2, 1, 3],
  ].flatMap((shape) => [8, 17].map((opset) => node("GlobalAveragePool", [shape], {}, { opset }))),
  GlobalMaxPool: [
    [1, 2, 3],
    [2, 1, 2, 3],
    [1, 2, 2, 1, 3],
  ].flatMap((shape) => [8, 17].map((opset) => node("GlobalMaxPool", [shape], {}, { opset }))),
};

describe("operators in files of one node", () => {
  for (const [name, nodes] of Object.entries(NODES)) {
    it(`${name} computes what ONNX Runtime does`, async () => {
      for (const one of nodes) expect(await compare(one), describeNode(one)).to.equal("both agree");
    });
  }

  it("a convolution is read in every opset", async () => {
    for (const opset of OPSETS)
      expect(
        await compare(
          node(
            "Conv",
            [
              [1, 1, 4],
              [1, 1, 2],
            ],
            {},
            { opset },
          ),
        ),
      ).to.equal("both agree");
  });
});
