import { expect } from "chai";
import { makeProgram, Vocabulary } from "@lirpa/core/recording";
import { byOperator, profile } from "./profile.js";

describe("the bench's profile", () => {
  it("adds up the medians of each operator's nodes", () => {
    const kernel = (name: string, operator: string, dur: number) => ({
      cat: "Node",
      name: `${name}_kernel_time`,
      dur,
      args: { op_name: operator },
    });
    const events = [
      kernel("a", "Mul", 1),
      kernel("a", "Mul", 3),
      kernel("a", "Mul", 2),
      kernel("b", "Mul", 4),
      kernel("c", "Add", 5),
      { cat: "Session", name: "model_run", dur: 99 },
    ];
    expect(byOperator(events)).to.deep.equal([
      { operator: "Mul", nodes: 2, seconds: 2e-6 + 4e-6 },
      { operator: "Add", nodes: 1, seconds: 5e-6 },
    ]);
  });

  it("is ONNX Runtime's own", async () => {
    const t = new Vocabulary();
    const x = t.input({ name: "x", shape: [2, 3], dtype: "float", instances: false, rows: undefined });
    const program = makeProgram("product", { y: t.matmul(x, t.exp(t.transpose(x))) });
    const found = await profile(
      program,
      { x: { shape: [1, 1, 2, 3], dtype: "float", data: Float64Array.from([1, 2, 3, 4, 5, 6]) } },
      1,
      3,
    );
    expect(found.map(({ operator }) => operator)).to.include("Exp");
    expect(found.every(({ seconds }) => seconds > 0)).to.equal(true);
  });
});
