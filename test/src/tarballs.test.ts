import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, posix } from "node:path";
import { expect } from "chai";
import { INSTALL, npm, pack, publishedPackages, runAlone, succeed, type Packed } from "./packages.js";
import { repositoryPath } from "./shared.js";

/** One export that each package cannot do without; plugins are known by their default export. */
const CORNERSTONES: Readonly<Record<string, string>> = {
  "@lirpa/core": "composeLirpa",
  "@lirpa/executor-onnxruntime": "onnxRuntimeExecutor",
  "@lirpa/executor-onnxruntime-common": "ortExecutor",
  "@lirpa/executor-onnxruntime-web": "onnxRuntimeWebExecutor",
  "@lirpa/executor-reference": "referenceExecutor",
  "@lirpa/onnx": "readModel",
};

const packages = publishedPackages();
const isPack = ({ manifest }: { readonly manifest: Packed["manifest"] }): boolean => manifest.lirpa !== undefined;
const alone = packages.filter((one) => isPack(one) || CORNERSTONES[one.manifest.name] !== undefined);

/**
 * `scratch` holds core and what it depends on, installed by npm. A package is unpacked into a folder of its own below
 * it, where Node finds core one level up and no other package of ours at all.
 */
describe("a published package", function () {
  this.timeout(120_000);
  const scratch = mkdtempSync(join(tmpdir(), "lirpa-tarballs-"));
  const packed = new Map<string, Packed>();
  const home = (name: string): string => join(scratch, "alone", name.replace("/", "+"));
  const unpacked = (name: string): string =>
    name === "@lirpa/core" ? join(scratch, "node_modules", name) : join(home(name), "node_modules", name);

  const unpack = async (name: string, folder: string): Promise<void> => {
    mkdirSync(folder, { recursive: true });
    const { tarball } = packed.get(name)!;
    await succeed(runAlone("tar", ["-xzf", tarball, "--strip-components=1", "-C", folder], scratch));
  };

  before(async () => {
    for (const one of await pack(packages, scratch)) packed.set(one.manifest.name, one);
    writeFileSync(join(scratch, "package.json"), JSON.stringify({ name: "scratch", private: true }));
    await succeed(npm([...INSTALL, packed.get("@lirpa/core")!.tarball], scratch));
    for (const {
      manifest: { name, dependencies },
    } of packages) {
      if (name === "@lirpa/core") continue;
      await unpack(name, unpacked(name));
      // What others publish is as in the repository: ONNX Runtime alone takes 288 MB.
      for (const dependency of Object.keys(dependencies ?? {})) {
        if (isOurs(dependency) && dependency !== "@lirpa/core" && alone.some((one) => one.manifest.name === name)) {
          await unpack(dependency, join(home(name), "node_modules", dependency));
        }
        if (isOurs(dependency) || existsSync(join(scratch, "node_modules", dependency))) continue;
        mkdirSync(dirname(join(home(name), "node_modules", dependency)), { recursive: true });
        symlinkSync(
          repositoryPath("node_modules", dependency),
          join(home(name), "node_modules", dependency),
          "junction",
        );
      }
    }
  });

  after(() => rmSync(scratch, { recursive: true, force: true }));

  for (const { manifest } of alone) {
    const { name } = manifest;
    it(`${name} imports with nothing but core and what it depends on`, async () => {
      const entries = Object.keys(manifest.exports ?? {})
        .filter((path) => path !== "./package.json")
        .map((path) => posix.join(name, path));
      const { values, found } = await imported(entries, name === "@lirpa/core" ? scratch : home(name));
      for (const file of found) expect(file.startsWith(unpacked(name)), file).to.equal(true);
      if (manifest.lirpa === undefined) return expect(values[0]!.names).to.include(CORNERSTONES[name]);
      expect(values[0]!.plugin).to.deep.equal({
        name,
        apiVersion: manifest.lirpa.apiVersion,
        operators: [...(manifest.lirpa.operators ?? [])].sort(),
        perturbations: [...(manifest.lirpa.perturbations ?? [])].sort(),
      });
    });
  }

  it("installs by npm beside core, as one pack does here", async () => {
    const project = join(scratch, "project");
    mkdirSync(project);
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "project", private: true }));
    const name = "@lirpa/plugin-activation";
    await succeed(npm([...INSTALL, packed.get("@lirpa/core")!.tarball, packed.get(name)!.tarball], project));
    const { values, found } = await imported([name], project);
    expect(values[0]!.plugin!.operators).to.include("Relu");
    expect(found[0]!.startsWith(join(project, "node_modules"))).to.equal(true);
  });

  it("asks only for packages of ours that are published, too", () => {
    const names = packages.map(({ manifest }) => manifest.name);
    for (const {
      manifest: { name, dependencies, peerDependencies },
    } of packages) {
      for (const dependency of Object.keys({ ...dependencies, ...peerDependencies }).filter(isOurs))
        expect(names, name).to.include(dependency);
    }
  });

  for (const { manifest } of packages) {
    const { name, exports = {}, bin = {} } = manifest;
    it(`${name} exports what every loader finds, its manifest included`, () => {
      expect(exports["./package.json"]).to.equal("./package.json");
      for (const [path, entry] of Object.entries(exports)) {
        if (path === "./package.json") continue;
        // `default` serves import and require; only with it do createRequire and Yarn PnP find the package.
        expect(Object.keys(entry as object), path).to.include.members(["types", "default"]);
        expect(Object.keys(entry as object).at(-1), path).to.equal("default");
        for (const file of filesIn(entry)) expect(packed.get(name)!.files).to.include(posix.normalize(file));
      }
      for (const file of Object.values(bin)) expect(packed.get(name)!.files).to.include(posix.normalize(file));
    });

    it(`${name} carries its README and the licence`, () => {
      expect(packed.get(name)!.files).to.include.members(["README.md", "LICENSE"]);
    });

    it(`${name} carries no tests and no leftovers of the build`, () => {
      const wrong = packed.get(name)!.files.filter((file) => /\.test\.|tsbuildinfo|\.tmp$/.test(file));
      expect(wrong).to.deep.equal([]);
    });

    it(`${name} carries the source that each of its source maps names`, () => {
      const { files } = packed.get(name)!;
      const maps = files.filter((file) => file.endsWith(".map"));
      const lost = maps.flatMap((file) => {
        const { sources } = JSON.parse(readFileSync(join(unpacked(name), file), "utf8")) as {
          readonly sources: readonly string[];
        };
        return sources
          .map((source) => posix.join(posix.dirname(file), source))
          .filter((source) => !files.includes(source));
      });
      expect(maps).to.not.deep.equal([]);
      expect(lost).to.deep.equal([]);
    });

    it(`${name} carries every file that it imports, and declares every package`, () => {
      const { files } = packed.get(name)!;
      const declared = { ...manifest.dependencies, ...manifest.peerDependencies, [name]: "" };
      const missing = files
        .filter((file) => file.endsWith(".js"))
        .flatMap((file) =>
          importsOf(readFileSync(join(unpacked(name), file), "utf8"))
            .filter((target) => {
              if (target.startsWith("node:")) return false;
              if (target.startsWith(".")) return !files.includes(posix.join(posix.dirname(file), target));
              return declared[packageOf(target)] === undefined;
            })
            .map((target) => `${file}: ${target}`),
        );
      expect(missing).to.deep.equal([]);
    });
  }
});

