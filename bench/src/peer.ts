import type { BenchCase } from "./cases.js";
import type { Contender, Runs } from "./contender.js";
import { PeerProcess, type PeerPlace } from "./peer-process.js";

/** Bounds by auto_LiRPA. */
export class Peer implements Contender {
  private readonly process: PeerProcess;

  constructor(place: PeerPlace, threads: number) {
    this.process = new PeerProcess(place, "bounds.py", threads);
  }

  get versions(): Readonly<Record<string, unknown>> {
    return this.process.versions;
  }

  load({ model, inputs, spec, instances }: BenchCase): Promise<number> {
    return this.process.load({ model, inputs, spec, instances });
  }

  run(method: string, times: number): Promise<Runs> {
    return this.process.ask<Runs>({ run: { method, times } });
  }

  close(): Promise<void> {
    return this.process.close();
  }
}
