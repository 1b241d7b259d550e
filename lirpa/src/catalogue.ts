import type { Catalogue } from "@lirpa/core";

/** As the packages' manifests have it; a test holds the two together. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  "@lirpa/perturbation-lp": ["perturbation:linf", "perturbation:l2", "perturbation:l1", "perturbation:lp", "perturbation:box"],
  "@lirpa/plugin-activation": ["Abs", "Clip", "HardSigmoid", "LeakyRelu", "PRelu", "Relu", "Sign"],
  "@lirpa/plugin-convolution": ["Conv", "ConvTranspose"],
  "@lirpa/plugin-linear": ["Add", "BatchNormalization", "Cast", "Div", "Dropout", "Gemm", "MatMul", "Mul", "Neg", "Sub", "Sum", "lirpa:Square"],
  "@lirpa/plugin-pooling": ["AveragePool", "GlobalAveragePool", "GlobalMaxPool", "MaxPool"],
  "@lirpa/plugin-shape": [
    "Concat", "Constant", "ConstantOfShape", "CumSum", "DepthToSpace", "Equal", "Expand", "Flatten", "Gather", "GatherElements", "Identity",
    "Pad", "Range", "Reshape", "Shape", "Size", "Slice", "SpaceToDepth", "Split", "Squeeze", "Tile", "Transpose", "Unsqueeze", "Where",
  ],
};

/** Which standard package brings an operator or a perturbation, for the hint where it was left out. */
export const catalogue: Catalogue = Object.freeze(
  Object.fromEntries(Object.entries(PACKAGES).flatMap(([name, brings]) => brings.map((what) => [what, name]))),
);
