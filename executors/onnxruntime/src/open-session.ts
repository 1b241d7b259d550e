import { LirpaError } from "@lirpa/core";
import type { InferenceSession, Tensor } from "onnxruntime-node";

/**
 * Every session has a pool of threads of its own, as many as there are cores: ONNX Runtime for Node offers no common one.
 * So at most this many that have a pool are open at a time; the one that was not used for the longest time is closed, and
 * opened again by its next run.
 */
const MOST_OPEN = 24;

/** The open sessions of this process, the one that ran last at the end. Held weakly: who forgets a program has it closed. */
const open = new Set<WeakRef<OpenSession>>();

/**
 * A session's arena keeps what the largest run took until the session is gone. So memory is given back by closing it: the
 * next run opens another one.
 */
export class OpenSession {
  private running = 0;
  private disposed = false;
  private readonly waiting: (() => void)[] = [];
  private readonly self = new WeakRef(this);

  private constructor(
    private readonly create: () => Promise<InferenceSession>,
    private session: Promise<InferenceSession> | undefined,
    private readonly hasPool: boolean,
  ) {}

  static async by(create: () => Promise<InferenceSession>, threads?: number): Promise<OpenSession> {
    const session = create();
    await session;
    const own = new OpenSession(create, session, threads !== 1);
    own.makeRoom();
    return own;
  }

  async run(feeds: Readonly<Record<string, Tensor>>): Promise<InferenceSession.OnnxValueMapType> {
    if (this.disposed) throw new LirpaError("LIRPA_EXECUTOR", "the program was disposed of");
    this.running++;
    try {
      this.session ??= this.create().catch((error: unknown) => {
        this.session = undefined;
        throw error;
      });
      this.makeRoom();
      return await (await this.session).run(feeds);
    } finally {
      this.running--;
      if (this.running === 0) for (const go of this.waiting.splice(0)) go();
    }
  }

  /** Counts this one as used last, and closes what is too much. */
  private makeRoom(): void {
    if (!this.hasPool) return;
    open.delete(this.self);
    open.add(this.self);
    for (const reference of open) {
      if (open.size <= MOST_OPEN) break;
      const other = reference.deref();
      if (other === undefined) open.delete(reference);
      else if (other.running === 0 && other !== this) void other.close().catch(() => undefined);
    }
  }

  /** Waits for the runs that are under way, and closes the session: what it took is free until the next run. */
  async release(): Promise<void> {
    while (this.running > 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
    await this.close();
  }

  /** As `release`; no run may begin any more. */
  async dispose(): Promise<void> {
    this.disposed = true;
    await this.release();
  }

  private async close(): Promise<void> {
    const { session } = this;
    this.session = undefined;
    open.delete(this.self);
    await (await session)?.release();
  }
}
