import type { Attribute, AttributeValue, RawAttributes } from "../plugin/attributes.js";
import { attributeError, unsupportedAttribute } from "../plugin/errors.js";
import { operatorKey, type AttributeContext, type Operator } from "../plugin/operator.js";
import { hintOf } from "../plugin/options.js";
import { constantInput } from "../plugin/reading.js";
import { slotsOf } from "./resolved.js";

/**
 * What an operator's rules get of a node: the attributes that it declares, read, and what it derives from them. Throws
 * `LIRPA_UNSUPPORTED_ATTRIBUTE` for a name or a value that no rule covers, `LIRPA_ATTRIBUTE` for a value that is none.
 */
export function readAttributes(operator: Operator, raw: RawAttributes, context: AttributeContext): unknown {
  const attributes = operator.attributes ?? {};
  const unknown = Object.keys(raw).find(
    (name) => !Object.hasOwn(attributes, name) || attributes[name]?.onlyInput === true,
  );
  if (unknown !== undefined) throw notDeclared(operator, unknown, context.node);
  const read = Object.entries(attributes).map(([name, attribute]) => [
    name,
    readOne(operator, name, attribute, raw, context),
  ]);
  const result: Readonly<Record<string, unknown>> = Object.freeze(Object.fromEntries(read));
  return operator.derive === undefined ? result : Object.freeze(operator.derive(result, context));
}

function readOne(
  operator: Operator,
  name: string,
  attribute: Attribute<unknown>,
  raw: RawAttributes,
  context: AttributeContext,
): unknown {
  const given = Object.hasOwn(raw, name) ? raw[name] : inputOf(operator, name, attribute, context);
  const { fallback, supported, wants } = attribute;
  const what = `${context.node}: ${named(name, attribute)}`;
  const details = { node: context.node, operator: operator.type, attribute: name };
  if (given === undefined) {
    if (fallback !== undefined) return fallback.value;
    throw attributeError(`${what} is missing`, { hint: `${operatorKey(operator)} needs it: ${wants}.`, details });
  }
  const value = attribute.parse(given);
  if (value === undefined)
    throw attributeError(`${what} is ${shown(given)}`, { hint: `It must be ${wants}.`, details });
  if (supported !== undefined && !supported.includes(value)) {
    const values = supported.map((one) => (typeof one === "boolean" ? Number(one) : String(one)));
    const hint = `Supported: ${values.join(", ")}.`;
    throw unsupportedAttribute(`${what} is ${shown(given)}, which is not supported`, { hint, details });
  }
  return value;
}

/** The constant that an input holds, where the attribute may come as one. */
function inputOf(
  operator: Operator,
  name: string,
  { input }: Attribute<unknown>,
  context: AttributeContext,
): AttributeValue | undefined {
  if (input === undefined) return undefined;
  const [slot] = slotsOf(operator, [input === true ? name : input], context.shapes.length);
  return slot === undefined ? undefined : constantInput(context, slot, input === true ? name : input);
}

function named(name: string, { input }: Attribute<unknown>): string {
  return input === undefined ? `the attribute '${name}'` : name;
}

function notDeclared(operator: Operator, name: string, node: string): Error {
  const declared = Object.entries(operator.attributes ?? {}).filter(([, { onlyInput }]) => onlyInput !== true);
  const known = declared.map(([other]) => other);
  return unsupportedAttribute(`${node}: ${operatorKey(operator)} has no attribute '${name}'`, {
    hint: known.length === 0 ? "It has none." : hintOf(name, known),
    details: { node, operator: operator.type, attribute: name, supported: known },
  });
}

function shown(value: AttributeValue): string {
  if (typeof value === "string") return `'${value.slice(0, 40)}'`;
  if (typeof value === "number") return String(value);
  return "data" in value ? `a tensor of shape [${value.shape.join(", ")}]` : `[${value.slice(0, 8).join(", ")}]`;
}
