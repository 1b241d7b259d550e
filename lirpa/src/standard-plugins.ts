import type { Plugin } from "@lirpa/core/plugin";
import lp from "@lirpa/perturbation-lp";
import activation from "@lirpa/plugin-activation";
import arithmetic from "@lirpa/plugin-arithmetic";
import convolution from "@lirpa/plugin-convolution";
import linear from "@lirpa/plugin-linear";
import normalization from "@lirpa/plugin-normalization";
import pooling from "@lirpa/plugin-pooling";
import reduction from "@lirpa/plugin-reduction";
import shape from "@lirpa/plugin-shape";
import smooth from "@lirpa/plugin-smooth";

/** The packs that come with lirpa. */
export const standardPlugins: readonly Plugin[] = Object.freeze([
  linear,
  convolution,
  pooling,
  activation,
  smooth,
  arithmetic,
  reduction,
  normalization,
  shape,
  lp,
]);
