import type { Catalogue } from "@lirpa/core";

const PACKAGES: Readonly<Record<string, readonly string[]>> = {
};

/** Which standard package brings an operator or a perturbation, for the hint where it was left out. */
export const catalogue: Catalogue = Object.freeze(
  Object.fromEntries(Object.entries(PACKAGES).flatMap(([name, brings]) => brings.map((what) => [what, name]))),
);
