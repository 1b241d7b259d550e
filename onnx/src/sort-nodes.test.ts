import type { GraphNode } from "@lirpa/core";
import { expect } from "chai";
import fc from "fast-check";
import { sortNodes } from "./sort-nodes.js";

/** "a: x y > z" is a node `a` with two inputs and one output. */
function node(text: string): GraphNode {
  const [name, inputs, outputs] = text.split(/[:>]/).map((part) => part.trim()) as [string, string, string];
  const values = (part: string) => part.split(" ").filter((value) => value !== "");
  return { name, type: "Op", domain: "", inputs: values(inputs), outputs: values(outputs), attributes: {} };
}

function sorted(...texts: string[]): string[] {
  return sortNodes(texts.map(node), new Set(["x"])).map(({ name }) => name);
}

describe("the order of nodes", () => {
  it("stays where it is right", () => {
    expect(sorted("b: x > p", "a: x > q", "c: q p > y")).to.deep.equal(["b", "a", "c"]);
  });

  it("is put right where it is wrong", () => {
    expect(sorted("c: q p > y", "a: p > q", "b: x > p")).to.deep.equal(["b", "a", "c"]);
  });

  it("puts every value before its readers, whatever the file's order", () => {
    const inputs = fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(inputs, fc.infiniteStream(fc.nat()), (lists, order) => {
        const nodes = lists.map((list, i) =>
          node(`n${i}: x ${list.map((index) => (i === 0 ? "x" : `v${index % i}`)).join(" ")} > v${i}`),
        );
        const shuffled = nodes
          .map((value) => ({ value, key: order.next().value as number }))
          .sort((a, b) => a.key - b.key);
        const known = new Set(["x"]);
        for (const { inputs: read, outputs } of sortNodes(
          shuffled.map(({ value }) => value),
          new Set(["x"]),
        )) {
          expect(read.every((value) => known.has(value))).to.equal(true);
          known.add(outputs[0]!);
        }
        expect(known.size).to.equal(nodes.length + 1);
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it("takes a node that reads one value twice", () => {
    expect(sorted("b: p p > y", "a: x x > p")).to.deep.equal(["a", "b"]);
  });

  it("takes thousands of nodes in reverse", () => {
    const texts = Array.from({ length: 5000 }, (_, i) => `n${i}: ${i === 0 ? "x" : `v${i - 1}`} > v${i}`).reverse();
    expect(sorted(...texts).slice(0, 2)).to.deep.equal(["n0", "n1"]);
  });

  it("does not exist in a cycle, which is named", () => {
    expect(() => sorted("z: c > y", "a: x c > a", "b: a > b", "c: b > c")).to.throw(
      /cycle: "a" → "b" → "c" → "a"|cycle: "b" → "c" → "a" → "b"|cycle: "c" → "a" → "b" → "c"/,
    );
    expect(() => sorted("a: a > a")).to.throw('"a" → "a"');
  });

  it("needs every value to be made, once", () => {
    expect(() => sorted("a: x q > y")).to.throw('node "a" (Op) reads the value "q"');
    expect(() => sorted("a: x > y", "b: x > y")).to.throw(/"y" is made twice, by node "b" .* and by node "a"/);
    expect(() => sorted("a: x > x")).to.throw('"x" is made twice');
    expect(() => sorted("a: x > y y")).to.throw('"y" is made twice');
  });
});
