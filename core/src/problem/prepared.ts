import { isLirpaError, LirpaError } from "../plugin/errors.js";
import type { Feeds } from "../plugin/executor.js";
import type { PerturbationQuery } from "../plugin/perturbation.js";
import { checkOptions } from "../plugin/options.js";
import type { Port, Program } from "../plugin/program.js";
import { fedWith } from "../bounds/problem.js";
import { recordClean } from "../bounds/recording/clean.js";
import { domainOutput, domainWarning, partialNodes, recordDomains, type Warning } from "../bounds/recording/domains.js";
import type { ResolvedNode } from "../graph/resolved.js";
import type { Method } from "../methods/method.js";
import { contentKey } from "../program/fingerprint.js";
import type { KnownProgram, Seconds } from "../run/call-host.js";
import type { Engine, EngineCall } from "../run/engine.js";
import type { Numbers as Fed } from "../run/host.js";
import type { Lifecycle } from "../run/lifecycle.js";
import { resultOf, type Bounds } from "./bounds.js";
import { explained, type NodeExplanation } from "./explain.js";
import { accountOf, CALL_OPTIONS, checkResult, type CallOptions } from "./limits.js";
import { numbersOf, type ProblemNumbers } from "./numbers.js";
import { demandRecord, type BoundInput } from "./query.js";
import type { ReadSets } from "./sets.js";
import { namesIn, valueNamed, type Asked } from "./structure.js";

/** The numbers of a call, besides those of its inputs, and its limits. */
export interface PreparedOptions extends ProblemNumbers, CallOptions {
  /** Sets around stored parameters, as the problem was prepared with. */
  readonly weights?: Readonly<Record<string, PerturbationQuery>>;
}

export const NUMBER_OPTIONS = ["spec", "given", "constraints", "start", "weights"] as const;
const PREPARED_OPTIONS: readonly string[] = [...NUMBER_OPTIONS, ...CALL_OPTIONS];

/** A bound computation, prepared: programs are recorded and compiled once, for any numbers. */
export interface Prepared {
  readonly method: string;
  /** What its program is fed. Throws like `program`. */
  readonly ports: readonly Port[];
  /**
   * Bounds for these numbers. Sets must be of the structure that was prepared. Numbers are copied before it returns.
   * Throws `LIRPA_QUERY`, `LIRPA_PERTURBATION`, `LIRPA_MEMORY`, or `LIRPA_DISPOSED` after `dispose()`.
   */
  bounds(inputs: Readonly<Record<string, BoundInput>>, options?: PreparedOptions): Promise<Bounds>;
  /** What to feed its program for these numbers, by the ports' names. */
  feeds(inputs: Readonly<Record<string, BoundInput>>, options?: PreparedOptions): Feeds;
  /**
   * The program whose outputs are what `bounds` gives: what `emitOnnx` writes to a file. Its inputs have the physical
   * shape `[instances or 1, rows or 1, ...shape]`. Where the memory budget is too small for it, `bounds` computes the
   * same by several programs. Throws `LIRPA_UNSUPPORTED_METHOD` where no one program gives the method's bounds.
   */
  program(): Program;
  /**
   * A program of what the network itself computes at the centers of the sets: these values, or the output, by their
   * names. It is fed as `program` is, so that both can be parts of one (`extendProgram`): batch statistics and the loss
   * of the images themselves, say. Throws `LIRPA_QUERY` for a value that there is not.
   */
  clean(values?: readonly string[]): Program;
  /**
   * The rule of each node, and how the rows that bound its elements were held in the programs that the last call of
   * `bounds` ran; before the first one as its program has them, where there is one.
   */
  explain(): readonly NodeExplanation[];
  /** Nothing more is asked of it; its programs make room for others. */
  dispose(): Promise<void>;
}

/** What a prepared problem needs of its model. */
export interface PreparedContext {
  readonly engine: Engine;
  readonly lifecycle: Lifecycle;
  /** The key of the problem, which says all that its programs depend on. */
  readonly key: () => Promise<string>;
  read(inputs: Readonly<Record<string, BoundInput>>, weights: Readonly<Record<string, PerturbationQuery>>): ReadSets;
}

export class PreparedProblem implements Prepared {
  private recorded: Program | undefined;
  /** How the programs of the last call held rows. */
  private rows: Readonly<Record<string, string>> | undefined;
  private readonly known = new Map<string, KnownProgram>();
  private isDisposed = false;
  private knownKey: string | undefined;
  private readonly structure: string;
  /** Nodes whose inputs may leave their operators' domains. */
  private readonly partial: readonly ResolvedNode[];

  constructor(
    readonly asked: Asked,
    private readonly context: PreparedContext,
  ) {
    this.partial = partialNodes(asked.problem.graph);
    this.structure = contentKey(
      asked.problem.sources.map(({ value, structure, values }) => [value.name, structure, values]),
    );
  }

  get method(): string {
    return this.asked.method.name;
  }

  get ports(): readonly Port[] {
    return this.program().inputs;
  }

  async bounds(inputs: Readonly<Record<string, BoundInput>>, options: PreparedOptions = {}): Promise<Bounds> {
    return this.context.lifecycle.during(() => this.run(this.read(inputs, options), options));
  }

  feeds(inputs: Readonly<Record<string, BoundInput>>, options: PreparedOptions = {}): Feeds {
    return fedWith(this.read(inputs, options));
  }

  program(): Program {
    this.demandAlive();
    const program = this.oneProgram();
    if (program === undefined) throw manyPrograms(this.asked.method);
    return program;
  }

