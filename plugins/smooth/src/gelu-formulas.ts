import { defineFusion, type Fusion, type NodePattern, type Pattern } from "@lirpa/core/plugin";
import { gelu } from "./gelu.js";

const add = (a: Pattern, b: Pattern): NodePattern => ({ type: "Add", inputs: [a, b], anyOrder: true });
const mul = (a: Pattern, b: Pattern): NodePattern => ({ type: "Mul", inputs: [a, b], anyOrder: true });
const div = (a: Pattern, b: Pattern): NodePattern => ({ type: "Div", inputs: [a, b] });
const of = (type: string, x: Pattern): NodePattern => ({ type, inputs: [x] });

/** x (1 + gate) / 2, in the orders in which exporters multiply. */
const halves = (gate: Pattern): NodePattern[] => {
  const onePlus = add(gate, 1);
  return [
    mul(mul("x", onePlus), 0.5),
    mul("x", mul(onePlus, 0.5)),
    mul(mul("x", 0.5), onePlus),
    div(mul("x", onePlus), 2),
  ];
};

const cubes = [mul("x", { type: "Square", domain: "lirpa", inputs: ["x"] }), { type: "Pow", inputs: ["x", 3] }];
const inners = cubes.map((cube) => mul(add("x", mul(cube, 0.044715)), Math.sqrt(2 / Math.PI)));

/** Gelu as exporters write it before opset 20: by Erf, and its approximation by Tanh. */
export const geluFormulas: readonly Fusion[] = [
  defineFusion({
    name: "Gelu by Erf",
    patterns: [div("x", Math.SQRT2), mul("x", Math.SQRT1_2)].flatMap((scaled) => halves(of("Erf", scaled))),
    operator: gelu,
    inputs: ["x"],
  }),
  defineFusion({
    name: "Gelu by Tanh",
    patterns: inners.flatMap((inner) => halves(of("Tanh", inner))),
    operator: gelu,
    attributes: { approximate: "tanh" },
    inputs: ["x"],
  }),
];
