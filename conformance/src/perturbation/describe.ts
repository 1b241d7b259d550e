import type { Perturbation } from "@lirpa/core";
import { patiently, testing } from "../kit/testing.js";
import type { Settings } from "../settings.js";
import type { PerturbationCase, PerturbationLawName } from "./case.js";
import { perturbationLaws } from "./laws.js";
import { PerturbationSubject } from "./subject.js";

/** Registers one test per law that applies to any of the cases. */
export function describePerturbation(perturbation: Perturbation, cases: readonly PerturbationCase[], settings: Settings = {}): void {
  const { describe, it } = testing();
  describe(`the perturbation ${perturbation.types.join(", ")}`, () => {
    it("has a case for every type", () => {
      const missing = perturbation.types.filter((type) => !cases.some(({ query }) => query.type === type));
      if (missing.length > 0) throw new Error(`no case for ${missing.join(", ")}`);
    });
    const subjects = cases.map((example) => new PerturbationSubject(perturbation, example, settings));
    for (const [key, law] of Object.entries(perturbationLaws)) {
      const asked = subjects.filter((subject) => subject.example.except?.[key as PerturbationLawName] === undefined && (law.applies?.(subject) ?? true));
      if (asked.length === 0) continue;
      it(law.name, patiently(async () => {
        for (const subject of asked) await law.check(subject);
      }));
    }
  });
}