/** The files that an entry names, by whatever conditions. */
function filesIn(entry: unknown): string[] {
  return typeof entry === "string" ? [entry] : Object.values(entry as object).flatMap(filesIn);
}

interface Imported {
  /** For each entry. */
  readonly values: readonly {
    readonly names: readonly string[];
    readonly plugin?: {
      readonly name: string;
      readonly apiVersion: number;
      readonly operators: readonly string[];
      readonly perturbations: readonly string[];
    };
  }[];
  /** The files that the entries stand for. */
  readonly found: readonly string[];
}

/** What a plain node process finds. */
async function imported(entries: readonly string[], folder: string): Promise<Imported> {
  const script = `
    import { createRequire } from "node:module";
    import { realpathSync } from "node:fs";
    const require = createRequire(process.cwd() + "/package.json");
    const entries = ${JSON.stringify(entries)};
    const keyOf = ({ domain, type }) => domain ? domain + ":" + type : type;
    const values = await Promise.all(entries.map(async (entry) => {
      const module = await import(entry);
      const plugin = module.default && {
        name: module.default.name,
        apiVersion: module.default.apiVersion,
        operators: [...new Set(module.default.operators.map(keyOf))].sort(),
        perturbations: module.default.perturbations.map(({ type }) => type).sort(),
      };
      return { names: Object.keys(module), plugin };
    }));
    console.log(JSON.stringify({ values, found: entries.map((entry) => realpathSync(require.resolve(entry))) }));`;
  return JSON.parse(
    await succeed(runAlone(process.execPath, ["--input-type=module", "--eval", script], folder)),
  ) as Imported;
}

/** What a file asks for: `import … from`, `import "…"`, `import("…")`, a script that is started by its URL. */
const IMPORTS: readonly RegExp[] = [
  /^(?:import|export)\b[^;]*?\bfrom\s+["']([^"']+)["']/gm,
  /^import\s+["']([^"']+)["']/gm,
  /\bimport\(\s*["']([^"']+)["']\s*\)/gm,
  /new URL\(["'](\.[^"']+\.js)["'], import\.meta\.url\)/gm,
];

function importsOf(text: string): string[] {
  return IMPORTS.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1]!));
}

function packageOf(target: string): string {
  return target
    .split("/")
    .slice(0, target.startsWith("@") ? 2 : 1)
    .join("/");
}

function isOurs(name: string): boolean {
  return name === "lirpa" || name.startsWith("@lirpa/");
}
