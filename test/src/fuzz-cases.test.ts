import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { fromJson, replay } from "@lirpa/conformance";
import { standardPlugins } from "lirpa";

const folder = new URL("../fuzz-cases/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));

describe("graphs that once were bounded wrongly", () => {
  for (const file of files) {
    it(`${file.replace(".json", "")} is bounded soundly by every method, in float64 and in float32`, async () => {
      const given = fromJson(readFileSync(new URL(file, folder), "utf8"));
      const message = await replay(given, standardPlugins);
      expect(message).to.equal(undefined);
    });
  }

  it("are kept in files, as `npm run fuzz` writes them", () => {
    expect(files.length).to.be.greaterThan(7);
  });
});
