import { attributeError, defineOperator, unsupportedAttribute, type AttributeContext, type Operator, type RawAttributes, type RelaxRule } from "@lirpa/core/plugin";
import { choices, isStraight, saturate, saturationLines, type Choice, type Limits } from "./saturation.js";

/** Files write the largest float32 where they mean no limit. */
const UNLIMITED = 3.4e38;

/** min(max(x, min), max). The limits are attributes up to opset 10, inputs since opset 11, and either may be absent. */
export const clip: Operator = defineOperator({
  type: "Clip",
  sinceVersion: 6,
  kind: "elementwise",
  inputs: ["input", "min?", "max?"],
  attributes: (raw, context) => {
    const min = limit(raw, context, "min", 1);
    const max = limit(raw, context, "max", 2);
    const upper = max === undefined || max >= UNLIMITED ? undefined : max;
    const lower = min === undefined || min <= -UNLIMITED ? undefined : min;
    // A minimum above the maximum gives the maximum everywhere.
    return Object.freeze({ min: lower === undefined || upper === undefined ? lower : Math.min(lower, upper), max: upper });
  },
  forward: ({ t, attributes }, x) => saturate(t, x, attributes),
  monotone: "increasing",
  relax: lines(choices.standard),
  stable: ({ t, attributes }, interval) => isStraight(t, interval, attributes),
  relaxations: { "least-area": lines(choices.leastArea), "same-slope": lines(choices.sameSlope) },
});

function lines(choice: Choice): RelaxRule<Limits> {
  return ({ t, attributes }, interval) => saturationLines(t, interval, attributes, choice);
}

function limit(raw: RawAttributes, { node, opset, shapes, constants }: AttributeContext, name: "min" | "max", index: number): number | undefined {
  if (opset < 11) return checked(node, name, raw[name] === undefined ? undefined : Number(raw[name]));
  if (shapes[index] === undefined && constants[index] === undefined) return undefined;
  const constant = constants[index];
  if (constant === undefined) {
    throw unsupportedAttribute(`${node}: ${name} is computed from the model's inputs`, {
      hint: "Clip is supported with limits that are constants; use Max and Min otherwise.",
    });
  }
  if (constant.data.length !== 1) {
    throw attributeError(`${node}: ${name} has the shape [${constant.shape.join(", ")}]`, { hint: "The limits of Clip are scalars." });
  }
  return checked(node, name, constant.data[0]);
}

function checked(node: string, name: string, value: number | undefined): number | undefined {
  if (Number.isNaN(value)) throw attributeError(`${node}: ${name} is not a number`, { hint: "Leave a limit out where there is none." });
  return value;
}
