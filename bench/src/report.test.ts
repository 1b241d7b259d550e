import { expect } from "chai";
import type { SideResult } from "./race.js";
import { markdown, type Report } from "./report.js";
import { targetOf, verdict } from "./targets.js";

function side(median: number): SideResult {
  return {
    seconds: { median, min: median, quartiles: [median, median], runs: 1 },
    first: 1,
    width: 1,
    unsound: false,
    times: [median],
  };
}

function report(ratios: Readonly<Record<string, number>>, busy = 0): Report {
  return {
    date: "2026-01-02T03:04:05Z",
    machine: {
      cpu: "A chip",
      cores: 2,
      memoryGiB: 8,
      system: "Linux x64",
      node: "20.0.0",
      onnxruntime: "1.0.0",
      commit: "abc",
      load: { before: 0.1, after: 0.2 },
      busyBlocks: 3,
    },
    peer: { commit: "def", versions: { torch: "2.0" } },
    options: { runs: 1, block: 1, warmups: 1, threads: 2, seed: 7 },
    setupSeconds: {},
    results: Object.entries(ratios).map(([method, ratio]) => ({
      case: "mnist",
      instances: 1,
      method,
      ours: side(0.001),
      peer: side(0.001 * ratio),
      ratio,
      against: { difference: 1e-6, looser: 0 },
      blocks: 8,
      busy,
    })),
    steps: [],
    failures: [],
  };
}

describe("the bench's report", () => {
  it("says which targets are met, and where one is missed by how much", () => {
    const [met, missed] = [targetOf("mnist", "ibp")! + 0.1, targetOf("mnist", "crown")! - 0.1];
    const page = markdown(report({ ibp: met, crown: missed }));
    expect(page).to.include(
      "Targets met: 1, missed: 1, not judged because the cores were busy: 0. Missed: mnist crown (",
    );
    expect(page)
      .to.match(/\| mnist \| ibp \| 1\.00 \|.*\| met \|/)
      .and.to.match(/\| mnist \| crown \| 1\.00 \|.*\| missed \|/);
  });

  it("says where the time goes where a profile was taken", () => {
    const { results, ...rest } = report({ crown: 1 });
    const profile = [
      { operator: "Conv", nodes: 2, seconds: 0.003 },
      { operator: "Add", nodes: 9, seconds: 0.001 },
      { operator: "Reshape", nodes: 9, seconds: 1e-5 },
    ];
    const page = markdown({ ...rest, results: results.map((row) => ({ ...row, profile })) });
    expect(page)
      .to.include("## Where the time of mnist crown goes")
      .and.to.include("| Conv | 2 | 3.00 | 75 % |")
      .and.not.to.include("Reshape");
  });

  it("names machine, versions, commits and seed", () => {
    const page = markdown(report({ ibp: 1 }));
    for (const part of [
      "A chip",
      "2 cores",
      "8 GiB",
      "Node 20.0.0",
      "Commit: abc",
      "auto_LiRPA at def",
      "torch 2.0",
      "Seed 7",
      "3 blocks began",
    ])
      expect(page).to.include(part);
  });

  it("judges nothing where there is no target or no peer, or where the cores were busy", () => {
    const quiet = { blocks: 10, busy: 1 };
    expect([
      verdict(undefined, 3, quiet),
      verdict(2, undefined, quiet),
      verdict(2, 2, quiet),
      verdict(2, 1.99, quiet),
    ]).to.deep.equal(["-", "-", "met", "missed"]);
    expect(verdict(2, 50, { blocks: 10, busy: 2 })).to.equal("not judged");
    expect(markdown(report({ ibp: 50, crown: 50 }, 8))).to.include(
      "Targets met: 0, missed: 0, not judged because the cores were busy: 2.",
    );
  });
});
