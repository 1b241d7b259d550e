import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { loadCase, sharedFolder } from "./cases.js";
import { commitOf, load, machine } from "./machine.js";
import { readOptions, usage, UsageError, type Options } from "./options.js";
import { Ours } from "./ours.js";
import { Peer } from "./peer.js";
import { peerPlace, type PeerPlace } from "./peer-process.js";
import type { Patience } from "./quiet.js";
import { race } from "./race.js";
import { markdown, type Report } from "./report.js";
import { aligned, boundCells, boundLegend, stepCells, stepLegend, type Row, type StepRow } from "./table.js";
import { targetOf, type Blocks } from "./targets.js";
import { trainCase, trainNames } from "./train/cases.js";
import { initialParameters } from "./train/network.js";
import { OurTrainer } from "./train/ours.js";
import { PeerTrainer } from "./train/peer.js";
import { raceSteps } from "./train/race.js";

const WRONG_USAGE = 64;

async function main(args: readonly string[]): Promise<number> {
  let options: Options | "help";
  try {
    options = readOptions(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n${usage}`);
    return WRONG_USAGE;
  }
  if (options === "help") {
    console.log(usage);
    return 0;
  }
  const shared = sharedFolder();
  if (shared === undefined && options.cases.some((name) => !trainNames.includes(name))) {
    console.error("The golden cases are not here: set LIRPA_SHARED to the folder that has goldens/.");
    return 1;
  }
  return new Bench(options, shared ?? "", peerPlace(process.env)).run();
}

/** One run of the bench over all its cases. */
class Bench {
  private readonly rows: Row[] = [];
  private readonly steps: StepRow[] = [];
  private readonly failures: string[] = [];
  private readonly patience: Patience;
  private readonly setup: Record<string, { ours: number; peer?: number }> = {};
  private versions: Readonly<Record<string, unknown>> = {};

  constructor(
    private readonly options: Options,
    private readonly shared: string,
    private readonly place: PeerPlace | string,
  ) {
    this.patience = { milliseconds: 1000 * options.wait, blocks: 0, busy: 0 };
  }

  async run(): Promise<number> {
    const about = machine();
    const before = load();
    const { runs, block, warmups, threads, seed, cases } = this.options;
    const software = `Node ${about.node}, ONNX Runtime ${about.onnxruntime}, ${threads} threads each`;
    console.log(`${about.cpu}, ${about.cores} cores, ${software}, load ${before.toFixed(1)} before.`);
    if (typeof this.place === "string") console.log(`Only lirpa is timed, not the peer: ${this.place}.`);
    for (const name of cases) await (trainNames.includes(name) ? this.train(name) : this.bounds(name));
    if (this.rows.length > 0) console.log(`\n${aligned(boundCells(this.rows))}\n\n${boundLegend}`);
    if (this.steps.length > 0) console.log(`\n${aligned(stepCells(this.steps))}\n\n${stepLegend}`);
    await this.write({
      date: new Date().toISOString(),
      machine: { ...about, load: { before, after: load() }, busyBlocks: this.patience.busy },
      peer:
        typeof this.place === "string"
          ? { absent: this.place }
          : { commit: commitOf(this.place.checkout), versions: this.versions },
      options: { runs, block, warmups, threads, seed },
      setupSeconds: this.setup,
      results: this.rows,
      steps: this.steps,
      failures: this.failures,
    });
    return this.failures.length > 0 || this.rows.some(({ ours: { unsound } }) => unsound) ? 1 : 0;
  }

  private async bounds(name: string): Promise<void> {
    const { methods, threads, seed } = this.options;
    const ours = new Ours(threads);
    const peer = typeof this.place === "string" ? undefined : new Peer(this.place, threads);
    try {
      const benchCase = await loadCase(name, this.shared, seed);
      this.setup[name] = {
        ours: await ours.load(benchCase),
        ...(peer !== undefined && { peer: await peer.load(benchCase) }),
      };
      this.versions = peer?.versions ?? {};
      for (const method of methods) {
        await this.attempt(`${name} ${method}`, async () => {
          const result = await this.counted(() =>
            race(ours, peer, benchCase, method, { ...this.options, patience: this.patience }),
          );
          const target = targetOf(name, method);
          const short = target !== undefined && result.ratio !== undefined && result.ratio < target;
          this.rows.push({
            case: name,
            instances: benchCase.instances,
            method,
            ...result,
            ...(short && { profile: await ours.profile(method, this.options.block) }),
          });
        });
      }
    } finally {
      await ours.close();
      await peer?.close();
    }
  }

  private async train(name: string): Promise<void> {
    const { threads, seed } = this.options;
    const ours = new OurTrainer(threads);
    const peer = typeof this.place === "string" ? undefined : new PeerTrainer(this.place, threads);
    try {
      const given = trainCase(name, seed);
      const initial = initialParameters(given.architecture, seed);
      this.setup[name] = {
        ours: await ours.load(given, initial),
        ...(peer !== undefined && { peer: await peer.load(given, initial) }),
      };
      this.versions = peer?.versions ?? {};
      await this.attempt(name, async () => {
        const result = await this.counted(() => raceSteps(ours, peer, { ...this.options, patience: this.patience }));
        this.steps.push({ case: name, batch: given.data.labels.length, ...result });
      });
    } finally {
      await ours.close();
      await peer?.close();
    }
  }

  /** A race's result with its blocks, and how many of them began on busy cores. */
  private async counted<R>(race: () => Promise<R>): Promise<R & Blocks> {
    const before = { ...this.patience };
    const result = await race();
    return { ...result, blocks: this.patience.blocks - before.blocks, busy: this.patience.busy - before.busy };
  }

  /** A case that fails does not end the others. */
  private async attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      console.error(`${what} done`);
    } catch (error) {
      this.failures.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      console.error(this.failures.at(-1));
    }
  }

  private async write(report: Report): Promise<void> {
    const file = this.options.json ?? resultFile();
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${JSON.stringify(report, null, 1)}\n`);
    if (this.options.markdown !== undefined) await writeFile(this.options.markdown, markdown(report));
    const load = report.machine.load.after.toFixed(1);
    console.log(`Load ${load} after; ${this.patience.busy} blocks began while others kept the cores busy.`);
    console.log(`Written to ${file}.`);
  }
}

function resultFile(): string {
  const date = new Date().toISOString().slice(0, 19).replaceAll(":", "");
  return fileURLToPath(new URL(`../results/${date}.json`, import.meta.url));
}

process.exitCode = await main(process.argv.slice(2));
