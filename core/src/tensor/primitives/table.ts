import type { Primitive } from "../ir.js";
import { binaryPrimitives } from "./binary.js";
import { castPrimitive, stopGradientPrimitive, wherePrimitive } from "./choice.js";
import { dotPrimitive, matmulPrimitive } from "./contraction.js";
import { convPrimitive, convTransposePrimitive } from "./convolution.js";
import { factPrimitive } from "./fact.js";
import { rowsToShapePrimitive, shapeToRowsPrimitive, spreadPrimitive, sumHiddenPrimitive } from "./hidden.js";
import { gatherElementsPrimitive, gatherPrimitive } from "./indexing.js";
import { constantPrimitive, eyePrimitive, fullPrimitive, inputPrimitive } from "./leaves.js";
import type { PrimitiveName } from "./names.js";
import {
  argMaxPrimitive,
  argMinPrimitive,
  reduceMaxPrimitive,
  reduceMinPrimitive,
  sumPrimitive,
  topKIndicesPrimitive,
} from "./reduction.js";
import { pickByRowPrimitive, pickedEyePrimitive, placeRowsPrimitive, rowsWherePrimitive } from "./rows.js";
import { concatPrimitive, expandPrimitive, reshapePrimitive, transposePrimitive } from "./shape.js";
import { flipPrimitive, padPrimitive, slicePrimitive } from "./slicing.js";
import { unaryPrimitives } from "./unary.js";

/** All primitives, by their names. */
export const PRIMITIVES: Readonly<Record<PrimitiveName, Primitive>> = Object.freeze({
  constant: constantPrimitive,
  full: fullPrimitive,
  input: inputPrimitive,
  eye: eyePrimitive,
  ...unaryPrimitives,
  ...binaryPrimitives,
  where: wherePrimitive,
  cast: castPrimitive,
  stopGradient: stopGradientPrimitive,
  fact: factPrimitive,
  matmul: matmulPrimitive,
  dot: dotPrimitive,
  conv: convPrimitive,
  convTranspose: convTransposePrimitive,
  sum: sumPrimitive,
  reduceMax: reduceMaxPrimitive,
  reduceMin: reduceMinPrimitive,
  argMax: argMaxPrimitive,
  argMin: argMinPrimitive,
  topKIndices: topKIndicesPrimitive,
  reshape: reshapePrimitive,
  transpose: transposePrimitive,
  expand: expandPrimitive,
  concat: concatPrimitive,
  slice: slicePrimitive,
  flip: flipPrimitive,
  pad: padPrimitive,
  gather: gatherPrimitive,
  gatherElements: gatherElementsPrimitive,
  rowsToShape: rowsToShapePrimitive,
  shapeToRows: shapeToRowsPrimitive,
  sumHidden: sumHiddenPrimitive,
  spread: spreadPrimitive,
  rowsWhere: rowsWherePrimitive,
  pickByRow: pickByRowPrimitive,
  pickedEye: pickedEyePrimitive,
  placeRows: placeRowsPrimitive,
});
