import type { Perturbation } from "@lirpa/core/plugin";
import { demandNeeded, demandNone, repeated, unknownFields, type FieldsOf } from "../kit/strict.js";
import { patiently, testing } from "../kit/testing.js";
import { settingsFields, type Settings } from "../settings.js";
import type { PerturbationCase, PerturbationLawName } from "./case.js";
import { perturbationLaws } from "./laws.js";
import { PerturbationSubject } from "./subject.js";

const LAWS = Object.keys(perturbationLaws) as PerturbationLawName[];
const CASE: FieldsOf<PerturbationCase> = {
  name: true,
  query: true,
  shape: true,
  role: true,
  center: true,
  queryOfTwo: true,
  tolerance: true,
  except: true,
};

/**
 * Registers one test per law that applies to any of the cases; and tests that cases say nothing twice and nothing that
 * nobody reads, and that what they except is needed.
 */
export function describePerturbation(
  perturbation: Perturbation,
  cases: readonly PerturbationCase[],
  settings: Settings = {},
): void {
  const { describe, it } = testing();
  const { type } = perturbation;
  describe(`the perturbation ${type}`, () => {
    const subjects = cases.map((example) => new PerturbationSubject(perturbation, example, settings));
    it("has cases, and all are of its type", () => {
      if (cases.length === 0) throw new Error(`no case for ${type}`);
      const stranger = cases.find(({ query }) => query.type !== type);
      if (stranger !== undefined) throw new Error(`a case is of the type ${stranger.query.type}`);
      demandNone([
        ...unknownFields(`the settings of ${type}`, settings, settingsFields),
        ...repeated(
          subjects,
          ({ name }) => name,
          ({ example }) => ({ ...example, name: undefined }),
        ),
        ...subjects.flatMap(({ name, example }) => unknownFields(name, example, CASE)),
      ]);
    });

    const applying = LAWS.map((key) => [key, subjects.filter((subject) => applies(key, subject))] as const);
    for (const [key, all] of applying) {
      const asked = all.filter(({ example }) => example.except?.[key] === undefined);
      if (asked.length === 0) continue;
      it(
        perturbationLaws[key].name,
        patiently(async () => {
          for (const subject of asked) await perturbationLaws[key].check(subject);
        }),
      );
    }

    if (cases.some(({ except }) => except !== undefined)) {
      it(
        "breaks the laws that its cases except",
        patiently(() => demandNeeded(subjects, perturbationLaws, applies)),
      );
    }
    const unasked = applying.flatMap(([key, all]) => (all.length === 0 ? [key] : []));
    if (unasked.length > 0)
      it(`is not asked: ${unasked.join(", ")}`, () => demandNone(escaped(perturbation, cases, unasked)));
  });
}

function applies(key: PerturbationLawName, subject: PerturbationSubject): boolean {
  const law = perturbationLaws[key];
  return law.concerns?.(subject.perturbation) !== false && (law.applies?.(subject) ?? true);
}

/** Laws that are about a perturbation, and of which no case makes anything to ask. */
function escaped(
  { type }: Perturbation,
  cases: readonly PerturbationCase[],
  unasked: readonly PerturbationLawName[],
): string[] {
  const isOfInputs = cases.some(({ role = "input" }) => role === "input");
  const missed = unasked.filter((key) => key === "instancesAreApart" && isOfInputs);
  return missed.map(
    (key) => `no case of ${type} lets ${key} be asked: give a queryOfTwo, or numbers for the whole set`,
  );
}
