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
import { legend, table, type Row } from "./table.js";

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
  if (shared === undefined) {
    console.error("The golden cases are not here: set LIRPA_SHARED to the folder that has goldens/.");
    return 1;
  }
  return bench(options, shared, peerPlace(process.env));
}

async function bench(options: Options, shared: string, place: PeerPlace | string): Promise<number> {
  const about = machine();
  const loadBefore = load();
  console.log(`${about.cpu}, ${about.cores} cores, Node ${about.node}, ONNX Runtime ${about.onnxruntime}, ${options.threads} threads each, load ${loadBefore.toFixed(1)} before.`);
  if (typeof place === "string") console.log(`Only lirpa is timed, not the peer: ${place}.`);
  const ours = new Ours(options.threads);
  const peer = typeof place === "string" ? undefined : new Peer(place, options.threads);
  const rows: Row[] = [];
  const failures: string[] = [];
  const patience: Patience = { milliseconds: 1000 * options.wait, busy: 0 };
  const setup: Record<string, { ours: number; peer?: number }> = {};
  try {
    for (const name of options.cases) {
      const benchCase = await loadCase(name, shared, options.seed);
      setup[name] = { ours: await ours.load(benchCase), ...(peer !== undefined && { peer: await peer.load(benchCase) }) };
      for (const method of options.methods) {
        try {
          rows.push({ case: name, instances: benchCase.instances, method, ...(await race(ours, peer, benchCase, method, { ...options, patience })) });
          console.error(`${name} ${method} done`);
        } catch (error) {
          failures.push(`${name} ${method}: ${error instanceof Error ? error.message : String(error)}`);
          console.error(failures.at(-1));
        }
      }
    }
  } finally {
    await ours.close();
    await peer?.close();
  }
  console.log(`\n${table(rows)}\n\n${legend}`);
  const { runs, block, warmups, threads, seed } = options;
  const file = options.json ?? resultFile();
  await mkdir(dirname(file), { recursive: true });
  const report = {
    date: new Date().toISOString(),
    machine: { ...about, load: { before: loadBefore, after: load() }, busyBlocks: patience.busy },
    peer: typeof place === "string" ? { absent: place } : { commit: commitOf(place.checkout), ...peer!.versions },
    options: { runs, block, warmups, threads, seed },
    setupSeconds: setup,
    results: rows,
    failures,
  };
  await writeFile(file, `${JSON.stringify(report, null, 1)}\n`);
  console.log(`Load ${report.machine.load.after.toFixed(1)} after; ${patience.busy} blocks began while others kept the cores busy. Written to ${file}.`);
  return failures.length > 0 || rows.some(({ ours: { unsound } }) => unsound) ? 1 : 0;
}

function resultFile(): string {
  const date = new Date().toISOString().slice(0, 19).replaceAll(":", "");
  return fileURLToPath(new URL(`../results/${date}.json`, import.meta.url));
}

process.exitCode = await main(process.argv.slice(2));
