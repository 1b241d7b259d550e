import { expect } from "chai";
import { standardMethods, type Graph } from "@lirpa/core";
import type { Method } from "@lirpa/core/recording";
import { methodCalled, variant } from "../kit/marked-methods.js";
import { methodNetworks } from "./networks.js";
import { meanWidth } from "./widths.js";

// What the laws do not say: that a method is worth what it costs. A sound method that lost precision would pass them
// all.

type Row = Readonly<Record<string, number>>;

/** Mean widths in float64, by network and method. Who finds other ones changes the table, and says why. */
const WIDTHS: Readonly<Record<string, Row>> = {
  chain: row(0.637004, 0.764313, 0.768645, 0.828491, 0.768645, 0.539792),
  residual: row(1.32441, 0.790149, 0.772396, 0.80587, 0.772396, 0.746906),
  product: row(1.17032, 1.11538, 1.11538, 1.11538, 1.11538, 0.857881),
  "two inputs, two outputs": row(4.25274, 4.15782, 4.15782, 4.15782, 4.15782, 3.91065),
  wide: row(17.2336, 7.79472, 3.22412, 4.28079, 3.22412, 2.39559),
  "operators with rules of their own": row(1.04635, 1.04635, 0.718673, 0.718673, 0.718673, 0.718673),
};

/** Steps of an optimization sum up what rounding does. */
const TOLERANCE = 1e-5;
const TOLERANCE_OF_STEPS = 1e-3;

function row(
  ibp: number,
  crownIbp: number,
  crown: number,
  forward: number,
  forwardCrown: number,
  alphaCrown: number,
): Row {
  return { ibp, "crown-ibp": crownIbp, crown, forward, "forward+crown": forwardCrown, "alpha-crown": alphaCrown };
}

/** The words in which a method's bounds are not those of the table; none where they are. */
async function difference(method: Method, graph: Graph): Promise<string> {
  const [width, known] = [await meanWidth(method, graph), WIDTHS[graph.name]![method.name]!];
  const share = width / known - 1;
  if (Math.abs(share) <= (method.improves === undefined ? TOLERANCE : TOLERANCE_OF_STEPS)) return "";
  return `${graph.name}: bounds by ${method.name} are ${width.toPrecision(6)} wide in the mean, not ${known}`;
}

describe("On the networks of the kit, the bounds of", () => {
  for (const method of standardMethods) {
    it(`${method.name} are as wide as they were`, async () => {
      for (const graph of methodNetworks()) expect(await difference(method, graph)).equal("");
    });
  }

  it("a crown that gives intervals are not, on any network", async () => {
    const ibp = methodCalled("ibp").recipe!;
    const lazy = variant("crown", methodCalled("ibp"), ibp.rows, ibp.elements);
    for (const graph of methodNetworks())
      expect(await difference(lazy, graph), graph.name).match(/bounds by crown are .* wide/);
  });
});
