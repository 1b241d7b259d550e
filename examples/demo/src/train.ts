/**
 * Trains the demo's classifier and writes it as ONNX, with ten test digits.
 *
 * The loss is that of Gowal et al., "On the Effectiveness of Interval Bound Propagation for Training Verifiably Robust
 * Models" (2018), §3: cross-entropy of the logits, mixed with cross-entropy of the worst logits that interval bounds
 * allow, while eps grows. Loss, gradients and Adam are one program, recorded once; ONNX Runtime runs it.
 */
import { makeProgram, Vocabulary, vjp, type CompiledProgram, type HostTensor, type IrNode, type Shape } from "@lirpa/core";
import { onnxRuntimeExecutor } from "@lirpa/executor-onnxruntime";
import { initialParameters, logitBounds, logits, parameterShapes, type Parameters } from "./network.js";
import { testSet, trainingSet, type Examples } from "./mnist.js";
import { writeFileSync, mkdirSync } from "node:fs";
import { toOnnx } from "./onnx-file.js";

const E = process.env;
const SEED = 1;
const BATCH = 100;
const EPOCHS = Number(E.EPOCHS ?? 6);
const RATE = Number(E.RATE ?? 2e-3);
const BETAS = [0.9, 0.999] as const;
const EPS = Number(E.EPS ?? 0.1);
const WORST_CASE = Number(E.KAPPA ?? 0.5);

/** One step of Adam (Kingma & Ba 2015) on one batch: parameters and moments go in and come out. */
function recordStep(): Promise<CompiledProgram> {
  const t = new Vocabulary();
  const input = (name: string, shape: Shape): IrNode => t.input({ name, shape, dtype: "float", instances: false, rows: undefined });
  const inputs = (kind: string): Parameters<IrNode> => Object.fromEntries(Object.entries(parameterShapes()).map(([name, shape]) => [name, input(`${kind}:${name}`, shape)]));
  const [parameters, means, squares] = [inputs("parameter"), inputs("mean"), inputs("square")];
  const [images, labels] = [input("images", [BATCH, 1, 28, 28]), input("labels", [BATCH, 10])];
  const [eps, mix, rate] = [input("eps", []), input("mix", []), input("rate", [])];

  const { lower, upper } = logitBounds(t, images, eps, parameters);
  const worst = t.where(t.greater(labels, 0.5), lower, upper);
  const natural = crossEntropy(t, logits(t, images, parameters), labels);
  const loss = t.add(t.mul(t.sub(1, mix), natural), t.mul(mix, crossEntropy(t, worst, labels)));

  const names = Object.keys(parameters);
  const gradients = vjp(t, [loss], [t.full([], 1)], Object.values(parameters));
  const outputs: Record<string, IrNode> = { loss, natural };
  for (const [i, name] of names.entries()) {
    const gradient = gradients[i]!;
    const mean = t.add(t.mul(means[name]!, BETAS[0]), t.mul(gradient, 1 - BETAS[0]));
    const square = t.add(t.mul(squares[name]!, BETAS[1]), t.mul(t.square(gradient), 1 - BETAS[1]));
    outputs[`mean:${name}`] = mean;
    outputs[`square:${name}`] = square;
    outputs[`parameter:${name}`] = t.sub(parameters[name]!, t.mul(rate, t.div(mean, t.add(t.sqrt(square), 1e-8))));
  }
  return onnxRuntimeExecutor().compile(makeProgram("train", Object.fromEntries(Object.entries(outputs).map(([k, v]) => [`new ${k}`, v]))));
}

function crossEntropy(t: Vocabulary, scores: IrNode, labels: IrNode): IrNode {
  const shifted = t.sub(scores, t.stopGradient(t.reduceMax(scores, [1], true)));
  const logSum = t.log(t.sum(t.exp(shifted), [1]));
  return t.mean(t.sub(logSum, t.sum(t.mul(shifted, labels), [1])));
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffled(n: number, random: () => number): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

const physical = (shape: Shape, data: Float32Array): HostTensor => ({ shape: [1, 1, ...shape], dtype: "float", data });

async function train(examples: Examples): Promise<Parameters<HostTensor>> {
  const random = mulberry32(SEED);
  const step = await recordStep();
  let state: Record<string, HostTensor> = {};
  for (const [name, value] of Object.entries(initialParameters(random))) {
    state[`parameter:${name}`] = { ...value, shape: [1, 1, ...value.shape] };
    for (const k of ["mean", "square"]) state[`${k}:${name}`] = physical(value.shape, new Float32Array(value.data.length));
  }
  const batches = examples.labels.length / BATCH;
  const total = EPOCHS * batches;
  const start = performance.now();
  let at = 0;
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const order = shuffled(examples.labels.length, random);
    let sum = 0, nat = 0;
    for (let b = 0; b < batches; b++) {
      at++;
      const ramp = Math.min(1, Math.max(0, (at / total - 0.1) / 0.5));
      const images = new Float32Array(BATCH * 784);
      const labels = new Float32Array(BATCH * 10);
      for (let i = 0; i < BATCH; i++) {
        const e = order[b * BATCH + i]!;
        for (let p = 0; p < 784; p++) images[i * 784 + p] = examples.pixels[e * 784 + p]! / 255;
        labels[i * 10 + examples.labels[e]!] = 1;
      }
      const decay = at / total > 0.75 ? (at / total > 0.9 ? 0.01 : 0.1) : 1;
      const rate = RATE * decay * Math.sqrt(1 - BETAS[1] ** at) / (1 - BETAS[0] ** at);
      const out = await step.run({
        ...state,
        images: physical([BATCH, 1, 28, 28], images), labels: physical([BATCH, 10], labels),
        eps: physical([], Float32Array.of(EPS * ramp)), mix: physical([], Float32Array.of(WORST_CASE * ramp)), rate: physical([], Float32Array.of(rate)),
      });
      sum += out["new loss"]!.data[0]!;
      nat += out["new natural"]!.data[0]!;
      state = Object.fromEntries(Object.entries(out).map(([k, v]) => [k.slice(4), v]));
    }
    console.log(epoch + 1, (sum / batches).toFixed(4), (nat / batches).toFixed(4), ((performance.now() - start) / 1000).toFixed(1));
  }
  return Object.fromEntries(Object.entries(parameterShapes()).map(([name, shape]) => [name, { shape, dtype: "float", data: state[`parameter:${name}`]!.data }]));
}

const p = await train(trainingSet());
const dir = E.OUT ?? "/tmp/demo-model";
mkdirSync(dir, { recursive: true });
writeFileSync(`${dir}/mnist.onnx`, toOnnx(p));
void testSet;
