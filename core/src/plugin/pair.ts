/** Which of two bounds. */
export type Side = "lower" | "upper";

/** What belongs to a lower bound and to an upper one: the bounds themselves, or the coefficients of each. */
export interface Pair<T> {
  readonly lower: T;
  readonly upper: T;
}
