import type { Operator } from "@lirpa/core/plugin";
import type { OperatorSubject } from "./subject.js";

/** Something that must hold of every operator. It throws where the subject breaks it. */
export interface OperatorLaw {
  readonly name: string;
  /** The operators that it is about; one of these must have a case of which the law can be asked. All where absent. */
  readonly concerns?: (operator: Operator) => boolean;
  /** The cases of which it can be asked; all where absent. */
  readonly applies?: (subject: OperatorSubject) => boolean;
  readonly check: (subject: OperatorSubject) => void | Promise<void>;
}

/** Laws about bounds ask for an output that a perturbation reaches. */
export function hasBounds(subject: OperatorSubject): boolean {
  return subject.bounded.length > 0;
}
