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
  private readonly inputs = new Map<string, IrNode>();
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
      if (name === "input") this.inputs.set(nameOf(node), node);
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

  /** Names of what it has to be fed. */
  get reads(): Iterable<string> {
    return this.inputs.keys();
  }

  /** An array on the backend, as the program's input of that name. */
  upload(name: string, value: HostTensor): Tensor {
    const node = this.inputs.get(name);
    return this.tf.tidy(() => (node === undefined ? upload(this.tf, value, value.shape) : fed(this.tf, node, value)));
  }

  /**
   * Runs the program on tensors of the backend, which stay the caller's; so do those that it gives. A value in between
   * is given back as soon as nobody needs it any more.
   */
  async run(values: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    const live = new Map<IrNode, Tensor>();
    const left = new Map(this.uses);
    for (const [, node] of this.outputs) left.set(node, (left.get(node) ?? 0) + 1);
    try {
      for (const node of this.order) {
        if (this.constants.has(node)) continue;
        const inputs = node.inputs.map((input) => this.constants.get(input) ?? live.get(input)!);
        live.set(node, await this.value(node, inputs, values));
        for (const input of node.inputs) this.drop(input, left, live);
      }
      const results = this.outputs.map(([name, node]) => [name, this.constants.get(node) ?? live.get(node)!] as const);
      return Object.fromEntries(results.map(([name, value]) => [name, value.clone()]));
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

  private async value(
    node: IrNode,
    inputs: readonly Tensor[],
    values: Readonly<Record<string, Tensor>>,
  ): Promise<Tensor> {
    const { tf } = this;
    switch (node.primitive.name) {
      case "rowsWhere":
        return this.places(inputs[0]!);
      case "input":
        return this.given(node, values);
      default: {
        const to = physicalShape(node, inputs);
        // The reshape makes a tensor of its own, even where a kernel hands on what it got.
        return tf.tidy(() => tf.reshape(KERNELS[node.primitive.name]!(tf, node, inputs, to), to));
      }
    }
  }

  private given(node: IrNode, values: Readonly<Record<string, Tensor>>): Tensor {
    const name = nameOf(node);
    const value = values[name];
    if (value !== undefined) return value.clone();
    throw new LirpaError("LIRPA_EXECUTOR", `the program's input ${name} was not fed`);
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

function nameOf(node: IrNode): string {
  return (node.attributes as { readonly name: string }).name;
}

function fed(tf: Tf, node: IrNode, value: HostTensor): Tensor {
  const [instances = 1, rows = 1] = value.shape;
  if (value.data.length === instances * rows * sizeOf(node.shape)) {
    return upload(tf, value, [instances, rows, ...node.shape]);
  }
  const problem = `has ${value.data.length} numbers and the shape [${value.shape.join(", ")}]`;
  throw new LirpaError("LIRPA_EXECUTOR", `the program's input ${nameOf(node)} ${problem}`, {
    hint: `It takes [instances, rows${node.shape.map((size) => `, ${size}`).join("")}].`,
  });
}
