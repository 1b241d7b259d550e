/** What the kit needs of a test runner. */
export interface Testing {
  readonly describe: (title: string, body: () => void) => void;
  readonly it: (title: string, body: (this: unknown) => void | Promise<void>) => void;
}

/** Milliseconds: some laws try thousands of intervals, by every method. */
const PATIENCE = 300_000;

/** The body of a test that may take longer than runners allow. */
export function patiently(body: () => void | Promise<void>): (this: unknown) => void | Promise<void> {
  return function (this: unknown) {
    (this as { timeout?(milliseconds: number): unknown } | undefined)?.timeout?.(PATIENCE);
    return body();
  };
}

/** The runner's own functions, which mocha and its like make global. */
export function testing(): Testing {
  const { describe, it } = globalThis as Partial<Testing>;
  if (describe === undefined || it === undefined)
    throw new Error("describe and it are not there: run the laws within mocha, or a runner with the same globals");
  return { describe, it };
}
