import { inputOf, isConstant, topological, type IrNode, type PrimitiveName, type Program } from "@lirpa/core/recording";
import { LirpaError } from "@lirpa/core";
import type { HostTensor } from "@lirpa/core/plugin";
import type { Tensor } from "@tensorflow/tfjs-core";
import { sizeOf, type Kernel, type Tf } from "./kernel.js";
import { contraction } from "./kernels/contraction.js";
import { elementwise } from "./kernels/elementwise.js";
import { indexing } from "./kernels/indexing.js";
import { leaves, upload } from "./kernels/leaves.js";
import { reduction } from "./kernels/reduction.js";
import { shape } from "./kernels/shape.js";

/** A kernel that reads values on the host. */
interface OnHost {
  readonly onHost: (tf: Tf, inputs: readonly Tensor[]) => Promise<Tensor>;
}

const KERNELS: Readonly<Record<PrimitiveName, Kernel | OnHost | "given">> = {
  ...leaves,
  ...elementwise,
  ...contraction,
  ...reduction,
  ...shape,
  ...indexing,
  input: "given",
  rowsWhere: { onHost: places },
};

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
      const fed = inputOf(node);
      if (fed !== undefined) this.inputs.set(fed.name, node);
      if (KERNELS[node.primitive.name] === undefined) throw noKernel(node.primitive.name);
      for (const input of node.inputs) this.uses.set(input, (this.uses.get(input) ?? 0) + 1);
    }
  }

  /** Puts constants on the backend. Called with the backend current. */
  prepare(): void {
    const { tf } = this;
    for (const node of this.order) {
      const kernel = KERNELS[node.primitive.name];
      if (!isConstant(node) || typeof kernel !== "function") continue;
      this.constants.set(
        node,
        tf.tidy(() => tf.keep(kernel(tf, node, [], []))),
      );
    }
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
    const kernel = KERNELS[node.primitive.name];
    if (kernel === "given") return given(nameOf(node), values);
    if (typeof kernel !== "function") return kernel.onHost(tf, inputs);
    const to = physicalShape(node, inputs);
    // The reshape makes a tensor of its own, even where a kernel hands on what it got.
    return tf.tidy(() => tf.reshape(kernel(tf, node, inputs, to), to));
  }
}

function noKernel(name: string): LirpaError {
  return new LirpaError("LIRPA_EXECUTOR", `the tfjs executor has no kernel for the primitive ${name}`, {
    hint: "Use the same version of @lirpa/core and @lirpa/executor-tfjs.",
  });
}

function given(name: string, values: Readonly<Record<string, Tensor>>): Tensor {
  const value = values[name];
  if (value !== undefined) return value.clone();
  throw new LirpaError("LIRPA_EXECUTOR", `the program's input ${name} was not fed`);
}

/** How many rows there are is known only when the mask is: it comes to the host. */
async function places(tf: Tf, [mask]: readonly Tensor[]): Promise<Tensor> {
  const found = Array.from(await mask!.data()).flatMap((holds, i) => (holds === 0 ? [] : [i]));
  return tf.tidy(() => tf.tensor(Int32Array.from(found), [1, found.length], "int32"));
}

/** The node says which hidden axes there are; how long those are that a run decides on, its operands say. */
function physicalShape({ instances, rows, shape: own }: IrNode, inputs: readonly Tensor[]): number[] {
  const most = (axis: 0 | 1): number => Math.max(1, ...inputs.map((input) => input.shape[axis]!));
  return [instances ? most(0) : 1, rows === undefined ? 1 : (rows.size ?? most(1)), ...own];
}

function nameOf(node: IrNode): string {
  return inputOf(node)!.name;
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
