import { LirpaError } from "../plugin/errors.js";
import { nearest } from "../plugin/nearest.js";
import { hintOf } from "../plugin/options.js";
import { alphaCrown, type OwnOptions } from "./alpha-crown/method.js";
import { crownIbp } from "./crown-ibp.js";
import { crown } from "./crown.js";
import { forwardCrown } from "./forward-crown.js";
import { forward } from "./forward.js";
import { ibp } from "./ibp.js";
import type { Method } from "./method.js";

/** The methods that core brings. */
export const standardMethods: readonly Method[] = Object.freeze([ibp, crownIbp, crown, forward, forwardCrown, alphaCrown]);

/**
 * Options of methods by the method's name. Whoever brings a method says what its options are:
 * `declare module "@lirpa/core" { interface MethodOptions { "my-method": MyOptions } }`.
 */
export interface MethodOptions extends OwnOptions {}

/** Methods by name. */
export class MethodTable {
  private readonly byName: ReadonlyMap<string, Method>;

  /** Throws `LIRPA_OPTION` for what is no method, and where two have one name. */
  constructor(methods: readonly Method[]) {
    if (!Array.isArray(methods) || methods.length === 0) throw wrongMethods("methods is no list of methods");
    methods.forEach(checkMethod);
    const names = methods.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) throw wrongMethods(`two methods are called ${JSON.stringify(twice)}`);
    this.byName = new Map(methods.flatMap((method) => [method.name, ...(method.aliases ?? [])].map((name) => [name, method])));
    Object.freeze(this);
  }

  /** All methods, each once. */
  all(): Method[] {
    return [...new Set(this.byName.values())];
  }

  names(): string[] {
    return [...this.byName.keys()];
  }

  /** Throws `LIRPA_UNSUPPORTED_METHOD` naming those there are. */
  get(name: string): Method {
    const method = this.byName.get(name);
    if (method === undefined) {
      const near = typeof name === "string" ? nearest(name, this.names()) : [];
      throw new LirpaError("LIRPA_UNSUPPORTED_METHOD", `there is no method ${JSON.stringify(name)}`, {
        hint: `${near.length > 0 ? `Did you mean ${near.join(" or ")}? ` : ""}Methods: ${this.names().join(", ")}.`,
      });
    }
    return method;
  }
}

const isText = (value: unknown): boolean => typeof value === "string" && value !== "";
const isOptional = (type: string) => (value: unknown): boolean => value === undefined || typeof value === type;

const FIELDS: Readonly<Record<keyof Method, (value: unknown) => boolean>> = {
  $$type: (value) => value === "lirpa.method",
  name: isText,
  description: isOptional("string"),
  aliases: (value) => value === undefined || (Array.isArray(value) && value.every(isText)),
  needs: (value) => ["interval", "backward", "forward"].includes(value as string),
  improves: isOptional("string"),
  relaxes: isOptional("boolean"),
  options: isOptional("function"),
  structure: isOptional("function"),
  recipe: isOptional("object"),
  program: isOptional("function"),
  bounds: (value) => typeof value === "function",
};

function checkMethod(method: Method): void {
  if (method?.$$type !== "lirpa.method") throw wrongMethods("methods holds what defineMethod() did not make");
  const what = isText(method.name) ? `the method ${method.name}` : "a method without a name";
  for (const [field, check] of Object.entries(FIELDS)) {
    if (!check(method[field as keyof Method])) throw wrongMethods(`${what} has no right ${field}`);
  }
  const unknown = Object.keys(method).find((field) => !Object.hasOwn(FIELDS, field));
  if (unknown !== undefined) throw wrongMethods(`${what} has a field ${JSON.stringify(unknown)}, which nobody reads`, hintOf(unknown, Object.keys(FIELDS).slice(1)));
}

function wrongMethods(problem: string, hint = "Methods come from defineMethod(); leave the option out for those of core."): LirpaError {
  return new LirpaError("LIRPA_OPTION", problem, { hint, details: { option: "methods" } });
}
