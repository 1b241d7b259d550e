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

  it("of each kind of mistake there is one", () => expectOneOfEach(all, operatorLaws));
});

describe("A wrong perturbation is rejected:", () => {
  for (const { mistake, perturbation, law, passes = [] } of wrongPerturbations) {
    it(`${mistake} (${perturbationLaws[law].name})`, async () => {
      const subject = (): PerturbationSubject => new PerturbationSubject(perturbation, BALL, {});
      await expectBroken(() => perturbationLaws[law].check(subject()));
      for (const other of passes) await perturbationLaws[other].check(subject());
    });
  }

  it("of each kind of mistake there is one", () => expectOneOfEach(wrongPerturbations, perturbationLaws));

  it("and the right one is not", async () => {
    const subject = new PerturbationSubject(rightBall, BALL, {});
    for (const law of Object.values(perturbationLaws)) if (law.applies?.(subject) ?? true) await law.check(subject);
  });
});

describe("A wrong method is rejected:", () => {
  const [network] = methodNetworks();
  for (const { mistake, method, law, passes = [] } of wrongMethods) {
    it(`${mistake} (${methodLaws[law].name})`, async () => {
      const subject = (): MethodSubject => new MethodSubject(method, network!, {});
      await expectBroken(() => methodLaws[law].check(subject()));
      for (const other of passes) await methodLaws[other].check(subject());
    });
  }

  it("of each kind of mistake there is one", () => expectOneOfEach(wrongMethods, methodLaws));
});

/** Every law has something that it must find, and no mistake stands there twice. */
function expectOneOfEach(all: readonly { readonly mistake: string; readonly law: string }[], laws: object): void {
  expect(new Set(all.map(({ mistake }) => mistake)).size).to.equal(all.length);
  const covered = new Set(all.map(({ law }) => law));
  expect(Object.keys(laws).filter((law) => !covered.has(law))).to.deep.equal([]);
}

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
  const found = causes.some(
    (cause) =>
      cause instanceof LawBroken ||
      cause instanceof LirpaError ||
      (cause instanceof TypeError && /read only|not extensible/.test(cause.message)),
  );
  expect(found, String(failure)).to.equal(true);
}
