import { expect } from "chai";
import { evaluate, inputOf, localizeRows, Vocabulary, vjp, type IrNode, type RowSpace } from "@lirpa/core/recording";
import type { HostTensor } from "@lirpa/core/plugin";
import type { ConvOptions } from "@lirpa/core/plugin";
import { randomTensor, seeded } from "./graphs.js";

interface Layer {
  readonly kernel: readonly number[];
  readonly options: ConvOptions;
  /** What lies between this layer and the next one, seen from the output. */
  readonly between: "slopes" | "signs" | "channels" | "nothing";
}

const plain = (strides: number, pads: number): ConvOptions => ({
  strides: [strides, strides],
  pads: [pads, pads, pads, pads],
  dilations: [1, 1],
  groups: 1,
});

/** Carries unit rows of the last layer's output back to the image and concretizes there. */
function chain(
  t: Vocabulary,
  image: readonly number[],
  layers: readonly Layer[],
  ending: "linf" | "l2" | "l1" | "dot",
): IrNode {
  const random = seeded(11);
  const shapes = [image];
  for (const { kernel, options } of layers) {
    const x = t.input({
      name: `shape${shapes.length}`,
      shape: shapes[shapes.length - 1]!,
      dtype: "float",
      instances: false,
      rows: undefined,
    });
    shapes.push(t.conv(x, t.constant(randomTensor(kernel, random)), options).shape);
  }
  const target = shapes[shapes.length - 1]!;
  const rows: RowSpace = { name: "rows", size: target.reduce((a, b) => a * b, 1) };
  let a = t.eye(target, rows);
  for (let i = layers.length - 1; i >= 0; i--) {
    const { kernel, options, between } = layers[i]!;
    const shape = shapes[i + 1]!;
    const here = (name: string): IrNode =>
      t.input({ name: `${name}${i}`, shape, dtype: "float", instances: true, rows: undefined });
    if (between === "slopes") a = t.mul(a, here("slope"));
    if (between === "channels") a = t.mul(a, t.constant(randomTensor([1, shape[1]!, 1, 1], random)));
    if (between === "signs") a = t.mul(a, t.where(t.less(a, 0), here("upper"), here("lower")));
    const x = t.input({ name: `?${i}`, shape: shapes[i]!, dtype: "float", instances: true, rows });
    [a] = vjp(t, [t.conv(x, t.constant(randomTensor(kernel, random)), options)], [a], [x]) as [IrNode];
  }
  const center = t.input({ name: "center", shape: image, dtype: "float", instances: true, rows: undefined });
  const norm = {
    linf: () => t.sum(t.abs(a)),
    l2: () => t.sqrt(t.sum(t.square(a))),
    l1: () => t.reduceMax(t.abs(a)),
    dot: () => t.zeros([]),
  }[ending]();
  return t.rowsToShape(t.sub(t.dot(a, center), norm));
}

function feedsOf(output: IrNode): Record<string, HostTensor> {
  const feeds: Record<string, HostTensor> = {};
  const visit = (node: IrNode, seen = new Set<IrNode>()): void => {
    if (seen.has(node)) return;
    seen.add(node);
    const input = inputOf(node);
    if (input !== undefined) {
      const { name, instances } = input;
      const n = instances ? 2 : 1;
      const { data } = randomTensor([n, 1, ...node.shape], seeded(name.length * 7 + name.charCodeAt(name.length - 1)));
      feeds[name] = { shape: [n, 1, ...node.shape], dtype: "float", data };
    }
    node.inputs.forEach((input) => visit(input, seen));
  };
  visit(output);
  return feeds;
}

