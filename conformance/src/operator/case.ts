import type { HostTensor, Operator, RawAttributes, Shape } from "@lirpa/core/plugin";
import type { OperatorLawName } from "./law-names.js";

/** An input that is perturbed. */
export interface OpenInput {
  readonly shape: Shape;
  /** Where the middles of boxes lie; [-2, 2] where absent. */
  readonly center?: readonly [number, number];
  /** The greatest radius; 2 where absent. */
  readonly radius?: number;
  /** What no box leaves: where the operator is defined and worth anything. [-1e4, 1e4] where absent. */
  readonly domain?: readonly [number, number];
  /** Where the rules hold, if that is more than `domain`: boxes far from zero lie there. */
  readonly defined?: readonly [number, number];
}

/**
 * A perturbed input (its shape is enough), a constant, the value of an earlier input again, or an input that is absent.
 */
export type CaseInput = Shape | OpenInput | HostTensor | { readonly same: number } | undefined;

/** One way to call an operator. */
export interface OperatorCase {
  /** For messages; its attributes and shapes where absent. */
  readonly name?: string;
  /** In ONNX's order. */
  readonly inputs: readonly CaseInput[];
  readonly attributes?: RawAttributes;
  /** 17 where absent. */
  readonly opset?: number;
  /** How many outputs the node has; 1 where absent. */
  readonly outputs?: number;
  /**
   * Where the function bends or jumps, has a pole or an end of its domain: boxes end and samples lie there often, and
   * `soundAtSpecialPoints` draws intervals that begin, end and straddle there, whatever the inputs' `domain` is. Zero
   * where absent.
   */
  readonly points?: readonly number[];
  /** The same for several inputs: one number for each that is perturbed; all pairs of `points` where absent. */
  readonly tuples?: readonly (readonly number[])[];
  /** What rounding in float64 may lose, relative to the values; 1e-9 where absent. */
  readonly tolerance?: number;
  /** The same for float32; 1e-4 where absent. */
  readonly singleTolerance?: number;
  /** Laws that this case need not obey, each with the reason. */
  readonly except?: Readonly<Partial<Record<OperatorLawName, string>>>;
}

export function isTensor(input: CaseInput): input is HostTensor {
  return typeof input === "object" && "data" in input;
}

export function isShape(input: CaseInput): input is Shape {
  return Array.isArray(input);
}

/** A case in a few words. */
export function nameOf(operator: Operator, { name, inputs, attributes = {}, opset }: OperatorCase): string {
  if (name !== undefined) return name;
  const list = (values: Shape): string => `[${values.join(", ")}]`;
  const shapes = inputs.map((input) => {
    if (input === undefined) return "–";
    if (isShape(input)) return list(input);
    if (isTensor(input))
      return input.data.length <= 4 ? `{${Array.from(input.data).join(", ")}}` : `constant ${list(input.shape)}`;
    return "same" in input ? `= ${input.same}` : list(input.shape);
  });
  const settings = Object.entries(attributes).map(
    ([key, value]) => `${key} ${typeof value === "object" && "data" in value ? "tensor" : JSON.stringify(value)}`,
  );
  return [
    `${operator.type}(${shapes.join(", ")})`,
    ...settings,
    ...(opset === undefined ? [] : [`opset ${opset}`]),
  ].join(", ");
}
