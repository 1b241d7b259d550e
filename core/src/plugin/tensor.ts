/** Element types of a tensor. `float` is float32 in production executors and float64 in the reference one. */
export type DType = "float" | "int" | "bool";

/** Sizes of the axes, outermost first. `[]` is a scalar. */
export type Shape = readonly number[];

/**
 * A value on the host: row-major data of the given shape.
 * Integers and booleans (0 or 1) are stored as numbers too; integers beyond 2^53 lose their last digits.
 */
export interface HostTensor {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: Float32Array | Float64Array;
}

/**
 * A symbolic tensor of the vocabulary `t`. `shape` is the shape that a rule sees (that of the ONNX value, its own batch
 * axis included). Instances and spec rows are hidden leading axes: every operation carries them along by itself.
 */
export interface Tensor {
  readonly $$type: "lirpa.tensor";
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Where a number stands for a tensor, it is a scalar constant that broadcasts. */
export type TensorLike = Tensor | number;

/**
 * A window that slides over the spatial axes (all axes but the first two). `pads` is ONNX's: all begins, then all ends.
 */
export interface WindowOptions {
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
}

/** Of a convolution. */
export interface ConvOptions extends WindowOptions {
  readonly groups: number;
}

/** Of a transposed convolution. */
export interface ConvTransposeOptions extends ConvOptions {
  readonly outputPadding: readonly number[];
}

/**
 * The vocabulary in which every rule is written. All functions are pure: they record, nothing is computed. Elementwise
 * functions broadcast as ONNX and NumPy do. Axes may be negative and count the axes of `shape` only.
 * Every function throws `LIRPA_SHAPE` where the operands' shapes do not fit.
 */
export interface TensorOps {
  // ── constants
  constant(value: HostTensor | number | readonly number[], shape?: Shape, dtype?: DType): Tensor;
  full(shape: Shape, value: number): Tensor;
  zeros(shape: Shape): Tensor;
  /** 0, 1, …, n − 1 as integers, of shape [n]. */
  arange(n: number): Tensor;
  /** The host value of a tensor that is a constant, otherwise undefined. For shapes and indices, never for data. */
  constantValue(x: Tensor): HostTensor | undefined;

  // ── elementwise, one operand
  neg(x: TensorLike): Tensor;
  abs(x: TensorLike): Tensor;
  /** −1, 0 or 1. */
  sign(x: TensorLike): Tensor;
  relu(x: TensorLike): Tensor;
  exp(x: TensorLike): Tensor;
  log(x: TensorLike): Tensor;
  sqrt(x: TensorLike): Tensor;
  reciprocal(x: TensorLike): Tensor;
  square(x: TensorLike): Tensor;
  floor(x: TensorLike): Tensor;
  ceil(x: TensorLike): Tensor;
  /** To the nearest integer, halves to the even one. */
  round(x: TensorLike): Tensor;
  sin(x: TensorLike): Tensor;
  cos(x: TensorLike): Tensor;
  atan(x: TensorLike): Tensor;
  tanh(x: TensorLike): Tensor;
  sigmoid(x: TensorLike): Tensor;
  erf(x: TensorLike): Tensor;
  not(x: Tensor): Tensor;
  cast(x: Tensor, dtype: DType): Tensor;

  // ── elementwise, two or more operands
  add(a: TensorLike, b: TensorLike): Tensor;
  sub(a: TensorLike, b: TensorLike): Tensor;
  mul(a: TensorLike, b: TensorLike): Tensor;
  div(a: TensorLike, b: TensorLike): Tensor;
  pow(a: TensorLike, b: TensorLike): Tensor;
  min(a: TensorLike, b: TensorLike): Tensor;
  max(a: TensorLike, b: TensorLike): Tensor;
  less(a: TensorLike, b: TensorLike): Tensor;
  lessEqual(a: TensorLike, b: TensorLike): Tensor;
  greater(a: TensorLike, b: TensorLike): Tensor;
  greaterEqual(a: TensorLike, b: TensorLike): Tensor;
  equal(a: TensorLike, b: TensorLike): Tensor;
  and(a: Tensor, b: Tensor): Tensor;
  or(a: Tensor, b: Tensor): Tensor;
  /** `a` where the condition holds, otherwise `b`. */
  where(condition: Tensor, a: TensorLike, b: TensorLike): Tensor;

