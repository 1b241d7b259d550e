import { existsSync } from "node:fs";
import { basename } from "node:path";
import { expect } from "chai";
import { createLirpa, perturbed } from "lirpa";
import { uniform } from "./random.js";
import { boxOf, firstInstances, perturbedBox, vnncompFolder } from "./vnncomp-instances.js";

/** Small ones of many kinds; `npm run bench:vnncomp` has all. */
const SAMPLE = [
  "ACASXU_run2a_1_1_batch_2000",
  "mnist-net_256x2",
  "resnet_2b",
  "NN_rul_small_window_20",
  "cartpole",
  "vdp",
  "medical_perturbations_0",
  "Convnet_avgpool",
  "Convnet_maxpool",
  "cifar_base_kw",
  "lindex",
  "pensieve_small_simple",
  "14_ieee_ml4acopf",
  "tllBench_n=2_N=M=8_m=1_instance_0_1",
  "quadrotor2d_state",
  "mnist_concat",
];
const POINTS = 24;
/** Of float32, relative to the largest output. */
const ROUNDING = 1e-5;

describe("networks of VNN-COMP over the box of their first property", function () {
  this.timeout(120_000);

  for (const name of SAMPLE) {
    it(`${name}: ibp and crown hold at points of the box`, async function () {
      if (!existsSync(vnncompFolder())) {
        console.log(`      skipped: ${vnncompFolder()} is not there (LIRPA_SHARED names the shared folder)`);
        this.skip();
      }
      const instance = (await firstInstances(vnncompFolder())).find(({ model }) => basename(model) === `${name}.onnx`)!;
      const lirpa = await createLirpa();
      const model = await lirpa.load(instance.model);
      const input = model.inputs[0]!.name;
      const box = await boxOf(instance);
      const { center, perturbation } = perturbedBox(box);
      const reached = (await model.forward({ [input]: pointsOf(box, uniform(3)) }))[model.outputs[0]!]!.data;
      for (const method of ["ibp", "crown"]) {
        const { lower, upper } = await model.bounds({ [input]: perturbed(center, perturbation) }, { method });
        expect(lower).to.have.length(reached.length / POINTS);
        const slack = ROUNDING * (1 + Math.max(...[...lower, ...upper].map(Math.abs)));
        reached.forEach((value, i) => {
          const row = i % lower.length;
          expect(value, `${method}, output ${row}`).to.be.within(lower[row]! - slack, upper[row]! + slack);
        });
        expect([...lower, ...upper].every(Number.isFinite), `${method} is finite`).to.equal(true);
      }
      await lirpa.dispose();
    });
  }
});

/** Corners and inner points, one after the other. */
function pointsOf(
  { lower, upper }: { readonly lower: readonly number[]; readonly upper: readonly number[] },
  random: () => number,
): Float32Array {
  return Float32Array.from({ length: POINTS * lower.length }, (_, at) => {
    const i = at % lower.length;
    const share = at < (POINTS / 2) * lower.length ? Math.round(random()) : random();
    return lower[i]! + (upper[i]! - lower[i]!) * share;
  });
}
