import type { Operator, Plugin } from "@lirpa/core";
import { patiently, testing } from "../kit/testing.js";
import type { Settings } from "../settings.js";
import { nameOf, type OperatorCase } from "./case.js";
import type { OperatorLawName } from "./law-names.js";
import { operatorLaws } from "./laws.js";
import { OperatorSubject } from "./subject.js";

/** Registers one test per law that applies to any of the cases. `describe` and `it` are mocha's, or anything like them. */
export function describeOperator(operator: Operator, cases: readonly OperatorCase[], settings: Settings = {}): void {
  const { describe, it } = testing();
  describe(operator.type, () => {
    const subjects: OperatorSubject[] = [];
    const failures: [string, unknown][] = [];
    for (const example of cases) {
      try {
        subjects.push(new OperatorSubject(operator, example, settings));
      } catch (error) {
        failures.push([nameOf(operator, example), error]);
      }
    }
    it("has cases, and is resolved in all of them", () => {
      for (const [name, cause] of failures) throw new Error(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
      if (cases.length === 0) throw new Error(`there is no case of ${operator.type}`);
    });
    for (const [key, law] of Object.entries(operatorLaws)) {
      const asked = subjects.filter((subject) => subject.example.except?.[key as OperatorLawName] === undefined && applies(law.applies, subject));
      if (asked.length === 0) continue;
      it(law.name, patiently(async () => {
        for (const subject of asked) await law.check(subject);
      }));
    }
  });
}

/** A rule that fails while a law looks whether it applies fails the law. */
function applies(rule: ((subject: OperatorSubject) => boolean) | undefined, subject: OperatorSubject): boolean {
  try {
    return rule?.(subject) ?? true;
  } catch {
    return true;
  }
}

/** Cases by operator, named as registries do: `"Relu"`, or `"my.domain:Relu"`. */
export type OperatorCases = Readonly<Record<string, readonly OperatorCase[]>>;

/** How a whole plugin is held to the laws. */
export interface PluginSettings extends Settings {
  /** Operators that are not tried by themselves, each with the reason. */
  readonly without?: Readonly<Record<string, string>>;
}

/** The laws for every operator of a plugin, and a test that each has a case. */
export function describePlugin(plugin: Plugin, cases: OperatorCases, settings: PluginSettings = {}): void {
  const { describe, it } = testing();
  const { without = {} } = settings;
  const plugins = [plugin, ...(settings.plugins ?? []).filter(({ name }) => name !== plugin.name)];
  const tried = plugin.operators.filter((operator) => without[keyOf(operator)] === undefined);
  describe(plugin.name, () => {
    it("has a case for every operator", () => {
      const missing = tried.map(keyOf).filter((key) => (cases[key] ?? []).length === 0);
      if (missing.length > 0) throw new Error(`no case for ${missing.join(", ")}`);
    });
    for (const operator of tried) {
      const own = cases[keyOf(operator)];
      if (own !== undefined) describeOperator(operator, own, { ...settings, plugins });
    }
  });
}

export function keyOf({ type, domain = "" }: Operator): string {
  return domain === "" ? type : `${domain}:${type}`;
}
