import { expect } from "chai";
import fc from "fast-check";
import {
  adam,
  adamFeeds,
  adamStart,
  loopOf,
  makeProgram,
  vjp,
  Vocabulary,
  type Feeds,
  type IrNode,
  type Variable,
} from "@lirpa/core/recording";
import { isLirpaError, type HostTensor } from "lirpa";
import { referenceExecutor } from "@lirpa/executor-reference";

const SIZE = 3;
const numbers = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: SIZE, maxLength: SIZE });
const array = (data: readonly number[]): HostTensor => ({
  shape: [1, 1, SIZE],
  dtype: "float",
  data: Float64Array.from(data),
});

/** What a sum of weighted squares around a goal makes of a point, step by step. */
async function descent(
  feeds: { readonly x: readonly number[]; readonly goal: readonly number[] },
  rates: readonly number[],
  project?: Variable["project"],
): Promise<readonly number[]> {
  const t = new Vocabulary();
  const leaf = (name: string): IrNode =>
    t.input({ name, shape: [SIZE], dtype: "float", instances: false, rows: undefined });
  const [x, goal] = [leaf("x"), leaf("goal")];
  const loss = t.sum(t.mul(t.square(t.sub(x, goal)), t.constant([1, 2, 0.5])));
  const [gradient] = vjp(t, [loss], [t.full([], 1)], [x]);
  const { outputs, carry } = adam(t, [{ input: x, gradient: gradient!, ...(project && { project }) }]);
  const start: Feeds = { x: array(feeds.x), goal: array(feeds.goal) };
  const program = await referenceExecutor().compile(makeProgram("descent", outputs));
  const loop = loopOf(program, { ...start, ...adamStart({ x: start["x"]! }) }, carry);
  for (const [i, rate] of rates.entries()) await loop.step(adamFeeds(i + 1, rate));
  return [...(await loop.read(["x"]))["x"]!.data];
}

/** Algorithm 1 of Kingma and Ba 2015, of one number. */
function asPublished(start: number, goal: number, weight: number, rates: readonly number[]): number {
  let [x, m, v] = [start, 0, 0];
  for (const [i, rate] of rates.entries()) {
    const g = 2 * weight * (x - goal);
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g ** 2;
    x -= (rate * (m / (1 - 0.9 ** (i + 1)))) / (Math.sqrt(v / (1 - 0.999 ** (i + 1))) + 1e-8);
  }
  return x;
}

describe("Adam", () => {
  it("moves variables as its paper says", async () => {
    const rates = fc.array(fc.double({ min: 1e-3, max: 0.5, noNaN: true }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(numbers, numbers, rates, async (x, goal, steps) => {
        const actual = await descent({ x, goal }, steps);
        [1, 2, 0.5].forEach((weight, i) => {
          expect(actual[i]).to.be.closeTo(asPublished(x[i]!, goal[i]!, weight, steps), 1e-9);
        });
      }),
      { numRuns: 50 },
    );
  });

  it("finds the least place, and the least one of where variables may be", async () => {
    const rates = Array.from({ length: 300 }, (_, i) => 0.3 * 0.985 ** i);
    const goal = [0.25, -3, 7];
    const free = await descent({ x: [0, 0, 0], goal }, rates);
    const within = await descent({ x: [0, 0, 0], goal }, rates, (t, x) => t.min(t.max(x, 0), 1));
    free.forEach((value, i) => expect(value).to.be.closeTo(goal[i]!, 0.05));
    within.forEach((value, i) => expect(value).to.be.closeTo([0.25, 0, 1][i]!, 0.05));
  });

  it("refuses what no input holds", () => {
    const t = new Vocabulary();
    const sum = t.add(t.input({ name: "x", shape: [1], dtype: "float", instances: false, rows: undefined }), 1);
    let caught: unknown;
    try {
      adam(t, [{ input: sum, gradient: sum }]);
    } catch (error) {
      caught = error;
    }
    expect(isLirpaError(caught) && caught.code).to.equal("LIRPA_OPTION");
  });
});
