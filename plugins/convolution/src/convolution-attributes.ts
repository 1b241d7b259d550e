import {
  attributeError,
  int,
  showShape,
  shapeError,
  spatialShape,
  windowAttributes,
  windowAxes,
  type AttributeContext,
  type AutoPad,
  type Declared,
  type Shape,
  type WindowAttributes,
  type WindowAxis,
} from "@lirpa/core/plugin";
import type { Operands } from "./window-terms.js";

/** What Conv and ConvTranspose read. */
export interface ConvolutionAttributes extends WindowAttributes {
  readonly group: number;
}

export const convolutionAttributes: Declared<ConvolutionAttributes> = { ...windowAttributes, group: int(1).atLeast(1) };

/** What both have in common. */
export interface Convolution {
  /** Of the input X. */
  readonly channels: number;
  /** Of W, the first two. */
  readonly weights: readonly [number, number];
  readonly kernel: readonly number[];
  readonly axes: readonly WindowAxis[];
  readonly autoPad: AutoPad;
  readonly groups: number;
}

/** Throws for a W that does not fit X, and for what `windowAxes` refuses. */
export function readConvolution(
  attributes: ConvolutionAttributes,
  { node, shapes: [x, w] }: AttributeContext<Operands>,
): Convolution {
  const [first, second, ...kernel] = w;
  if (first === undefined || second === undefined || w.length !== x.length) {
    throw shapeError(`${node}: X ${showShape(x)} and W ${showShape(w)} need one rank, three or more`);
  }
  const [, channels, ...sizes] = spatialShape(node, x);
  const { kernel_shape: declared = kernel, auto_pad: autoPad, group: groups } = attributes;
  const axes = windowAxes(node, sizes, kernel, attributes);
  if (declared.join() !== kernel.join()) {
    throw attributeError(`${node}: kernel_shape ${showShape(declared)} is not that of W, ${showShape(kernel)}`, {
      hint: "Drop kernel_shape or correct it.",
    });
  }
  return { channels, weights: [first, second], kernel, axes, autoPad, groups };
}

export function misfit(node: string, channels: number, w: Shape, groups: number): Error {
  return shapeError(`${node}: ${channels} channels and W ${showShape(w)} do not fit ${groups} groups`);
}
