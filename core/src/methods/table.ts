import { LirpaError } from "../plugin/errors.js";
import { alphaCrown } from "./alpha-crown.js";
import { crownIbp } from "./crown-ibp.js";
import { crown } from "./crown.js";
import { forwardCrown } from "./forward-crown.js";
import { forward } from "./forward.js";
import { ibp } from "./ibp.js";
import type { Method } from "./method.js";

/** The methods that core brings. */
export const standardMethods: readonly Method[] = Object.freeze([ibp, crownIbp, crown, forward, forwardCrown, alphaCrown]);

/** Methods by name. */
export class MethodTable {
  private readonly byName: ReadonlyMap<string, Method>;

  constructor(methods: readonly Method[]) {
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
      throw new LirpaError("LIRPA_UNSUPPORTED_METHOD", `there is no method ${JSON.stringify(name)}`, { hint: `Methods: ${this.names().join(", ")}.` });
    }
    return method;
  }
}
