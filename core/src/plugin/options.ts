import { LirpaError } from "./errors.js";
import { nearest } from "./nearest.js";

/**
 * Refuses what nobody reads: an option that is misspelt would silently be none. `what` names the call, as in
 * `createLirpa`. Throws `LIRPA_OPTION` with the nearest names.
 */
export function checkOptions(options: unknown, known: readonly string[], what: string): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new LirpaError("LIRPA_OPTION", `the options of ${what} are no object`, {
      hint: `They are ${known.join(", ")}.`,
    });
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new LirpaError("LIRPA_OPTION", `${what} has no option ${JSON.stringify(unknown)}`, {
    hint: hintOf(unknown, known),
    details: { option: unknown },
  });
}

/** What somebody may have meant who wrote a name that is none. */
export function hintOf(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return near.length > 0 ? `Did you mean ${near.join(" or ")}?` : `There are ${known.join(", ")}.`;
}
