import { expect } from "chai";
import { LirpaError } from "@lirpa/core";
import { MethodSubject, methodLaws } from "./method/laws.js";
import { methodNetworks } from "./method/networks.js";
import { operatorLaws } from "./operator/laws.js";
import { OperatorSubject } from "./operator/subject.js";
import { perturbationLaws } from "./perturbation/laws.js";
import { PerturbationSubject } from "./perturbation/subject.js";
import { LawBroken } from "./settings.js";
import { impure } from "./wrong/impure.js";
import { wrongKinds } from "./wrong/kinds.js";
import { wrongLines } from "./wrong/lines.js";
import { wrongMethods } from "./wrong/methods.js";
import { wrongAtSpecialPoints } from "./wrong/special.js";
import { rightBall, wrongPerturbations } from "./wrong/sets.js";

const SIMPLE = { inputs: [[3]] } as const;
const BALL = { query: { type: "wrong-ball", eps: 0.75 }, shape: [3] } as const;

describe("A wrong operator is rejected:", () => {
  const all = [...wrongLines, ...wrongKinds, ...impure, ...wrongAtSpecialPoints];
  for (const { mistake, operator, law, example = SIMPLE, passes = [] } of all) {
    it(`${mistake} (${operatorLaws[law].name})`, async () => {
      await expectBroken(() => operatorLaws[law].check(new OperatorSubject(operator, example, {})));
      for (const other of passes) await operatorLaws[other].check(new OperatorSubject(operator, example, {}));
    });
  }

  it("of each kind of mistake there is one", () => {
    expect(new Set(all.map(({ mistake }) => mistake)).size).to.equal(all.length).and.to.be.greaterThan(25);
    const covered = new Set(all.map(({ law }) => law));
    // The methods of core, which are right, show what an operator alone does not.
    expect(Object.keys(operatorLaws).filter((law) => !covered.has(law as keyof typeof operatorLaws))).to.deep.equal(["everyMethodIsSound"]);
  });
});

describe("A wrong perturbation is rejected:", () => {
  for (const { mistake, perturbation, law } of wrongPerturbations) {
    it(`${mistake} (${perturbationLaws[law].name})`, () => expectBroken(() => perturbationLaws[law].check(new PerturbationSubject(perturbation, BALL, {}))));
  }

  it("and the right one is not", async () => {
    const subject = new PerturbationSubject(rightBall, BALL, {});
    for (const law of Object.values(perturbationLaws)) if (law.applies?.(subject) ?? true) await law.check(subject);
  });
});

describe("A wrong method is rejected:", () => {
  for (const { mistake, method, law } of wrongMethods) {
    it(`${mistake} (${methodLaws[law].name})`, () => expectBroken(() => methodLaws[law].check(new MethodSubject(method, methodNetworks()[0]!, {}))));
  }
});

/** The law fails, and for a reason of its own: not because something is missing. */
async function expectBroken(check: () => void | Promise<void>): Promise<void> {
  let failure: unknown;
  try {
    await check();
  } catch (error) {
    failure = error;
  }
  expect(failure, "the law accepts it").to.be.an("error");
  const causes = [failure, (failure as Error).cause];
  const found = causes.some((cause) => cause instanceof LawBroken || cause instanceof LirpaError || (cause instanceof TypeError && /read only|not extensible/.test(cause.message)));
  expect(found, String(failure)).to.equal(true);
}
