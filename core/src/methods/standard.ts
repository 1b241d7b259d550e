import { alphaCrown, type OwnOptions } from "./alpha-crown/method.js";
import { crownIbp } from "./crown-ibp.js";
import { crown } from "./crown.js";
import { forwardCrown } from "./forward-crown.js";
import { forward } from "./forward.js";
import { ibp } from "./ibp.js";
import type { Method } from "./method.js";

/** The methods that core brings. */
export const standardMethods: readonly Method[] = Object.freeze([
  ibp,
  crownIbp,
  crown,
  forward,
  forwardCrown,
  alphaCrown,
]);

/** The same, with who brings them. */
export const coreMethods: { readonly from: string; readonly methods: readonly Method[] } = Object.freeze({
  from: "@lirpa/core",
  methods: standardMethods,
});

/**
 * Options of methods by the method's name. Whoever brings a method says what its options are:
 * `declare module "@lirpa/core" { interface MethodOptions { "my-method": MyOptions } }`.
 */
export interface MethodOptions extends OwnOptions {}
