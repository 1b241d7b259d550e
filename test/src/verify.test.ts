import { expect } from "chai";
import fc from "fast-check";
import {
  evaluate,
  inputOf,
  localizeRows,
  makeProgram,
  substitute,
  topological,
  valueAndGradients,
  verifyNodes,
  vjp,
  Vocabulary,
  type IrNode,
  type RowSpace,
} from "@lirpa/core/recording";
import { isLirpaError } from "@lirpa/core";
import { expectClose } from "./primitives/laws.js";
import { carried, feedsOf, layers, recorded, steps, type RandomRecording } from "./random-recordings.js";

const t = new Vocabulary();
const ROWS: RowSpace = { name: "rows", size: 2 };
const OPEN: RowSpace = { name: "open", size: undefined };
const OVER_ALL = { instances: true, rows: true } as const;
const own = { dtype: "float", instances: false, rows: undefined } as const;
const x = t.input({ ...own, name: "x", shape: [2, 3] });
const whole = t.input({ ...own, name: "i", shape: [2, 3], dtype: "int" });
const each = t.input({ ...own, name: "n", shape: [2, 3], instances: true });
const inRows = t.input({ ...own, name: "r", shape: [2], rows: ROWS });
const index = t.rowsWhere(t.less(t.input({ ...own, name: "mask", shape: [3] }), 0), OPEN);
const image = t.input({ ...own, name: "image", shape: [1, 2, 5] });
const kernel = t.input({ ...own, name: "kernel", shape: [3, 2, 2] });
const window = { strides: [1], pads: [0, 0], dilations: [1], groups: 1 };

/** A node with something else in a place: what a transform that errs could make. */
function but(node: IrNode, changes: Partial<IrNode>): IrNode {
  return { ...node, id: node.id + 1e9, ...changes };
}
const told = (node: IrNode, attributes: object): IrNode =>
  but(node, { attributes: { ...(node.attributes as object), ...attributes } });

const sum = t.add(x, 1);
const product = t.matmul(x, t.transpose(x));
const constant = t.constant([1, 2, 3]);
const value = (constant.attributes as { readonly value: object }).value;

