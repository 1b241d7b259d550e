import type { ErrorCode, LirpaError } from "@lirpa/core/plugin";

/** What the process says when it ends, in the codes of sysexits.h. */
export const exitCodes = { done: 0, usage: 64, data: 65, unavailable: 69, internal: 70 } as const;

/** Complete by its type: a new error code does not compile without its exit code. */
const BY_CODE: Readonly<Record<ErrorCode, number>> = {
  LIRPA_ABORTED: exitCodes.unavailable,
  LIRPA_ATTRIBUTE: exitCodes.data,
  LIRPA_CONFLICT: exitCodes.unavailable,
  LIRPA_DISPOSED: exitCodes.internal,
  LIRPA_EXECUTOR: exitCodes.unavailable,
  LIRPA_GRAPH: exitCodes.data,
  LIRPA_INTERNAL: exitCodes.internal,
  LIRPA_MEMORY: exitCodes.unavailable,
  LIRPA_MODEL: exitCodes.data,
  LIRPA_OPTION: exitCodes.usage,
  LIRPA_PERTURBATION: exitCodes.data,
  LIRPA_PLUGIN: exitCodes.internal,
  LIRPA_QUERY: exitCodes.data,
  LIRPA_SHAPE: exitCodes.data,
  LIRPA_TIME: exitCodes.unavailable,
  LIRPA_UNSUPPORTED_ATTRIBUTE: exitCodes.unavailable,
  LIRPA_UNSUPPORTED_METHOD: exitCodes.usage,
  LIRPA_UNSUPPORTED_OPERATOR: exitCodes.unavailable,
  LIRPA_UNSUPPORTED_PERTURBATION: exitCodes.unavailable,
};

export function exitCodeOf(error: LirpaError): number {
  if (isOfProject(error)) return exitCodes.unavailable;
  return isUnknownToAll(error) ? exitCodes.data : (BY_CODE[error.code] ?? exitCodes.internal);
}

/**
 * An operator of ONNX's own domain that no package is known to bring is taken for a mistake in the model. One that a
 * package would bring, or one of somebody's own domain, waits for its plugin.
 */
function isUnknownToAll({ code, details }: LirpaError): boolean {
  return (
    code === "LIRPA_UNSUPPORTED_OPERATOR" &&
    details["package"] === undefined &&
    (details["domain"] === "" || details["domain"] === "ai.onnx")
  );
}

/** A plugin of the project that cannot be loaded is missing; one whose rule fails is a defect. */
function isOfProject({ code, details }: LirpaError): boolean {
  return code === "LIRPA_PLUGIN" && details["project"] !== undefined;
}
