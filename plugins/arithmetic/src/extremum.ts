import {
  defineOperator,
  type AttributeContext,
  type Operator,
  type Shape,
  type Subgraph,
  type SubgraphNode,
  type Tensor,
  type TensorOps,
} from "@lirpa/core/plugin";

/** What tells a maximum from a minimum. */
export interface Extremum {
  readonly type: "Max" | "Min";
  /** The operator, of domain "lirpa", whose second operand is a constant. */
  readonly withConstant: string;
  /** The operator, of domain "lirpa", that knows the interval of the extremum of two operands. */
  readonly ofTwo: string;
  of(t: TensorOps, a: Tensor, b: Tensor): Tensor;
  /** Nodes that write the extremum of a and b as a sum; the last one's output is called `sum`. */
  parts(a: string, b: string): readonly (SubgraphNode & { readonly name: "difference" | "bend" | "sum" })[];
}

/**
 * The extremum of one or more operands: two at a time, from left to right. Where one of the two is a constant, nothing
 * but a bend is left whose place is known; otherwise the bend is that of their difference, whose bounds see what the
 * two have in common.
 */
export function extremumOperator(extremum: Extremum): Operator {
  return defineOperator<undefined>({
    type: extremum.type,
    sinceVersion: 8,
    kind: "linear",
    inputs: ["data_0..."],
    data: ["data_0"],
    nonnegative: true,
    expand: (_, context) => fold(extremum, context),
    // What is left: constants, and the identity of a single operand.
    forward: ({ t }, ...operands) => (operands as readonly Tensor[]).reduce((best, operand) => extremum.of(t, best, operand)),
  });
}

function fold(extremum: Extremum, { shapes, constants }: AttributeContext): Subgraph | undefined {
  const count = shapes.length;
  if (count < 2 || constants.every((constant) => constant !== undefined)) return undefined;
  const isConstant = (slot: number): boolean => constants[slot] !== undefined;
  // Constants come last, when the shape that they meet is that of the others.
  const order = [...shapes.keys()].sort((i, j) => Number(isConstant(i)) - Number(isConstant(j)));
  const nodes: SubgraphNode[] = [];
  let folded = `inputs.${order[0]}`;
  let shape = shapes[order[0]!]!;
  for (const [step, slot] of order.slice(1).entries()) {
    const operand = `inputs.${slot}`;
    const output = step === count - 2 ? "outputs.0" : `folded${step}`;
    const name = (part: string): string => (count === 2 ? part : `${part}${step}`);
    if (isConstant(slot) && broadcastsInto(shapes[slot]!, shape)) {
      nodes.push({ name: name("extremum"), type: extremum.withConstant, domain: "lirpa", inputs: [folded, operand], outputs: [output] });
    } else {
      for (const part of extremum.parts(folded, operand)) {
        const local = (value: string): string => (["difference", "bend", "sum"].includes(value) ? name(value) : value);
        nodes.push({ ...part, name: name(part.name), inputs: part.inputs.map(local), outputs: part.outputs.map(local) });
      }
      nodes.push({ name: name("extremum"), type: extremum.ofTwo, domain: "lirpa", inputs: [name("sum"), folded, operand], outputs: [output] });
      shape = broadcast(shape, shapes[slot]!);
    }
    folded = output;
  }
  return { nodes };
}

/** Shapes that do not broadcast are reported by the nodes of the expansion. */
function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const size = a[axis - rank + a.length] ?? 1;
    return size === 1 ? (b[axis - rank + b.length] ?? 1) : size;
  });
}

function broadcastsInto(from: Shape, to: Shape): boolean {
  const offset = to.length - from.length;
  return offset >= 0 && from.every((size, axis) => size === 1 || size === to[axis + offset]);
}
