import { readdir, readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { expect } from "chai";
import { readModel, writeModel } from "./index.js";
import { expectValid, sharedFolder, withoutShared } from "./support.test.js";

describe("the shared models", () => {
  for (const folder of ["goldens", "vnncomp"]) {
    it(`in ${folder} are all read, and written so that the same is read again`, async function () {
      this.timeout(60_000);
      const shared = sharedFolder();
      if (shared === undefined) {
        console.log(`      ${withoutShared}`);
        return this.skip();
      }
      const files = (await readdir(`${shared}/${folder}`, { recursive: true })).filter((file) =>
        file.endsWith(".onnx"),
      );
      expect(files).to.not.have.length(0);
      for (const file of files) {
        const graph = await readModel(await readFile(`${shared}/${folder}/${file}`), { name: file });
        expectValid(graph);
        expect(graph.inputs, file).to.not.have.length(0);
        const again = await readModel(writeModel(graph), { name: file });
        expect(isDeepStrictEqual(again, graph), `${file} is the same when it was written and read`).to.equal(true);
      }
    });
  }
});
