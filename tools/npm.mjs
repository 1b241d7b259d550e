// npm, as the scripts of this folder call it.
import { spawnSync } from "node:child_process";

/** The npm that runs this script, or the one on the path. Ends the process where it fails; returns what it printed. */
export function npm(args, { env = {}, ...options } = {}) {
  const own = process.env.npm_execpath;
  const isOwn = own?.endsWith(".js");
  const { status, error, stdout } = spawnSync(isOwn ? process.execPath : "npm", isOwn ? [own, ...args] : args, {
    shell: !isOwn && process.platform === "win32",
    stdio: "inherit",
    ...options,
    env: { ...process.env, ...env },
  });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
  return stdout;
}
