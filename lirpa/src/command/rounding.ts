const DIGITS = 7;

/** A few digits of a bound that are still a bound: a lower one is never rounded up, an upper one never down. */
export function roundedOutward(value: number, side: "lower" | "upper"): string {
  const text = value.toPrecision(DIGITS);
  const sign = side === "lower" ? -1 : 1;
  if (!Number.isFinite(value) || (Number(text) - value) * sign >= 0) return text;
  const exponent = Number(value.toExponential(DIGITS - 1).split("e")[1]);
  return (Number(text) + sign * 10 ** (exponent - DIGITS + 1)).toPrecision(DIGITS);
}