const BROKEN: Readonly<Record<string, () => IrNode>> = {
  "what is no node": () => ({ shape: [2, 3], dtype: "float" }) as unknown as IrNode,
  "a primitive that nobody knows": () => but(sum, { primitive: { ...sum.primitive, name: "adds" as "add" } }),
  "an operand that is none": () => but(sum, { inputs: [x, undefined as unknown as IrNode] }),
  "an operand that is something else": () => but(sum, { inputs: [x, { shape: [] } as unknown as IrNode] }),
  "an operand too few": () => but(sum, { inputs: [x] }),
  "an operand too many": () => but(sum, { inputs: [x, x, x] }),
  "nothing to join": () => but(t.concat([x, x], 0), { inputs: [] }),
  "a broken node below": () => t.exp(but(sum, { shape: [3, 2] })),
  "a node that relies on itself": () => {
    const inputs: IrNode[] = [x];
    const node = but(t.exp(x), { inputs });
    inputs[0] = but(t.neg(x), { inputs: [node] });
    return node;
  },
  "two nodes with one id": () => but(sum, { inputs: [but(x, { id: 7 }), but(t.exp(x), { id: 7 })] }),

  "another shape": () => but(sum, { shape: [3, 2] }),
  "a size that is no integer": () => but(told(t.zeros([4]), { shape: [1.5] }), { shape: [1.5] }),
  "a size below zero": () => but(told(t.zeros([4]), { shape: [-4] }), { shape: [-4] }),
  "another dtype": () => but(sum, { dtype: "int" }),
  "a comparison that is no truth value": () => but(t.less(x, 0), { dtype: "float" }),
  "floats where integers are": () => but(t.exp(x), { inputs: [whole] }),
  "operands of two dtypes": () => but(sum, { inputs: [x, whole] }),
  "a condition that is a number": () => but(t.where(t.less(x, 0), x, 1), { inputs: [x, x, x] }),
  "indices that are floats": () => but(t.gather(x, t.constant([0, 1], [2], "int"), 0), { inputs: [x, inRows] }),
  "truth values that are added": () => but(t.sum(x, [0], true), { inputs: [t.less(x, 0)] }),
  "operands that do not broadcast": () => but(sum, { inputs: [x, image] }),

  "instances that no operand has": () => but(sum, { instances: true }),
  "instances that are lost": () => but(t.exp(each), { instances: false }),
  "rows that no operand has": () => but(sum, { rows: ROWS }),
  "rows that are lost": () => but(t.exp(inRows), { rows: undefined }),
  "rows of another space of the same name": () => but(t.exp(inRows), { rows: { ...ROWS } }),
  "rows of two spaces that meet": () => but(t.add(inRows, 1), { inputs: [inRows, t.cast(index, "float")] }),
  "two open spaces of one name": () =>
    t.add(
      t.sumHidden(t.input({ ...own, name: "a", shape: [], rows: OPEN }), OVER_ALL),
      t.input({ ...own, name: "b", shape: [], rows: { ...OPEN } }),
    ),
  "a sum over hidden axes that keeps them": () => but(t.sumHidden(inRows, OVER_ALL), { rows: ROWS }),
  "rows of an open number as an axis": () => but(t.rowsToShape(inRows), { inputs: [t.cast(index, "float")] }),
  "more rows than there are": () => told(t.shapeToRows(x, ROWS), { rows: { name: "three", size: 3 } }),
  "unit rows of another number": () => told(t.eye([2], ROWS), { rows: { name: "three", size: 3 } }),
  "rows picked by more than a number each": () => but(t.pickByRow(x, index), { inputs: [x, whole] }),
  "rows picked from a value that has rows": () => but(t.pickByRow(x, index), { inputs: [inRows, index] }),
  "unit rows picked by one number for all": () => but(t.pickedEye(index, [3]), { inputs: [t.constant(1, [], "int")] }),
  "rows that are put into a matrix": () =>
    but(t.placeRows(t.zeros([3]), t.cast(index, "float"), index), {
      inputs: [x, t.cast(index, "float"), index],
    }),
  "rows that are put at the places of others": () =>
    but(t.placeRows(t.zeros([3]), t.cast(index, "float"), index), {
      inputs: [t.zeros([3]), t.sum(inRows), index],
    }),
  "a mask of two axes": () => but(index, { inputs: [t.less(x, 0)] }),
  "a mask for each instance": () => but(index, { inputs: [t.less(t.reshape(each, [6]), 0)] }),

  "a constant of fewer numbers": () => told(constant, { value: { ...value, data: Float64Array.of(1, 2) } }),
  "a constant that says another shape": () => told(constant, { value: { ...value, shape: [1, 3] } }),
  "a constant that says another dtype": () => told(constant, { value: { ...value, dtype: "int" } }),
  "an integer that is none": () =>
    told(t.constant([1, 2], [2], "int"), {
      value: { shape: [2], dtype: "int", data: Float64Array.of(1, 2.5) },
    }),
  "a truth value that is none": () => told(t.typedFull([2], 1, "bool"), { value: 2 }),
  "a uniform integer that is none": () => told(t.typedFull([2], 1, "int"), { value: 0.5 }),
  "a constant without its numbers": () => but(constant, { attributes: {} }),

  "a reshape to another size": () => told(t.reshape(x, [6]), { shape: [5] }),
  "an order of axes that repeats one": () => told(t.transpose(x), { permutation: [0, 0] }),
  "an expansion that does not fit": () => told(t.expand(x, [4, 2, 3]), { shape: [4, 3, 3] }),
  "a join along an axis that is not there": () => told(t.concat([x, x], 0), { axis: 2 }),
  "a join of other sizes": () => but(t.concat([x, x], 0), { inputs: [x, image] }),
  "a slice that ends behind the end": () => told(t.slice(x, [0, 0], [2, 2]), { sizes: [2, 4] }),
  "a slice that begins before the start": () => told(t.slice(x, [0, 1], [2, 3]), { starts: [0, -1] }),
  "a slice of one axis too few": () => told(t.slice(x, [0, 0], [2, 2]), { starts: [0] }),
  "an axis to turn that is not there": () => told(t.flip(x, [1]), { axes: [2] }),
  "less than no padding": () => told(t.pad(x, [1, 1], [0, 0]), { low: [-1, 1] }),
  "an axis to gather along that is not there": () => told(t.gather(x, t.constant([0, 1], [2], "int"), 0), { axis: 2 }),
  "indices for other elements": () => told(t.gatherElements(x, whole, 1), { axis: 3 }),
  "an axis to sum over that is not there": () => told(t.sum(x, [0], true), { axes: [2] }),
  "a greatest element along no axis": () => told(t.argMax(x, 1), { axis: -1 }),
  "more greatest elements than there are": () => but(told(t.topK(x, 2, 1).indices, { k: 4 }), { shape: [2, 4] }),
  "matrices that do not fit": () => but(product, { inputs: [x, x] }),
  "a dot of two shapes": () => but(t.dot(x, x), { inputs: [x, t.transpose(x)] }),
  "a convolution of other channels": () => but(t.conv(image, kernel, window), { inputs: [image, image] }),
  "a convolution with pads of one side": () => told(t.conv(image, kernel, window), { pads: [0] }),
  "a kernel with rows": () =>
    but(t.conv(image, kernel, window), {
      inputs: [image, t.input({ ...own, name: "kernels", shape: [3, 2, 2], rows: ROWS })],
      rows: ROWS,
    }),
};

