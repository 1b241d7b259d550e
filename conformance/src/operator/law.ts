import type { OperatorSubject } from "./subject.js";

/** Something that must hold of every operator. It throws where the subject breaks it. */
export interface OperatorLaw {
  readonly name: string;
  /** Of every operator where absent. */
  readonly applies?: (subject: OperatorSubject) => boolean;
  readonly check: (subject: OperatorSubject) => void | Promise<void>;
}

/** Laws about bounds ask for an output that a perturbation reaches. */
export function hasBounds(subject: OperatorSubject): boolean {
  return subject.bounded.length > 0;
}
