import { LirpaError } from "../plugin/errors.js";

/** What is under way, so that the end can wait for it. */
export class Lifecycle {
  private readonly pending = new Set<Promise<unknown>>();
  private ended: Promise<void> | undefined;

  /** Throws `LIRPA_DISPOSED` after the end. */
  demandAlive(): void {
    if (this.ended !== undefined) {
      throw new LirpaError("LIRPA_DISPOSED", "the model was disposed of with its instance of lirpa", {
        hint: "Make or load the model again after dispose().",
      });
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
