import { LirpaError } from "../plugin/errors.js";
import type { Method } from "../methods/method.js";
import { checkMethod, type Fail } from "./checks.js";
import { guardMethod } from "./guard-method.js";
import type { Registered } from "./plugin-registry.js";

/** Methods that an instance has besides those of its plugins: core's, or the caller's own. */
export interface OwnMethods {
  /** Who brings them, for messages. */
  readonly from: string;
  readonly methods: readonly Method[];
}

/** A package, as far as methods are concerned. */
export interface MethodPackage {
  readonly name: string;
  readonly overrides: readonly string[];
}

/** How a method is called in `overrides` and in catalogues. */
export function methodKey(name: string): string {
  return `method:${name}`;
}

/** Methods by all of their names; what a plugin brings is guarded. */
export class MethodNames {
  private readonly byName = new Map<string, Registered<Method>>();

  addOwn({ from, methods }: OwnMethods): void {
    const fail: Fail = (problem, hint) =>
      new LirpaError("LIRPA_OPTION", `${from}: ${problem}`, { hint, details: { option: "methods" } });
    for (const method of methods) {
      checkMethod(method, fail);
      this.add({ value: method, original: method, plugin: from }, []);
    }
  }

  addOf({ name, overrides }: MethodPackage, method: Method, fail: Fail): void {
    checkMethod(method, fail);
    this.add({ value: guardMethod(name, method), original: method, plugin: name }, overrides);
  }

  get(name: string): Registered<Method> | undefined {
    return this.byName.get(name);
  }

  /** Each once, in their order. */
  all(): readonly Registered<Method>[] {
    return [...new Set(this.byName.values())];
  }

  names(): readonly string[] {
    return [...this.byName.keys()];
  }

  private add(entry: Registered<Method>, overrides: readonly string[]): void {
    const {
      value: { name, aliases = [] },
      plugin,
    } = entry;
    let added = entry;
    for (const one of [name, ...aliases]) {
      const rival = this.byName.get(one);
      if (rival === undefined || rival === added) continue;
      // Of two that both take a method over, neither has a better claim.
      if (!overrides.includes(methodKey(one)) || rival.plugin === plugin || rival.overrides === true)
        throw conflict(one, rival, entry);
      for (const lost of namesOf(rival)) this.byName.delete(lost);
      added = { ...entry, overrides: true };
    }
    for (const one of namesOf(added)) this.byName.set(one, added);
  }
}

function namesOf({ value: { name, aliases = [] } }: Registered<Method>): readonly string[] {
  return [name, ...aliases];
}

function conflict(
  name: string,
  { plugin: first }: Registered<Method>,
  { plugin: second }: Registered<Method>,
): LirpaError {
  const details = { method: name, plugins: [first, second] };
  if (first === second) {
    return new LirpaError("LIRPA_CONFLICT", `[${first}] brings two methods called ${name}`, {
      hint: "Leave one out.",
      details,
    });
  }
  return new LirpaError("LIRPA_CONFLICT", `the method ${name} comes from ${first} and from ${second}`, {
    hint: `Leave one out, or let the later one say overrides: [${JSON.stringify(methodKey(name))}].`,
    details,
  });
}
