// Packs the published packages as they would go to npm, each with a README and the licence.
// Usage: npm run pack -- [--out FOLDER] [--json] [PACKAGE …]   (by name; all where none is named; into tarballs/)
//   --json prints for each package its name, its tarball's path and the files in it.
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { npm } from "./npm.mjs";
import { publishedPackages, readJson, root } from "./workspaces.mjs";

const { values, positionals } = parseArgs({
  options: { out: { type: "string" }, json: { type: "boolean", default: false } },
  allowPositionals: true,
});
const published = publishedPackages();
const unknown = positionals.find((name) => !published.some(({ manifest }) => manifest.name === name));
if (unknown !== undefined) {
  console.error(`There is no published package ${unknown} here.`);
  process.exit(1);
}

const out = resolve(values.out ?? join(root, "tarballs"));
// Tarballs of other versions would be installed together with these.
if (values.out === undefined) rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const chosen = published.filter(({ manifest }) => positionals.length === 0 || positionals.includes(manifest.name));
const scratch = mkdtempSync(join(tmpdir(), "lirpa-pack-"));
try {
  const folders = chosen.map((one) => staged(one, scratch));
  const args = ["pack", ...folders, "--pack-destination", out, "--json", "--ignore-scripts", "--loglevel=error"];
  const printed = npm(args, { cwd: root, stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" });
  const packed = JSON.parse(printed).map(({ name, filename, files }) => ({
    name,
    tarball: join(out, filename),
    files: files.map(({ path }) => path),
  }));
  if (values.json) console.log(JSON.stringify(packed));
  else console.log(`wrote ${packed.length} tarballs to ${relative(process.cwd(), out) || "."}`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/**
 * A copy of a package with what npm shows and the licence asks for; its manifest's `files` decides what is packed of
 * it.
 */
function staged({ folder, manifest }, scratch) {
  const copy = join(scratch, folder);
  cpSync(join(root, folder), copy, {
    recursive: true,
    filter: (path) => basename(path) !== "node_modules" && hasSource(path, join(root, folder)),
  });
  cpSync(join(root, "LICENSE"), join(copy, "LICENSE"));
  if (!existsSync(join(copy, "README.md"))) writeFileSync(join(copy, "README.md"), readmeOf(manifest));
  return copy;
}

/** What an earlier build left in `dist` stands for no source any more. */
function hasSource(path, folder) {
  const [, stem] = /^dist[/\\](.*?)(\.d)?\.[jt]s(\.map)?$/.exec(relative(folder, path)) ?? [];
  return stem === undefined || existsSync(join(folder, "src", `${stem}.ts`));
}

function readmeOf({ name, description, lirpa }) {
  const brings = [...(lirpa?.operators ?? []), ...(lirpa?.perturbations ?? [])];
  const place =
    name in readJson("lirpa", "package.json").dependencies
      ? "The package `lirpa` comes with it."
      : "Install it beside the package `lirpa`.";
  return (
    [
      `# ${name}`,
      `${description}.`,
      ...(brings.length > 0 ? [`It brings ${brings.map((what) => `\`${what}\``).join(", ")}.`] : []),
      `It is a part of lirpa, which computes provable bounds of neural networks. ${place}`,
      "",
    ]
      .join("\n\n")
      .trimEnd() + "\n"
  );
}
