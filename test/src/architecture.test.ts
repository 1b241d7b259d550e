import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect } from "chai";
import "reflect-metadata";
import { composeLirpa } from "@lirpa/core";
import { referenceExecutor } from "@lirpa/executor-reference";
import { repositoryPath } from "./shared.js";

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly lirpa?: { readonly operators?: readonly string[] };
  readonly version: string;
}

interface Package {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly files: readonly string[];
}

/** Who may import whom, by folder. Tests may import what they test. */
const ARROWS: readonly { readonly from: RegExp; readonly to: RegExp }[] = [
  { from: /^(plugins|perturbations)\//, to: /^@lirpa\/core\/plugin$/ },
  // Executors of one kind share a package.
  {
    from: /^executors\/onnxruntime(-web)?$/,
    to: /^@lirpa\/(core(\/plugin|\/recording)?|executor-onnxruntime-common)$/,
  },
  { from: /^(registry|onnx|executors\/|train|verify)/, to: /^@lirpa\/core(\/plugin|\/recording)?$/ },
  // The kit judges by both executors, one that is right and one that people run, and by ONNX Runtime's own operators.
  { from: /^conformance/, to: /^@lirpa\/(core(\/plugin|\/recording)?|onnx|executor-(reference|onnxruntime))$/ },
  { from: /^core$/, to: /^$/ },
  { from: /^(lirpa|bench|test|examples\/)/, to: /./ },
];

/** What the files of a folder, or a file, never import. */
const UNKNOWN_TO: readonly { readonly folder: string; readonly others: RegExp }[] = [
  { folder: "core/src/bounds/run.ts", others: /\/(kinds|passes|rows|recording|methods)\// },
  { folder: "core/src/bounds/kinds/", others: /\/(passes|recording|methods)\// },
  { folder: "core/src/bounds/rows/", others: /\/(kinds|passes|recording|methods)\// },
];

const packages = findPackages();
const sources = packages.flatMap((one) =>
  one.files.map((file) => ({ ...one, file, text: readFileSync(file, "utf8") })),
);
const production = sources.filter(({ file }) => !file.endsWith(".test.ts"));

describe("the architecture", () => {
  it("lets each package import only what its arrow points to", () => {
    const wrong = production.flatMap(({ folder, file, text }) =>
      importsOf(text)
        .filter((name) => /^(@lirpa\/|lirpa$|lirpa\/)/.test(name))
        .filter((name) => !ARROWS.find(({ from }) => from.test(folder))?.to.test(name))
        .map((name) => `${show(file)} imports ${name}`),
    );
    expect(wrong, wrong.join("\n")).to.deep.equal([]);
  });

  it("has no import past a package's exports", () => {
    const byName = new Map(packages.map(({ manifest }) => [manifest.name, manifest]));
    const wrong = sources.flatMap(({ file, text }) =>
      importsOf(text).flatMap((name) => {
        const owner = [...byName.keys()].find((one) => name === one || name.startsWith(`${one}/`));
        if (owner === undefined) return [];
        const path = `.${name.slice(owner.length)}`;
        return byName.get(owner)!.exports?.[path] === undefined ? [`${show(file)} imports ${name}`] : [];
      }),
    );
    expect(wrong).to.deep.equal([]);
  });

  it("declares every dependency that it imports", () => {
    const wrong = production.flatMap(({ folder, manifest, file, text }) =>
      importsOf(text).flatMap((name) => {
        if (name.startsWith(".") || name.startsWith("node:")) return [];
        const owner = name.startsWith("@") ? name.split("/").slice(0, 2).join("/") : name.split("/")[0]!;
        const known = {
          ...manifest.dependencies,
          ...manifest.peerDependencies,
          ...(manifest.private ? devDependencies(folder) : {}),
        };
        return known[owner] === undefined ? [`${show(file)} imports ${owner}`] : [];
      }),
    );
    expect(wrong).to.deep.equal([]);
  });

  it("has no cycles between files at run time; types may refer to each other", () => {
    const graph = new Map(
      production.map(({ file, text }) => [
        file,
        valueImportsOf(text)
          .filter((name) => name.startsWith("."))
          .map((name) => resolve(dirname(file), name.replace(/\.js$/, ".ts"))),
      ]),
    );
    const cycle = findCycle(graph);
    expect(cycle?.map(show)).to.equal(undefined);
  });

  it("lets the IR stand on the contract alone, types included", () => {
    const inTensor = production.filter(({ file }) => show(file).startsWith("core/src/tensor/"));
    expect(inTensor.length).to.be.greaterThan(20);
    const wrong = inTensor.flatMap(({ file, text }) =>
      importsOf(text)
        .filter((name) => !/^core\/src\/(tensor|plugin)\//.test(show(resolve(dirname(file), name))))
        .map((name) => `${show(file)} imports ${name}`),
    );
    expect(wrong).to.deep.equal([]);
  });

  it("asks no primitive for its name: it has traits, or a place in a table that is complete by type", () => {
    const comparison = /primitive(\.name)? *[!=]== *"|switch *\([^)]*primitive|\.has\([^)]*primitive\.name/;
    const wrong = production.filter(({ text }) => comparison.test(withoutComments(text))).map(({ file }) => show(file));
    expect(wrong).to.deep.equal([]);
  });

  it("lets a run be data, kinds of operators know no pass over it, and rows neither kinds nor passes", () => {
    const wrong = UNKNOWN_TO.flatMap(({ folder, others }) => {
      const own = production.filter(({ file }) => show(file).startsWith(folder));
      expect(own, folder).to.not.have.length(0);
      return own.flatMap(({ file, text }) =>
        importsOf(text)
          .filter((name) => others.test(name))
          .map((name) => `${show(file)} imports ${name}`),
      );
    });
    expect(wrong).to.deep.equal([]);
  });

  it("keeps no state in the modules of bounds and methods: what a pass finds belongs to its run", () => {
    const state = /^(export )?(let |(const|var) [^=\n]*= new (Weak)?(Map|Set)\b[^(\n]*\(\))/m;
    const judged = production.filter(({ file }) => /^core\/src\/(bounds|methods|problem)\//.test(show(file)));
    expect(judged.length).to.be.greaterThan(30);
    expect(judged.filter(({ text }) => state.test(text)).map(({ file }) => show(file))).to.deep.equal([]);
  });

  it("asserts nothing in the packs that the compiler cannot see", () => {
    const packs = production.filter(({ file }) => show(file).startsWith("plugins/"));
    expect(packs.length).to.be.greaterThan(50);
    const wrong = packs.filter(({ text }) => /[\w)\]]!(?!=)/.test(withoutTexts(withoutComments(text))));
    expect(wrong.map(({ file }) => show(file))).to.deep.equal([]);
  });

  it("knows one method's ways in its own folder only, and one optimizer in its own", () => {
    const homes = /^core\/src\/(methods\/alpha-crown|optimizer)\//;
    // The list of methods, and the door.
    const named = ["core/src/methods/standard.ts", "core/src/recording.ts"];
    const core = production.filter(({ folder, file }) => folder === "core" && !homes.test(show(file)));
    const wrong = core.filter(({ text }) => /alpha|adam/i.test(withoutComments(text))).map(({ file }) => show(file));
    expect(wrong).to.have.members(named);
  });

  it("keeps Node out of core", () => {
    const wrong = production
      .filter(({ folder }) => folder === "core")
      .flatMap(({ file, text }) =>
        importsOf(text)
          .filter((name) => name.startsWith("node:"))
          .map((name) => `${show(file)} imports ${name}`),
      );
    expect(wrong).to.deep.equal([]);
  });

  it("names no operator of a plugin in core", () => {
    const types = new Set(packages.flatMap(({ manifest }) => manifest.lirpa?.operators ?? []));
    expect(types.size).to.be.greaterThan(40);
    // Lowerings of primitives emit ONNX by its own names; everywhere else in core an operator is a value.
    const lowering = /^core\/src\/(tensor\/primitives|program)\//;
    const wrong = production
      .filter(({ folder, file }) => folder === "core" && !lowering.test(show(file)))
      .flatMap(({ file, text }) =>
        [...withoutComments(text).matchAll(/"([A-Z][A-Za-z0-9]*)"/g)]
          .filter(([, word]) => types.has(word!))
          .map(([, word]) => `${show(file)} names ${word}`),
      );
    expect(wrong).to.deep.equal([]);
  });

  it("gives every injectable parameter an explicit token", () => {
    type Class = { readonly name: string; readonly length: number };
    const tokensOf = (injectable: Class): Record<string, unknown> =>
      (Reflect.getOwnMetadata("injectionTokens", injectable) ?? {}) as Record<string, unknown>;
    const lirpa = composeLirpa({ plugins: [], executor: referenceExecutor() }).constructor as Class;
    const engine = Object.values(tokensOf(lirpa))
      .map((token) => (token as { readonly token?: unknown }).token ?? token)
      .find((token) => typeof token === "function") as Class | undefined;
    expect(engine?.name).to.equal("Engine");
    for (const injectable of [lirpa, engine!]) {
      const tokens = tokensOf(injectable);
      expect(Object.keys(tokens), injectable.name).to.have.length(injectable.length);
    }
    const decorated = production.filter(({ text }) => text.includes("@injectable()")).map(({ file }) => show(file));
    expect(decorated).to.have.members(["core/src/lirpa.ts", "core/src/run/engine.ts"]);
  });

  it("satisfies every plugin's peer range with core's version", () => {
    const core = packages.find(({ manifest }) => manifest.name === "@lirpa/core")!.manifest.version;
    for (const { manifest } of packages) {
      const range = manifest.peerDependencies?.["@lirpa/core"];
      if (range !== undefined) expect(within(core, range), `${manifest.name} asks for ${range}`).to.equal(true);
    }
  });

  it("has no line beyond 120 columns, strings and comments included", () => {
    const long = sources.flatMap(({ file, text }) =>
      text.split("\n").flatMap((line, i) => ([...line].length > 120 ? [`${show(file)}:${i + 1}`] : [])),
    );
    expect(long).to.deep.equal([]);
  });

  it("exports nothing by default but a plugin's entry", () => {
    const wrong = production
      .filter(
        ({ folder, file, text }) =>
          /^export default/m.test(text) &&
          !(/^(plugins|perturbations)\//.test(folder) && file.endsWith("src/index.ts")),
      )
      .map(({ file }) => show(file));
    expect(wrong.filter((file) => !/^test\/src\/[a-z-]+\/index\.ts$/.test(file))).to.deep.equal([]);
  });
});

function findPackages(): Package[] {
  const folders = [
    "core",
    "registry",
    "onnx",
    "lirpa",
    "conformance",
    "test",
    "bench",
    ...["plugins", "perturbations", "executors", "examples"].flatMap((group) => {
      const path = repositoryPath(group);
      return existsSync(path) ? readdirSync(path).map((name) => `${group}/${name}`) : [];
    }),
  ];
  return folders
    .filter((folder) => existsSync(repositoryPath(folder, "package.json")))
    .map((folder) => ({
      folder,
      manifest: JSON.parse(readFileSync(repositoryPath(folder, "package.json"), "utf8")) as Manifest,
      files: typescriptFiles(repositoryPath(folder, "src")),
    }));
}

function typescriptFiles(folder: string): string[] {
  return existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts"))
        .map((file) => join(folder, file))
    : [];
}

function devDependencies(folder: string): Readonly<Record<string, string>> {
  const read = (path: string): Readonly<Record<string, string>> =>
    (JSON.parse(readFileSync(path, "utf8")) as { devDependencies?: Record<string, string> }).devDependencies ?? {};
  return { ...read(repositoryPath("package.json")), ...read(repositoryPath(folder, "package.json")) };
}

function importsOf(text: string): string[] {
  return [...withoutComments(text).matchAll(/(?:from|import)\s*\(?\s*"([^"\n]+)"/g)].map(([, name]) => name!);
}

/** Imports that exist at run time. */
function valueImportsOf(text: string): string[] {
  return importsOf(withoutComments(text).replace(/(import|export) type [^;]*;/g, ""));
}

/** Without what stands in quotes: prose may exclaim. */
function withoutTexts(text: string): string {
  return text.replace(/"[^"\n]*"/g, '""');
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
}

function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next);
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const cycle = visit(file);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

function within(version: string, range: string): boolean {
  const number = (text: string): number =>
    text.split(".").reduce((sum, part, i) => sum + Number(part) * 1000 ** (2 - i), 0);
  return range
    .split(" ")
    .every((part) =>
      part.startsWith(">=")
        ? number(version) >= number(pad(part.slice(2)))
        : part.startsWith("<")
          ? number(version) < number(pad(part.slice(1)))
          : false,
    );
}

function pad(version: string): string {
  return [...version.split("."), "0", "0"].slice(0, 3).join(".");
}

function show(file: string): string {
  return relative(repositoryPath(), file);
}
