import type { Catalogue } from "@lirpa/core";

/** As the packages' manifests have it; a test holds the two together. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  "@lirpa/perturbation-lp": ["perturbation:linf", "perturbation:l2", "perturbation:l1", "perturbation:lp", "perturbation:box"],
  "@lirpa/plugin-activation": ["Abs", "Clip", "HardSigmoid", "LeakyRelu", "PRelu", "Relu", "Sign"],
  "@lirpa/plugin-arithmetic": [
    "And", "Ceil", "Floor", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Max", "Mean", "Min", "Mod", "Not", "Or", "Round",
    "lirpa:AtLeast", "lirpa:AtMost", "lirpa:Greatest", "lirpa:Least",
  ],
  "@lirpa/plugin-convolution": ["Conv", "ConvTranspose"],
  "@lirpa/plugin-linear": ["Add", "BatchNormalization", "Cast", "Div", "Dropout", "Gemm", "MatMul", "Mul", "Neg", "Sub", "Sum", "lirpa:Square"],
  "@lirpa/plugin-normalization": [
    "GroupNormalization", "InstanceNormalization", "LayerNormalization", "LogSoftmax", "RMSNormalization", "ReduceLogSumExp", "Softmax",
    "lirpa:InverseDeviation", "lirpa:Standardized",
  ],
  "@lirpa/plugin-pooling": ["AveragePool", "GlobalAveragePool", "GlobalMaxPool", "MaxPool", "Resize", "Upsample"],
  "@lirpa/plugin-reduction": [
    "ArgMax", "ArgMin", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum",
    "ReduceSumSquare",
  ],
  "@lirpa/plugin-shape": [
    "Concat", "Constant", "ConstantOfShape", "CumSum", "DepthToSpace", "Equal", "Expand", "Flatten", "Gather", "GatherElements", "Identity",
    "Pad", "Range", "Reshape", "Shape", "Size", "Slice", "SpaceToDepth", "Split", "Squeeze", "Tile", "Transpose", "Unsqueeze", "Where",
  ],
  "@lirpa/plugin-smooth": [
    "Atan", "Celu", "Cos", "Elu", "Erf", "Exp", "Gelu", "HardSwish", "Log", "Mish", "Pow", "Reciprocal", "Selu", "Sigmoid", "Sin", "Softplus",
    "Softsign", "Sqrt", "Tan", "Tanh",
  ],
};

/** Which standard package brings an operator or a perturbation, for the hint where it was left out. */
export const catalogue: Catalogue = Object.freeze(
  Object.fromEntries(Object.entries(PACKAGES).flatMap(([name, brings]) => brings.map((what) => [what, { package: name }]))),
);
