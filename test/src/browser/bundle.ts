import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";

export interface Bundle {
  readonly code: Uint8Array;
  /** Bytes as they travel: compressed. */
  readonly gzip: number;
  /** All files that went into it, with what each of them imports. */
  readonly inputs: Metafile["inputs"];
}

/**
 * What a user's bundler makes of a script for browsers, of what the file holds or of other contents in its place. Fails
 * where something is imported that browsers lack.
 */
export async function bundle(file: string, contents: string = readFileSync(file, "utf8")): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, sourcefile: file, resolveDir: dirname(file), loader: "ts" },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    metafile: true,
    write: false,
    logLevel: "silent",
  });
  const code = outputFiles[0]!.contents;
  return { code, gzip: gzipSync(code).length, inputs: metafile.inputs };
}
