import {
  perturbationError,
  type LirpaError,
  type PerturbationQuery,
  type PerturbationSet,
  type PerturbationSite,
} from "@lirpa/core/plugin";

export interface Structure {
  /** How many positions of a sentence may be replaced. */
  readonly budget: number;
  /** The longest list of candidates; shorter ones are padded. */
  readonly maxCandidates: number;
}

const FIELDS = ["type", "budget", "candidates", "tokens", "words"];

/** `candidates[sentence][position]` lists vectors; `tokens` and `words` only name them. */
export function parse(query: PerturbationQuery, site: PerturbationSite): PerturbationSet<Structure> {
  const unknown = Object.keys(query).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) throw refusal(site, `unknown field "${unknown}"`, `Its fields are ${FIELDS.join(", ")}.`);
  const [batch = 0, positions = 0, width = 0] = site.shape;
  if (site.shape.length !== 3) {
    throw refusal(
      site,
      `the shape is [${site.shape.join(", ")}]`,
      "Put it on an input of shape [batch, position, width].",
    );
  }
  const budget = query["budget"];
  if (typeof budget !== "number" || !Number.isInteger(budget) || budget < 0) {
    throw refusal(site, `"budget" is ${String(budget)}`, 'Give "budget" as a whole number of at least 0.');
  }
  const lists = array(query["candidates"], batch, "candidates", site).map((sentence, b) =>
    array(sentence, positions, `candidates[${b}]`, site).map((vectors, i) =>
      array(vectors, undefined, `candidates[${b}][${i}]`, site).map((vector, j) =>
        array(vector, width, `candidates[${b}][${i}][${j}]`, site).map((value) => finite(value, site)),
      ),
    ),
  );
  const maxCandidates = Math.max(0, ...lists.flat().map((vectors) => vectors.length));
  const candidates = new Float64Array(batch * positions * maxCandidates * width);
  const mask = new Float64Array(batch * positions * maxCandidates);
  lists.flat().forEach((vectors, position) =>
    vectors.forEach((vector, j) => {
      const at = position * maxCandidates + j;
      mask[at] = 1;
      candidates.set(vector, at * width);
    }),
  );
  return {
    structure: { budget: Math.min(budget, positions), maxCandidates },
    values: {
      candidates: { shape: [batch, positions, maxCandidates, width], dtype: "float", data: candidates },
      mask: { shape: [batch, positions, maxCandidates], dtype: "float", data: mask },
    },
  };
}

function array(value: unknown, length: number | undefined, field: string, site: PerturbationSite): readonly unknown[] {
  if (Array.isArray(value) && (length === undefined || value.length === length)) return value;
  const given = Array.isArray(value) ? `has ${value.length} entries` : "is no array";
  throw refusal(
    site,
    `"${field}" ${given}`,
    length === undefined ? "Give a list of vectors." : `Give ${length} entries.`,
  );
}

function finite(value: unknown, site: PerturbationSite): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw refusal(site, `"candidates" holds ${String(value)}`, "Give finite numbers.");
}

function refusal(site: PerturbationSite, problem: string, hint: string): LirpaError {
  return perturbationError(`synonym of ${site.role} "${site.name}": ${problem}`, { hint });
}
