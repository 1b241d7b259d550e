import type { HostTensor, DType } from "../plugin/tensor.js";
import type { AttributeType, RawAttributes } from "../plugin/attributes.js";

/** A dimension is a number, or the name of a size that is open. */
export type Dimension = number | string;

/** What a caller feeds. */
export interface GraphInput {
  readonly name: string;
  readonly shape: readonly Dimension[];
  readonly dtype: DType;
}

/** One node of a model, as in ONNX. An empty string stands for an optional input or output that is absent. */
export interface GraphNode {
  /** Unique within the graph; importers make one up where the file has none. */
  readonly name: string;
  readonly type: string;
  /** The empty string is ONNX's own domain. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: RawAttributes;
  /** ONNX's types of attributes, by name: no rule reads them, but a model cannot be written without. */
  readonly attributeTypes?: Readonly<Record<string, AttributeType>>;
}

/** A model before any rule has seen it: what an importer or a builder delivers. Plain data. */
export interface Graph {
  readonly name: string;
  /** Inputs that the caller feeds; initializers are not among them. */
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly string[];
  readonly initializers: ReadonlyMap<string, HostTensor>;
  readonly nodes: readonly GraphNode[];
  /** Opset version by domain. */
  readonly opsets: ReadonlyMap<string, number>;
  /**
   * ONNX's element types of inputs, initializers and outputs, by name, such as `DOUBLE`: no rule reads them. Where one
   * is absent, a dtype stands for FLOAT, INT64 or BOOL.
   */
  readonly elementTypes?: ReadonlyMap<string, string>;
}
