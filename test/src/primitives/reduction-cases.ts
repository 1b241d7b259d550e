import { floats, given, ints, type PrimitiveCase } from "./sketch.js";

type Reduction = "sum" | "mean" | "reduceMax" | "reduceMin";

function reduce(name: Reduction, axes?: readonly number[], keepDims?: boolean): PrimitiveCase {
  const primitive = name === "mean" ? "sum" : name;
  const over = axes === undefined ? "all axes" : `[${axes.join(", ")}]`;
  return {
    primitive,
    of: `${name === primitive ? "" : `${name} `}[2, 3, 2] over ${over}${keepDims ? ", keeping them" : ""}`,
    inputs: [floats(2, 3, 2)],
    build: (t, x) => t[name](x!, axes, keepDims),
  };
}

function tied(name: "reduceMax" | "reduceMin" | "argMax" | "argMin"): PrimitiveCase {
  const ties = given([2, 1, 2, 1]);
  return {
    primitive: name,
    of: "equal numbers",
    inputs: [ties],
    build: (t, x) => (name === "argMax" || name === "argMin" ? t[name](x!, 0) : t[name](x!)),
    kinks: true,
  };
}

export const REDUCTION: readonly PrimitiveCase[] = [
  reduce("sum"),
  reduce("sum", [1]),
  reduce("sum", [0, -1]),
  reduce("sum", [2], true),
  reduce("sum", [0, 1, 2], true),
  reduce("mean"),
  reduce("mean", [-2], true),
  ...(["reduceMax", "reduceMin"] as const).flatMap((name) => [
    reduce(name),
    reduce(name, [1]),
    reduce(name, [-1, 0], true),
  ]),
  ...(["sum", "reduceMax", "reduceMin"] as const).map((name): PrimitiveCase => ({
    primitive: name,
    of: "integers",
    inputs: [ints(-3, 3, 2, 3)],
    build: (t, x) => t[name](x!, [1]),
  })),
  tied("reduceMax"),
  tied("reduceMin"),
  tied("argMax"),
  tied("argMin"),
  ...(["argMax", "argMin"] as const).flatMap((name) =>
    [0, 1, -1].map((axis): PrimitiveCase => ({
      primitive: name,
      of: `axis ${axis}`,
      inputs: [floats(2, 3, 2)],
      build: (t, x) => t[name](x!, axis),
    })),
  ),
  ...(
    [
      [1, 0],
      [2, 1],
      [3, 1],
      [1, -1],
    ] as const
  ).map(([k, axis]): PrimitiveCase => ({
    primitive: "topKIndices",
    of: `the values, ${k} along axis ${axis}`,
    inputs: [floats(2, 3)],
    build: (t, x) => t.topK(x!, k, axis).values,
  })),
  { primitive: "topKIndices", of: "the indices", inputs: [floats(2, 3)], build: (t, x) => t.topK(x!, 2, 1).indices },
  {
    primitive: "topKIndices",
    of: "equal numbers",
    inputs: [given([1, 2, 1, 2])],
    build: (t, x) => t.topK(x!, 3, 0).indices,
  },
];