describe("the verifier of recordings", () => {
  for (const [what, build] of Object.entries(BROKEN)) {
    it(`refuses ${what}`, () => expect(codeOf(() => verifyNodes([build()]))).to.equal("LIRPA_INTERNAL"));
  }

  it("takes the nodes that these were made of", () => {
    const parts = [sum, product, constant, t.conv(image, kernel, window), t.pickByRow(x, index), t.eye([2], ROWS)];
    verifyNodes([...parts, t.rowsToShape(inRows), t.concat([x, x], 0), t.gatherElements(x, whole, 1)]);
  });

  it("names the node", () => {
    try {
      verifyNodes([t.exp(but(sum, { id: 12, shape: [3, 2] }))]);
      expect.fail("nothing was refused");
    } catch (error) {
      expect(isLirpaError(error) && error.details).to.deep.equal({ id: 12, primitive: "add" });
      expect(String(error)).to.contain("its shape is [3, 2] and not [2, 3]");
    }
  });

  it("sees every program of the tests' process", () => {
    expect(codeOf(() => makeProgram("broken", { y: but(sum, { dtype: "bool" }) }))).to.equal("LIRPA_INTERNAL");
  });
});

describe("what transforms of a recording give is a recording", () => {
  const holds = (law: (recording: RandomRecording) => void): void =>
    fc.assert(
      fc.property(steps, (list) => law(recorded(list))),
      { numRuns: 200, seed: 9 },
    );

  it("as it is recorded and simplified", () => holds(({ outputs }) => verifyNodes(outputs)));

  it("differentiated, to second order", () =>
    holds(({ t: own, inputs, outputs }) => {
      const floats = outputs.filter(({ dtype }) => dtype === "float");
      const first = gradients(own, floats, inputs);
      verifyNodes([...first, ...gradients(own, first, inputs)]);
    }));

  it("as a program with its gradients", () =>
    holds(({ outputs: [y] }) => {
      const program = makeProgram("random", { y: y! });
      const read = program.inputs.map(({ name }) => name);
      verifyNodes(Object.values(valueAndGradients(program, read).outputs) as IrNode[]);
    }));

  it("with other nodes in place of its inputs, and others again: values are those of what stands in", () => {
    holds(({ inputs, outputs }) => {
      const fresh = new Vocabulary();
      const doubled = substitute(fresh, outputs, new Map(inputs.map((input) => [input, fresh.mul(input, 2)])));
      verifyNodes(doubled);
      const halves = new Map(inputs.map((input) => [input, fresh.mul(input, 0.5)]));
      const back = substitute(new Vocabulary(), doubled, halves);
      verifyNodes(back);
      expectSameValues(outputs, back, inputsOf(outputs));
    });
  });

  it("with constants in place of inputs: what folds is a recording, too, of the same values", () => {
    holds(({ inputs, outputs }) => {
      const fresh = new Vocabulary();
      const plain = inputs.filter(({ instances, rows }) => !instances && rows === undefined);
      const feeds = feedsOf(inputs);
      const folded = substitute(
        fresh,
        outputs,
        new Map(
          plain.map((input) => {
            return [input, fresh.constant({ ...feeds[inputOf(input)!.name]!, shape: input.shape })];
          }),
        ),
      );
      verifyNodes(folded);
      expectSameValues(outputs, folded, inputs);
    });
  });

  it("with rows of images as patches: values are those of dense rows", () => {
    let local = 0;
    fc.assert(
      fc.property(layers, (list) => {
        const { inputs, outputs } = carried(list);
        const result = localizeRows(new Vocabulary(), outputs);
        if (result.localized.length > 0) local++;
        verifyNodes(result.outputs);
        expectSameValues(outputs, result.outputs, inputs);
      }),
      { numRuns: 30, seed: 9 },
    );
    expect(local).to.be.greaterThan(5);
  });
});

/** Derivatives of the sum of all outputs, where there are some. */
function gradients(own: Vocabulary, outputs: readonly IrNode[], inputs: readonly IrNode[]): IrNode[] {
  const ones = outputs.map((output) => own.spread(own.full(output.shape, 1), output));
  return vjp(own, outputs, ones, inputs).filter((gradient) => gradient !== undefined);
}

function inputsOf(outputs: readonly IrNode[]): IrNode[] {
  return topological(outputs).filter((node) => inputOf(node) !== undefined);
}

function expectSameValues(before: readonly IrNode[], after: readonly IrNode[], inputs: readonly IrNode[]): void {
  const feeds = feedsOf([...new Set([...inputs, ...inputsOf(before)])]);
  const [expected, actual] = [evaluate(before, feeds), evaluate(after, feeds)];
  actual.forEach(({ data }, i) => expectClose(data, expected[i]!.data, 1e-9, `output ${i}`));
}

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (!isLirpaError(error)) throw error;
    return error.code;
  }
}
