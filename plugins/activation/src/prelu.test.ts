import { expect } from "chai";
import { defaultRelax } from "@lirpa/core/plugin";
import { readAttributes } from "@lirpa/core";
import { Vocabulary } from "@lirpa/core/recording";
import type { Shape } from "@lirpa/core/plugin";
import { prelu } from "./prelu.js";

const check = (x: Shape, slope: Shape): unknown =>
  readAttributes(
    prelu,
    {},
    { node: "prelu", opset: 17, shapes: [x, slope], constants: [undefined, undefined], names: [], isRead: [true] },
  );

describe("PRelu", () => {
  it("takes slopes that broadcast to its input", () => {
    for (const slope of [[], [1], [3, 1, 1], [1, 3, 4, 4], [4]]) expect(check([2, 3, 4, 4], slope)).deep.equal({});
  });

  it("refuses slopes to which its input would have to broadcast", () => {
    expect(() => check([2, 3, 4, 4], [3]))
      .throw("prelu")
      .with.property("code", "LIRPA_SHAPE");
    expect(() => check([3], [2, 3]))
      .throw("prelu")
      .with.property("code", "LIRPA_SHAPE");
  });

  it("chooses the side of the chord for each slope by itself", () => {
    if (prelu.kind !== "elementwise") throw new Error("not elementwise");
    const t = new Vocabulary();
    const interval = { lower: t.constant([-1, -1]), upper: t.constant([1, 1]) };
    const { lower, upper } = defaultRelax(prelu.relax)(
      { t, attributes: {}, node: "prelu" },
      interval,
      t.constant([0, 2]),
    );
    const numbers = (x: Parameters<typeof t.expand>[0]): number[] => [...t.constantValue(t.expand(x, [2]))!.data];
    expect(numbers(upper.slope)[0]).equal(0.5);
    expect(numbers(upper.intercept)[0]).equal(0.5);
    expect(numbers(lower.slope)[1]).equal(1.5);
    expect(numbers(lower.intercept)[1]).equal(-0.5);
  });
});
