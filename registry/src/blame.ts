import { AsyncLocalStorage } from "node:async_hooks";
import { realpathSync } from "node:fs";
import { dirname, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { FoundPlugin } from "./discover.js";

// What a plugin starts while it is imported may fail when nobody waits for it: a promise, a timer. Node then knows the
// error, and not whose it is.

const scope = new AsyncLocalStorage<string>();

/** Does some work in the name of a plugin: what it starts is the plugin's, too. */
export function inTheNameOf<T>(plugin: string, work: () => T): T {
  return scope.run(plugin, work);
}

/**
 * The plugin that an error comes from, or that runs at the moment: by the files in the error's stack, or else by what
 * was started while the plugin was imported.
 */
export function culpritOf(
  error: unknown,
  plugins: readonly Pick<FoundPlugin, "name" | "manifest" | "path">[],
): string | undefined {
  const files = filesIn(error instanceof Error ? (error.stack ?? "") : "");
  const places = plugins.map((plugin) => [plugin.name, placeOf(plugin)] as const);
  for (const file of files) {
    const owner = places.find(([, place]) => file === place || (place.endsWith(sep) && file.startsWith(place)));
    if (owner !== undefined) return owner[0];
  }
  return scope.getStore();
}

/** The file of a plugin that is one, the folder of any other. */
function placeOf({ path = "", manifest }: Pick<FoundPlugin, "manifest" | "path">): string {
  return manifest === undefined ? real(path) : dirname(real(manifest)) + sep;
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Paths of a stack's frames, the innermost first. */
function filesIn(stack: string): string[] {
  return [...stack.matchAll(/(?:\(|at (?:async )?)((?:file:\/\/)?(?:\/|[A-Za-z]:\\)[^\s()]*?)(?::\d+){1,2}\)?$/gm)].map(
    ([, place]) => {
      if (!place!.startsWith("file://")) return place!;
      try {
        return fileURLToPath(place!);
      } catch {
        return place!;
      }
    },
  );
}
