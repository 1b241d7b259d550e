import { perturbed, readQuery, lp, type BoundInput, type BoundOptions, type Lirpa } from "lirpa";

/** What the page and the test ask for, of models that both can read. No Node, no files: it runs in the browser, too. */
export interface Question {
  readonly name: string;
  readonly model: string;
  readonly inputs: Readonly<Record<string, BoundInput>>;
  readonly options: BoundOptions;
}

export interface Answer {
  readonly name: string;
  readonly lower: readonly number[];
  readonly upper: readonly number[];
}

/** The folders that both read from. */
export const QUICKSTART = "examples/quickstart";
export const DEMO = "examples/demo/model";

const METHODS = ["ibp", "crown-ibp", "crown", "forward"];
const EPS = 0.01;

/** Of the quick start's query and of the first of the demo's digits, both as their files have them. */
export function questions(query: string, digits: string): Question[] {
  const { inputs, options } = readQuery(query);
  const [{ pixels }] = JSON.parse(digits) as readonly [{ readonly pixels: readonly number[] }];
  const image = perturbed(
    pixels.map((byte) => byte / 255),
    lp({ norm: Infinity, eps: EPS }),
  );
  const quickstart = [...METHODS, "forward+crown", "alpha-crown"].map((method) => ({
    name: `quickstart ${method}`,
    model: `${QUICKSTART}/model.onnx`,
    inputs,
    options: { ...options, method },
  }));
  const mnist = METHODS.slice(0, 3).map((method) => ({
    name: `mnist ${method}`,
    model: `${DEMO}/mnist.onnx`,
    inputs: { image },
    options: { method },
  }));
  return [...quickstart, ...mnist];
}

export async function answer(
  lirpa: Lirpa,
  { name, model, inputs, options }: Question,
  read: (model: string) => string | URL,
): Promise<Answer> {
  const { lower, upper } = await (await lirpa.load(read(model))).bounds(inputs, options);
  return { name, lower: [...lower], upper: [...upper] };
}
