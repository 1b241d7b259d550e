import { spawnSync } from "node:child_process";
import { expect } from "chai";
import { repositoryPath } from "./shared.js";

describe("the public API", () => {
  it("is what the packages' reports say (if not: npm run api, and review the diff)", () => {
    const { status, stderr } = spawnSync(process.execPath, [repositoryPath("tools", "api.mjs"), "--check"], {
      encoding: "utf8",
    });
    expect(status, stderr).to.equal(0);
  }).timeout(60_000);
});
