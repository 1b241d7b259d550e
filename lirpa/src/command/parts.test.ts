import { LirpaError, type LirpaErrorOptions } from "@lirpa/core";
import { expect } from "chai";
import fc from "fast-check";
import { colorsFor } from "./colors.js";
import { exitCodeOf } from "./exit-codes.js";
import { toJson } from "./json.js";
import { complaint } from "./one-line.js";
import { parseMemory } from "./options.js";
import { roundedOutward } from "./rounding.js";

describe("the exit code of a missing operator", () => {
  const code = (details: LirpaErrorOptions["details"]): number =>
    exitCodeOf(new LirpaError("LIRPA_UNSUPPORTED_OPERATOR", "", { details: details! }));

  it("is 65 where nobody knows it, 69 where a package would bring it", () => {
    expect(code({ domain: "", operator: "Frobnicate" })).to.equal(65);
    expect(code({ domain: "", operator: "Gelu", package: "@lirpa/plugin-smooth" })).to.equal(69);
    expect(code({ domain: "com.example", operator: "Frobnicate" })).to.equal(69);
    expect(code({ operator: "Dropout", node: "a rule without one of its outputs" })).to.equal(69);
  });
});

describe("a complaint", () => {
  it("is two sentences on one line", () => {
    expect(complaint("no such thing", "Try another.")).to.equal("no such thing. Try another.");
    expect(complaint("no such\n  thing:\n", "Try\tanother")).to.equal("no such thing. Try another.");
    expect(complaint("no such thing", undefined)).to.equal("no such thing.");
  });

  it("never steers the terminal", () => {
    const character = fc.oneof(
      fc.integer({ min: 0, max: 0x2100 }).map((code) => String.fromCharCode(code)),
      fc.constantFrom("\u001b", "\r", "\u009b", "\u202e", "\u2028"),
    );
    fc.assert(
      fc.property(fc.string({ unit: character }), (text) => {
        // eslint-disable-next-line no-control-regex
        if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/.test(complaint(text, text)))
          throw new Error(JSON.stringify(text));
      }),
    );
  });
});

describe("a bound in a table", () => {
  it("is still a bound", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => {
        expect(Number(roundedOutward(value, "lower"))).to.be.at.most(value);
        expect(Number(roundedOutward(value, "upper"))).to.be.at.least(value);
      }),
      { numRuns: 2000 },
    );
  });

  it("is near, with seven digits", () => {
    expect(roundedOutward(1 / 3, "lower")).to.equal("0.3333333");
    expect(roundedOutward(1 / 3, "upper")).to.equal("0.3333334");
    expect(roundedOutward(-1 / 3, "lower")).to.equal("-0.3333334");
    expect(roundedOutward(9.99999999, "lower")).to.equal("9.999990");
    expect(roundedOutward(2, "upper")).to.equal("2.000000");
    expect(roundedOutward(-Infinity, "lower")).to.equal("-Infinity");
  });
});

describe("a bound in JSON", () => {
  const answer = {
    method: "crown",
    lower: Float64Array.of(-Infinity, 0.1),
    upper: Float64Array.of(Infinity, 1e300),
    shape: [2],
    seconds: { record: 0, compile: 0, run: 0 },
    model: "m",
    output: "y",
    warnings: [],
  };

  it("is read as it was, infinities too", () => {
    const { warnings: _none, ...shown } = answer;
    expect(JSON.parse(toJson([answer]))).to.deep.equal({
      ...shown,
      lower: [...answer.lower],
      upper: [...answer.upper],
    });
    expect(JSON.parse(toJson([answer, answer]))).to.have.length(2);
  });
});

describe("a memory size", () => {
  it("has a unit, or is in bytes", () => {
    const sizes = { "2GiB": 2 ** 31, "2 gib": 2 ** 31, "1.5GB": 1.5e9, "512MiB": 2 ** 29, "100": 100, "7B": 7 };
    for (const [text, bytes] of Object.entries(sizes)) expect(parseMemory(text), text).to.equal(bytes);
    for (const text of ["", "0", "0.1B", "-1GiB", "1e9", "2G", "GiB", "2 giraffes", "9999999TB"])
      expect(() => parseMemory(text), text).to.throw("such as 2GiB");
  });
});

describe("colors", () => {
  const isRed = (isTTY: boolean): boolean => colorsFor({ isTTY } as NodeJS.WriteStream & { fd: 1 }).red("x") !== "x";

  it("are for terminals, and not where NO_COLOR is set", () => {
    const { NO_COLOR, TERM } = process.env;
    try {
      delete process.env["NO_COLOR"];
      process.env["TERM"] = "xterm";
      expect([isRed(true), isRed(false)]).to.deep.equal([true, false]);
      process.env["NO_COLOR"] = "1";
      expect(isRed(true)).to.equal(false);
    } finally {
      for (const [name, value] of Object.entries({ NO_COLOR, TERM })) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
  });
});
