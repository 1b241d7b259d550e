import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { repositoryPath } from "./shared.js";

/**
 * A fenced block of a page. What follows the language in its first line are flags, such as `no-run` or `file=index.ts`.
 */
export interface Block {
  readonly page: string;
  readonly line: number;
  readonly language: string;
  readonly flags: readonly string[];
  readonly file: string | undefined;
  readonly text: string;
  /** What it must print, where a block `text output` follows; `…` stands for anything within a line. */
  readonly output: string | undefined;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const WORK = repositoryPath("test", ".docs-tmp");
/** Where blocks run: a copy of the files that they speak of. */
export const FOLDER: string = join(WORK, "quickstart");
export const QUICKSTART: string = repositoryPath("examples", "quickstart");

/** The pages that users read, relative to the repository. */
export function pages(): string[] {
  const docs = readdirSync(repositoryPath("docs"), { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".md"),
  );
  return ["README.md", "ARCHITECTURE.md", ...docs.map((file) => join("docs", file)).sort()];
}

export function blocksOf(page: string): Block[] {
  const text = readFileSync(repositoryPath(page), "utf8");
  const blocks: Block[] = [];
  for (const { index, 1: info = "", 2: body = "" } of text.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)) {
    const [language = "", ...flags] = info.trim().split(/\s+/);
    const before = blocks.at(-1);
    if (language === "text" && flags.includes("output") && before !== undefined)
      blocks[blocks.length - 1] = { ...before, output: body };
    else
      blocks.push({
        page,
        line: text.slice(0, index).split("\n").length,
        language,
        flags,
        file: flags.find((flag) => flag.startsWith("file="))?.slice(5),
        text: body,
        output: undefined,
      });
  }
  return blocks;
}

/** An empty place with the files of the quick start. */
export function openWorkplace(): void {
  rmSync(WORK, { recursive: true, force: true });
  mkdirSync(WORK, { recursive: true });
  cpSync(QUICKSTART, FOLDER, { recursive: true });
}

export function closeWorkplace(): void {
  rmSync(WORK, { recursive: true, force: true });
}

/** Blocks of one page share a folder, so that they may import each other by file name. */
function pathOf({ page, line, file }: Block): string {
  return join(page.replace(/\.md$/, "").replaceAll(/[/\\]/g, "-"), file ?? `line-${line}.ts`);
}

/** Compiles all blocks at once; returns what the compiler says. */
export async function compile(blocks: readonly Block[]): Promise<string> {
  for (const block of blocks) {
    const path = join(WORK, "src", pathOf(block));
    mkdirSync(dirname(path), { recursive: true });
    // A block without imports is a module, too: top-level await needs one.
    writeFileSync(path, `${block.text}\nexport {};\n`);
  }
  const options = {
    rootDir: "src",
    outDir: "out",
    composite: false,
    incremental: false,
    declaration: false,
    declarationMap: false,
    isolatedDeclarations: false,
    noEmitOnError: false,
    types: ["node", "mocha"],
  };
  writeFileSync(
    join(WORK, "tsconfig.json"),
    JSON.stringify({
      extends: relative(WORK, repositoryPath("tsconfig.base.json")),
      compilerOptions: options,
      include: ["src"],
    }),
  );
  const { stdout, stderr } = await start(process.execPath, [repositoryPath("node_modules", ".bin", "tsc"), "-p", WORK]);
  return stdout + stderr;
}

export function runCompiled(block: Block): Promise<Ran> {
  const file = join(WORK, "out", pathOf(block).replace(/\.ts$/, ".js"));
  // Laws are mocha's; all else runs as it stands.
  return block.flags.includes("mocha")
    ? start(process.execPath, [repositoryPath("node_modules", ".bin", "mocha"), file])
    : start(process.execPath, [file]);
}

export function runScript(file: string): Promise<Ran> {
  return start(process.execPath, [file]);
}

/** The interpreter that runs saved programs. */
export const PYTHON: string = process.env["LIRPA_PYTHON"] ?? "python3";

export async function hasOnnxRuntime(): Promise<boolean> {
  return (await runPython("import numpy, onnxruntime")).code === 0;
}

export function runPython(script: string): Promise<Ran> {
  return start(PYTHON, ["-c", script]);
}

/** Runs the lines that call lirpa, with the repository's own command. */
export function runShell(block: Block): Promise<Ran> {
  const command = `"${process.execPath}" "${repositoryPath("lirpa", "bin", "lirpa.js")}"`;
  const lines = block.text.split("\n").filter((line) => line.startsWith("npx lirpa"));
  return start("bash", ["-e", "-o", "pipefail", "-c", lines.join("\n").replaceAll("npx lirpa", command)]);
}

function start(command: string, args: readonly string[]): Promise<Ran> {
  const env = { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined };
  return new Promise((resolve) => {
    execFile(command, [...args], { cwd: FOLDER, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    );
  });
}

/** True where the lines are those expected, `…` standing for anything. */
export function prints(expected: string, actual: string): boolean {
  const escaped = expected
    .trim()
    .replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
    .replaceAll("…", ".*");
  return new RegExp(`^${escaped}$`).test(actual.trim());
}

/** Links to files of the repository that are not there. */
export function brokenLinks(page: string): string[] {
  const text = readFileSync(repositoryPath(page), "utf8").replace(/^```[\s\S]*?^```$/gm, "");
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link]) => {
    const [path, anchor] = link!.split("#");
    if (/^[a-z]+:/.test(link!)) return [];
    const target = path === "" ? page : join(dirname(page), path!);
    if (!existsSync(repositoryPath(target))) return [`${page}: ${link}`];
    return anchor === undefined || anchorsOf(target).includes(anchor) ? [] : [`${page}: ${link} (no such heading)`];
  });
}

/** As GitHub makes them. */
function anchorsOf(page: string): string[] {
  const headings = readFileSync(repositoryPath(page), "utf8").matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
