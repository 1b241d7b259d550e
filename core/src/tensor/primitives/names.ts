/** Functions of one number. */
export type UnaryName =
  | "neg"
  | "abs"
  | "sign"
  | "relu"
  | "exp"
  | "log"
  | "sqrt"
  | "reciprocal"
  | "floor"
  | "ceil"
  | "round"
  | "sin"
  | "cos"
  | "atan"
  | "tanh"
  | "sigmoid"
  | "erf"
  | "not";

/** Functions of two numbers. */
export type BinaryName =
  "add" | "sub" | "mul" | "div" | "pow" | "min" | "max" | "less" | "lessEqual" | "equal" | "and" | "or";

/**
 * The closed set of operations that programs are made of. Tables by primitive are complete by this type: where a name
 * is added here, the compiler shows every one that does not know it yet.
 */
export type PrimitiveName =
  | "constant"
  | "full"
  | "input"
  | "eye"
  | UnaryName
  | BinaryName
  | "where"
  | "cast"
  | "stopGradient"
  | "fact"
  | "matmul"
  | "dot"
  | "conv"
  | "convTranspose"
  | "sum"
  | "reduceMax"
  | "reduceMin"
  | "argMax"
  | "argMin"
  | "topKIndices"
  | "reshape"
  | "transpose"
  | "expand"
  | "concat"
  | "slice"
  | "flip"
  | "pad"
  | "gather"
  | "gatherElements"
  | "rowsToShape"
  | "shapeToRows"
  | "sumHidden"
  | "spread"
  | "rowsWhere"
  | "pickByRow"
  | "pickedEye"
  | "placeRows";
