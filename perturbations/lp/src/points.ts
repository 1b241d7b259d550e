/** A point of the cube [−1, 1]^n: a corner, a point of a face or an inner point. */
export function spread(n: number, random: () => number): Float64Array {
  const ends = [1, 1, 0.7, 0.3, 0][Math.floor(random() * 5)]!;
  return Float64Array.from({ length: n }, () => (random() < ends ? sign(random) : 2 * random() - 1));
}

/**
 * A point of the unit ball of a finite p: often on its surface, with one coordinate, some or all of them, of equal or
 * of random size. Single coordinates are the vertices for p = 1; equal ones reach farthest out of a ball of large p.
 */
export function direction(n: number, p: number, random: () => number): Float64Array {
  const kind = random();
  const alone = Math.floor(random() * n);
  const density = kind < 0.6 ? random() : 1;
  const equal = random() < 0.5;
  const raw = Float64Array.from({ length: n }, (_, i) => {
    if (kind < 0.3 ? i !== alone : random() > density) return 0;
    return sign(random) * (equal ? 1 : -Math.log(1 - random()));
  });
  const greatest = raw.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (greatest === 0) return raw;
  const sum = raw.reduce((total, value) => total + (Math.abs(value) / greatest) ** p, 0);
  // The sum of n rounded powers is off by (n + a few) units in the last place at most.
  const reach = (random() < 0.75 ? 1 : random()) * (1 - (n + 16) * 2 ** -52);
  return raw.map((value) => (value / greatest / sum ** (1 / p)) * reach);
}

/** The distance from 1 to the next number, and the least number above 0. */
interface Precision {
  readonly unit: number;
  readonly least: number;
}

const SINGLE: Precision = { unit: 2 ** -23, least: 2 ** -149 };
const DOUBLE: Precision = { unit: 2 ** -52, least: 2 ** -1074 };

/** center + step, rounded so that it is at most as far from the center as the step says. */
export function stepped(center: number, step: number): number {
  const sum = center + step;
  const moved = sum - center;
  // What the addition lost: center + step = sum + lost, exactly (Knuth's two-sum).
  const lost = center - (sum - moved) + (step - moved);
  const away = Math.sign(step);
  return away * lost >= 0 ? sum : back(sum, away, center, DOUBLE);
}

/** The value in single precision, on the center's side of it. */
export function single(value: number, center: number): number {
  const rounded = Math.fround(value);
  const away = Math.sign(value - center);
  return away * (rounded - value) <= 0 ? rounded : Math.fround(back(rounded, away, center, SINGLE));
}

/** One to two units in the last place back, not beyond the center. */
function back(value: number, away: number, center: number, { unit, least }: Precision): number {
  const result = value - away * Math.max(Math.abs(value) * unit, least);
  return away > 0 ? Math.max(result, center) : Math.min(result, center);
}

function sign(random: () => number): number {
  return random() < 0.5 ? -1 : 1;
}
