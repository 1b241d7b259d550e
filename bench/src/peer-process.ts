import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Where the peer is: a checkout of auto_LiRPA, and a Python that has what it needs and onnx2torch. */
export interface PeerPlace {
  readonly checkout: string;
  readonly python: string;
}

/** The place, or why there is none. */
export function peerPlace(env: Readonly<Record<string, string | undefined>>): PeerPlace | string {
  const { LIRPA_PEER: checkout, LIRPA_PEER_PYTHON: python } = env;
  if (!checkout || !python)
    return "LIRPA_PEER (a checkout of auto_LiRPA) and LIRPA_PEER_PYTHON (its Python) are not both set";
  if (!existsSync(join(checkout, "auto_LiRPA"))) return `LIRPA_PEER: ${checkout} is no checkout of auto_LiRPA`;
  if (!existsSync(python)) return `LIRPA_PEER_PYTHON: there is no ${python}`;
  return { checkout, python };
}

interface Loaded {
  readonly seconds: { readonly import: number; readonly load: number };
  readonly versions: Readonly<Record<string, unknown>>;
}

/** A script of bench/peer in a process of its own that stays warm between requests. */
export class PeerProcess {
  private child: ChildProcessWithoutNullStreams | undefined;
  private replies: AsyncIterator<string> | undefined;
  private lines: Interface | undefined;
  private complaints = "";
  versions: Readonly<Record<string, unknown>> = {};

  constructor(
    private readonly place: PeerPlace,
    private readonly script: string,
    private readonly threads: number,
  ) {}

  /** Starts anew and hands over what is to be run. Seconds until the first run may start. */
  async load(what: object): Promise<number> {
    await this.close();
    this.start();
    const { seconds, versions } = await this.ask<Loaded>({ load: { ...what, threads: this.threads } });
    this.versions = versions;
    return seconds.import + seconds.load;
  }

  async ask<T>(request: object): Promise<T> {
    this.child!.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.replies!.next();
    if (done === true) throw new Error(`the peer's process ended: ${this.complaints.trim()}`);
    const reply = JSON.parse(value) as { error?: string };
    if (reply.error !== undefined) throw new Error(`the peer failed: ${reply.error}`);
    return reply as T;
  }

  async close(): Promise<void> {
    const { child } = this;
    if (child === undefined) return;
    this.child = undefined;
    const left = new Promise((done) => child.once("close", done));
    child.stdin.end();
    if (child.exitCode === null && child.signalCode === null) await left;
    this.lines?.close();
  }

  private start(): void {
    this.complaints = "";
    const threads = String(this.threads);
    const script = fileURLToPath(new URL(`../peer/${this.script}`, import.meta.url));
    const child = spawn(this.place.python, [script], {
      env: { ...process.env, PYTHONPATH: this.place.checkout, OMP_NUM_THREADS: threads, MKL_NUM_THREADS: threads },
    });
    child.stderr.on("data", (chunk: Buffer) => (this.complaints = (this.complaints + chunk.toString()).slice(-2000)));
    child.on("error", (error) => (this.complaints += error.message));
    // A write to a process that has ended: the missing reply tells.
    child.stdin.on("error", () => undefined);
    this.lines = createInterface({ input: child.stdout });
    this.replies = this.lines[Symbol.asyncIterator]();
    this.child = child;
  }
}
