import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { createLirpa, isLirpaError, readQuery, type Lirpa, type Model, type Query } from "lirpa";
import { sharedOrSkip } from "./shared.js";

/**
 * alpha-crown takes most of the time: where cancellation and poles lie in every run, LIRPA_FIELD=all for every case.
 */
const EVERY_ALPHA = process.env["LIRPA_FIELD"] === "all";
const ALPHA_SAMPLE = /mask|softmax|finfo|overflow|pole|cancel|eps0|norm_lyap|ab103|ab18/;
const METHODS = ["ibp", "crown-ibp", "crown", "forward", "forward+crown"] as const;

/** field/README.md: relative to the output's size, and absolute. */
const TOLERANCE = 1e-5;

/** What no pack covers yet, by what it lacks. A case that is answered fails until it leaves this table. */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  "an operator": [
    "ab74_lstm",
    "al60_rnn",
    "einsum",
    "lpnorm",
    "lrn",
    "m_index_dyn",
    "m_sdpa_causal_leg",
    "o233_gru",
    "o61_nonzero",
    "p2_einsum_dyn",
    "p2_gru_leg",
    "p2_keras_lstm",
    "p2_lstm_leg",
    "p2_skl_logreg",
    "p2_slicing_dyn",
    "qdq",
    "scatter_nd",
    "smooth_rare",
    "topk",
    "trilu_mask",
  ],
  "an operand that depends on the inputs, or a type": [
    "f16_cast",
    "m_fixed_equal",
    "m_keras_ln",
    "m_other_output",
    "m_pow_int_base",
    "m_softplus_dyn",
    "o240_ge",
    "p2_glu_maxout_dyn",
    "p2_hf_bert_sdpa_dyn",
    "p2_hf_bert_sdpa_leg",
    "p2_hf_distilbert_eager_dyn",
    "p2_hf_distilbert_eager_leg",
    "p2_hf_distilbert_sdpa_dyn",
    "p2_keras_transformer",
    "p2_lse_max_dyn",
    "p2_lse_max_leg",
    "p2_skl_mlpcls",
    "p2_threshold_leg",
  ],
  "something of the file": ["dyn_seq", "local_fn", "o212_if", "sparse_init"],
};
const REFUSAL = /^LIRPA_(UNSUPPORTED_\w+|MODEL)$/;

type Ends = Readonly<Record<string, readonly number[]>>;
interface Expected {
  readonly center: Ends;
  readonly min: Ends;
  readonly max: Ends;
  readonly kind: Readonly<Record<string, string>>;
}

describe("models as people export and report them", function () {
  this.timeout(600_000);

  it("are bounded around everything that was sampled, or refused for a reason, by every method", async function () {
    const folder = sharedOrSkip(this, "field");
    const lirpa = await createLirpa({ project: false });
    const failures: string[] = [];
    const cases = readdirSync(folder).filter((name) => existsSync(join(folder, name, "query.json")));
    for (const name of cases) failures.push(...(await failuresOf(lirpa, join(folder, name), name)));
    await lirpa.dispose();
    const refused = Object.entries(REFUSED).map(([what, names]) => `${names.length} for ${what}`);
    console.log(`      ${cases.length} models, of which are refused: ${refused.join(", ")}`);
    expect(failures, failures.join("\n")).to.deep.equal([]);
  });
});

/** What is wrong with the answers about one case. */
async function failuresOf(lirpa: Lirpa, folder: string, name: string): Promise<string[]> {
  const isRefused = Object.values(REFUSED).some((names) => names.includes(name));
  const expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as Expected;
  const query = readQuery(readFileSync(join(folder, "query.json"), "utf8"));
  const methods = EVERY_ALPHA || ALPHA_SAMPLE.test(name) ? [...METHODS, "alpha-crown"] : METHODS;
  const failures: string[] = [];
  try {
    const model = await lirpa.load(join(folder, "model.onnx"));
    failures.push(...(await wrongForward(model, query, expected)));
    for (const method of methods) failures.push(...(await wrongBounds(model, query, expected, method)));
    if (isRefused) failures.push("it is answered now: take it off the table");
  } catch (error) {
    if (!isRefused || !isLirpaError(error) || !REFUSAL.test(error.code)) failures.push(String(error));
  }
  return failures.map((failure) => `${name}: ${failure}`);
}

function floats({ kind }: Expected): string[] {
  return Object.keys(kind).filter((output) => kind[output] === "f");
}

async function wrongForward(model: Model, { inputs }: Query, expected: Expected): Promise<string[]> {
  const centers = Object.entries(inputs).map(
    ([name, input]) => [name, "center" in input ? input.center : input] as const,
  );
  const results = await model.forward(Object.fromEntries(centers));
  return floats(expected).flatMap((output) => {
    const { data } = results[output]!;
    const at = expected.center[output]!.findIndex(
      (value, i) => !(Math.abs(data[i]! - value) <= 1e-4 * (1 + Math.abs(value))),
    );
    return at < 0
      ? []
      : [`forward of ${output} is ${data[at]} at ${at}, and ${expected.center[output]![at]} by ONNX Runtime`];
  });
}

async function wrongBounds(
  model: Model,
  { inputs, options }: Query,
  expected: Expected,
  method: string,
): Promise<string[]> {
  const failures: string[] = [];
  for (const output of floats(expected)) {
    const { lower, upper } = await model.bounds(inputs, { ...options, method, output });
    const [min, max] = [expected.min[output]!, expected.max[output]!];
    const slack = TOLERANCE * Math.max(1, ...min.map(Math.abs), ...max.map(Math.abs));
    const what = min.flatMap((least, i) => {
      const [low, high, most] = [lower[i]!, upper[i]!, max[i]!];
      const holds = low <= least + slack && high >= most - slack && low <= high && low < Infinity && high > -Infinity;
      return holds ? [] : [`${method} of ${output} at ${i}: [${low}, ${high}] for values in [${least}, ${most}]`];
    });
    failures.push(...what.slice(0, 1));
    if (lower.length !== min.length)
      failures.push(`${method} of ${output} has ${lower.length} bounds for ${min.length} elements`);
  }
  return failures;
}
