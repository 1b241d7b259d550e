import { LirpaError, topological, type HostTensor, type IrNode, type Program } from "@lirpa/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { sizeOf, type Kernels, type Tf } from "./kernel.js";
import { contraction } from "./kernels/contraction.js";
import { elementwise } from "./kernels/elementwise.js";
import { indexing } from "./kernels/indexing.js";
import { isConstant, leaves, upload } from "./kernels/leaves.js";
import { reduction } from "./kernels/reduction.js";
import { shape } from "./kernels/shape.js";

const KERNELS: Kernels = { ...leaves, ...elementwise, ...contraction, ...reduction, ...shape, ...indexing };

/** A program in the order in which it runs, with its constants on the backend. */
export class Interpreter {
  private readonly order: readonly IrNode[];
  private readonly outputs: readonly (readonly [string, IrNode])[];
  private readonly constants = new Map<IrNode, Tensor>();
  private readonly uses = new Map<IrNode, number>();

  constructor(
    private readonly tf: Tf,
    program: Program,
  ) {
    this.outputs = Object.entries(program.outputs).map(([name, node]) => [name, node as IrNode] as const);
    this.order = topological(this.outputs.map(([, node]) => node));
    for (const node of this.order) {
      const { name } = node.primitive;
      if (KERNELS[name] === undefined && name !== "input" && name !== "rowsWhere") {
        throw new LirpaError("LIRPA_EXECUTOR", `the tfjs executor has no kernel for the primitive ${name}`, { hint: "Use the same version of @lirpa/core and @lirpa/executor-tfjs." });
      }
      for (const input of node.inputs) this.uses.set(input, (this.uses.get(input) ?? 0) + 1);
    }
  }

  /** Puts constants on the backend. Called with the backend current. */
  prepare(): void {
    for (const node of this.order) if (isConstant(node)) this.constants.set(node, this.tf.tidy(() => this.tf.keep(KERNELS[node.primitive.name]!(this.tf, node, [], []))));
  }

  /** Gives back the constants. */
  release(): void {
    this.tf.dispose([...this.constants.values()]);
    this.constants.clear();
  }

  /** Runs the program. A value is given back as soon as nobody needs it any more. */
  async run(feeds: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>> {
    const live = new Map<IrNode, Tensor>();
    const left = new Map(this.uses);
    for (const [, node] of this.outputs) left.set(node, (left.get(node) ?? 0) + 1);
    try {
      for (const node of this.order) {
        if (this.constants.has(node)) continue;
        const inputs = node.inputs.map((input) => this.constants.get(input) ?? live.get(input)!);
        live.set(node, node.primitive.name === "rowsWhere" ? await this.places(inputs[0]!) : this.value(node, inputs, feeds));
        for (const input of node.inputs) this.drop(input, left, live);
      }
      const results: Record<string, HostTensor> = {};
      for (const [name, node] of this.outputs) results[name] = await download(node, this.constants.get(node) ?? live.get(node)!);
      return results;
    } finally {
      this.tf.dispose([...live.values()]);
    }
  }

  private drop(node: IrNode, left: Map<IrNode, number>, live: Map<IrNode, Tensor>): void {
    const count = left.get(node)! - 1;
    left.set(node, count);
    if (count > 0) return;
    live.get(node)?.dispose();
    live.delete(node);
  }

  private value(node: IrNode, inputs: readonly Tensor[], feeds: Readonly<Record<string, HostTensor>>): Tensor {
    const { tf } = this;
    if (node.primitive.name === "input") return tf.tidy(() => fed(tf, node, feeds));
    const to = physicalShape(node, inputs);
    // The reshape makes a tensor of its own, even where a kernel hands on what it got.
    return tf.tidy(() => tf.reshape(KERNELS[node.primitive.name]!(tf, node, inputs, to), to));
  }

  /** How many rows there are is known only when the mask is: it comes to the host. */
  private async places(mask: Tensor): Promise<Tensor> {
    const places = Array.from(await mask.data()).flatMap((holds, i) => (holds === 0 ? [] : [i]));
    return this.tf.tidy(() => this.tf.tensor(Int32Array.from(places), [1, places.length], "int32"));
  }
}

function physicalShape(node: IrNode, inputs: readonly Tensor[]): number[] {
  const most = (axis: 0 | 1): number => Math.max(1, ...inputs.map(({ shape }) => shape[axis]!));
  switch (node.primitive.name) {
    case "eye":
    case "shapeToRows":
      return [most(0), node.rows!.size!, ...node.shape];
    case "rowsToShape":
    case "placeRows":
      return [node.primitive.name === "placeRows" ? Math.max(inputs[0]!.shape[0]!, inputs[1]!.shape[0]!) : most(0), 1, ...node.shape];
    case "sumHidden":
      return [node.instances ? most(0) : 1, node.rows === undefined ? 1 : most(1), ...node.shape];
    default:
      return [most(0), most(1), ...node.shape];
  }
}

function fed(tf: Tf, node: IrNode, feeds: Readonly<Record<string, HostTensor>>): Tensor {
  const { name } = node.attributes as { readonly name: string };
  const value = feeds[name];
  if (value === undefined) throw new LirpaError("LIRPA_EXECUTOR", `the program's input ${name} was not fed`);
  const [instances = 1, rows = 1] = value.shape;
  if (value.data.length !== instances * rows * sizeOf(node.shape)) {
    throw new LirpaError("LIRPA_EXECUTOR", `the program's input ${name} has ${value.data.length} numbers and the shape [${value.shape.join(", ")}]`, { hint: `It takes [instances, rows${node.shape.map((size) => `, ${size}`).join("")}].` });
  }
  return upload(tf, value, [instances, rows, ...node.shape]);
}

async function download({ dtype }: IrNode, value: Tensor): Promise<HostTensor> {
  const data = await value.data();
  return { shape: [...value.shape], dtype, data: data instanceof Float32Array ? Float32Array.from(data) : Float64Array.from(data) };
}
