import type { ConvTransposeOptions, Shape } from "../../plugin/tensor.js";
import { topological } from "../evaluate.js";
import type { IrNode, RowSpace } from "../ir.js";
import { uniformValue } from "../recorder.js";
import { broadcastShapes, sameShape, sizeOf } from "../shapes.js";
import type { Vocabulary } from "../vocabulary.js";
import { cleaned, density, leadOf, pickedPatches, rowScalars, throughConvolution, together, unitPatches, windowsOf, type Patches } from "./patches.js";

/** Above this share of the tensor, windows cost more than dense rows: they are cut out and masked besides. */
const DENSEST = 0.5;

/**
 * Rewrites a recording so that rows of an image's elements are held as patches instead of dense coefficients, wherever
 * they stay patches from the unit rows to the scalars that they end in. Rules never see it: it happens to what they
 * recorded, operation by operation. Rows that meet an operation without a rule here stay dense from the start.
 * @returns the same outputs, and the row spaces that became patches.
 */
export function localizeRows(t: Vocabulary, outputs: readonly IrNode[]): { readonly outputs: readonly IrNode[]; readonly localized: readonly RowSpace[] } {
  const spaces = new Set<RowSpace>();
  for (const node of topological(outputs)) if (isImageEye(node)) spaces.add(node.rows!);
  while (spaces.size > 0) {
    const rewriter = new Rewriter(t, spaces);
    const result = rewriter.rewrite(outputs);
    if (result !== undefined) return { outputs: result, localized: [...spaces] };
    spaces.delete(rewriter.failed!);
  }
  return { outputs, localized: [] };
}

/** Unit rows of an image of one batch row; smaller ones gain nothing. */
function isImageEye(node: IrNode): boolean {
  return (node.primitive.name === "eye" || node.primitive.name === "pickedEye") && node.shape.length >= 3 && node.shape[0] === 1 && sizeOf(node.shape.slice(2)) > 1;
}

class Rewriter {
  private readonly nodes = new Map<IrNode, IrNode>();
  private readonly patches = new Map<IrNode, Patches>();
  failed: RowSpace | undefined;

  constructor(
    private readonly t: Vocabulary,
    private readonly spaces: ReadonlySet<RowSpace>,
  ) {}

  rewrite(outputs: readonly IrNode[]): IrNode[] | undefined {
    for (const node of topological(outputs)) {
      const local = node.inputs.map((input) => this.patches.get(input)).find((one) => one !== undefined);
      if (isImageEye(node) && this.spaces.has(node.rows!)) this.patches.set(node, this.unit(node));
      else if (local === undefined) this.nodes.set(node, this.t.rerecord(node, node.inputs.map((input) => this.nodes.get(input)!)));
      else if (!this.step(node, local)) {
        this.failed = local.rows;
        return undefined;
      }
    }
    return outputs.map((output) => this.nodes.get(output)!);
  }

  private unit(node: IrNode): Patches {
    return node.primitive.name === "eye" ? unitPatches(this.t, node.rows!, node.shape) : pickedPatches(this.t, this.nodes.get(node.inputs[0]!)!, node.shape);
  }

  /** Rewrites a node with patches among its inputs; false where there is no rule. */
  private step(node: IrNode, local: Patches): boolean {
    const { t } = this;
    switch (node.primitive.name) {
      case "convTranspose": {
        const [x] = node.inputs.map((input) => this.patches.get(input));
        const w = this.nodes.get(node.inputs[1]!);
        if (x === undefined || w === undefined || !x.vanishes) return false;
        // One channel in, one channel out: else they were no longer apart.
        if (x.apart && node.shape[1] !== 1) return false;
        const shape = x.apart ? swapped(node.shape) : node.shape;
        return this.keep(node, throughConvolution(t, x, w, node.attributes as ConvTransposeOptions, shape));
      }
      case "reshape":
        return this.reshape(node, local);
      case "neg": case "abs": case "relu": case "fact":
        return this.keep(node, { ...local, data: t.rerecord(node, [local.data]) });
      case "mul": case "min": case "max": case "less": case "lessEqual": case "add": case "sub":
        return this.elementwise(node, local);
      case "where":
        return this.elementwise(node, local);
      case "dot":
        return this.dot(node);
      case "sum": case "reduceMax": case "reduceMin":
        return this.reduce(node, local);
      default:
        return false;
    }
  }

  /** Channels as images of their own, and back. */
  private reshape(node: IrNode, local: Patches): boolean {
    const other = { ...local, apart: !local.apart };
    return sameShape(node.shape, heldShape(other)) && this.keep(node, other);
  }

  private keep(node: IrNode, patches: Patches): boolean {
    if (density(patches) > DENSEST) return false;
    this.patches.set(node, patches);
    return true;
  }

