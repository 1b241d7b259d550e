import { LirpaError } from "./plugin/errors.js";

/** What is under way, so that the end can wait for it. */
export class Lifecycle {
  private readonly pending = new Set<Promise<unknown>>();
  private ended: Promise<void> | undefined;

  /** Throws `LIRPA_DISPOSED` after the end. */
  demandAlive(): void {
    if (this.ended !== undefined) {
      throw new LirpaError("LIRPA_DISPOSED", "this instance of lirpa was disposed of", { hint: "Make another one by createLirpa()." });
    }
  }

  /** Does some work, for which the end waits. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.demandAlive();
    const result = work();
    this.pending.add(result);
    try {
      return await result;
    } finally {
      this.pending.delete(result);
    }
  }

  /** Nothing begins any more; what is under way ends; then all is given back, once. */
  end(giveBack: () => Promise<void>): Promise<void> {
    this.ended ??= Promise.allSettled(this.pending).then(giveBack);
    return this.ended;
  }
}
