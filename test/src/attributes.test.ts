import { composeLirpa as compose, isLirpaError, type LirpaError } from "@lirpa/core";
import {
  defineOperator,
  definePlugin,
  flag,
  float,
  int,
  ints,
  oneOf,
  tensor as tensorAttribute,
  type Attribute,
  type RawAttributes,
} from "@lirpa/core/plugin";
import { referenceExecutor } from "@lirpa/executor-reference";
import { expect } from "chai";
import { standardPlugins } from "lirpa";
import { graph, tensor } from "./graphs.js";

// A node may say what its operator declares, and nothing else: core reads it, and refuses the rest by name.

const scale = (
  attributes: Readonly<Record<string, Attribute<unknown>>> | undefined,
  seen: (read: unknown) => void = () => undefined,
) =>
  defineOperator({
    type: "Scale",
    domain: "odd",
    sinceVersion: 1,
    kind: "linear",
    inputs: ["x", "axes?"],
    nonnegative: true,
    ...(attributes !== undefined && { attributes }),
    forward: ({ t, attributes: read }, x) => {
      seen(read);
      return t.mul(x, 2);
    },
  });

/** What the rules of a node get, or the error that names what it said. */
function read(
  attributes: Readonly<Record<string, Attribute<unknown>>> | undefined,
  said: RawAttributes,
  axes?: "constant" | "computed",
): unknown {
  let result: unknown;
  const plugin = definePlugin({ name: "odd", apiVersion: 2, operators: [scale(attributes, (got) => (result = got))] });
  const lirpa = compose({ plugins: [...standardPlugins, plugin], executor: referenceExecutor() });
  const axesInput = axes === undefined ? [] : [axes === "constant" ? "a" : "x"];
  const net = graph(
    { x: [2] },
    { a: { ...tensor([2], [1, 0]), dtype: "int" } },
    [["Scale", ["x", ...axesInput], ["y"], said]],
    ["y"],
  );
  lirpa
    .model({
      ...net,
      nodes: net.nodes.map((node) => ({ ...node, name: "n", domain: "odd" })),
      opsets: new Map([
        ["", 17],
        ["odd", 1],
      ]),
    })
    .explain();
  return result;
}

function refusal(...args: Parameters<typeof read>): LirpaError {
  try {
    read(...args);
  } catch (error) {
    if (isLirpaError(error)) return error;
    throw error;
  }
  throw new Error("nobody complained");
}

describe("attributes of a node", () => {
  it("come to the rules as they are declared, with the fallback where the node says nothing", () => {
    const declared = {
      axis: int(-1),
      epsilon: float(1e-5),
      transposed: flag(false),
      mode: oneOf(["up", "down"], "up"),
      sizes: ints().optional(),
    };
    expect(read(declared, {})).to.deep.equal({
      axis: -1,
      epsilon: 1e-5,
      transposed: false,
      mode: "up",
      sizes: undefined,
    });
    expect(read(declared, { axis: 2, epsilon: 0.5, transposed: 1, mode: "down", sizes: [3] })).to.deep.equal({
      axis: 2,
      epsilon: 0.5,
      transposed: true,
      mode: "down",
      sizes: [3],
    });
  });

  it("cannot be changed by a rule", () => {
    expect(read({ sizes: ints() }, { sizes: [1] })).to.satisfy(
      (got: { readonly sizes: object }) => Object.isFrozen(got) && Object.isFrozen(got.sizes),
    );
  });

  it("are refused where the operator does not declare them, with the nearest name", () => {
    const { code, message, details } = refusal({ epsilon: float(0), axis: int(0) }, { epsilom: 1 });
    expect(code).to.equal("LIRPA_UNSUPPORTED_ATTRIBUTE");
    expect(message).to.equal("n: odd:Scale has no attribute 'epsilom'. Did you mean epsilon?");
    expect(details).to.include({ node: "n", operator: "Scale", attribute: "epsilom" });
    expect(refusal({ epsilon: float(0), axis: int(0) }, { zoom: 1 }).hint).to.equal("There are epsilon, axis.");
    expect(refusal(undefined, { axis: 0 }).message).to.equal("n: odd:Scale has no attribute 'axis'. It has none.");
  });

  it("are refused where they are of another type, in words that say what would do", () => {
    const wrong: readonly (readonly [Attribute<unknown>, RawAttributes[string], string])[] = [
      [int(), 1.5, "It must be an integer."],
      [int().atLeast(1), 0, "It must be an integer of at least 1."],
      [float(), "x", "It must be a number."],
      [float().finite(), Infinity, "It must be a number, and finite."],
      [flag(), "yes", "It must be 1 or 0."],
      [ints(), 1, "It must be a list of integers."],
      [ints().atLeast(0), [0, -1], "It must be a list of integers of at least 0."],
      [oneOf(["up", "down"]), "left", "It must be one of up, down."],
      [tensorAttribute(), [1], "It must be a tensor."],
    ];
    for (const [declared, said, hint] of wrong) {
      const error = refusal({ it: declared }, { it: said });
      expect([error.code, error.hint], error.message).to.deep.equal(["LIRPA_ATTRIBUTE", hint]);
      expect(error.message).to.include("n: the attribute 'it' is ");
    }
  });

  it("are refused where they are missing", () => {
    const { code, message } = refusal({ axis: int() }, {});
    expect(code).to.equal("LIRPA_ATTRIBUTE");
    expect(message).to.equal("n: the attribute 'axis' is missing. odd:Scale needs it: an integer.");
  });

  it("are refused where they are legal, but not covered", () => {
    const { code, message } = refusal({ training: flag(false).only(false) }, { training: 1 });
    expect(code).to.equal("LIRPA_UNSUPPORTED_ATTRIBUTE");
    expect(message).to.equal("n: the attribute 'training' is 1, which is not supported. Supported: 0.");
    expect(read({ training: flag(false).only(false) }, { training: 0 })).to.deep.equal({ training: false });
  });

  it("may come as a constant input instead, and not as a computed one", () => {
    expect(read({ axes: ints().orInput() }, {}, "constant")).to.deep.equal({ axes: [1, 0] });
    expect(read({ axes: ints().orInput() }, { axes: [3] })).to.deep.equal({ axes: [3] });
    expect(read({ places: ints().fromInput("axes") }, {}, "constant")).to.deep.equal({ places: [1, 0] });
    expect(refusal({ axes: ints().orInput() }, {}, "computed").code).to.equal("LIRPA_UNSUPPORTED_ATTRIBUTE");
    expect(refusal({ axes: ints().fromInput() }, { axes: [3] }).message).to.include(
      "odd:Scale has no attribute 'axes'",
    );
  });

  it("are refused when plugins are put together, if they name an input that the operator does not have", () => {
    expect(() => read({ axes: ints().orInput("axis") }, {})).to.throw(
      '[odd] the operator odd:Scale names in attributes the input "axis"',
    );
  });
});
