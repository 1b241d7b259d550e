import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryPath } from "./shared.js";

/**
 * What the tests of published packages share: the packages, their tarballs, and processes that know nothing of this
 * repository.
 */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly lirpa?: {
    readonly apiVersion: number;
    readonly operators?: readonly string[];
    readonly perturbations?: readonly string[];
  };
}

export interface PublishedPackage {
  /** Relative to the repository. */
  readonly folder: string;
  readonly manifest: Manifest;
}

export interface Packed extends PublishedPackage {
  /** The path of the tarball. */
  readonly tarball: string;
  /** Paths of the files in it. */
  readonly files: readonly string[];
}

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Without questions to servers that an installation does not need. */
export const INSTALL: readonly string[] = [
  "install",
  "--prefer-offline",
  "--no-audit",
  "--no-fund",
  "--ignore-scripts",
  "--loglevel=error",
];

/** The packages of this repository that users can install. */
export function publishedPackages(): PublishedPackage[] {
  const { workspaces } = readManifest("package.json") as unknown as { readonly workspaces: readonly string[] };
  return workspaces
    .flatMap((pattern) => (pattern.endsWith("/*") ? children(pattern.slice(0, -2)) : [pattern]))
    .filter((folder) => existsSync(repositoryPath(folder, "package.json")))
    .map((folder) => ({ folder, manifest: readManifest(folder, "package.json") }))
    .filter(({ manifest }) => manifest.private !== true);
}

/** Packs packages as they would be published. */
export async function pack(packages: readonly PublishedPackage[], destination: string): Promise<Packed[]> {
  const args = [
    repositoryPath("tools", "pack.mjs"),
    "--out",
    destination,
    "--json",
    ...packages.map(({ manifest }) => manifest.name),
  ];
  const printed = await succeed(runAlone(process.execPath, args, repositoryPath()));
  const results = JSON.parse(printed) as readonly (Pick<Packed, "tarball" | "files"> & { readonly name: string })[];
  return packages.map((one) => {
    const { tarball, files } = results.find(({ name }) => name === one.manifest.name)!;
    return { ...one, tarball, files };
  });
}

/** The npm that runs this process, or the one on the path. */
export function npm(args: readonly string[], cwd: string): Promise<Outcome> {
  const own = process.env["npm_execpath"];
  return own?.endsWith("npm-cli.js") === true
    ? runAlone(process.execPath, [own, ...args], cwd)
    : runAlone("npm", args, cwd);
}

/** A process as users start it: npm's variables of this run, which point into the repository, are not passed on. */
export function runAlone(
  command: string,
  args: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !/^(npm_|INIT_CWD$|NODE_OPTIONS$|NODE_PATH$)/i.test(name) || /^npm_config_(registry|cache|.*proxy)$/i.test(name),
  );
  const env = { ...Object.fromEntries(kept), NO_COLOR: "1", ...environment };
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name].setEncoding("utf8").on("data", (text: string) => (output[name] += text));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...output }));
  });
}

/** What a process printed; throws with its complaints where it failed. */
export async function succeed(running: Promise<Outcome>): Promise<string> {
  const { code, stdout, stderr } = await running;
  if (code !== 0) throw new Error(`it ended with ${code}:\n${stderr}${stdout}`);
  return stdout;
}

function children(folder: string): string[] {
  const path = repositoryPath(folder);
  return existsSync(path)
    ? readdirSync(path)
        .sort()
        .map((name) => join(folder, name))
    : [];
}

function readManifest(...parts: readonly string[]): Manifest {
  return JSON.parse(readFileSync(repositoryPath(...parts), "utf8")) as Manifest;
}
