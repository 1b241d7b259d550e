import { boundsByBackward } from "../bounds/passes/backward.js";
import { rowBounds } from "../bounds/passes/intermediate.js";
import type { StagedRecipe } from "../bounds/recording/stages.js";
import { defineMethod, type Method } from "./method.js";
import { recorded } from "./recorded.js";

/** Linear relaxations carried backward to the sources, for the intermediate bounds as well. */
export const crownRecipe: StagedRecipe = Object.freeze({
  intermediate: rowBounds(boundsByBackward),
  rows: boundsByBackward,
});

/** CROWN (Zhang et al. 2018; on general graphs Xu et al. 2020). */
export const crown: Method = defineMethod({
  name: "crown",
  description: "linear relaxations carried backward, for all bounds",
  needs: "backward",
  ...recorded("crown", crownRecipe),
});
