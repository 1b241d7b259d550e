import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The browser to test with: `LIRPA_BROWSER`, or a Chromium on the path. */
export function findChromium(): string | undefined {
  const named = process.env["LIRPA_BROWSER"];
  return (named === undefined ? NAMES : [named]).find((name) => spawnSync(name, ["--version"]).status === 0);
}

/**
 * Opens a page from a server of its own and gives what the page posts to `/answers`. What it posts to `/failure`, a
 * browser that ends, and no answer within `limit` milliseconds are errors. `files` are delivered by path.
 */
export async function openPage(browser: string, files: Files, limit: number): Promise<unknown> {
  const profile = mkdtempSync(join(tmpdir(), "lirpa-chromium-"));
  let settle: (result: { readonly answers: unknown } | Error) => void = () => undefined;
  const done = new Promise<{ readonly answers: unknown } | Error>((resolve) => (settle = resolve));
  const posted = (path: string, body: unknown): void =>
    settle(path === "/answers" ? { answers: body } : new Error(String(body)));
  const server = createServer(responder(files, posted));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  // Containers have neither the kernel's namespaces that its sandbox needs nor much shared memory.
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"];
  const args = [...flags, `--user-data-dir=${profile}`, address];
  const child = spawn(browser, args, { stdio: ["ignore", "ignore", "pipe"] });
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));
  child.on("error", settle);
  const closed = new Promise<void>((resolve) => child.on("close", () => resolve()));
  void closed.then(() => settle(new Error(`the browser ended:\n${complaints}`)));
  const timer = setTimeout(() => settle(new Error(`no answer after ${limit} ms:\n${complaints}`)), limit);
  const result = await done;
  clearTimeout(timer);
  child.kill("SIGKILL");
  await closed;
  server.closeAllConnections();
  server.close();
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  if (result instanceof Error) throw result;
  return result.answers;
}

type Files = ReadonlyMap<string, Uint8Array>;

const TYPES: Readonly<Record<string, string>> = { html: "text/html", js: "text/javascript", wasm: "application/wasm" };

function responder(files: Files, posted: (path: string, body: unknown) => void): RequestListener {
  return (request, response) => {
    const path = request.url ?? "";
    if (request.method === "POST") {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => (body += text));
      request.on("end", () => {
        response.end();
        posted(path, JSON.parse(body));
      });
      return;
    }
    const file = files.get(path === "/" ? "/index.html" : path);
    const type = TYPES[path === "/" ? "html" : path.split(".").at(-1)!] ?? "application/octet-stream";
    response.writeHead(file === undefined ? 404 : 200, { "content-type": type }).end(file);
  };
}
