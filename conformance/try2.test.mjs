import { describePerturbation } from "@lirpa/conformance";
import lp from "@lirpa/perturbation-lp";
const two = (q, shape) => q;
describePerturbation(lp.perturbations[0], [
  { query: { type: "linf", eps: 0.25 }, shape: [2, 3] },
  { query: { type: "linf", eps: [0.25, 0, 1, 0.5] }, shape: [2, 2], queryOfTwo: { type: "linf", eps: [0.25, 0, 1, 0.5, 0.25, 0, 1, 0.5] } },
  { query: { type: "l2", eps: 0.5 }, shape: [2, 3] },
  { query: { type: "l2", eps: 0.5, over: "all" }, shape: [3], role: "weight" },
  { query: { type: "l2", eps: [0.5, 1, 0.25] }, shape: [3] },
  { query: { type: "l1", eps: 0.75 }, shape: [1, 3] },
  { query: { type: "lp", p: 3, eps: 0.75 }, shape: [1, 3] },
  { query: { type: "lp", p: 1.5, eps: 0.75 }, shape: [3] },
  { query: { type: "l2", eps: 0 }, shape: [1, 2] },
  { query: { type: "box", lower: [-1, 0, 0.5], upper: [1, 0, 0.75] }, center: [0, 0, 0.5], shape: [1, 3] },
]);
