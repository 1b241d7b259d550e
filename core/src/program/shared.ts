import { LirpaError } from "../plugin/errors.js";
import type { CompiledProgram } from "../plugin/executor.js";
import type { HostTensor } from "../plugin/tensor.js";

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

  async run(inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>> {
    // Who entered may go on, though the program is to be disposed of.
    if (this.users === 0 && this.disposed !== undefined) throw new LirpaError("LIRPA_DISPOSED", "the program was disposed of");
    this.users++;
    try {
      return await this.program.run(inputs);
    } finally {
      this.leave();
    }
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
