import { inspect } from "node:util";
import { isLirpaError } from "@lirpa/core/plugin";
import { CommanderError } from "commander";
import { colorsFor } from "./colors.js";
import { exitCodeOf, exitCodes } from "./exit-codes.js";
import { complaint } from "./one-line.js";
import { reserveOutput } from "./output.js";
import { commandLine } from "./usage.js";
import { reasonOf } from "../system-error.js";

/** Milliseconds for what is still to be written. */
const LINGERING = 1000;

/**
 * Runs the command `lirpa` and returns its exit code. Results go to standard output; a failure is one line on standard
 * error, with its stack only where `LIRPA_DEBUG` asks for it. Ctrl-C is left to the system, which ends the process at
 * once (shells call it 130): a handler would wait until ONNX Runtime lets go of the thread.
 */
export async function main(args: readonly string[]): Promise<number> {
  let over = (): void => undefined;
  // Finding out whose a failure is takes the registry, which help and complaints about usage do without.
  const begin = async (): Promise<void> => {
    const { watchForLateFailures } = await import("./late-failures.js");
    over = watchForLateFailures(report);
  };
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    over();
    leaveOnBrokenPipe(error);
  });
  process.stderr.on("error", () => undefined);
  reserveOutput();
  try {
    let code: number = exitCodes.done;
    await commandLine((ended) => (code = ended), begin).parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    return error instanceof CommanderError ? endUsage(error, args) : report(error);
  } finally {
    over();
    // A plugin may have left something running; a process that has nothing else to do is not held up by this.
    setTimeout(() => process.exit(), LINGERING).unref();
  }
}

/** Commander throws for help that was asked for, too; and it has printed help where there was no command. */
function endUsage(error: CommanderError, args: readonly string[]): number {
  if (error.exitCode === 0) return exitCodes.done;
  if (error.code === "commander.help") return exitCodes.usage;
  const [first = "", ...rest] = error.message.split("\n");
  const suggestion = rest.join(" ").replace(/^\(|\)$/g, "");
  const page = ["bounds", "coverage", "plugins"].includes(args[0] ?? "") ? `lirpa ${args[0]} --help` : "lirpa --help";
  print(
    first.replace(/^error: /, "").replaceAll("'", '"'),
    suggestion === "" ? `Run ${page} for what there is.` : suggestion,
  );
  return exitCodes.usage;
}

/** Prints an error and gives its exit code. */
function report(error: unknown): number {
  if (isLirpaError(error)) print(error.problem, error.hint);
  else
    print(
      `internal error: ${error instanceof Error ? error.message : String(error)}`,
      "This is a defect of lirpa: please report it with what LIRPA_DEBUG=1 prints.",
    );
  if (process.env["LIRPA_DEBUG"] === "1") process.stderr.write(`${inspect(error)}\n`);
  return isLirpaError(error) ? exitCodeOf(error) : exitCodes.internal;
}

function print(message: string, hint: string | undefined): void {
  const colors = colorsFor(process.stderr);
  process.stderr.write(`${colors.red("lirpa:")} ${complaint(message, hint)}\n`);
}

/** Who reads only the first lines has all that was wanted; any other failure loses results. */
function leaveOnBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit();
  print(`cannot write to standard output: ${reasonOf(error)}`, undefined);
  process.exit(exitCodes.internal);
}
