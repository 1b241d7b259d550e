import { LirpaError } from "@lirpa/core/plugin";
import { culpritOf, discoverPlugins, type FoundPlugin } from "@lirpa/registry";

/**
 * Ends the command in one line where a plugin fails when nobody waits for it (a promise, a timer), or ends the process
 * itself. `end` prints the error and gives the exit code.
 * @returns what to call when the command ends on its own.
 */
export function watchForLateFailures(end: (error: unknown) => number): () => void {
  let isOver = false;
  const fail = (cause: unknown): void => {
    if (isOver) return;
    isOver = true;
    process.exit(end(blamed(cause)));
  };
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  process.on("exit", () => {
    if (isOver) return;
    const culprit = culpritOf(new Error("exit"), allowed());
    if (culprit !== undefined) process.exitCode = end(late(culprit, "ends the process"));
  });
  return () => (isOver = true);
}

function blamed(cause: unknown): unknown {
  const culprit = culpritOf(cause, allowed());
  if (culprit === undefined) return cause;
  const said = cause instanceof Error ? cause.message : String(cause);
  return late(culprit, `fails after it was imported: ${said.trim().split("\n")[0]!}`, cause);
}

function late(plugin: string, what: string, cause?: unknown): LirpaError {
  return new LirpaError("LIRPA_PLUGIN", `[${plugin}] ${what}`, {
    ...(cause !== undefined && { cause }),
    hint: "Tell its author, or take it off lirpa.plugins in package.json.",
    details: { plugin, project: true },
  });
}

function allowed(): readonly FoundPlugin[] {
  try {
    return discoverPlugins().allowed;
  } catch {
    return [];
  }
}
