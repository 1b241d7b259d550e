import type { ConvTransposeOptions, Shape } from "../../plugin/tensor.js";
import type { IrNode } from "../ir.js";
import { uniformValue } from "../primitives/leaves.js";
import type { PrimitiveName } from "../primitives/names.js";
import { broadcastShapes, sameShape, sizeOf } from "../shapes.js";
import type { Vocabulary } from "../vocabulary.js";
import {
  cleaned,
  density,
  leadOf,
  pickedPatches,
  rowScalars,
  throughConvolution,
  together,
  unitPatches,
  windowsOf,
  type Patches,
} from "./patches.js";

/** Above this share of the tensor, windows cost more than dense rows: they are cut out and masked besides. */
const DENSEST = 0.5;

/** How far a rewriting has come: a node is known either as another node or as patches. */
interface Rewriting {
  readonly t: Vocabulary;
  readonly nodes: ReadonlyMap<IrNode, IrNode>;
  readonly patches: ReadonlyMap<IrNode, Patches>;
}

/** What an operation on patches gives. */
type Result = { readonly patches: Patches } | { readonly node: IrNode } | undefined;
type Carry = (rewriting: Rewriting, node: IrNode, local: Patches) => Result;

/** What becomes of rows of an image at one primitive. Where nothing is said, they stay dense. */
interface PatchRule {
  /** Rows that begin here. */
  begin?(rewriting: Rewriting, node: IrNode): Patches;
  /** The operation on patches, of which `local` are the first operand's that has some; undefined where it cannot be. */
  readonly carry?: Carry;
}

const dense: PatchRule = {};

function kept(patches: Patches): Result {
  return density(patches) > DENSEST ? undefined : { patches };
}

/** What maps each element by itself, and zero to zero. */
const perElement: PatchRule = {
  carry: ({ t }, node, local) => kept({ ...local, data: t.recordAgain(node, [local.data]) }),
};

const convTranspose: Carry = ({ t, nodes, patches }, node) => {
  const x = patches.get(node.inputs[0]!);
  const w = nodes.get(node.inputs[1]!);
  if (x === undefined || w === undefined || !x.vanishes) return undefined;
  // One channel in, one channel out: else they were no longer apart.
  if (x.apart && node.shape[1] !== 1) return undefined;
  const shape = x.apart ? swapped(node.shape) : node.shape;
  return kept(throughConvolution(t, x, w, node.attributes as ConvTransposeOptions, shape));
};

/** Channels as images of their own, and back. */
const reshape: Carry = (_, node, local) => {
  const other = { ...local, apart: !local.apart };
  return sameShape(node.shape, heldShape(other)) ? kept(other) : undefined;
};

interface Operand {
  readonly data: IrNode;
  readonly clean: boolean;
  readonly vanishes: boolean;
}

/** Whether a result is zero somewhere, by whether each of its operands is. */
type Zero = (operands: readonly boolean[]) => boolean;
const ifAny: Zero = (operands) => operands.includes(true);
const ifAll: Zero = (operands) => operands.every(Boolean);
const never: Zero = () => false;

/**
 * Operands in the data's layout, all in the same windows. `outside`: true where a result that is not zero outside its
 * window may still be used inside of it.
 */
function elementwise(zero: Zero, outside: boolean): PatchRule {
  return {
    carry: (rewriting, node, first) => {
      const { t } = rewriting;
      const local = node.inputs.map((input) => rewriting.patches.get(input));
      const isApart = local.some((one) => one !== undefined && one.apart !== first.apart);
      if (!sameShape(node.shape, heldShape(first)) || isApart) return undefined;
      const frame = commonFrame(t, first, local);
      if (frame === undefined) return undefined;
      const empty = { ...frame, data: zeroData(t, frame), clean: true, vanishes: true };
      const operands = node.inputs.flatMap((input, i): Operand[] => {
        const own = local[i];
        const operand = own === undefined ? shared(rewriting, input, frame) : together(t, empty, own)![1];
        return operand === undefined ? [] : [operand];
      });
      if (operands.length < node.inputs.length) return undefined;
      const clean = zero(operands.map((operand) => operand.clean));
      const vanishes = zero(operands.map((operand) => operand.vanishes));
      if (!vanishes && !outside) return undefined;
      return kept({
        ...frame,
        data: t.recordAgain(
          node,
          operands.map(({ data }) => data),
        ),
        clean,
        vanishes,
      });
    },
  };
}

/** Windows that hold those of all patches, found pair by pair. */
function commonFrame(t: Vocabulary, first: Patches, all: readonly (Patches | undefined)[]): Patches | undefined {
  let frame = first;
  for (const one of all) {
    if (one === undefined) continue;
    const pair = together(t, frame, one);
    if (pair === undefined) return undefined;
    frame = { ...frame, kernel: pair[0].kernel, pads: pair[0].pads };
  }
  return frame;
}