const CASES: readonly {
  readonly what: string;
  readonly image: readonly number[];
  readonly layers: readonly Layer[];
  readonly ending: "linf" | "l2" | "l1" | "dot";
}[] = [
  {
    what: "one convolution with padding",
    image: [1, 2, 9, 9],
    layers: [{ kernel: [3, 2, 3, 3], options: plain(2, 1), between: "nothing" }],
    ending: "linf",
  },
  {
    what: "two convolutions around slopes",
    image: [1, 1, 12, 12],
    layers: [
      { kernel: [2, 1, 3, 3], options: plain(2, 1), between: "slopes" },
      { kernel: [3, 2, 3, 3], options: plain(1, 1), between: "nothing" },
    ],
    ending: "linf",
  },
  {
    what: "two convolutions with nothing between: the padding of the first cuts the second",
    image: [1, 1, 12, 12],
    layers: [
      { kernel: [2, 1, 3, 3], options: plain(1, 1), between: "nothing" },
      { kernel: [3, 2, 3, 3], options: plain(2, 1), between: "nothing" },
    ],
    ending: "l2",
  },
  {
    what: "lines that the sign of a coefficient chooses",
    image: [1, 2, 12, 12],
    layers: [
      { kernel: [3, 2, 4, 4], options: plain(2, 1), between: "signs" },
      { kernel: [2, 3, 3, 3], options: plain(1, 0), between: "channels" },
    ],
    ending: "l1",
  },
  {
    what: "groups, dilation and unequal strides",
    image: [1, 4, 14, 13],
    layers: [
      {
        kernel: [4, 2, 2, 3],
        options: { strides: [1, 2], pads: [0, 1, 1, 0], dilations: [2, 1], groups: 2 },
        between: "signs",
      },
    ],
    ending: "linf",
  },
  {
    what: "three convolutions",
    image: [1, 1, 24, 24],
    layers: [
      { kernel: [2, 1, 3, 3], options: plain(1, 1), between: "signs" },
      { kernel: [2, 2, 3, 3], options: plain(2, 1), between: "signs" },
      { kernel: [2, 2, 3, 3], options: plain(1, 1), between: "nothing" },
    ],
    ending: "dot",
  },
  {
    what: "one spatial axis",
    image: [1, 2, 20],
    layers: [
      { kernel: [3, 2, 5], options: { strides: [2], pads: [2, 1], dilations: [1], groups: 1 }, between: "nothing" },
    ],
    ending: "linf",
  },
];

