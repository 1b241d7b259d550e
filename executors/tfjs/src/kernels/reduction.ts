import type { Tensor } from "@tensorflow/tfjs-core";
import { around, attributesOf, permuted, type Kernel, type Kernels, type Tf } from "../kernel.js";

/** Neighbouring axes that are all reduced, or all kept, are one. */
function reduced(operation: Reduction): Kernel {
  return (tf, node, [x]) => {
    const { axes } = attributesOf<{ axes: readonly number[] }>(node);
    return over(
      tf,
      x!,
      axes.map((axis) => axis + 2),
      operation,
    );
  };
}

type Reduction = (tf: Tf, x: Tensor, axes: number[]) => Tensor;

function over(tf: Tf, x: Tensor, axes: readonly number[], operation: Reduction): Tensor {
  const sizes: number[] = [];
  const which: boolean[] = [];
  x.shape.forEach((size, axis) => {
    const isReduced = axes.includes(axis);
    if (which.length > 0 && which[which.length - 1] === isReduced) sizes[sizes.length - 1]! *= size;
    else {
      sizes.push(size);
      which.push(isReduced);
    }
  });
  let result = tf.reshape(x, sizes);
  // From behind, so that axes keep their numbers; one at a time, so that any number of them can alternate.
  for (let axis = sizes.length - 1; axis >= 0; axis--) {
    if (!which[axis]) continue;
    const flat = tf.reshape(result, around(result.shape, axis));
    result = tf.reshape(operation(tf, flat, [1]), [...result.shape.slice(0, axis), ...result.shape.slice(axis + 1)]);
  }
  return result;
}

function arg(operation: (tf: Tf, x: Tensor) => Tensor): Kernel {
  return (tf, node, [x]) => {
    const { axis } = attributesOf<{ axis: number }>(node);
    return operation(tf, tf.reshape(x!, around(x!.shape, axis + 2)));
  };
}

const topKIndices: Kernel = (tf, node, [x], to) => {
  const { k, axis } = attributesOf<{ k: number; axis: number }>(node);
  if (k === 0) return tf.zeros([...to], "int32");
  const [outer, size, inner] = around(x!.shape, axis + 2);
  const floats = tf.reshape(tf.cast(x!, "float32"), [outer, size, inner]);
  const behind = tf.reshape(permuted(tf, floats, [0, 2, 1]), [outer * inner, size]);
  const { indices } = tf.topk(behind, k, true);
  return permuted(tf, tf.reshape(indices, [outer, inner, k]), [0, 2, 1]);
};

export const reduction: Kernels<"sum" | "reduceMax" | "reduceMin" | "argMax" | "argMin" | "topKIndices" | "sumHidden"> =
  {
    sum: reduced((tf, x, axes) => tf.sum(x, axes)),
    reduceMax: reduced((tf, x, axes) => tf.max(x, axes)),
    reduceMin: reduced((tf, x, axes) => tf.min(x, axes)),
    argMax: arg((tf, x) => tf.argMax(x, 1)),
    argMin: arg((tf, x) => tf.argMin(x, 1)),
    topKIndices,
    sumHidden: (tf, node, [x]) => {
      const { instances, rows } = attributesOf<{ instances: boolean; rows: boolean }>(node);
      return over(tf, x!, [...(instances ? [0] : []), ...(rows ? [1] : [])], (lib, value, axes) =>
        lib.sum(value, axes),
      );
    },
  };
