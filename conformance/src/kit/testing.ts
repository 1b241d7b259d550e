/** What the kit needs of a test runner. */
export interface Testing {
  readonly describe: (title: string, body: () => void) => void;
  readonly it: (title: string, body: () => void | Promise<void>) => void;
}

/** The runner's own functions, which mocha and its like make global. */
export function testing(): Testing {
  const { describe, it } = globalThis as Partial<Testing>;
  if (describe === undefined || it === undefined) throw new Error("describe and it are not there: run the laws within mocha, or a runner with the same globals");
  return { describe, it };
}
