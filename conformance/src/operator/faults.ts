import { isLirpaError } from "@lirpa/core";
import type { Operator } from "@lirpa/core/plugin";
import { repeated, unknownFields, type FieldsOf } from "../kit/strict.js";
import type { Settings } from "../settings.js";
import { isShape, isTensor, nameOf, type CaseInput, type OpenInput, type OperatorCase } from "./case.js";
import { OperatorSubject } from "./subject.js";

const CASE: FieldsOf<OperatorCase> = {
  name: true,
  inputs: true,
  attributes: true,
  opset: true,
  outputs: true,
  points: true,
  tuples: true,
  tolerance: true,
  singleTolerance: true,
  except: true,
};
const OPEN: FieldsOf<OpenInput> = { shape: true, center: true, radius: true, domain: true, defined: true };
const SAME: FieldsOf<{ same: number }> = { same: true };

/**
 * What is wrong with an operator's cases, whatever the operator is: cases that are repeated, fields that nobody reads.
 */
export function faultsOf(operator: Operator, cases: readonly OperatorCase[]): string[] {
  const name = (example: OperatorCase): string => nameOf(operator, example);
  // A case by another name is no other case.
  const same = repeated(cases, name, (example) => ({ ...example, name: undefined }));
  const strange = cases.flatMap((example) => [
    ...unknownFields(name(example), example, CASE),
    ...inputFaults(name(example), example),
  ]);
  return [...same, ...strange];
}

function inputFaults(name: string, { inputs }: OperatorCase): string[] {
  return inputs.flatMap((input, slot) => {
    if (input === undefined || isShape(input) || isTensor(input)) return [];
    const what = `${name}, input ${slot}`;
    return "same" in input ? unknownFields(what, input, SAME) : unknownFields(what, input, OPEN);
  });
}

/**
 * A case that perturbs a constant input of one of these, if there is one that can be bounded: laws about bounds were
 * then never asked of an operator that they are about.
 */
export function overlooked(operator: Operator, cases: readonly OperatorCase[], settings: Settings): string | undefined {
  for (const example of cases) {
    for (const [slot, input] of example.inputs.entries()) {
      if (input === undefined || !isTensor(input) || input.dtype !== "float") continue;
      const inputs = example.inputs.map((other, at): CaseInput => (at === slot ? input.shape : other));
      if (canBeBounded(operator, { ...example, inputs }, settings))
        return `${nameOf(operator, example)} with its input ${slot} perturbed`;
    }
  }
  return undefined;
}

function canBeBounded(operator: Operator, example: OperatorCase, settings: Settings): boolean {
  try {
    const subject = new OperatorSubject(operator, example, settings);
    for (const output of subject.bounded) subject.recording("crown", { output });
    return subject.bounded.length > 0;
  } catch (error) {
    if (isLirpaError(error)) return false;
    throw error;
  }
}
