/** More letters than this make another name. */
const MOST = 2;

/**
 * The candidates that are most like a name, for hints: those that differ only in case, or else in the fewest letters,
 * two at most (changed, missing, added, or swapped with their neighbour). Empty where none is like it.
 */
export function nearest(name: string, candidates: Iterable<string>): string[] {
  const known = [...new Set(candidates)];
  const away = (one: string): number => {
    if (Math.abs(one.length - name.length) > MOST) return Infinity;
    return one.toLowerCase() === name.toLowerCase() ? 0 : distance(one, name);
  };
  const distances = known.map(away);
  // A name of two or three letters is like every other one.
  const least = Math.min(Math.max(1, Math.min(MOST, name.length - 2)), ...distances);
  return known.filter((_, i) => distances[i] === least);
}

/** The number of letters to change, or of neighbours to swap, between two names (optimal string alignment). */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, i) => i)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? rows[i - 2]![j - 2]! + 1 : Infinity;
      row.push(Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, changed, swapped));
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
