// Writes what the published packages export to reports: <package>/api.md for the entry `.`, <package>/api-NAME.md for
// `./NAME`, <package>/api-browser.md where browsers get something else. They are made of the compiled declarations, so
// compile first.
// Usage: npm run api, or node tools/api.mjs [--check]
//   --check writes nothing, and fails where a report is out of date.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { CompilerState, Extractor, ExtractorConfig } from "@microsoft/api-extractor";
import { publishedPackages, readJson, root } from "./workspaces.mjs";

/** Globals that each platform's types declare in a way of their own, which the extractor does not follow. */
const GLOBALS = join(root, "tools", "api-globals.d.ts");
/** At most so many changed lines of a report are printed. */
const SHOWN = 20;

const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const changed = reportsOf(publicEntries()).filter(({ text, before }) => text !== before);
if (!values.check) changed.forEach(write);
else if (changed.length > 0) {
  console.error(changed.map(difference).join("\n"));
  console.error("The public API has changed. Run `npm run api`, review the diff of the reports, and commit them.");
  process.exitCode = 1;
}

/** Every entry with types of every package that is published, and what browsers get instead of it. */
function publicEntries() {
  return publishedPackages().flatMap(({ folder, manifest }) =>
    Object.entries(manifest.exports).flatMap(([entry, { types, browser }]) => {
      const name = entry === "." ? "" : `-${entry.slice(2).replaceAll("/", "-")}`;
      const reportOf = (types, suffix) => ({
        folder,
        declarations: join(root, folder, types),
        report: join(root, folder, `api${name}${suffix}.md`),
      });
      return [...(types ? [reportOf(types, "")] : []), ...(browser ? [reportOf(browser.types, "-browser")] : [])];
    }),
  );
}

/** All reports, as they are in the repository and as they should be. One program serves all of them. */
function reportsOf(entries) {
  const scratch = mkdtempSync(join(tmpdir(), "lirpa-api-"));
  try {
    const files = [GLOBALS, ...entries.map(({ declarations }) => declarations)];
    const configurations = entries.map((entry, i) => configurationOf(entry, files, join(scratch, String(i))));
    const compilerState = CompilerState.create(configurations[0], { additionalEntryPoints: files });
    return entries.map(({ report }, i) => ({
      report,
      before: existsSync(report) ? readFileSync(report, "utf8") : undefined,
      text: extract(configurations[i], compilerState),
    }));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function configurationOf({ folder, declarations }, files, scratch) {
  const projectFolder = join(root, folder);
  const temporary = join(scratch, "temporary");
  mkdirSync(temporary, { recursive: true });
  const { compilerOptions } = readJson("tsconfig.base.json");
  return ExtractorConfig.prepare({
    packageJsonFullPath: join(projectFolder, "package.json"),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder,
      mainEntryPointFilePath: declarations,
      compiler: { overrideTsconfig: { compilerOptions, files } },
      // A type that is not exported is part of the API where an exported one mentions it: it stands there without
      // `export`.
      apiReport: {
        enabled: true,
        includeForgottenExports: true,
        reportFileName: "report",
        reportFolder: scratch,
        reportTempFolder: temporary,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: "lf",
      messages: {
        compilerMessageReporting: { default: { logLevel: "error" } },
        extractorMessageReporting: { default: { logLevel: "none" } },
        tsdocMessageReporting: { default: { logLevel: "none" } },
      },
    },
  });
}

function extract(configuration, compilerState) {
  const errors = [];
  Extractor.invoke(configuration, {
    localBuild: true,
    compilerState,
    messageCallback: (message) => {
      message.handled = true;
      if (message.logLevel === "error") errors.push(message.formatMessageWithLocation(root));
    },
  });
  if (errors.length > 0) throw new Error(errors.join("\n"));
  return readable(readFileSync(configuration.reportFilePath, "utf8"));
}

/** Without release tags, which we do not use, and without a mark at every member that its name and type explain. */
function readable(report) {
  return report
    .replace(/^ +\/\/ \(undocumented\)\n/gm, "")
    .replace(/^\/\/ @public\n/gm, "")
    .replaceAll("// @public (undocumented)", "// (undocumented)")
    .replace("// (No @packageDocumentation comment for this package)\n\n", "")
    .replaceAll(
      "It is a report generated by [API Extractor](https://api-extractor.com/).",
      "`npm run api` writes it, with [API Extractor](https://api-extractor.com/).",
    );
}

function write({ report, text }) {
  writeFileSync(report, text);
  console.log(`wrote ${relative(root, report)}`);
}

/** The lines that one text has and the other has not. */
function difference({ report, before, text }) {
  const name = relative(root, report);
  if (before === undefined) return `${name} is missing.`;
  const [old, now] = [before.split("\n"), text.split("\n")];
  const lines = [...without(old, now).map((line) => `- ${line}`), ...without(now, old).map((line) => `+ ${line}`)];
  return [
    `${name} is out of date:`,
    ...lines.slice(0, SHOWN),
    ...(lines.length > SHOWN ? [`… and ${lines.length - SHOWN} more`] : []),
  ].join("\n");
}

function without(lines, others) {
  const left = [...others];
  return lines.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
