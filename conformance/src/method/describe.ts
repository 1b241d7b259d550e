import type { Graph, Method } from "@lirpa/core";
import { patiently, testing } from "../kit/testing.js";
import type { Settings } from "../settings.js";
import { MethodSubject, methodLaws } from "./laws.js";
import { methodNetworks } from "./networks.js";

/** How a method is held to the laws. */
export interface MethodSettings extends Settings {
  /** Networks besides the kit's own; their operators are in `plugins`. */
  readonly networks?: readonly Graph[];
}

/** Registers one test per law, on networks of the kit's own operators and on those that are given. */
export function describeMethod(method: Method, settings: MethodSettings = {}): void {
  const { describe, it } = testing();
  describe(`the method ${method.name}`, () => {
    const subjects = [...methodNetworks(), ...(settings.networks ?? [])].map((graph) => new MethodSubject(method, graph, settings, settings.plugins));
    for (const law of Object.values(methodLaws)) {
      it(law.name, patiently(async () => {
        for (const subject of subjects) if (law.applies?.(subject) ?? true) await law.check(subject);
      }));
    }
  });
}
