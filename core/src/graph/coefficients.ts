import { attributeError } from "../plugin/errors.js";
import type { HostTensor } from "../plugin/tensor.js";
import { perturbableSlots } from "./perturbable.js";
import { slotName, slotsOf, type ResolvedNode, type Value } from "./resolved.js";

/**
 * Refuses constants that are no number where an operator multiplies by them: an infinite weight has no bounds, and
 * times zero it is no number. Infinite terms of a sum (masks) and limits (of Clip) are numbers like others. Throws
 * `LIRPA_ATTRIBUTE` that names the node and the element.
 */
export function checkCoefficients(
  { name, type, operator }: Pick<ResolvedNode, "name" | "type" | "operator">,
  inputs: readonly (Value | undefined)[],
): void {
  // Constants alone give what they give.
  if (inputs.every((input) => input === undefined || input.constant !== undefined)) return;
  for (const slot of coefficientSlots({ operator, inputs })) {
    const constant = inputs[slot]?.constant;
    const at = constant?.dtype === "float" ? firstNotFinite(constant) : -1;
    if (at < 0) continue;
    throw attributeError(
      `node ${name}: the input ${slotName(operator, slot)} of ${type} holds ${constant!.data[at]} (element ${at})`,
      {
        hint: "What is multiplied by an infinite number has no bounds; replace it by a large finite number.",
        details: { node: name, operator: type, index: at },
      },
    );
  }
}

function coefficientSlots({ operator, inputs }: Pick<ResolvedNode, "operator" | "inputs">): number[] {
  if (operator.kind === "bilinear") return slotsOf(operator, operator.factors, inputs.length);
  if (operator.kind !== "linear") return [];
  const data = perturbableSlots({ operator, inputs });
  return inputs.flatMap((_, slot) => (data.includes(slot) ? [] : [slot]));
}

/** A value less itself is NaN exactly where it is not finite: one sum tells, without a branch per element. */
function firstNotFinite({ data }: HostTensor): number {
  let probe = 0;
  for (let i = 0; i < data.length; i++) probe += data[i]! - data[i]!;
  return probe === 0 ? -1 : data.findIndex((value) => !Number.isFinite(value));
}
