import { LirpaError } from "@lirpa/core";
import type { InferenceSession, Tensor } from "onnxruntime-common";

/**
 * The sessions of one runtime that are open and counted, the one that ran last at the end. Held weakly: who forgets a
 * program has it closed.
 */
export class OpenSessions {
  private readonly open = new Set<WeakRef<OpenSession>>();

  /** Counts a session as used last, and closes what is beyond the most that may be open. */
  use(session: OpenSession, most: number): void {
    this.forget(session);
    this.open.add(session.self);
    for (const reference of this.open) {
      if (this.open.size <= most) break;
      const other = reference.deref();
      if (other === undefined) this.open.delete(reference);
      else if (other !== session) other.closeIfIdle();
    }
  }

  forget(session: OpenSession): void {
    this.open.delete(session.self);
  }
}

/**
 * A session's arena keeps what the largest run took until the session is gone. So memory is given back by closing it:
 * the next run opens another one.
 */
export class OpenSession {
  private running = 0;
  private disposed = false;
  private readonly waiting: (() => void)[] = [];
  readonly self: WeakRef<OpenSession> = new WeakRef(this);

  private constructor(
    private readonly create: () => Promise<InferenceSession>,
    private session: Promise<InferenceSession> | undefined,
    private readonly siblings: OpenSessions,
    private readonly mostOpen: number | undefined,
  ) {}

  /** `mostOpen`: so many of its siblings may be open along with it; it is not counted where absent. */
  static async by(
    create: () => Promise<InferenceSession>,
    siblings: OpenSessions,
    mostOpen?: number,
  ): Promise<OpenSession> {
    const session = create();
    await session;
    const own = new OpenSession(create, session, siblings, mostOpen);
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

  private makeRoom(): void {
    if (this.mostOpen !== undefined) this.siblings.use(this, this.mostOpen);
  }

  closeIfIdle(): void {
    if (this.running === 0) void this.close().catch(() => undefined);
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
    this.siblings.forget(this);
    await (await session)?.release();
  }
}
