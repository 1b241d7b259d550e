import type { Operator } from "@lirpa/core/plugin";
import type { OperatorCase } from "../operator/case.js";
import type { OperatorLawName } from "../operator/law-names.js";

/** An operator with one deliberate mistake, and the law that must find it. */
export interface WrongOperator {
  readonly mistake: string;
  readonly operator: Operator;
  readonly law: OperatorLawName;
  /** One input of three elements where absent. */
  readonly example?: OperatorCase;
  /** Laws that do not see this mistake: the one above is needed. */
  readonly passes?: readonly OperatorLawName[];
}
