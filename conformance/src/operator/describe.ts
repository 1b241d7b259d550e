import type { Operator, Plugin } from "@lirpa/core/plugin";
import { demandNeeded, demandNone, unknownFields, type FieldsOf } from "../kit/strict.js";
import { patiently, testing } from "../kit/testing.js";
import { settingsFields, type Settings } from "../settings.js";
import { nameOf, type OperatorCase } from "./case.js";
import { faultsOf, overlooked } from "./faults.js";
import type { OperatorLawName } from "./law-names.js";
import { hasBounds } from "./law.js";
import { operatorLaws } from "./laws.js";
import { OperatorSubject } from "./subject.js";

const LAWS = Object.keys(operatorLaws) as OperatorLawName[];

/**
 * Registers one test per law that applies to any of the cases; and tests that cases say nothing twice and nothing that
 * nobody reads, that what they except is needed, and that no law which is about the operator goes unasked. `describe`
 * and `it` are mocha's, or anything like them.
 */
export function describeOperator(operator: Operator, cases: readonly OperatorCase[], settings: Settings = {}): void {
  const { describe, it } = testing();
  describe(operator.type, () => {
    const { subjects, failures, cause } = subjectsOf(operator, cases, settings);
    it("has cases, and is resolved in all of them", () => {
      if (cases.length === 0) throw new Error(`there is no case of ${operator.type}`);
      const faults = [
        ...unknownFields(`the settings of ${operator.type}`, settings, settingsFields),
        ...faultsOf(operator, cases),
      ];
      demandNone([...faults, ...failures], cause);
    });

    const applying = LAWS.map((key) => [key, subjects.filter((subject) => applies(key, subject))] as const);
    for (const [key, all] of applying) {
      const asked = all.filter(({ example }) => example.except?.[key] === undefined);
      if (asked.length === 0) continue;
      it(
        operatorLaws[key].name,
        patiently(async () => {
          for (const subject of asked) await operatorLaws[key].check(subject);
        }),
      );
    }

    if (subjects.some(({ example }) => example.except !== undefined)) {
      it(
        "breaks the laws that its cases except",
        patiently(() => demandNeeded(subjects, operatorLaws, applies)),
      );
    }
    const unasked = applying.flatMap(([key, all]) => (all.length === 0 ? [key] : []));
    if (unasked.length > 0)
      it(`is not asked: ${unasked.join(", ")}`, () => demandNone(escaped(operator, subjects, unasked, settings)));
  });
}

interface Subjects {
  readonly subjects: readonly OperatorSubject[];
  readonly failures: readonly string[];
  readonly cause: unknown;
}

function subjectsOf(operator: Operator, cases: readonly OperatorCase[], settings: Settings): Subjects {
  const subjects: OperatorSubject[] = [];
  const failures: string[] = [];
  let cause: unknown;
  for (const example of cases) {
    try {
      subjects.push(new OperatorSubject(operator, example, settings));
    } catch (error) {
      cause ??= error;
      failures.push(`${nameOf(operator, example)}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { subjects, failures, cause };
}

/** A rule that fails while a law looks whether it applies fails the law. */
function applies(key: OperatorLawName, subject: OperatorSubject): boolean {
  const law = operatorLaws[key];
  if (law.concerns?.(subject.operator) === false) return false;
  try {
    return law.applies?.(subject) ?? true;
  } catch {
    return true;
  }
}

/** Laws that are about an operator, and of which no case makes anything to ask. */
function escaped(
  operator: Operator,
  subjects: readonly OperatorSubject[],
  unasked: readonly OperatorLawName[],
  settings: Settings,
): string[] {
  if (subjects.length === 0) return [];
  if (!subjects.some(hasBounds)) {
    const missed = overlooked(
      operator,
      subjects.map(({ example }) => example),
      settings,
    );
    return missed === undefined
      ? []
      : [`no case of ${operator.type} perturbs an input, though it can be bounded: ${missed}`];
  }
  return unasked
    .filter((key) => operatorLaws[key].concerns?.(operator) === true)
    .map((key) => `no case of ${operator.type} lets ${key} be asked, which is about operators like it`);
}

/** Cases by operator, named as registries do: `"Relu"`, or `"my.domain:Relu"`. */
export type OperatorCases = Readonly<Record<string, readonly OperatorCase[]>>;

/** How a whole plugin is held to the laws. */
export interface PluginSettings extends Settings {
  /** Operators that are not tried by themselves, each with the reason. */
  readonly without?: Readonly<Record<string, string>>;
}

const SETTINGS: FieldsOf<PluginSettings> = { ...settingsFields, without: true };

/** The laws for every operator of a plugin, and a test that each has a case. */
export function describePlugin(plugin: Plugin, cases: OperatorCases, settings: PluginSettings = {}): void {
  const { describe, it } = testing();
  const { without = {}, ...others } = settings;
  const plugins = [plugin, ...(settings.plugins ?? []).filter(({ name }) => name !== plugin.name)];
  const tried = plugin.operators.filter((operator) => without[keyOf(operator)] === undefined);
  describe(plugin.name, () => {
    it("has a case for every operator", () => {
      demandNone(unknownFields(`the settings of ${plugin.name}`, settings, SETTINGS));
      const missing = tried.map(keyOf).filter((key) => (cases[key] ?? []).length === 0);
      if (missing.length > 0) throw new Error(`no case for ${missing.join(", ")}`);
    });
    for (const operator of tried) {
      const own = cases[keyOf(operator)];
      const known = Object.fromEntries(Object.entries(others).filter(([key]) => key in settingsFields));
      if (own !== undefined) describeOperator(operator, own, { ...known, plugins });
    }
  });
}

export function keyOf({ type, domain = "" }: Operator): string {
  return domain === "" ? type : `${domain}:${type}`;
}
