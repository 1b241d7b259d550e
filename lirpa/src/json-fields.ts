/** Strings, each with the colon that makes it a field's name, and where objects and lists begin and end. */
const MARKS = /"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?|[{}[\]]/g;

/**
 * The first field that an object of a JSON text has twice, by its path (`inputs.perturbation.eps`); undefined where
 * none has. `JSON.parse` takes the last one and says nothing. The text must be JSON.
 */
export function fieldGivenTwice(text: string): string | undefined {
  /** The fields of each object that is open, the last one being read; undefined for a list. */
  const open: (Set<string> | undefined)[] = [];
  for (const [mark, name, colon] of text.matchAll(MARKS)) {
    if (mark === "{") open.push(new Set());
    else if (mark === "[") open.push(undefined);
    else if (mark === "}" || mark === "]") open.pop();
    else if (colon !== undefined) {
      const fields = open.at(-1)!;
      const field = JSON.parse(`"${name}"`) as string;
      if (fields.has(field))
        return [...open.slice(0, -1).flatMap((outer) => (outer === undefined ? [] : [lastOf(outer)])), field].join(".");
      fields.add(field);
    }
  }
  return undefined;
}

function lastOf(fields: ReadonlySet<string>): string {
  return [...fields].at(-1)!;
}
