/** The names by which a case excepts a law. */
export type OperatorLawName =
  | "computesOnnx" | "inputsUntouched" | "recordsTheSame" | "sameOnConstants" | "gradientsAgree"
  | "containsSamples" | "smallerIsNotLooser" | "exactAtPoints" | "finite" | "linearIsTight" | "linesAreWorthwhile"
  | "rangeIsTight" | "linesTouch"
  | "linesBracket" | "linesHoldAtPoints" | "boundsPart" | "namedLinesBracket"
  | "freeChoicesAreSound" | "defaultIsOffered" | "widerBoundsAreSound" | "stableMeansExact"
  | "instancesAreApart" | "runtimesAgree" | "everyMethodIsSound" | "soundInFloat32" | "soundAtSpecialPoints";