  // ── contraction
  /** The matrix product of the last two axes; the axes before them broadcast. Both operands have at least two axes. */
  matmul(a: Tensor, b: Tensor): Tensor;
  /** The sum of all products of two tensors of one shape: a scalar. */
  dot(a: Tensor, b: Tensor): Tensor;
  /** Cross-correlation: x [B, Ci, …], w [Co, Ci / groups, kernel…] → [B, Co, …]. */
  conv(x: Tensor, w: Tensor, options: ConvOptions): Tensor;
  /** The adjoint of `conv` in x: x [B, Co, …], w [Co, Ci / groups, kernel…] → [B, Ci, …]. */
  convTranspose(x: Tensor, w: Tensor, options: ConvTransposeOptions): Tensor;
  /** Sliding windows: x [B, C, …] → [B, C, elements of the kernel, output positions…]; `padValue` stands outside. */
  windows(x: Tensor, kernel: readonly number[], options: WindowOptions, padValue?: number): Tensor;

  // ── reduction (all axes where none are given)
  sum(x: Tensor, axes?: readonly number[], keepDims?: boolean): Tensor;
  mean(x: Tensor, axes?: readonly number[], keepDims?: boolean): Tensor;
  reduceMax(x: Tensor, axes?: readonly number[], keepDims?: boolean): Tensor;
  reduceMin(x: Tensor, axes?: readonly number[], keepDims?: boolean): Tensor;
  /** The index of the first greatest element along an axis, which keeps size 1. */
  argMax(x: Tensor, axis: number): Tensor;
  argMin(x: Tensor, axis: number): Tensor;
  /** The k greatest elements along an axis in descending order, and where they stand. */
  topK(x: Tensor, k: number, axis: number): { readonly values: Tensor; readonly indices: Tensor };

  // ── shape
  reshape(x: Tensor, shape: Shape): Tensor;
  /** Reverses the axes where no permutation is given. */
  transpose(x: Tensor, permutation?: readonly number[]): Tensor;
  expand(x: TensorLike, shape: Shape): Tensor;
  concat(xs: readonly Tensor[], axis: number): Tensor;
  /**
   * Elements start, start + step, … below `stop` along each axis; all arrays have one entry per axis. Steps are
   * positive.
   */
  slice(x: Tensor, starts: readonly number[], stops: readonly number[], steps?: readonly number[]): Tensor;
  /** Reverses the order along some axes. */
  flip(x: Tensor, axes: readonly number[]): Tensor;
  /** `interior[i]` values stand between neighbours along axis i, `low[i]` before and `high[i]` after them. */
  pad(x: Tensor, low: readonly number[], high: readonly number[], value?: number, interior?: readonly number[]): Tensor;

  // ── indexing
  /** Slices of x along an axis, by integer indices of any shape (negative ones are not allowed). */
  gather(x: Tensor, indices: Tensor, axis: number): Tensor;
  /** One element per index along an axis; `indices` has the shape of the result. */
  gatherElements(x: Tensor, indices: Tensor, axis: number): Tensor;

  // ── meaning
  /**
   * A free choice of a relaxation: the bound is sound for every value in [min, max]. `value` is used unless an
   * analysis (α-CROWN, the conformance kit) chooses another one.
   */
  free(value: Tensor, min: TensorLike, max: TensorLike): Tensor;
  /** The same value, through which no gradient flows. */
  stopGradient(x: Tensor): Tensor;
}
