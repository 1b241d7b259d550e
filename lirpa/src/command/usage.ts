import { readFileSync } from "node:fs";
import { LirpaError } from "@lirpa/core/plugin";
import { Command, Option } from "commander";
import { boundsHelp, coverageHelp, doctorHelp, pluginsHelp, rootHelp } from "./help.js";
import { writeOut } from "./output.js";
import { parseMemory, parseMethods, parseThreads } from "./options.js";

/** For the help, which loads nothing of core; a test compares them with core's own. */
const METHODS = ["ibp", "crown-ibp", "crown", "forward", "forward+crown", "alpha-crown"];

const methodsHelp = `one or more, by commas, of ${METHODS.join(", ")}, or what a plugin brings (default: crown)`;

/** The options of `lirpa bounds`, parsed. */
export interface BoundsFlags {
  readonly query: string;
  readonly method?: readonly string[];
  readonly output?: string;
  readonly json?: boolean;
  readonly save?: string;
  readonly explain?: boolean;
  readonly memory?: number;
  readonly threads?: number;
  readonly provider: "cpu" | "cuda" | "webgpu";
}

/** The options of the commands that only report. */
export interface ReportFlags {
  readonly json?: boolean;
}

/**
 * The commands and their options; `end` hears the exit code of one that does not end with 0, `begin` is called before
 * plugins may run. Nothing heavy is imported before an action runs, so that help and complaints about usage come at
 * once.
 */
export function commandLine(end: (code: number) => void, begin: () => Promise<void>): Command {
  const program = new Command("lirpa")
    .description("Provable bounds on neural networks.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .exitOverride()
    .configureOutput({ outputError: () => undefined, writeOut })
    .addHelpText("after", rootHelp);
  program
    .command("bounds")
    .summary("bound the outputs of a model over perturbed inputs")
    .description("Bounds the outputs of an ONNX model over all perturbations that a query allows.")
    .argument("<model>", "an ONNX file")
    .requiredOption("-q, --query <file>", 'the query, a JSON file; "-" reads standard input')
    .option("-m, --method <names>", methodsHelp, parseMethods)
    .option("-o, --output <name>", "which output to bound; needed where the model has several")
    .option("--json", "print one JSON object, or an array of them for several methods")
    .option("--save <file>", "write the bound computation as an ONNX program")
    .option("--explain", "print each node as it is bounded: its rule, its plugin, and how its rows are held")
    .option("--memory <size>", "what intermediate values may take (default: 2GiB)", parseMemory)
    .option("--threads <n>", "threads within one operation (default: ONNX Runtime's choice)", parseThreads)
    .addOption(new Option("--provider <name>", "where to compute").choices(["cpu", "cuda", "webgpu"]).default("cpu"))
    .addHelpText("after", boundsHelp)
    .action(async (model: string, flags: BoundsFlags) => {
      if (flags.save !== undefined && (flags.method?.length ?? 1) > 1) {
        throw new LirpaError("LIRPA_OPTION", "--save takes one method, for it writes one program", {
          hint: "Save the methods one by one.",
        });
      }
      await begin();
      const { bounds } = await import("./bounds.js");
      await bounds(model, flags);
    });
  program
    .command("coverage")
    .summary("say which rule of which plugin bounds each node of a model")
    .description("Says for each node of an ONNX model which rule of which plugin bounds it, and what is missing.")
    .argument("<model>", "an ONNX file")
    .option("--json", "print one JSON object")
    .addHelpText("after", coverageHelp)
    .action(async (model: string, flags: ReportFlags) => {
      await begin();
      const { coverage } = await import("./coverage.js");
      end(await coverage(model, flags));
    });
  const plugins = program
    .command("plugins")
    .summary("list plugins: those that come with lirpa, that the project allows, and that it could")
    .description(
      "Lists the plugins that come with lirpa, those that the project allows and those that it could allow.\n" +
        "Reads manifests only and imports none of them.",
    )
    .option("--json", "print one JSON object")
    .addHelpText("after", pluginsHelp)
    .action(async (flags: ReportFlags) => {
      await begin();
      const { plugins } = await import("./plugins.js");
      await plugins(flags);
    });
  plugins
    .command("doctor")
    .summary("import the allowed plugins and say what is wrong with them")
    .description("Imports the plugins that the project allows and says what is wrong with them.")
    .addHelpText("after", doctorHelp)
    .action(async (_: ReportFlags, command: Command) => {
      await begin();
      const { doctor } = await import("./plugins.js");
      end(await doctor(command.optsWithGlobals<ReportFlags>()));
    });
  return program;
}

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    readonly version: string;
  };
  return manifest.version;
}
