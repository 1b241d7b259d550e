import type { ConvOptions, ConvTransposeOptions, HostTensor } from "../../plugin/tensor.js";
import type { IrNode } from "../ir.js";
import type { Lowering, NodeAttributes } from "../lowering.js";
import { sizeOf } from "../shapes.js";

/** ONNX's Conv, with instances and rows as parts of its batch. */
export function lowerConv(emitter: Lowering, node: IrNode & { attributes: ConvOptions }, x: string, w: string): string {
  const { strides, pads, dilations, groups } = node.attributes;
  const attributes = { ...windowOf(node), strides, pads, dilations, group: groups };
  return overBatch(emitter, node, x, (images) =>
    emitter.node("Conv", [images, kernelOf(emitter, node, w)], attributes),
  );
}

/** ONNX's ConvTranspose, or the Conv that computes the same where that is faster. */
export function lowerConvTranspose(
  emitter: Lowering,
  node: IrNode & { attributes: ConvTransposeOptions },
  x: string,
  w: string,
): string {
  const { strides, pads, dilations, groups, outputPadding } = node.attributes;
  const flipped = flippedConv(emitter, node, w);
  if (flipped !== undefined) {
    const { kernel, attributes } = flipped;
    return overBatch(emitter, node, x, (images) => emitter.node("Conv", [images, kernel], attributes));
  }
  return overBatch(emitter, node, x, (images) =>
    emitter.node("ConvTranspose", [images, kernelOf(emitter, node, w)], {
      ...windowOf(node),
      strides,
      pads,
      dilations,
      group: groups,
      output_padding: outputPadding,
    }),
  );
}

/**
 * With stride 1 a transposed convolution is a convolution with the kernel turned around and its channels swapped. ONNX
 * Runtime computes Conv by blocks of output channels, and ConvTranspose as a product that is scattered: with 16
 * channels on both sides Conv takes a fifth of the time, with 3 of 32 on its output side twice the time (measured, two
 * threads).
 */
function flippedConv(
  emitter: Lowering,
  { attributes, inputs: [, kernel] }: IrNode & { attributes: ConvTransposeOptions },
  w: string,
): { readonly kernel: string; readonly attributes: NodeAttributes } | undefined {
  const { strides, pads, dilations, groups, outputPadding } = attributes;
  const [channels, perGroup, ...window] = kernel!.shape as readonly [number, number, ...number[]];
  const isFaster = strides.every((stride) => stride === 1) && 2 * perGroup * groups >= channels;
  if (!emitter.isConstant(w) || !isFaster) return undefined;
  const reach = window.map((size, axis) => (size - 1) * dilations[axis]!);
  const before = reach.map((size, axis) => size - pads[axis]!);
  const after = reach.map((size, axis) => size - pads[axis + window.length]! + outputPadding[axis]!);
  if ([...before, ...after].some((size) => size < 0)) return undefined;
  return {
    kernel: emitter.derived(w, `turned ${groups}`, (constant) => turned({ ...constant, shape: kernel!.shape }, groups)),
    attributes: { kernel_shape: window, strides, pads: [...before, ...after], dilations, group: groups },
  };
}

/** The kernel [groups · in, out, …window] as [groups · out, in, …window], turned around. */
function turned({ shape, data, dtype }: HostTensor, groups: number): HostTensor {
  const [channels, perGroup, ...window] = shape as readonly [number, number, ...number[]];
  const [inputs, places] = [channels / groups, sizeOf(window)];
  const result = new Float32Array(data.length);
  for (let group = 0; group < groups; group++) {
    for (let i = 0; i < inputs; i++) {
      for (let o = 0; o < perGroup; o++) {
        const from = ((group * inputs + i) * perGroup + o) * places;
        const to = ((group * perGroup + o) * inputs + i) * places;
        for (let place = 0; place < places; place++) result[to + places - 1 - place] = data[from + place]!;
      }
    }
  }
  return { shape: [groups * perGroup, inputs, ...window], dtype, data: result };
}

/** Runs on images of all instances and rows, behind each other. */
function overBatch(emitter: Lowering, node: IrNode, x: string, run: (images: string) => string): string {
  const input = node.inputs[0]!;
  const from = emitter.dims(input);
  const merged = emitter.product(from.slice(0, 3));
  const result = run(emitter.reshape(x, from, [merged, ...input.shape.slice(1)]));
  return emitter.reshape(result, [merged, ...node.shape.slice(1)], emitter.dims(node));
}

function kernelOf(emitter: Lowering, { inputs: [, kernel] }: IrNode, w: string): string {
  return emitter.reshape(w, emitter.dims(kernel!), kernel!.shape);
}

function windowOf({ inputs: [, kernel] }: IrNode): NodeAttributes {
  return { kernel_shape: kernel!.shape.slice(2) };
}
