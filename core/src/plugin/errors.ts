/** What went wrong, in one word that programs may rely on. `docs/errors.md` explains each. */
export type ErrorCode =
  | "LIRPA_ABORTED"
  | "LIRPA_ATTRIBUTE"
  | "LIRPA_CONFLICT"
  | "LIRPA_DISPOSED"
  | "LIRPA_EXECUTOR"
  | "LIRPA_GRAPH"
  | "LIRPA_INTERNAL"
  | "LIRPA_MEMORY"
  | "LIRPA_MODEL"
  | "LIRPA_OPTION"
  | "LIRPA_PERTURBATION"
  | "LIRPA_PLUGIN"
  | "LIRPA_QUERY"
  | "LIRPA_SHAPE"
  | "LIRPA_TIME"
  | "LIRPA_UNSUPPORTED_ATTRIBUTE"
  | "LIRPA_UNSUPPORTED_METHOD"
  | "LIRPA_UNSUPPORTED_OPERATOR"
  | "LIRPA_UNSUPPORTED_PERTURBATION";

/** What an error may say besides its message. */
export interface LirpaErrorOptions {
  /** What to do next, in one sentence. */
  readonly hint?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * Every error that lirpa throws on purpose. Match on `code`, never on the message: that is `problem` and `hint`, one
 * sentence each, so that whoever prints the message alone also learns what to do.
 */
export class LirpaError extends Error {
  readonly $$type = "lirpa.error";
  readonly code: ErrorCode;
  /** What went wrong. */
  readonly problem: string;
  /** What to do next. */
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, problem: string, options: LirpaErrorOptions = {}) {
    const { hint, cause } = options;
    const message =
      hint === undefined || hint === ""
        ? problem
        : `${problem}${/[.!?:;]$/.test(problem.trimEnd()) ? "" : "."} ${hint}`;
    super(message, cause === undefined ? undefined : { cause });
    this.name = "LirpaError";
    this.code = code;
    this.problem = problem;
    this.hint = hint;
    this.details = options.details ?? {};
  }
}

/** True also for errors of another copy of this package. */
export function isLirpaError(error: unknown): error is LirpaError {
  return error instanceof Error && (error as { $$type?: unknown }).$$type === "lirpa.error";
}

/** An attribute or constant input of a node has a value that its operator does not allow. */
export function attributeError(message: string, options?: LirpaErrorOptions): LirpaError {
  return new LirpaError("LIRPA_ATTRIBUTE", message, options);
}

/** Legal ONNX that this operator's rule does not cover. */
export function unsupportedAttribute(message: string, options?: LirpaErrorOptions): LirpaError {
  return new LirpaError("LIRPA_UNSUPPORTED_ATTRIBUTE", message, options);
}

/** Shapes that do not fit each other. */
export function shapeError(message: string, options?: LirpaErrorOptions): LirpaError {
  return new LirpaError("LIRPA_SHAPE", message, options);
}

/** A perturbation's parameters are missing, of the wrong shape or out of range. */
export function perturbationError(message: string, options?: LirpaErrorOptions): LirpaError {
  return new LirpaError("LIRPA_PERTURBATION", message, options);
}

/** A plugin that breaks the contract. The message starts with the plugin's name. */
export function pluginError(plugin: string, message: string, options?: LirpaErrorOptions): LirpaError {
  return new LirpaError("LIRPA_PLUGIN", `[${plugin}] ${message}`, {
    ...options,
    details: { plugin, ...options?.details },
  });
}
