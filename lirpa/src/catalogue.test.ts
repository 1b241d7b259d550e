import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Plugin } from "@lirpa/core/plugin";
import { expect } from "chai";
import { catalogue } from "./catalogue.js";

interface Manifest {
  readonly name: string;
  readonly lirpa: {
    readonly apiVersion: number;
    readonly operators?: readonly string[];
    readonly perturbations?: readonly string[];
  };
}

const repository = fileURLToPath(new URL("../../", import.meta.url));
const packs = ["plugins", "perturbations"]
  .flatMap((group) => readdirSync(join(repository, group)).map((name) => join(repository, group, name)))
  .filter((folder) => existsSync(join(folder, "package.json")))
  .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest }));

/** What a package brings, as the catalogue's keys. */
function keys(operators: readonly string[] = [], perturbations: readonly string[] = []): string[] {
  return [...operators, ...perturbations.map((type) => `perturbation:${type}`)];
}

describe("the catalogue", () => {
  it("says of each package what its manifest says", () => {
    const manifests = Object.fromEntries(
      packs.flatMap(({ manifest: { name, lirpa } }) =>
        keys(lirpa.operators, lirpa.perturbations).map((what) => [what, { package: name }]),
      ),
    );
    expect(catalogue).to.deep.equal(manifests);
  });

  for (const { folder, manifest } of packs) {
    it(`describes ${manifest.name}, whose manifest is right`, async function () {
      this.timeout(10_000);
      const { default: plugin } = (await import(pathToFileURL(join(folder, "dist/index.js")).href)) as {
        readonly default: Plugin;
      };
      const operators = new Set(plugin.operators.map(({ domain, type }) => (domain ? `${domain}:${type}` : type)));
      const perturbations = plugin.perturbations.map(({ type }) => type);
      expect(plugin.name).to.equal(manifest.name);
      expect(plugin.apiVersion).to.equal(manifest.lirpa.apiVersion);
      expect(keys(manifest.lirpa.operators, manifest.lirpa.perturbations)).to.have.members(
        keys([...operators], perturbations),
      );
    });
  }
});