/** A tensor that all rows share, cut into windows; numbers and one number per channel need no cutting. */
function shared({ t, nodes }: Rewriting, input: IrNode, frame: Patches): Operand | undefined {
  const x = nodes.get(input);
  if (x === undefined || x.rows !== undefined) return undefined;
  const value = uniformValue(x);
  if (value !== undefined) return { data: t.typedFull([], value, x.dtype), clean: value === 0, vanishes: value === 0 };
  const lead = frame.shape.map(() => 1).slice(0, frame.shape.length - x.shape.length);
  const aligned = t.reshape(x, [...lead, ...x.shape]);
  if (aligned.shape.length !== frame.shape.length || aligned.shape[0] !== 1) return undefined;
  // Where channels are apart, the second axis is none of theirs.
  if (frame.apart && aligned.shape[1] !== 1) return undefined;
  if (aligned.shape.slice(2).every((size) => size === 1)) {
    return { data: t.reshape(aligned, [aligned.shape[1]!, 1]), clean: false, vanishes: false };
  }
  if (x.dtype !== "float") return undefined;
  const whole = t.expand(aligned, broadcastShapes(aligned.shape, frame.shape));
  return { data: windowsOf(t, frame, whole), clean: true, vanishes: false };
}

const dot: Carry = ({ t, nodes, patches }, node) => {
  const at = node.inputs.findIndex((input) => patches.has(input));
  const local = patches.get(node.inputs[at]!)!;
  if (local.apart) return undefined;
  const other = node.inputs[1 - at]!;
  const x = nodes.get(other);
  if (x === undefined) {
    const pair = together(t, local, patches.get(other)!);
    if (pair === undefined || !(pair[0].vanishes || pair[1].vanishes)) return undefined;
    const products = t.mul(cleaned(t, pair[0]).data, pair[1].data);
    return { node: rowScalars(t, local, t.sum(products, axesOf(local)), []) };
  }
  if (x.rows !== undefined || !local.vanishes) return undefined;
  return { node: rowScalars(t, local, productsWith(t, local, windowsOf(t, local, x)), []) };
};

/** Equal coefficients at all positions are one matrix over the windows. */
function productsWith(t: Vocabulary, local: Patches, windows: IrNode): IrNode {
  const isUniform = local.position === undefined && local.data.shape[1] === 1;
  if (!isUniform) return t.sum(t.mul(local.data, windows), axesOf(local));
  const inner = sizeOf(local.data.shape.slice(-2));
  const columns = t.transpose(t.reshape(windows, [windows.shape[1]!, inner]), [1, 0]);
  return t.matmul(t.reshape(local.data, [local.channels, inner]), columns);
}

/** A reduction to one number per row, which sees the zeros outside its window too. */
function reduction(reduced: (t: Vocabulary, data: IrNode, axes: readonly number[]) => IrNode): PatchRule {
  return {
    carry: ({ t }, node, local) => {
      if (sizeOf(node.shape) !== 1 || !local.vanishes) return undefined;
      return { node: rowScalars(t, local, reduced(t, cleaned(t, local).data, axesOf(local)), node.shape) };
    },
  };
}

/** What becomes of rows of an image, by primitive. */
export const PATCH_RULES: Readonly<Record<PrimitiveName, PatchRule>> = {
  eye: { begin: ({ t }, { rows, shape }) => unitPatches(t, rows!, shape) },
  pickedEye: { begin: ({ t, nodes }, { inputs: [index], shape }) => pickedPatches(t, nodes.get(index!)!, shape) },
  convTranspose: { carry: convTranspose },
  reshape: { carry: reshape },
  dot: { carry: dot },
  neg: perElement,
  abs: perElement,
  relu: perElement,
  fact: perElement,
  mul: elementwise(ifAny, true),
  where: elementwise(([, yes, no]) => yes! && no!, true),
  less: elementwise(never, true),
  lessEqual: elementwise(never, true),
  add: elementwise(ifAll, false),
  sub: elementwise(ifAll, false),
  min: elementwise(ifAll, false),
  max: elementwise(ifAll, false),
  sum: reduction((t, data, axes) => t.sum(data, axes)),
  reduceMax: reduction((t, data, axes) => t.max(t.reduceMax(data, axes), 0)),
  reduceMin: reduction((t, data, axes) => t.min(t.reduceMin(data, axes), 0)),

  constant: dense,
  full: dense,
  input: dense,
  sign: dense,
  exp: dense,
  log: dense,
  sqrt: dense,
  reciprocal: dense,
  floor: dense,
  ceil: dense,
  round: dense,
  sin: dense,
  cos: dense,
  atan: dense,
  tanh: dense,
  sigmoid: dense,
  erf: dense,
  not: dense,
  div: dense,
  pow: dense,
  equal: dense,
  and: dense,
  or: dense,
  cast: dense,
  stopGradient: dense,
  matmul: dense,
  conv: dense,
  argMax: dense,
  argMin: dense,
  topKIndices: dense,
  transpose: dense,
  expand: dense,
  concat: dense,
  slice: dense,
  flip: dense,
  pad: dense,
  gather: dense,
  gatherElements: dense,
  rowsToShape: dense,
  shapeToRows: dense,
  sumHidden: dense,
  spread: dense,
  rowsWhere: dense,
  pickByRow: dense,
  placeRows: dense,
};

/** The shape of the operation whose result these rows are. */
function heldShape({ shape, apart }: Patches): Shape {
  return apart ? swapped(shape) : shape;
}

function swapped([images, channels, ...sizes]: Shape): Shape {
  return [channels!, images!, ...sizes];
}

/** Channels and offsets. */
function axesOf(patches: Patches): number[] {
  return [leadOf(patches), leadOf(patches) + 1];
}

function zeroData(t: Vocabulary, { data, kernel }: Patches): IrNode {
  return t.zeros([...data.shape.slice(0, -1), sizeOf(kernel)]);
}
