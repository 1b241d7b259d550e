import { LirpaError, pluginError, type LirpaErrorOptions } from "@lirpa/core/plugin";

/** All that can go wrong between a project and its plugins. Each error names the plugin and what to do. */

export function unreadableProject(project: string, why: string, cause?: unknown): LirpaError {
  return new LirpaError("LIRPA_PLUGIN", `the project's manifest ${project} ${why}`, {
    cause,
    hint: "Correct it.",
    details: { project },
  });
}

export function noSuchProject(path: string): LirpaError {
  return new LirpaError("LIRPA_OPTION", `there is no package.json at ${path} or above it`, {
    hint: "Name the project's package.json or its folder.",
    details: { option: "project" },
  });
}

export function notInstalled(name: string, project: string): LirpaError {
  return of(name, project, `is allowed by ${project}, but is not installed`, {
    hint: `Run npm install ${name}, or take it off lirpa.plugins.`,
  });
}

export function noSuchPath(name: string, project: string): LirpaError {
  return of(name, project, `is allowed by ${project}, but there is no such file or folder`, {
    hint: "The path starts at the folder of that package.json.",
  });
}

export function noPackage(name: string, project: string, cause: unknown): LirpaError {
  return of(name, project, "is a folder without a package.json that can be read", {
    cause,
    hint: "Name the plugin's file, or give the folder a package.json.",
  });
}

export function nameTaken(name: string, project: string, theirs: string): LirpaError {
  return of(name, project, `calls itself ${JSON.stringify(theirs)}, as another plugin does`, {
    hint: "Give it another name.",
  });
}

export function hiddenManifest(name: string, project: string): LirpaError {
  return of(name, project, "does not export its package.json", {
    hint: 'Its author adds "./package.json": "./package.json" to exports.',
  });
}

export function brokenManifest(name: string, project: string, cause: unknown): LirpaError {
  return of(name, project, "has a package.json that cannot be read", {
    cause,
    hint: `Install it again: npm install ${name}.`,
  });
}

export function noManifestField(name: string, project: string): LirpaError {
  return of(
    name,
    project,
    'has no "lirpa" field in its package.json, so that nobody can tell what it brings without running it',
    {
      hint: 'Its author adds "lirpa": { "apiVersion": 2, "operators": […], "perturbations": […], "methods": […] }.',
    },
  );
}

export function otherGeneration(name: string, project: string, theirs: unknown, ours: number): LirpaError {
  return of(
    name,
    project,
    `was built for generation ${JSON.stringify(theirs)} of the plugin contract; this is generation ${ours}`,
    {
      hint:
        typeof theirs === "number" && theirs > ours
          ? "Update lirpa."
          : `Update the plugin: npm install ${name}@latest.`,
    },
  );
}

export function hiddenEntry(name: string, project: string, cause: unknown): LirpaError {
  return of(name, project, "has no entry that can be found", {
    cause,
    hint: 'Its author builds it, and gives exports["."] a "default" condition.',
  });
}

export function failedImport(name: string, project: string, cause: unknown): LirpaError {
  const said = cause instanceof Error ? cause.message : String(cause);
  // A peer that nobody provides, which only some package managers put in place by themselves.
  const lacksCore =
    said.includes("@lirpa/core") &&
    /MODULE_NOT_FOUND|UNDECLARED|MISSING_PEER|BUILTIN/.test(String((cause as NodeJS.ErrnoException | undefined)?.code));
  const hint = lacksCore
    ? "Install @lirpa/core beside it: npm install @lirpa/core."
    : `Tell its author, or take it off lirpa.plugins in ${project}.`;
  return of(name, project, `throws when it is imported: ${said.trim().split("\n")[0]!}`, { cause, hint });
}

export function endlessImport(name: string, project: string, seconds: number): LirpaError {
  return of(name, project, `is not done with its import after ${seconds} seconds`, {
    hint: `Tell its author, or take it off lirpa.plugins in ${project}.`,
  });
}

export function noPlugin(name: string, project: string, cause?: unknown): LirpaError {
  return of(name, project, "is not a lirpa plugin", {
    cause,
    hint: "Its default export must come from definePlugin().",
  });
}

export function otherName(name: string, project: string, theirs: string): LirpaError {
  return of(name, project, `calls itself ${JSON.stringify(theirs)}`, {
    hint: "The name that it gives to definePlugin() must be that of its package.",
  });
}

export function claimedTwice(name: string, project: string, what: string): LirpaError {
  return new LirpaError("LIRPA_CONFLICT", `[${name}] claims ${what} twice`, {
    hint: `Tell its author, or take it off lirpa.plugins in ${project}.`,
    details: { plugin: name, project },
  });
}

export function emptyOverride(name: string, project: string, what: string): LirpaError {
  return of(name, project, `overrides ${what}, but does not bring it`, {
    hint: "Its author adds it or takes the name off overrides.",
  });
}

export function wrongManifest(name: string, project: string, what: string): LirpaError {
  return of(name, project, `has a manifest that does not say what it brings: ${what}`, {
    hint: 'Its author corrects the field "lirpa" of its package.json.',
  });
}

/** The registry's own complaint, which does not know of projects. */
export function inProject(error: LirpaError, name: string, project: string): LirpaError {
  const { code, problem, hint = `Tell its author, or take it off lirpa.plugins in ${project}.`, details } = error;
  return new LirpaError(code, problem.includes(name) ? problem : `[${name}] ${problem}`, {
    cause: error,
    hint,
    details: { ...details, plugin: name, project },
  });
}

function of(name: string, project: string, message: string, options: LirpaErrorOptions): LirpaError {
  return pluginError(name, message, { ...options, details: { project } });
}
