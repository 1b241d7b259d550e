import { LirpaError } from "../plugin/errors.js";
import { nearest } from "../plugin/nearest.js";
import { operatorKey, type Operator } from "../plugin/operator.js";
import type { PluginRegistry } from "../registry/plugin-registry.js";

/** The lines that an operator of its own accord chooses. */
export const DEFAULT_LINES = "adaptive";

/** Which lines a query wants, by the operator's key. */
export type Relaxation = ReadonlyMap<string, string>;

/** The names of the lines that an operator offers; undefined where there is nothing to choose. */
export function linesOf(operator: Operator): readonly string[] | undefined {
  if (operator.kind === "elementwise") return [DEFAULT_LINES, ...Object.keys(operator.relaxations ?? {})];
  return operator.kind === "bilinear" ? [DEFAULT_LINES, "middle"] : undefined;
}

/** The lines that a query wants of an operator, or those that the caller takes by default. */
export function wantedLines(relaxation: Relaxation, operator: Operator, own: string = DEFAULT_LINES): string {
  const wanted = relaxation.get(operatorKey(operator)) ?? own;
  if (linesOf(operator)?.includes(wanted) !== true) throw notOffered(operatorKey(operator), wanted, [operator]);
  return wanted;
}

/**
 * Reads the option `relaxation`. Operators may be any that plugins provide, in the model or not. Throws `LIRPA_OPTION` for
 * an unknown operator, one without lines to choose from, and lines that no version of it offers.
 */
export function readRelaxation(option: Readonly<Record<string, string>>, registry: PluginRegistry): Relaxation {
  if (typeof option !== "object" || option === null || Array.isArray(option)) throw wrong("relaxation is no object", "Give names of lines by operator type.");
  for (const [key, wanted] of Object.entries(option)) {
    const versions = registry.versions(key);
    if (versions.length === 0) throw unknownOperator(key, registry.operatorKeys());
    if (!versions.some((operator) => linesOf(operator)?.includes(wanted))) throw notOffered(key, wanted, versions);
  }
  return new Map(Object.entries(option));
}

function unknownOperator(key: string, known: readonly string[]): LirpaError {
  const elsewhere = known.filter((other) => other.endsWith(`:${key}`));
  const near = elsewhere.length > 0 ? elsewhere : nearest(key, known);
  const hint = near.length > 0 ? `Did you mean ${near.join(" or ")}?` : "Use operator types, or domain:Type outside ONNX's own domain.";
  return wrong(`relaxation names the operator ${JSON.stringify(key)}, which no plugin provides`, hint);
}

function notOffered(key: string, wanted: unknown, versions: readonly Operator[]): LirpaError {
  const offered = [...new Set(versions.flatMap((operator) => linesOf(operator) ?? []))];
  if (offered.length === 0) {
    const made = versions.some(({ kind }) => kind === "composite") ? ": it is made of other operators, which may" : "";
    return wrong(`${key} has no relaxation to choose${made}`, `Leave ${key} out of relaxation.`);
  }
  const near = typeof wanted === "string" ? nearest(wanted, offered) : [];
  const meant = near.length > 0 ? `Did you mean ${near.join(" or ")}? ` : "";
  return wrong(`${key} has no relaxation called ${typeof wanted === "string" ? wanted : JSON.stringify(wanted)}`, `${meant}It offers ${offered.join(", ")}.`);
}

function wrong(message: string, hint: string): LirpaError {
  return new LirpaError("LIRPA_OPTION", message, { hint, details: { option: "relaxation" } });
}
