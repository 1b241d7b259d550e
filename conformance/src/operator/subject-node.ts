import type { GraphNode } from "@lirpa/core";
import type { HostTensor, Operator } from "@lirpa/core/plugin";
import { KIT } from "../kit/plugin.js";
import { isShape, isTensor, type OperatorCase } from "./case.js";

/**
 * The operator of a case as a node with the outputs y0, y1, …, and the constants that it reads, by their slots. `open`
 * names its perturbed inputs, one after the other.
 */
export function subjectNode(
  operator: Operator,
  { inputs, outputs = 1, attributes = {} }: OperatorCase,
  open: (at: number) => string,
): { readonly node: GraphNode; readonly constants: Map<string, HostTensor> } {
  const constants = new Map<string, HostTensor>();
  const names: string[] = [];
  let next = 0;
  inputs.forEach((input, slot) => {
    if (input === undefined) names.push("");
    else if (isTensor(input)) {
      constants.set(`c${slot}`, input);
      names.push(`c${slot}`);
    } else if (!isShape(input) && "same" in input) names.push(names[input.same]!);
    else names.push(open(next++));
  });
  const results = Array.from({ length: outputs }, (_, i) => `y${i}`);
  const { type, domain = "" } = operator;
  return { node: { name: "subject", type, domain, inputs: names, outputs: results, attributes }, constants };
}

/** Of ONNX as the case says, of the operator's own domain as it is, and of the kit. */
export function opsetsOf({ domain = "", sinceVersion }: Operator, { opset = 17 }: OperatorCase): Map<string, number> {
  return new Map([["", opset], ...(domain === "" ? [] : [[domain, sinceVersion] as const]), [KIT, 1]]);
}
