export { LawBroken, type Settings } from "./settings.js";
export type { CaseInput, OpenInput, OperatorCase } from "./operator/case.js";
export { describeOperator, describePlugin, type OperatorCases } from "./operator/describe.js";
export type { OperatorLaw } from "./operator/law.js";
export { operatorLaws, type OperatorLawName } from "./operator/laws.js";
export { OperatorSubject } from "./operator/subject.js";
export { standardCases } from "./cases/index.js";
