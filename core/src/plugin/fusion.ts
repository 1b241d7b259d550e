import type { RawAttributes } from "./attributes.js";
import type { Operator } from "./operator.js";

/**
 * Part of a pattern: a name stands for a value, the same wherever the name is; a number for a constant of one element;
 * a node pattern for the node that gives a value.
 */
export type Pattern = string | number | NodePattern;

export interface NodePattern {
  readonly type: string;
  /** The ONNX domain; the default one where absent. Operators that others expand into count as these. */
  readonly domain?: string;
  readonly inputs: readonly Pattern[];
  /** True where the two inputs may stand the other way round. */
  readonly anyOrder?: boolean;
}

/**
 * Several nodes that are one operator: an exporter wrote a function as a formula, in which each step forgets that the
 * others see the same value. Bounds of the whole are better than bounds of its parts.
 */
export interface FusionDefinition {
  /** For messages and `lirpa coverage`. */
  readonly name: string;
  /** The formulas; the outermost node is the one that is replaced. */
  readonly patterns: readonly NodePattern[];
  /** What takes its place. It computes the same, up to rounding in float32. */
  readonly operator: Operator;
  readonly attributes?: RawAttributes;
  /** Which named values become its inputs. */
  readonly inputs: readonly string[];
}

export interface Fusion extends FusionDefinition {
  readonly $$type: "lirpa.fusion";
}

/** Freezes and brands a fusion; the registry checks it. */
export function defineFusion(fusion: FusionDefinition): Fusion {
  return Object.freeze({ ...fusion, $$type: "lirpa.fusion" });
}
