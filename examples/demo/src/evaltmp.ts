import { createLirpa, perturbed, lp } from "lirpa";
import { testSet } from "./mnist.js";
import { certifiedRadius, margins } from "./radius.js";
const lirpa = await createLirpa();
const model = await lirpa.load(process.argv[2]!);
const set = testSet();
const x = Float32Array.from(set.pixels, (v) => v / 255);
const { logits } = await model.forward({ image: x });
const pred = Array.from({ length: 10000 }, (_, i) => { const r = Array.from(logits!.data.subarray(i * 10, i * 10 + 10)); return r.indexOf(Math.max(...r)); });
console.log("accuracy", pred.filter((p, i) => p === set.labels[i]).length / 10000);
for (const method of ["ibp", "crown"]) for (const eps of [0.05, 0.1]) {
  let ok = 0; const N = method === "ibp" ? 1000 : 300;
  for (let y = 0; y < 10; y++) {
    const idx = [...Array(N).keys()].filter((i) => set.labels[i] === y);
    const data = new Float32Array(idx.length * 784); idx.forEach((i, k) => data.set(x.subarray(i * 784, i * 784 + 784), k * 784));
    const { lower } = await model.bounds({ image: perturbed(data, lp({ norm: Infinity, eps })) }, { method, spec: margins(y) });
    idx.forEach((_, k) => { if (lower.subarray(k * 9, k * 9 + 9).every((v) => v > 0)) ok++; });
  }
  console.log(method, eps, ok / N);
}
const start = performance.now();
for (let y = 0; y < 10; y++) {
  const i = set.labels.indexOf(y);
  const image = x.subarray(i * 784, i * 784 + 784);
  const r = [];
  for (const method of ["ibp", "crown"]) r.push(await certifiedRadius(model, image, pred[i]!, method));
  console.log(y, i, pred[i], r.map((v) => v.toFixed(4)).join(" "), ((performance.now() - start) / 1000).toFixed(1));
}
