import { standardCases, type OperatorCases } from "@lirpa/conformance";
import { callsOf, ones, type Call } from "@lirpa/conformance/kit";
import { composeLirpa as compose, isLirpaError } from "@lirpa/core";
import { definePlugin, operatorKey, type HostTensor, type Plugin, type Shape } from "@lirpa/core/plugin";
import { referenceExecutor } from "@lirpa/executor-reference";
import { expect } from "chai";
import { standardPlugins } from "lirpa";

const cases: OperatorCases = standardCases;

const scalar = (value: number): HostTensor => ({ shape: [], dtype: "float", data: Float64Array.of(value) });
/** Ways to call an operator that expand it otherwise than its cases do. */
const furtherCalls: readonly Call[] = [
  { type: "Pow", inputs: [ones(2), scalar(1)], constants: [1] },
  { type: "Pow", inputs: [ones(2), ones(3, 2)], constants: [1] },
  { type: "Pow", inputs: [ones(2), ones(2)], constants: [0] },
  { type: "LayerNormalization", inputs: [ones(2, 3), ones(3)], outputs: [true, true, true] },
];

function callsOfCases({ operators }: Plugin): Call[] {
  return operators.flatMap((operator) =>
    (cases[operatorKey(operator)] ?? []).map(({ inputs, attributes = {} }) => {
      const shapeOf = (slot: number): Shape => {
        const input = inputs[slot];
        if (input === undefined) return [];
        return "same" in input ? shapeOf(input.same) : "shape" in input ? input.shape : input;
      };
      const isTensor = (slot: number): boolean => inputs[slot] !== undefined && "data" in inputs[slot];
      const tensors = inputs.map((input, slot) =>
        input === undefined || "data" in input ? input : ones(...shapeOf(slot)),
      );
      return { type: operator.type, inputs: tensors, attributes, constants: [...inputs.keys()].filter(isTensor) };
    }),
  );
}

/** The operators of other plugins that a plugin's own expand into, in all of their cases and some opsets. */
function used(plugin: Plugin): string[] {
  const own = new Set(plugin.operators.map(operatorKey));
  const { prepared } = callsOf(plugin);
  const further = furtherCalls.filter(({ type }) => own.has(type));
  const parts = [...callsOfCases(plugin), ...further].flatMap((call) =>
    [12, 17, 21].flatMap((opset) => {
      const operator = plugin.operators.find(({ type }) => type === call.type);
      try {
        const { context, attributeContext } = prepared({ ...call, opset });
        return operator?.expand?.(context.attributes, attributeContext)?.nodes ?? [];
      } catch (error) {
        // Written for another opset.
        if (isLirpaError(error)) return [];
        throw error;
      }
    }),
  );
  return [...new Set(parts.map(operatorKey))].filter((key) => !own.has(key)).sort();
}

describe("what a plugin needs of others", () => {
  for (const plugin of standardPlugins) {
    it(`is said by ${plugin.name}: what its operators expand into, and nothing else`, () => {
      expect([...plugin.needs].sort()).to.deep.equal(used(plugin));
    });
  }

  it("is missed when plugins are put together, by who needs it and what it is", () => {
    const needy = definePlugin({ name: "needy", apiVersion: 2, needs: ["Relu", "lirpa:Square"] });
    const linear = standardPlugins.filter(({ operators }) => operators.some(({ type }) => type === "Square"));
    const start = (...plugins: Plugin[]) => compose({ plugins, executor: referenceExecutor() });
    expect(() => start(needy))
      .to.throw("[needy] needs the operator Relu, which no plugin provides.")
      .with.property("code", "LIRPA_PLUGIN");
    expect(() => start(needy, ...standardPlugins)).not.to.throw();
    expect(() => start(...linear)).to.throw(
      "[@lirpa/plugin-linear] needs the operator Reciprocal, which no plugin provides",
    );
  });
});
