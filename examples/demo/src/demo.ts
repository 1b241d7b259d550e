/**
 * Certified radii of ten test digits by IBP and by CROWN: a table, and a picture of what the bounds do as eps grows.
 */
import { Presets, SingleBar } from "cli-progress";
import { createLirpa } from "lirpa";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { curvesOf } from "./curves.js";
import { FILES, imageOf, readDigits } from "./model-files.js";
import { drawBounds } from "./picture.js";
import { certifiedRadius, predictions, STEPS } from "./radius.js";

const PICTURE = fileURLToPath(new URL("../../../demo-output/bounds.svg", import.meta.url));
const METHODS = ["ibp", "crown"] as const;
/** The digit that the picture shows, and at how many eps. */
const DRAWN = 5;
const POINTS = 60;

const lirpa = await createLirpa();
const model = await lirpa.load(FILES.model);
const digits = await readDigits();
const labels = await predictions(model, imageOf(digits.flatMap(({ pixels }) => pixels)));

const bar = new SingleBar(
  {
    format: "{bar} {percentage} %  {task}",
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    noTTYOutput: true,
    notTTYSchedule: 1000,
  },
  Presets.shades_classic,
);
bar.start(METHODS.length * (digits.length * STEPS + POINTS + 1), 0, { task: "" });
const onStep = (): void => bar.increment();

const rows: { readonly label: number; readonly radii: Record<(typeof METHODS)[number], number> }[] = [];
for (const [i, { label, pixels }] of digits.entries()) {
  const radii = { ibp: 0, crown: 0 };
  for (const method of METHODS) {
    bar.update({ task: `digit ${label}, ${method.toUpperCase()}` });
    radii[method] = await certifiedRadius(model, imageOf(pixels), labels[i]!, method, onStep);
  }
  rows.push({ label: labels[i]!, radii });
}

bar.update({ task: "picture" });
const { pixels } = digits[DRAWN]!;
const { label, radii } = rows[DRAWN]!;
const curves = await curvesOf(model, imageOf(pixels), label, METHODS, 1.25 * radii.crown, POINTS, onStep);
await mkdir(dirname(PICTURE), { recursive: true });
await writeFile(PICTURE, await drawBounds({ pixels, label, curves, radii }));
bar.stop();
await lirpa.dispose();

console.log(
  "Certified radius: the largest eps for which it is proved that no image, however it differs from the digit by at\n" +
    "most eps in each pixel, is classified otherwise.\n",
);
console.log("digit  prediction  IBP radius  CROWN radius");
for (const [i, { label: prediction, radii: proved }] of rows.entries()) {
  const columns = proved.ibp.toFixed(4).padStart(12) + proved.crown.toFixed(4).padStart(14);
  console.log(`${String(digits[i]!.label).padStart(5)}${String(prediction).padStart(12)}${columns}`);
}
console.log(`\nBounds per class as eps grows, for the digit ${digits[DRAWN]!.label}: ${PICTURE}`);
