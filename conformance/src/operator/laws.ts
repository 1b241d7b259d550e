import { everyMethodIsSound, instancesAreApart, runtimesAgree } from "./executor-laws.js";
import { soundInFloat32 } from "./float32-law.js";
import {
  containsSamples,
  exactAtPoints,
  finite,
  linearIsTight,
  linesAreWorthwhile,
  smallerIsNotLooser,
} from "./interval-laws.js";
import type { OperatorLaw } from "./law.js";
import {
  boundsPart,
  defaultIsOffered,
  freeChoicesAreSound,
  linesBracket,
  linesHoldAtPoints,
  namedLinesBracket,
  stableMeansExact,
  widerBoundsAreSound,
} from "./line-laws.js";
import { computesOnnx } from "./onnx-law.js";
import type { OperatorLawName } from "./law-names.js";
import { gradientsAgree, inputsUntouched, recordsTheSame, sameOnConstants } from "./purity-laws.js";
import { soundAtSpecialPoints } from "./special-law.js";
import { linesTouch, rangeIsTight } from "./tightness-laws.js";

/** Every law of operators. */
export const operatorLaws: Readonly<Record<OperatorLawName, OperatorLaw>> = Object.freeze({
  computesOnnx,
  inputsUntouched,
  recordsTheSame,
  sameOnConstants,
  gradientsAgree,
  containsSamples,
  smallerIsNotLooser,
  exactAtPoints,
  finite,
  linearIsTight,
  linesAreWorthwhile,
  rangeIsTight,
  linesTouch,
  linesBracket,
  linesHoldAtPoints,
  boundsPart,
  namedLinesBracket,
  freeChoicesAreSound,
  defaultIsOffered,
  widerBoundsAreSound,
  stableMeansExact,
  instancesAreApart,
  runtimesAgree,
  everyMethodIsSound,
  soundInFloat32,
  soundAtSpecialPoints,
});
