import type { Plugin } from "@lirpa/core/plugin";

/** Options of `best-of-two`. */
export interface BestOfTwoOptions {
  /** Whether forward bounds are asked as well; true where absent. */
  readonly forward?: boolean;
}

declare module "@lirpa/core" {
  interface MethodOptions {
    readonly "best-of-two": BestOfTwoOptions;
  }
}

declare const plugin: Plugin;
export default plugin;
