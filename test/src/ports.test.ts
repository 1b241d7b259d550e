import { expect } from "chai";
import fc from "fast-check";
import {
  emitOnnx,
  makeProgram,
  portName,
  readProgram,
  Vocabulary,
  type PortRole,
  type Program,
} from "@lirpa/core/recording";

const roles: readonly PortRole[] = [
  { is: "center", of: "x" },
  { is: "fixed", of: "a:b" },
  { is: "set", of: "set:x", field: "eps" },
  { is: "rows" },
  { is: "given", of: "h", side: "upper" },
  { is: "carried", from: "next" },
  { is: "cotangent", of: "y" },
  { is: "own" },
];

/** A sum of inputs, one of each role. */
function sumOf(given: readonly unknown[]): Program {
  const t = new Vocabulary();
  const leaf = { shape: [], dtype: "float", instances: false, rows: undefined } as const;
  const inputs = given.map((role, i) => t.input({ ...leaf, name: `in${i}`, role: role as PortRole }));
  return makeProgram("sum", { y: inputs.reduce((a, b) => t.add(a, b)) });
}

describe("the ports of a program", () => {
  it("keep their roles in a file", () => {
    const program = sumOf(roles);
    expect(program.inputs.map(({ role }) => role)).to.deep.equal(roles);
    expect(readProgram(emitOnnx(program)).inputs).to.deep.equal(program.inputs);
  });

  it("are their recorder's own where nobody says what they are for", () => {
    const x = new Vocabulary().input({ name: "x", shape: [], dtype: "float", instances: false, rows: undefined });
    expect(makeProgram("same", { y: x }).inputs[0]!.role).to.deep.equal({ is: "own" });
  });

  it("are refused in a file that says of an input what no program does", () => {
    const wrong: readonly unknown[] = [
      "center",
      {},
      { is: "toString" },
      { is: "center" },
      { is: "center", of: 1 },
      { is: "set", of: "x" },
      { is: "given", of: "x", side: "left" },
      { is: "carried" },
    ];
    fc.assert(
      fc.property(fc.constantFrom(...wrong), fc.constantFrom(...roles), (role, good) => {
        const bytes = emitOnnx(sumOf([good, role]));
        expect(() => readProgram(bytes))
          .to.throw(/what it takes/)
          .with.property("code", "LIRPA_MODEL");
      }),
    );
  });

  it("are found by their roles", () => {
    const { inputs } = sumOf(roles);
    roles.forEach((role, i) => expect(portName(inputs, role)).to.equal(`in${i}`));
    expect(() => portName(inputs, { is: "center", of: "y" }))
      .to.throw(/center.* Its inputs are in0, in1/)
      .with.property("code", "LIRPA_OPTION");
  });

  it("are one where two recordings feed the same, and refused where one name has two roles", () => {
    const [a, b] = [sumOf([roles[0]]), sumOf([roles[0]])];
    expect(a.outputs["y"]).to.equal(b.outputs["y"]);
    const other = sumOf([roles[3]]);
    const t = new Vocabulary();
    expect(() => makeProgram("both", { y: t.add(t.node(a.outputs["y"]!), t.node(other.outputs["y"]!)) }))
      .to.throw(/two inputs .* called in0.* role/)
      .with.property("code", "LIRPA_SHAPE");
  });
});
