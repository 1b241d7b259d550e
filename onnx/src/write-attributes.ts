import type { AttributeType, AttributeValue, HostTensor } from "@lirpa/core/plugin";
import type { GraphNode } from "@lirpa/core";
import onnxProto, { type onnx } from "onnx-proto";
import { graphError } from "./errors.js";
import { writeTensor } from "./write-tensor.js";

/** The attributes of a node, which `node` names in messages. */
export function writeAttributes(
  { name: node, attributes, attributeTypes = {} }: GraphNode,
  label: string,
): onnx.IAttributeProto[] {
  return Object.entries(attributes).map(([name, value]) => {
    const what = `the attribute "${name}" of ${label}`;
    // An object says something of names such as `constructor`, too.
    const type = (Object.hasOwn(attributeTypes, name) ? attributeTypes[name] : undefined) ?? typeOf(value);
    if (type === undefined) {
      throw graphError(`${what} may be an integer or a float: the graph says no type`, {
        hint: "Give the node attributeTypes, as readModel() does.",
        details: { node, attribute: name },
      });
    }
    const written = writeAttribute(type, value, what);
    if (written === undefined) {
      throw graphError(`${what} is no ${type}`, { details: { node, attribute: name } });
    }
    return { name, type: onnxProto.onnx.AttributeProto.AttributeType[kindOf(type)], ...written };
  });
}

/** The type that no other value of ONNX could have. */
function typeOf(value: AttributeValue): AttributeType | undefined {
  if (typeof value === "string") return "STRING";
  if (typeof value === "number") return Number.isInteger(value) ? undefined : "FLOAT";
  if (isTensor(value)) return "TENSOR";
  if (!Array.isArray(value) || value.length === 0) return undefined;
  if (value.every(isString)) return "STRINGS";
  return value.every(Number.isInteger) ? undefined : "FLOATS";
}

type Kind = "FLOAT" | "INT" | "STRING" | "FLOATS" | "INTS" | "STRINGS" | "TENSOR";

function kindOf(type: AttributeType): Kind {
  return type.startsWith("TENSOR") ? "TENSOR" : (type as Kind);
}

/** Undefined where the value is not of the type. */
function writeAttribute(type: AttributeType, value: AttributeValue, what: string): onnx.IAttributeProto | undefined {
  const all = (is: (part: unknown) => boolean): boolean => Array.isArray(value) && value.every(is);
  switch (kindOf(type)) {
    case "FLOAT":
      return isNumber(value) ? { f: value as number } : undefined;
    case "INT":
      return isInteger(value) ? { i: int64(value as number) } : undefined;
    case "STRING":
      return isString(value) ? { s: encoded(value) } : undefined;
    case "FLOATS":
      return all(isNumber) ? { floats: [...(value as readonly number[])] } : undefined;
    case "INTS":
      return all(isInteger) ? { ints: (value as readonly number[]).map(int64) } : undefined;
    case "STRINGS":
      return all(isString) ? { strings: (value as readonly string[]).map(encoded) } : undefined;
    case "TENSOR":
      return isTensor(value) ? { t: writeTensor("", value, type.split(" ")[1], what) } : undefined;
    default:
      return undefined;
  }
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" && !Number.isNaN(value);
}

/** As int64 reads: the greatest one is 2^63, rounded. */
function isInteger(value: unknown): boolean {
  return Number.isInteger(value) && Math.abs(value as number) <= 2 ** 63;
}

function isTensor(value: AttributeValue): value is HostTensor {
  return typeof value === "object" && value !== null && "data" in value && "dtype" in value;
}

/** protobufjs takes the halves of an int64 as well; 2^63 would wrap around to the least one. */
function int64(value: number): number {
  return value < 2 ** 63 ? value : ({ low: -1, high: 0x7fffffff, unsigned: false } as unknown as number);
}

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
