import type { Extremum } from "./extremum.js";

export const maximum: Extremum = {
  type: "Max",
  withConstant: "AtLeast",
  ofTwo: "Greatest",
  of: (t, a, b) => t.max(a, b),
  parts: (a, b) => [
    { name: "difference", type: "Sub", inputs: [a, b], outputs: ["difference"] },
    { name: "bend", type: "Relu", inputs: ["difference"], outputs: ["bend"] },
    { name: "sum", type: "Add", inputs: [b, "bend"], outputs: ["sum"] },
  ],
};

export const minimum: Extremum = {
  type: "Min",
  withConstant: "AtMost",
  ofTwo: "Least",
  of: (t, a, b) => t.min(a, b),
  parts: (a, b) => [
    { name: "difference", type: "Sub", inputs: [b, a], outputs: ["difference"] },
    { name: "bend", type: "Relu", inputs: ["difference"], outputs: ["bend"] },
    { name: "sum", type: "Sub", inputs: [b, "bend"], outputs: ["sum"] },
  ],
};
