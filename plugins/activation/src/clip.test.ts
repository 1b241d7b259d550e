import { expect } from "chai";
import { isLirpaError, readAttributes } from "@lirpa/core";
import type { AttributeContext, HostTensor, RawAttributes } from "@lirpa/core/plugin";
import { clip } from "./clip.js";

const scalar = (value: number): HostTensor => ({ shape: [], dtype: "float", data: Float32Array.of(value) });

function read(raw: RawAttributes, context: Partial<AttributeContext>): unknown {
  return readAttributes(clip, raw, {
    node: "clip",
    opset: 17,
    shapes: [[2]],
    constants: [undefined],
    names: [],
    isRead: [true],
    ...context,
  });
}

describe("The limits of Clip", () => {
  it("are attributes up to opset 10", () => {
    expect(read({ min: -1, max: 2 }, { opset: 6 })).deep.equal({ min: -1, max: 2 });
    expect(read({ max: 2 }, { opset: 6 })).deep.equal({ min: undefined, max: 2 });
  });

  it("are inputs since opset 11, each of which may be absent", () => {
    expect(read({}, { shapes: [[2], undefined, []], constants: [undefined, undefined, scalar(3)] })).deep.equal({
      min: undefined,
      max: 3,
    });
    expect(read({}, {})).deep.equal({ min: undefined, max: undefined });
  });

  it("are none where a file says the largest float", () => {
    expect(read({ min: 0, max: 3.4028234663852886e38 }, { opset: 6 })).deep.equal({ min: 0, max: undefined });
    expect(read({}, { shapes: [[2], [], []], constants: [undefined, scalar(-Infinity), scalar(Infinity)] })).deep.equal(
      { min: undefined, max: undefined },
    );
  });

  it("give the maximum where the minimum is above it", () => {
    expect(read({ min: 3, max: 1 }, { opset: 6 })).deep.equal({ min: 1, max: 1 });
  });

  it("are refused where they are not constant", () => {
    expect(() => read({}, { shapes: [[2], []], constants: [undefined, undefined] }))
      .throw("clip: min")
      .that.satisfies(isLirpaError)
      .has.property("code", "LIRPA_UNSUPPORTED_ATTRIBUTE");
  });

  it("are refused where they are not scalars, or not numbers", () => {
    const two: HostTensor = { shape: [2], dtype: "float", data: Float32Array.of(1, 2) };
    expect(() => read({}, { shapes: [[2], [2]], constants: [undefined, two] }))
      .throw("clip: min")
      .with.property("code", "LIRPA_ATTRIBUTE");
    expect(() => read({ max: NaN }, { opset: 6 }))
      .throw("clip: max")
      .with.property("code", "LIRPA_ATTRIBUTE");
  });
});
