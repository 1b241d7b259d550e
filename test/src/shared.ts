import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const repository = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** The repository's root. */
export function repositoryPath(...parts: readonly string[]): string {
  return join(repository, ...parts);
}

/** The folder of goldens and benchmark models: `LIRPA_SHARED`, or `shared` beside the repository. */
function sharedPath(...parts: readonly string[]): string {
  return join(process.env["LIRPA_SHARED"] ?? join(repository, "..", "shared"), ...parts);
}

/** A folder below the shared one; skips the running test with a plain message where it is absent. */
export function sharedOrSkip(context: Mocha.Context, ...parts: readonly string[]): string {
  const path = sharedPath(...parts);
  if (!existsSync(path)) {
    console.log(`      skipped: ${path} is not there (LIRPA_SHARED names the shared folder)`);
    context.skip();
  }
  return path;
}

/** All ONNX files below a folder. */
export function onnxFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".onnx"))
    .map((file) => join(folder, file))
    .sort();
}

export interface GoldenMethod {
  readonly lower?: readonly number[];
  readonly upper?: readonly number[];
  readonly unsound?: number;
  readonly suspect?: boolean;
}

export interface GoldenCase {
  readonly name: string;
  readonly group: string;
  readonly folder: string;
  readonly operators: Readonly<Record<string, number>>;
  readonly inputs: readonly {
    readonly shape: readonly number[];
    readonly perturbation: { readonly type: string } | null;
  }[];
  readonly weights?: readonly { readonly perturbation: { readonly type: string } }[];
  readonly boundShape: readonly number[];
  readonly methods: Readonly<Record<string, GoldenMethod>>;
  readonly reference: { readonly sampledLower: readonly number[]; readonly sampledUpper: readonly number[] };
}

/** The cases of some groups of goldens. */
export function goldenCases(goldens: string, groups: readonly string[]): GoldenCase[] {
  return groups.flatMap((group) =>
    readdirSync(join(goldens, group), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => {
        const folder = join(goldens, group, entry.name);
        return { ...(JSON.parse(readFileSync(join(folder, "case.json"), "utf8")) as GoldenCase), folder };
      }),
  );
}