describe("Rows of a convolution chain as patches", () => {
  for (const { what, image, layers, ending } of CASES) {
    it(`gives the numbers of dense rows: ${what}, ${ending}`, () => {
      const t = new Vocabulary();
      const dense = chain(t, image, layers, ending);
      const { outputs, localized } = localizeRows(t, [dense]);
      expect(localized, "row spaces that became patches").to.have.length(1);
      const feeds = feedsOf(dense);
      const [expected] = evaluate([dense], feeds);
      const [got] = evaluate(outputs, feeds);
      expect(got!.shape).to.deep.equal(expected!.shape);
      expected!.data.forEach((value, i) => expect(got!.data[i]).to.be.closeTo(value, 1e-10));
    });
  }

  it("gives the numbers of dense rows where channels are images of their own, as in average pooling", () => {
    const t = new Vocabulary();
    const random = seeded(5);
    const rows: RowSpace = { name: "rows", size: 3 * 4 * 4 };
    const shared = (name: string, shape: readonly number[]): IrNode =>
      t.input({ name, shape, dtype: "float", instances: true, rows: undefined });
    const carry = (a: IrNode, kernel: HostTensor, strides: number): IrNode =>
      t.convTranspose(a, t.constant(kernel), {
        strides: [strides, strides],
        pads: [0, 0, 0, 0],
        dilations: [1, 1],
        groups: 1,
        outputPadding: [0, 0],
      });
    const sloped = t.mul(t.eye([1, 3, 4, 4], rows), shared("slope", [1, 3, 4, 4]));
    const weights = t.constant(randomTensor([1, 1, 4, 4], random));
    const pooled = t.reshape(
      carry(t.mul(t.reshape(sloped, [3, 1, 4, 4]), weights), randomTensor([1, 1, 2, 2], random), 2),
      [1, 3, 8, 8],
    );
    const chosen = t.mul(
      pooled,
      t.where(t.less(pooled, 0), shared("upper", [1, 3, 8, 8]), shared("lower", [1, 3, 8, 8])),
    );
    const a = carry(chosen, randomTensor([3, 2, 3, 3], random), 1);
    const dense = t.rowsToShape(t.sub(t.dot(a, shared("center", [1, 2, 10, 10])), t.sum(t.abs(a))), rows);
    const { outputs, localized } = localizeRows(t, [dense]);
    expect(localized).to.have.length(1);
    const feeds = feedsOf(dense);
    const [[expected], [got]] = [evaluate([dense], feeds), evaluate(outputs, feeds)];
    expected!.data.forEach((value, i) => expect(got!.data[i]).to.be.closeTo(value, 1e-10));
    // What is summed or chosen while channels are apart has no rule.
    const apart = carry(t.reshape(t.eye([1, 3, 4, 4], rows), [3, 1, 4, 4]), randomTensor([1, 1, 2, 2], random), 2);
    const perImage = t.rowsToShape(
      t.dot(t.reshape(t.mul(apart, shared("each", [3, 1, 1, 1])), [1, 3, 8, 8]), shared("image", [1, 3, 8, 8])),
      rows,
    );
    const eachFeeds = feedsOf(perImage);
    const [[each], [eachGot]] = [
      evaluate([perImage], eachFeeds),
      evaluate(localizeRows(t, [perImage]).outputs, eachFeeds),
    ];
    each!.data.forEach((value, i) => expect(eachGot!.data[i]).to.be.closeTo(value, 1e-10));
    const odd = t.rowsToShape(
      t.add(t.dot(apart, shared("odd", [3, 1, 8, 8])), t.sum(t.mul(apart, shared("odd", [3, 1, 8, 8])))),
      rows,
    );
    const oddFeeds = feedsOf(odd);
    const [[wanted], [found]] = [evaluate([odd], oddFeeds), evaluate(localizeRows(t, [odd]).outputs, oddFeeds)];
    wanted!.data.forEach((value, i) => expect(found!.data[i]).to.be.closeTo(value, 1e-10));
  });

  it("leaves rows dense where something that all rows share is added to them, or is the smaller one", () => {
    const image = [1, 2, 6, 6];
    const rows: RowSpace = { name: "rows", size: 72 };
    const t = new Vocabulary();
    const eye = t.eye(image, rows);
    const w = t.input({ name: "w", shape: image, dtype: "float", instances: true, rows: undefined });
    const center = t.input({ name: "center", shape: image, dtype: "float", instances: true, rows: undefined });
    const kernel = t.constant(randomTensor([2, 3, 3, 3], seeded(1)));
    const deep = t.convTranspose(eye, kernel, {
      strides: [1, 1],
      pads: [1, 1, 1, 1],
      dilations: [1, 1],
      groups: 1,
      outputPadding: [0, 0],
    });
    const wide = t.input({ name: "wide", shape: [1, 3, 6, 6], dtype: "float", instances: true, rows: undefined });
    const forms = [
      t.dot(t.add(eye, w), center),
      t.dot(t.sub(w, eye), center),
      t.dot(t.min(eye, w), center),
      t.sum(t.max(eye, w)),
      t.sum(t.where(t.less(deep, 0.1), wide, 1)),
      t.sum(t.abs(t.add(deep, t.mul(wide, t.sum(deep))))),
      t.sum(eye),
    ];
    for (const form of forms) {
      const dense = t.rowsToShape(form, rows);
      const feeds = feedsOf(dense);
      const [expected] = evaluate([dense], feeds);
      const [got] = evaluate(localizeRows(t, [dense]).outputs, feeds);
      expected!.data.forEach((value, i) => expect(got!.data[i]).to.be.closeTo(value, 1e-10));
    }
  });

  it("leaves rows dense that meet an operation without a rule, or windows that cover most of the image", () => {
    const t = new Vocabulary();
    const wide = chain(t, [1, 1, 5, 5], [{ kernel: [2, 1, 5, 5], options: plain(1, 2), between: "nothing" }], "linf");
    expect(localizeRows(t, [wide]).localized).to.deep.equal([]);
    const rows: RowSpace = { name: "cumulated", size: 16 };
    const sorted = t.topK(t.eye([1, 1, 4, 4], rows), 2, 3).values;
    expect(localizeRows(t, [t.rowsToShape(t.sum(sorted))]).localized).to.deep.equal([]);
  });
});