  /** Operands in the data's layout, all in the same windows. */
  private elementwise(node: IrNode, first: Patches): boolean {
    const { t } = this;
    let local = node.inputs.map((input) => this.patches.get(input));
    if (!sameShape(node.shape, heldShape(first)) || local.some((one) => one !== undefined && one.apart !== first.apart)) return false;
    // Windows of all patches are made equal, pair by pair.
    let frame = first;
    for (const one of local) {
      const pair = one === undefined ? undefined : together(t, frame, one);
      if (one !== undefined && pair === undefined) return false;
      if (pair !== undefined) frame = { ...frame, kernel: pair[0].kernel, pads: pair[0].pads };
    }
    local = local.map((one) => (one === undefined ? undefined : together(t, { ...frame, data: zeroData(t, frame), clean: true, vanishes: true }, one)![1]));
    const operands = node.inputs.map((input, i) => local[i] ?? this.shared(input, frame));
    if (operands.some((operand) => operand === undefined)) return false;
    const name = node.primitive.name;
    const clean = holds(name, operands.map((operand) => operand!.clean));
    const vanishes = holds(name, operands.map((operand) => operand!.vanishes));
    // Outside the window a sum or an extreme is zero only if all its operands are.
    if (!vanishes && ["add", "sub", "min", "max"].includes(name)) return false;
    return this.keep(node, { ...frame, data: t.rerecord(node, operands.map((operand) => operand!.data)), clean, vanishes });
  }

  /** A tensor that all rows share, cut into windows; numbers and one number per channel need no cutting. */
  private shared(input: IrNode, frame: Patches): { data: IrNode; clean: boolean; vanishes: boolean } | undefined {
    const { t } = this;
    const x = this.nodes.get(input);
    if (x === undefined || x.rows !== undefined) return undefined;
    const value = uniformValue(x);
    if (value !== undefined) return { data: t.fullOf([], value, x.dtype), clean: value === 0, vanishes: value === 0 };
    const aligned = t.reshape(x, [...frame.shape.map(() => 1).slice(0, frame.shape.length - x.shape.length), ...x.shape]);
    if (aligned.shape.length !== frame.shape.length || aligned.shape[0] !== 1) return undefined;
    // Where channels are apart, the second axis is none of theirs.
    if (frame.apart && aligned.shape[1] !== 1) return undefined;
    if (aligned.shape.slice(2).every((size) => size === 1)) return { data: t.reshape(aligned, [aligned.shape[1]!, 1]), clean: false, vanishes: false };
    if (x.dtype !== "float") return undefined;
    return { data: windowsOf(t, frame, t.expand(aligned, broadcastShapes(aligned.shape, frame.shape))), clean: true, vanishes: false };
  }

  private dot(node: IrNode): boolean {
    const { t } = this;
    const at = node.inputs.findIndex((input) => this.patches.has(input));
    const local = this.patches.get(node.inputs[at]!)!;
    if (local.apart) return false;
    const other = node.inputs[1 - at]!;
    const x = this.nodes.get(other);
    if (x === undefined) {
      const pair = together(t, local, this.patches.get(other)!);
      if (pair === undefined || !(pair[0].vanishes || pair[1].vanishes)) return false;
      const products = t.mul(cleaned(t, pair[0]).data, pair[1].data);
      this.nodes.set(node, rowScalars(t, local, t.sum(products, axesOf(local)), []));
      return true;
    }
    if (x.rows !== undefined || !local.vanishes) return false;
    const windows = windowsOf(t, local, x);
    const uniform = local.position === undefined && local.data.shape[1] === 1;
    const inner = sizeOf(local.data.shape.slice(-2));
    // Equal coefficients at all positions are one matrix over the windows.
    const scalars = uniform
      ? t.matmul(t.reshape(local.data, [local.channels, inner]), t.transpose(t.reshape(windows, [windows.shape[1]!, inner]), [1, 0]))
      : t.sum(t.mul(local.data, windows), axesOf(local));
    this.nodes.set(node, rowScalars(t, local, scalars, []));
    return true;
  }

  /** A reduction to one number per row. */
  private reduce(node: IrNode, local: Patches): boolean {
    if (sizeOf(node.shape) !== 1 || !local.vanishes) return false;
    const { t } = this;
    const { data } = cleaned(t, local);
    const name = node.primitive.name as "sum" | "reduceMax" | "reduceMin";
    const reduced = t[name](data, axesOf(local));
    // Outside its window a row is zero, and an extreme sees these zeros too.
    const seen = name === "sum" ? reduced : name === "reduceMax" ? t.max(reduced, 0) : t.min(reduced, 0);
    this.nodes.set(node, rowScalars(t, local, seen, node.shape));
    return true;
  }
}

/** The shape of the operation whose result these rows are. */
function heldShape({ shape, apart }: Patches): Shape {
  return apart ? swapped(shape) : shape;
}

function swapped([images, channels, ...sizes]: Shape): Shape {
  return [channels!, images!, ...sizes];
}

/** Whether a result is zero somewhere, by whether its operands are. */
function holds(operation: string, zero: readonly boolean[]): boolean {
  if (operation === "mul") return zero.includes(true);
  if (operation === "where") return zero[1]! && zero[2]!;
  return !operation.startsWith("less") && zero.every(Boolean);
}

/** Channels and offsets. */
function axesOf(patches: Patches): number[] {
  return [leadOf(patches), leadOf(patches) + 1];
}

function zeroData(t: Vocabulary, { data, kernel }: Patches): IrNode {
  return t.zeros([...data.shape.slice(0, -1), sizeOf(kernel)]);
}