  /** Recorded once, where the method has one. */
  private oneProgram(): Program | undefined {
    const { method, problem, options } = this.asked;
    return (this.recorded ??= method.program?.(problem, options));
  }

  clean(values: readonly string[] = [this.asked.problem.output.name]): Program {
    this.demandAlive();
    const { problem } = this.asked;
    return recordClean(
      problem,
      namesIn("clean", values).map((name) => valueNamed(problem.graph, "clean", name)),
    );
  }

  explain(): readonly NodeExplanation[] {
    this.demandAlive();
    return explained(this.asked.problem.graph, this.rows ?? this.oneProgram()?.rows ?? {});
  }

  async dispose(): Promise<void> {
    this.isDisposed = true;
    this.recorded = undefined;
    this.known.clear();
    await this.context.engine.forget(await this.context.key());
  }

  /** Bounds for what was read: every number is copied by now. */
  async run(numbers: Fed, options: CallOptions & Pick<ProblemNumbers, "start">): Promise<Bounds> {
    const { method } = this.asked;
    const key = (this.knownKey ??= await this.context.key());
    const account = {
      ...accountOf(key, options, this.context.engine.memory),
      known: this.known,
      ...(this.recorded !== undefined && { recorded: this.recorded }),
    };
    checkResult(this.asked, numbers, account.budget);
    const call: EngineCall = { ...this.asked, numbers, ...(options.start !== undefined && { start: options.start }) };
    const { results, state, isCutShort } = await this.context.engine.bounds(call, account);
    this.rows = account.rows;
    const domains = this.partial.length === 0 ? [] : await this.domains(numbers, key, { ...account.seconds });
    const warnings = isCutShort === true ? [...domains, cutShort(method)] : domains;
    return {
      method: method.name,
      ...resultOf(this.asked, results, numbers),
      seconds: account.seconds,
      warnings,
      ...(state !== undefined && { state }),
    };
  }

  /** Reads numbers, and refuses sets of another structure than what was prepared. */
  private read(inputs: Readonly<Record<string, BoundInput>>, options: PreparedOptions): Fed {
    this.demandAlive();
    checkOptions(options, PREPARED_OPTIONS, "bounds of a prepared problem");
    const { problem } = this.asked;
    const { weights = {} } = options;
    demandRecord("weights", weights);
    const sets = this.context.read(inputs, weights);
    const given = problem.sources.map(({ value }) => {
      const own = (value.parameter === undefined ? sets.inputs : sets.weights)[value.name];
      return [value.name, own?.structure, own?.values];
    });
    const count = Object.keys(sets.inputs).length + Object.keys(weights).length;
    if (contentKey(given) !== this.structure || count !== given.length)
      throw otherStructure(problem.sources.map(({ value }) => value.name));
    if ((options.spec === undefined) !== (problem.spec === "elements")) {
      throw new LirpaError(
        "LIRPA_QUERY",
        `the problem was prepared for ${problem.spec}, ` +
          `and ${options.spec === undefined ? "no spec" : "a spec"} is given`,
        {
          hint: "Prepare another problem for it.",
        },
      );
    }
    return numbersOf(problem, sets, options);
  }

  private demandAlive(): void {
    this.context.lifecycle.demandAlive();
    if (this.isDisposed)
      throw new LirpaError("LIRPA_DISPOSED", "the prepared problem was disposed of", { hint: "Prepare it again." });
  }

  /**
   * Nodes whose inputs may leave an operator's domain: first by intervals, which cost little, and where these cannot
   * exclude it by the bounds that the method relies on, as far as they fit the budget.
   */
  private async domains({ feeds }: Fed, key: string, seconds: Seconds): Promise<Warning[]> {
    const { problem, method } = this.asked;
    let suspects = this.partial;
    const ways = [undefined, method.recipe?.intermediate].filter((way, i) => i === 0 || way !== undefined);
    for (const [i, intermediate] of ways.entries()) {
      if (suspects.length === 0) break;
      const nodes = suspects;
      const name = `${key}|domains ${i} ${nodes.map(({ order }) => order).join()}`;
      const found = await this.context.engine
        .run(name, () => recordDomains(problem, nodes, intermediate), feeds, seconds)
        .catch(ifTooLarge);
      if (found !== undefined)
        suspects = nodes.filter((_, at) => found[domainOutput(at)]?.data.some((count) => !(count <= 0)));
    }
    return suspects.map(domainWarning);
  }
}

function ifTooLarge(error: unknown): undefined {
  if (!isLirpaError(error) || !["LIRPA_MEMORY", "LIRPA_EXECUTOR"].includes(error.code)) throw error;
}

function cutShort({ name }: Method): Warning {
  return {
    code: "LIRPA_TIME",
    message: `the time limit ended ${name} early: the bounds hold, and more time may improve them`,
  };
}

function otherStructure(names: readonly string[]): LirpaError {
  return new LirpaError(
    "LIRPA_QUERY",
    `the sets are of another structure than what was prepared: one around each of ${names.join(", ")}`,
    {
      hint:
        "Radii and limits may change; a norm, a type, radii per row or element instead of one, " +
        "or what is perturbed takes another prepared problem.",
    },
  );
}

function manyPrograms({ name }: Method): LirpaError {
  return new LirpaError(
    "LIRPA_UNSUPPORTED_METHOD",
    `${name} is a sequence of programs, each run on the results of the one before: no one program gives its bounds`,
    {
      hint: "Ask for the bounds themselves (model.bounds), or for the program of a method that has one, such as crown.",
    },
  );
}
