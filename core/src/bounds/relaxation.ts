import { LirpaError } from "../plugin/errors.js";
import { nearest } from "../plugin/nearest.js";
import { operatorKey, type NamedLines, type Operator } from "../plugin/operator.js";
import type { PluginRegistry } from "../registry/plugin-registry.js";
import { PRODUCT_LINES } from "./kinds/product-lines.js";

/** Which lines a query wants, by the operator's key. */
export type Relaxation = ReadonlyMap<string, string>;

/** The lines that an operator offers by name; undefined where there is nothing to choose. */
export function linesOf(operator: Operator): NamedLines<unknown> | undefined {
  if (operator.kind === "elementwise") return typeof operator.relax === "function" ? undefined : operator.relax;
  return operator.kind === "bilinear" ? PRODUCT_LINES : undefined;
}

/** Of some lines those that a query wants of an operator, or else those that it takes by default in such a pass. */
export function chosenLines<R>(
  relaxation: Relaxation,
  operator: Operator,
  offer: NamedLines<R>,
  pass: "backward" | "forward",
): R {
  const own = pass === "forward" ? (offer.forward ?? offer.default) : offer.default;
  const wanted = relaxation.get(operatorKey(operator)) ?? own;
  const lines = Object.hasOwn(offer.lines, wanted) ? offer.lines[wanted] : undefined;
  if (lines === undefined) throw notOffered(operatorKey(operator), wanted, [operator]);
  return lines;
}

/**
 * Reads the option `relaxation`. Operators may be any that plugins provide, in the model or not. Throws `LIRPA_OPTION`
 * for an unknown operator, one without lines to choose from, and lines that no version of it offers.
 */
export function readRelaxation(option: Readonly<Record<string, string>>, registry: PluginRegistry): Relaxation {
  if (typeof option !== "object" || option === null || Array.isArray(option)) {
    throw wrong("relaxation is no object", "Give names of lines by operator type.");
  }
  for (const [key, wanted] of Object.entries(option)) {
    const versions = registry.versions(key);
    if (versions.length === 0) throw unknownOperator(key, registry.operatorKeys());
    if (!namesOf(versions).includes(wanted)) throw notOffered(key, wanted, versions);
  }
  return new Map(Object.entries(option));
}

/** The names of all lines that an operator's versions offer. */
function namesOf(versions: readonly Operator[]): string[] {
  return [...new Set(versions.flatMap((operator) => Object.keys(linesOf(operator)?.lines ?? {})))];
}

function unknownOperator(key: string, known: readonly string[]): LirpaError {
  const elsewhere = known.filter((other) => other.endsWith(`:${key}`));
  const near = elsewhere.length > 0 ? elsewhere : nearest(key, known);
  const hint =
    near.length > 0
      ? `Did you mean ${near.join(" or ")}?`
      : "Use operator types, or domain:Type outside ONNX's own domain.";
  return wrong(`relaxation names the operator ${JSON.stringify(key)}, which no plugin provides`, hint);
}

function notOffered(key: string, wanted: unknown, versions: readonly Operator[]): LirpaError {
  const offered = namesOf(versions);
  if (offered.length === 0) {
    const made = versions.some(({ kind }) => kind === "composite") ? ": it is made of other operators, which may" : "";
    return wrong(`${key} has no relaxation to choose${made}`, `Leave ${key} out of relaxation.`);
  }
  const near = typeof wanted === "string" ? nearest(wanted, offered) : [];
  const meant = near.length > 0 ? `Did you mean ${near.join(" or ")}? ` : "";
  const said = typeof wanted === "string" ? wanted : JSON.stringify(wanted);
  return wrong(`${key} has no relaxation called ${said}`, `${meant}It offers ${offered.join(", ")}.`);
}

function wrong(message: string, hint: string): LirpaError {
  return new LirpaError("LIRPA_OPTION", message, { hint, details: { option: "relaxation" } });
}
