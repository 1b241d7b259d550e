import type { BinaryName, UnaryName } from "@lirpa/core/recording";
import type { Tensor } from "@tensorflow/tfjs-core";
import { asFloats, attributesOf, broadcastable, TYPES, type Kernel, type Kernels, type Tf } from "../kernel.js";

/** Axes mean nothing to one operand: it is computed flat. */
function unary(operation: (tf: Tf, x: Tensor) => Tensor): Kernel {
  return (tf, _, [x]) => asFloats(tf, tf.reshape(x!, [x!.size]), (floats) => operation(tf, floats));
}

function binary(operation: (tf: Tf, a: Tensor, b: Tensor) => Tensor): Kernel {
  return (tf, _, inputs, to) => {
    const [a, b] = broadcastable(tf, inputs, to);
    return operation(tf, a!, b!);
  };
}

/** tfjs rounds integer quotients down; ONNX cuts off their fraction. */
function divided(tf: Tf, a: Tensor, b: Tensor): Tensor {
  if (a.dtype !== "int32") return tf.div(a, b);
  const size = tf.floorDiv(tf.abs(a), tf.abs(b));
  return tf.where(tf.equal(tf.less(a, 0), tf.less(b, 0)), size, tf.neg(size));
}

const bools = (operation: (tf: Tf, a: Tensor, b: Tensor) => Tensor): Kernel =>
  binary((tf, a, b) => {
    const numbers = (x: Tensor): Tensor => (x.dtype === "bool" ? tf.cast(x, "int32") : x);
    return operation(tf, numbers(a), numbers(b));
  });

type Operation = UnaryName | BinaryName | "cast" | "stopGradient" | "fact" | "where";

export const elementwise: Kernels<Operation> = {
  neg: unary((tf, x) => tf.neg(x)),
  abs: unary((tf, x) => tf.abs(x)),
  sign: unary((tf, x) => tf.sign(x)),
  relu: unary((tf, x) => tf.relu(x)),
  exp: unary((tf, x) => tf.exp(x)),
  log: unary((tf, x) => tf.log(x)),
  sqrt: unary((tf, x) => tf.sqrt(x)),
  reciprocal: unary((tf, x) => tf.div(1, x)),
  floor: unary((tf, x) => tf.floor(x)),
  ceil: unary((tf, x) => tf.ceil(x)),
  round: unary((tf, x) => tf.round(x)),
  sin: unary((tf, x) => tf.sin(x)),
  cos: unary((tf, x) => tf.cos(x)),
  atan: unary((tf, x) => tf.atan(x)),
  tanh: unary((tf, x) => tf.tanh(x)),
  sigmoid: unary((tf, x) => tf.sigmoid(x)),
  erf: unary((tf, x) => tf.erf(x)),
  not: (tf, _, [x]) => tf.logicalNot(tf.reshape(x!, [x!.size])),
  cast: (tf, node, [x]) => {
    const { to } = attributesOf<{ to: "float" | "int" | "bool" }>(node);
    const flat = tf.reshape(x!, [x!.size]);
    // Backends do not agree on whether 0.5 is true.
    return to === "bool" ? tf.notEqual(flat, tf.zerosLike(flat)) : tf.cast(flat, TYPES[to]);
  },
  stopGradient: (_, __, [x]) => x!,
  fact: (_, __, [x]) => x!,
  add: binary((tf, a, b) => tf.add(a, b)),
  sub: binary((tf, a, b) => tf.sub(a, b)),
  mul: binary((tf, a, b) => tf.mul(a, b)),
  div: binary(divided),
  pow: binary((tf, a, b) => tf.pow(a, b)),
  min: binary((tf, a, b) => tf.minimum(a, b)),
  max: binary((tf, a, b) => tf.maximum(a, b)),
  less: bools((tf, a, b) => tf.less(a, b)),
  lessEqual: bools((tf, a, b) => tf.lessEqual(a, b)),
  equal: bools((tf, a, b) => tf.equal(a, b)),
  and: binary((tf, a, b) => tf.logicalAnd(a, b)),
  or: binary((tf, a, b) => tf.logicalOr(a, b)),
  where: (tf, _, inputs, to) => {
    const [condition, a, b] = broadcastable(tf, inputs, to);
    return tf.where(condition!, a!, b!);
  },
};
