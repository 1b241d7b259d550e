import { LirpaError } from "../plugin/errors.js";
import type { Carry, CompiledProgram, Feeds, Loop } from "../plugin/executor.js";
import type { HostTensor } from "../plugin/tensor.js";
import { loopOf } from "./loop.js";

/** A compiled program that several use: disposing of it waits for the last of them, and nobody may begin anew. */
export class SharedProgram implements CompiledProgram {
  readonly $$type = "lirpa.shared-program";
  readonly release?: () => Promise<void>;
  readonly serialize?: () => Uint8Array;
  private users = 0;
  private disposed: Promise<void> | undefined;
  private lastLeft: (() => void) | undefined;

  constructor(private readonly program: CompiledProgram) {
    if (program.release !== undefined) this.release = () => program.release!();
    if (program.serialize !== undefined) this.serialize = () => program.serialize!();
  }

  /** Begins to use the program; false where it is too late. Whoever begins says `leave` when done. */
  enter(): boolean {
    if (this.disposed !== undefined) return false;
    this.users++;
    return true;
  }

  leave(): void {
    this.users--;
    if (this.users === 0) this.lastLeft?.();
  }

  /** Uses the program until the loop is disposed of. */
  loop(feeds: Feeds, carry: Carry): Loop {
    this.begin();
    const loop = loopOf(this.program, feeds, carry);
    let disposed: Promise<void> | undefined;
    return {
      step: (more) => loop.step(more),
      read: (names) => loop.read(names),
      dispose: () => (disposed ??= loop.dispose().finally(() => this.leave())),
    };
  }

  async run(inputs: Feeds): Promise<Record<string, HostTensor>> {
    this.begin();
    try {
      return await this.program.run(inputs);
    } finally {
      this.leave();
    }
  }

  /** As `enter`; but who entered may go on, though the program is to be disposed of. */
  private begin(): void {
    if (this.users === 0 && this.disposed !== undefined) {
      throw new LirpaError("LIRPA_DISPOSED", "the program was disposed of");
    }
    this.users++;
  }

  dispose(): Promise<void> {
    this.disposed ??= new Promise<void>((resolve) => {
      if (this.users === 0) resolve();
      else this.lastLeft = resolve;
    }).then(() => this.program.dispose());
    return this.disposed;
  }
}

/** True also for programs that another copy of this package shares. */
export function isShared(program: CompiledProgram): program is SharedProgram {
  return (program as { readonly $$type?: unknown }).$$type === "lirpa.shared-program";
}
