import { LirpaError } from "../plugin/errors.js";
import type { Carry, CompiledProgram, Feeds, Loop } from "../plugin/executor.js";
import type { HostTensor } from "../plugin/tensor.js";

/** How an executor runs a program on values of its own: arrays on a device, say. */
export interface LoopBody<V> {
  take(name: string, value: HostTensor): V | Promise<V>;
  give(name: string, value: V): HostTensor | Promise<HostTensor>;
  run(values: Readonly<Record<string, V>>): Promise<Readonly<Record<string, V>>>;
  /** Gives back what a value holds; absent where nothing has to be. */
  drop?(value: V): void;
}

/** A program as a loop: the executor's own where it has one, otherwise by runs that are fed what the last one gave. */
export function loopOf(program: CompiledProgram, feeds: Feeds, carry: Carry): Loop {
  if (program.loop !== undefined) return program.loop(feeds, carry);
  const body: LoopBody<HostTensor> = {
    take: (_, value) => value,
    give: (_, value) => value,
    run: (values) => program.run(values),
  };
  return new CarriedLoop(body, feeds, carry);
}

/** A loop whose state stays what the executor runs on. Steps are taken one after the other, as they were asked for. */
export class CarriedLoop<V> implements Loop {
  private readonly fed = new Map<string, V>();
  /** What was given, but not taken over yet. */
  private given: Feeds;
  private last: Promise<unknown> = Promise.resolve();
  private disposed: Promise<void> | undefined;

  constructor(
    private readonly body: LoopBody<V>,
    feeds: Feeds,
    private readonly carry: Carry,
  ) {
    this.given = feeds;
  }

  step(feeds: Feeds = {}): Promise<Feeds> {
    return this.inTurn(async () => {
      this.given = { ...this.given, ...feeds };
      await this.takeGiven();
      const results = await this.body.run(Object.fromEntries(this.fed));
      this.demandCarried(results);
      const given = Object.entries(results).filter(([name]) => !Object.hasOwn(this.carry, name));
      const hosted = await Promise.all(given.map(async ([name, value]) => [name, await this.body.give(name, value)]));
      for (const [, value] of given) this.body.drop?.(value);
      for (const [output, input] of Object.entries(this.carry)) this.put(input, results[output]!);
      return Object.fromEntries(hosted) as Feeds;
    });
  }

  read(names: readonly string[]): Promise<Feeds> {
    return this.inTurn(async () => {
      await this.takeGiven();
      const values = names.map(async (name) => {
        const value = this.fed.get(name);
        if (value !== undefined) return [name, await this.body.give(name, value)];
        throw new LirpaError("LIRPA_OPTION", `the loop is fed nothing under the name ${name}`, {
          hint: `It is fed ${[...this.fed.keys()].join(", ")}.`,
        });
      });
      return Object.fromEntries(await Promise.all(values)) as Feeds;
    });
  }

  dispose(): Promise<void> {
    this.disposed ??= this.last.then(() => {
      for (const value of this.fed.values()) this.body.drop?.(value);
      this.fed.clear();
    });
    return this.disposed;
  }

  private async takeGiven(): Promise<void> {
    const { given } = this;
    this.given = {};
    for (const [name, value] of Object.entries(given)) this.put(name, await this.body.take(name, value));
  }

  private put(name: string, value: V): void {
    const before = this.fed.get(name);
    this.fed.set(name, value);
    if (before !== undefined && before !== value) this.body.drop?.(before);
  }

  private demandCarried(results: Readonly<Record<string, V>>): void {
    const missing = Object.keys(this.carry).find((name) => results[name] === undefined);
    if (missing === undefined) return;
    for (const value of Object.values(results)) this.body.drop?.(value);
    throw new LirpaError("LIRPA_OPTION", `the program has no output ${missing} to carry`, {
      hint: `It has ${Object.keys(results).join(", ")}.`,
    });
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.disposed !== undefined) {
      return Promise.reject(new LirpaError("LIRPA_DISPOSED", "the loop was disposed of"));
    }
    const result = this.last.then(work);
    this.last = result.catch(() => undefined);
    return result;
  }
}
