import type { onnx } from "onnx-proto";
import { modelError } from "./errors.js";
import { toNumber } from "./numbers.js";

const OLDEST = 8;
const NEWEST = 23;

/** ONNX's own domain has two names; within lirpa it has the empty one. */
export function canonicalDomain(domain: string): string {
  return domain === "ai.onnx" ? "" : domain;
}

/** The opset version of each domain that the model imports. */
export function readOpsets(model: onnx.ModelProto): ReadonlyMap<string, number> {
  const opsets = new Map<string, number>();
  for (const proto of model.opsetImport as onnx.OperatorSetIdProto[]) {
    const domain = canonicalDomain(proto.domain);
    const version = toNumber(proto.version);
    if ((opsets.get(domain) ?? version) !== version) {
      throw modelError(`the model imports the domain "${domain}" in the versions ${opsets.get(domain)} and ${version}`);
    }
    opsets.set(domain, version);
  }
  const version = opsets.get("");
  if (version !== undefined && !(version >= OLDEST && version <= NEWEST)) {
    throw modelError(`the model uses opset ${version}; opsets ${OLDEST} to ${NEWEST} are supported`, {
      hint: `Convert it with onnx.version_converter.convert_version(model, ${version < OLDEST ? 13 : NEWEST}).`,
      details: { opset: version },
    });
  }
  return opsets;
}
