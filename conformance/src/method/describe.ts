import type { Graph } from "@lirpa/core";
import type { Method } from "@lirpa/core/recording";
import { demandNone, repeated, unknownFields, type FieldsOf } from "../kit/strict.js";
import { patiently, testing } from "../kit/testing.js";
import { settingsFields, type Settings } from "../settings.js";
import { MethodSubject, methodLaws, type MethodLawName } from "./laws.js";
import { methodNetworks } from "./networks.js";

/** How a method is held to the laws. */
export interface MethodSettings extends Settings {
  /** Networks besides the kit's own; their operators are in `plugins`. */
  readonly networks?: readonly Graph[];
}

const SETTINGS: FieldsOf<MethodSettings> = { ...settingsFields, networks: true };

/** Registers one test per law, on networks of the kit's own operators and on those that are given. */
export function describeMethod(method: Method, settings: MethodSettings = {}): void {
  const { describe, it } = testing();
  describe(`the method ${method.name}`, () => {
    const networks = [...methodNetworks(), ...(settings.networks ?? [])];
    it("has networks, all different", () => {
      demandNone([
        ...unknownFields(`the settings of ${method.name}`, settings, SETTINGS),
        ...repeated(
          networks,
          ({ name }) => name,
          ({ name }) => name,
        ),
      ]);
    });

    const subjects = networks.map((graph) => new MethodSubject(method, graph, settings, settings.plugins));
    const unasked: string[] = [];
    for (const key of Object.keys(methodLaws) as MethodLawName[]) {
      const law = methodLaws[key];
      const asked = subjects.filter((subject) => law.applies?.(subject) ?? true);
      if (asked.length === 0) unasked.push(key);
      else
        it(
          law.name,
          patiently(async () => {
            for (const subject of asked) await law.check(subject);
          }),
        );
    }
    if (unasked.length > 0) it(`is not asked: ${unasked.join(", ")}`, () => undefined);
  });
}
