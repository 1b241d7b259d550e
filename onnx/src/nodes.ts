import type { GraphNode } from "@lirpa/core";
import type { onnx } from "onnx-proto";
import { readAttributes } from "./attributes.js";
import { modelError, nodeLabel } from "./errors.js";
import type { ExternalFiles } from "./external-data.js";
import { canonicalDomain } from "./opsets.js";

/** The nodes in the order of the file. */
export function readNodes(
  graph: onnx.GraphProto,
  opsets: ReadonlyMap<string, number>,
  files: ExternalFiles,
): readonly GraphNode[] {
  const protos = graph.node as onnx.NodeProto[];
  const names = uniqueNames(protos);
  return protos.map((proto, i) => {
    const name = names[i]!;
    const domain = canonicalDomain(proto.domain);
    const label = nodeLabel(name, proto.opType);
    if (proto.opType === "") throw modelError(`node "${name}" has no operator type`);
    if (!opsets.has(domain))
      throw modelError(`${label} is of the domain "${domain || "ai.onnx"}", of which the model imports no version`);
    return {
      name,
      type: proto.opType,
      domain,
      inputs: proto.input,
      outputs: proto.output,
      ...readAttributes(proto.attribute as onnx.AttributeProto[], label, files),
    };
  });
}

/** The file's names; where one is missing or was taken before, operator type and position make one up. */
function uniqueNames(protos: readonly onnx.NodeProto[]): readonly string[] {
  const given = new Set(protos.map(({ name }) => name));
  const used = new Set<string>();
  return protos.map((proto, i) => {
    let name = proto.name;
    if (name === "" || used.has(name)) {
      name = `${proto.opType}_${i}`;
      while (given.has(name) || used.has(name)) name += "_";
    }
    used.add(name);
    return name;
  });
}
