import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** What the tests share: projects in temporary folders, with packages that are installed there. */
export interface Package {
  /** What the package is; without it there is nothing but a manifest. */
  readonly code?: string;
  readonly manifest?: Readonly<Record<string, unknown>>;
}

const core = dirname(createRequire(import.meta.url).resolve("@lirpa/core/package.json"));

/**
 * Makes projects, each with its own `node_modules`; all are gone after the tests of a block. Returns the path of the
 * manifest.
 */
export function projects(): (manifest: unknown, packages?: Readonly<Record<string, Package>>) => string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "lirpa-registry-")));
  after(() => rmSync(root, { recursive: true, force: true }));
  let count = 0;
  return (manifest, packages = {}) => {
    const folder = join(root, `project-${count++}`);
    mkdirSync(join(folder, "node_modules", "@lirpa"), { recursive: true });
    symlinkSync(core, join(folder, "node_modules", "@lirpa", "core"), "junction");
    writeFileSync(join(folder, "package.json"), typeof manifest === "string" ? manifest : JSON.stringify(manifest));
    for (const [name, { code, manifest: fields }] of Object.entries(packages)) {
      const place = join(folder, "node_modules", name);
      mkdirSync(place, { recursive: true });
      const usual = {
        name,
        version: "1.2.3",
        type: "module",
        exports: { ".": { default: "./index.js" }, "./package.json": "./package.json" },
      };
      writeFileSync(join(place, "package.json"), JSON.stringify({ ...usual, ...fields }));
      if (code !== undefined) writeFileSync(join(place, "index.js"), code);
    }
    return join(folder, "package.json");
  };
}

/** The code of a plugin that brings the operators named, each doubling its input. */
export function doubling(name: string, types: readonly string[], fields: string = ""): string {
  return `
    import { definePlugin, defineOperator } from "@lirpa/core/plugin";
    const double = (type) => defineOperator({
      type, domain: "com.example", sinceVersion: 1, kind: "linear", inputs: ["X"], nonnegative: true,
      forward: ({ t }, x) => t.mul(x, 2),
    });
    const operators = ${JSON.stringify(types)}.map(double);
    export default definePlugin({ name: ${JSON.stringify(name)}, apiVersion: 2, operators, ${fields} });`;
}

export const described: Readonly<Record<string, unknown>> = {
  lirpa: { apiVersion: 2, operators: ["com.example:Double"] },
};
