import type { ConvOptions, ConvTransposeOptions, Shape } from "@lirpa/core/plugin";
import { floats, HIDDEN, ints, type Hidden, type PrimitiveCase } from "./sketch.js";

function matmul(a: Shape, b: Shape): PrimitiveCase {
  return {
    primitive: "matmul",
    of: `[${a.join(", ")}] and [${b.join(", ")}]`,
    inputs: [{ shape: a }, { shape: b }],
    build: (t, x, y) => t.matmul(x!, y!),
  };
}

function dot(...shape: number[]): PrimitiveCase {
  return {
    primitive: "dot",
    of: `[${shape.join(", ")}]`,
    inputs: [{ shape }, { shape }],
    build: (t, x, y) => t.dot(x!, y!),
  };
}

interface Window {
  readonly strides?: readonly number[];
  readonly pads?: readonly number[];
  readonly dilations?: readonly number[];
  readonly groups?: number;
}

function options(spatial: number, { strides, pads, dilations, groups = 1 }: Window): ConvOptions {
  const ones = Array.from({ length: spatial }, () => 1);
  return { strides: strides ?? ones, dilations: dilations ?? ones, pads: pads ?? [...ones, ...ones].fill(0), groups };
}

function describeWindow(x: Shape, w: Shape, window: object): string {
  return `[${x.join(", ")}] and [${w.join(", ")}] ${JSON.stringify(window)}`;
}

/** Kernels with hidden axes become windows and a product: the first case has all, the others one way to have some. */
function conv(x: Shape, w: Shape, window: Window, hidden: readonly Hidden[]): PrimitiveCase {
  return {
    primitive: "conv",
    of: describeWindow(x, w, window),
    inputs: [{ shape: x }, { shape: w, hidden }],
    build: (t, a, b) => t.conv(a!, b!, options(x.length - 2, window)),
  };
}

function convTranspose(
  x: Shape,
  w: Shape,
  window: Window & { readonly outputPadding?: readonly number[] },
  hidden: readonly Hidden[],
): PrimitiveCase {
  const { outputPadding = x.slice(2).map(() => 0) } = window;
  const all: ConvTransposeOptions = { ...options(x.length - 2, window), outputPadding };
  return {
    primitive: "convTranspose",
    of: describeWindow(x, w, window),
    inputs: [{ shape: x }, { shape: w, hidden }],
    build: (t, a, b) => t.convTranspose(a!, b!, all),
  };
}

export const CONTRACTION: readonly PrimitiveCase[] = [
  matmul([2, 3], [3, 2]),
  matmul([2, 2, 3], [3, 2]),
  matmul([2, 3], [2, 3, 1]),
  matmul([2, 1, 1, 3], [2, 3, 2]),
  matmul([2, 1, 3], [1, 3, 2]),
  matmul([1, 1], [1, 1]),
  {
    primitive: "matmul",
    of: "integers",
    inputs: [ints(-3, 3, 2, 2), ints(-3, 3, 2, 2)],
    build: (t, a, b) => t.matmul(a!, b!),
  },
  { primitive: "matmul", of: "a matrix and itself", inputs: [floats(2, 2)], build: (t, x) => t.matmul(x!, x!) },
  dot(2, 3),
  dot(),
  dot(4),
  { primitive: "dot", of: "a matrix and itself", inputs: [floats(2, 2)], build: (t, x) => t.dot(x!, x!) },
  conv([1, 2, 4], [3, 2, 3], {}, HIDDEN),
  conv([2, 1, 5], [2, 1, 2], { strides: [2], pads: [1, 0] }, ["none", "instances"]),
  conv([1, 2, 6], [2, 1, 2], { dilations: [2], groups: 2, strides: [3] }, ["none", "rows"]),
  conv([1, 1, 4, 3], [2, 1, 2, 2], { strides: [2, 1], pads: [0, 1, 1, 0] }, ["none", "both"]),
  conv([1, 1, 2, 3, 2], [1, 1, 2, 2, 1], { pads: [0, 0, 0, 1, 0, 0] }, ["none", "instances"]),
  convTranspose([1, 2, 3], [2, 1, 3], {}, HIDDEN),
  convTranspose([2, 1, 3], [1, 2, 2], { strides: [2], pads: [1, 0], outputPadding: [1] }, ["none", "rows"]),
  convTranspose([1, 4, 2], [4, 2, 2], { groups: 2, dilations: [2], strides: [3], pads: [3, 2] }, ["none", "both"]),
  convTranspose([1, 1, 2, 3], [1, 2, 2, 2], { strides: [1, 2], pads: [1, 0, 0, 1] }, ["none", "instances"]),
  convTranspose([1, 1, 2, 1, 2], [1, 1, 1, 2, 2], { strides: [2, 1, 1], outputPadding: [1, 0, 0] }, ["none", "rows"]),
  {
    primitive: "concat",
    of: "windows with padding",
    inputs: [floats(1, 2, 4)],
    build: (t, x) => t.windows(x!, [3], { strides: [2], pads: [1, 1], dilations: [1] }, -5),
  },
  {
    primitive: "concat",
    of: "windows with holes over two axes",
    inputs: [floats(1, 1, 4, 3)],
    build: (t, x) => t.windows(x!, [2, 2], { strides: [1, 2], pads: [0, 0, 0, 1], dilations: [2, 1] }),
  },
];
