import { LirpaError } from "../plugin/errors.js";
import type { Port, PortRole } from "../plugin/program.js";

/** The name of the input that has a role. Throws `LIRPA_OPTION` where none has it. */
export function portName(inputs: readonly Port[], role: PortRole): string {
  const wanted = Object.entries(role);
  const port = inputs.find((input) => {
    const own: Fields = input.role;
    return wanted.every(([field, value]) => own[field] === value);
  });
  if (port !== undefined) return port.name;
  throw new LirpaError("LIRPA_OPTION", `no input of the program has the role ${JSON.stringify(role)}`, {
    hint: `Its inputs are ${inputs.map(({ name }) => name).join(", ")}.`,
  });
}

// What a file says of a program's ports, checked: anybody may have written it.

type Fields = Readonly<Record<string, unknown>>;

/** True for the port of an output. */
export function isPort(value: unknown): value is Omit<Port, "role"> {
  if (!isRecord(value)) return false;
  const { name, shape, dtype, instances, rows } = value;
  return (
    typeof name === "string" &&
    Array.isArray(shape) &&
    shape.every((size) => Number.isInteger(size) && size >= 0) &&
    ["float", "int", "bool"].includes(dtype as string) &&
    typeof instances === "boolean" &&
    typeof rows === "boolean"
  );
}

/** True for the port of an input. */
export function isPortWithRole(value: unknown): value is Port {
  return isPort(value) && isRole((value as { readonly role?: unknown }).role);
}

const isText = (value: unknown): boolean => typeof value === "string";

const isSide = (value: unknown): boolean => value === "lower" || value === "upper";

/** What a role says besides what it is. */
const FIELDS: Readonly<Record<PortRole["is"], Readonly<Record<string, typeof isText>>>> = {
  center: { of: isText },
  fixed: { of: isText },
  set: { of: isText, field: isText },
  given: { of: isText, side: isSide },
  constraint: { of: isText, side: isSide },
  rows: {},
  carried: { from: isText },
  cotangent: { of: isText },
  placeholder: {},
  own: {},
};

function isRole(value: unknown): value is PortRole {
  if (!isRecord(value) || typeof value["is"] !== "string" || !Object.hasOwn(FIELDS, value["is"])) return false;
  const fields = FIELDS[value["is"] as PortRole["is"]];
  return Object.entries(fields).every(([name, holds]) => holds(value[name]));
}

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}
