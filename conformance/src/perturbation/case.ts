import type { PerturbationQuery, Shape } from "@lirpa/core/plugin";

/** One set to try a perturbation with. */
export interface PerturbationCase {
  readonly name?: string;
  readonly query: PerturbationQuery;
  /** The shape of what is perturbed. */
  readonly shape: Shape;
  /** `"input"` where absent. */
  readonly role?: "input" | "weight";
  /** Numbers of the center; made up where absent. */
  readonly center?: readonly number[];
  /** The query for two instances one after the other, where it holds numbers per element. */
  readonly queryOfTwo?: PerturbationQuery;
  /** What rounding in float64 may lose; 1e-9 where absent. */
  readonly tolerance?: number;
  /** Laws that this case need not obey, each with the reason. */
  readonly except?: Readonly<Partial<Record<PerturbationLawName, string>>>;
}

export type PerturbationLawName =
  | "parsesPurely"
  | "recordsTheSame"
  | "hullContainsSamples"
  | "samplesAreInside"
  | "concretizationCoversSamples"
  | "concretizationWithinHull"
  | "concretizationIsReached"
  | "projectionLands"
  | "rangesCoverCoefficients"
  | "boxesAreHulls"
  | "finiteAtZero"
  | "instancesAreApart"
  | "runtimesAgree";
