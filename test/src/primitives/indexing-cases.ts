import { bools, floats, given, ints, type InputSketch, type PrimitiveCase } from "./sketch.js";

const at = (values: readonly number[], ...shape: number[]): InputSketch => ({
  ...given(values, "int"),
  shape,
  hidden: ["none"],
});
/** Indices that differ between instances and rows. */
const varied = (size: number, ...shape: number[]): InputSketch => ints(0, size - 1, ...shape);

function gatherConstant(
  of: string,
  x: readonly number[],
  indices: readonly number[],
  shape: readonly number[],
  axis: number,
): PrimitiveCase {
  return {
    primitive: "gather",
    of,
    inputs: [{ shape: x }],
    build: (t, value) => t.gather(value!, t.constant(indices, shape, "int"), axis),
  };
}

export const INDEXING: readonly PrimitiveCase[] = [
  gatherConstant("constant indices", [3, 2], [2, 0], [2], 0),
  gatherConstant("constant indices that repeat and leave out", [2, 4], [1, 1, 3, 1], [4], 1),
  gatherConstant("constant indices that repeat often", [3, 2], [0, 0, 0, 0, 0, 2], [2, 3], 0),
  gatherConstant("one constant index", [2, 3, 2], [1], [], 1),
  gatherConstant("a matrix of constant indices", [2, 3], [0, 2, 1, 1], [2, 2], -1),
  {
    primitive: "gather",
    of: "indices that a run feeds",
    inputs: [floats(3, 2), at([2, 0, 2], 3)],
    build: (t, x, i) => t.gather(x!, i!, 0),
  },
  {
    primitive: "gather",
    of: "a matrix of indices that a run feeds",
    inputs: [floats(2, 3, 2), at([2, 0, 1, 1], 2, 2)],
    build: (t, x, i) => t.gather(x!, i!, 1),
  },
  {
    primitive: "gather",
    of: "from a vector",
    inputs: [floats(4), at([3, 1], 2)],
    build: (t, x, i) => t.gather(x!, i!, 0),
  },
  {
    primitive: "gather",
    of: "integers",
    inputs: [ints(-3, 3, 4), at([3, 1], 2)],
    build: (t, x, i) => t.gather(x!, i!, 0),
  },
  { primitive: "gather", of: "bools", inputs: [bools(4), at([3, 1], 2)], build: (t, x, i) => t.gather(x!, i!, 0) },
  {
    primitive: "gatherElements",
    of: "axis 0",
    inputs: [floats(3, 2), varied(3, 2, 2)],
    build: (t, x, i) => t.gatherElements(x!, i!, 0),
  },
  {
    primitive: "gatherElements",
    of: "the last axis",
    inputs: [floats(2, 3), varied(3, 2, 4)],
    build: (t, x, i) => t.gatherElements(x!, i!, -1),
  },
  {
    primitive: "gatherElements",
    of: "the middle axis",
    inputs: [floats(2, 3, 2), varied(3, 2, 1, 2)],
    build: (t, x, i) => t.gatherElements(x!, i!, 1),
  },
  {
    primitive: "gatherElements",
    of: "constant indices",
    inputs: [floats(2, 3)],
    build: (t, x) => t.gatherElements(x!, t.constant([2, 0, 0, 1], [2, 2], "int"), 1),
  },
  {
    primitive: "gatherElements",
    of: "integers",
    inputs: [ints(-3, 3, 3), varied(3, 2)],
    build: (t, x, i) => t.gatherElements(x!, i!, 0),
  },
];
