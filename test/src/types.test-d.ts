// Types as users rely on them: this file compiles, or the build fails. Nothing here runs.
import type { Bounds, BoundOptions, Model, Prepared } from "lirpa";
import { createLirpa, lp, perturbed } from "lirpa";
import { composeLirpa, type Graph } from "@lirpa/core";
import { defineOperator, definePlugin, type Interval, type Tensor } from "@lirpa/core/plugin";
import { defineMethod, recorded, intervalBounds, boundsByBackward, type Executor } from "@lirpa/core/recording";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function holds<_T extends true>(): void {}

declare const model: Model;
declare const executor: Executor;
declare const graph: Graph;

declare module "@lirpa/core" {
  interface MethodOptions {
    readonly "of-a-test": { readonly depth: number };
  }
}

export async function users(): Promise<void> {
  await using lirpa = await createLirpa();
  const loaded = await lirpa.load(new Uint8Array());
  holds<Same<typeof loaded, Model>>();
  const bounds = await model.bounds({ x: perturbed([0], lp({ norm: 2, eps: [1] })) });
  holds<Same<typeof bounds, Bounds>>();
  holds<Same<Bounds["lower"], Float64Array>>();
  const prepared: Prepared = model.prepare({ inputs: { x: lp({ norm: 2, eps: 1 }) } });
  holds<Same<Awaited<ReturnType<typeof prepared.bounds>>, Bounds>>();
  for (const warning of bounds.warnings) {
    if (warning.code === "LIRPA_DOMAIN") holds<Same<typeof warning.node, string>>();
    // @ts-expect-error a time limit ends no node
    else String(warning.node);
  }

  // A method's options are typed by whoever brings it.
  const options: BoundOptions = { methodOptions: { "alpha-crown": { iterations: 3 }, "of-a-test": { depth: 2 } } };
  // @ts-expect-error nobody brings such a method
  const unknown: BoundOptions = { methodOptions: { "no-method": {} } };
  // @ts-expect-error its layers are "last" or "all"
  const wrong: BoundOptions = { methodOptions: { "alpha-crown": { layers: "some" } } };
  // @ts-expect-error a spec is numbers
  await model.bounds({ x: [0] }, { spec: [["1"]] });
  // @ts-expect-error what prepares takes no numbers
  model.prepare({ inputs: {}, spec: [[1]] });
  void [options, unknown, wrong];
}

export function authors(): void {
  defineOperator({
    kind: "custom",
    type: "Typed",
    sinceVersion: 1,
    inputs: ["A", "B?"],
    forward: (_, a, b) => {
      holds<Same<typeof a, Tensor>>();
      holds<Same<typeof b, Tensor | undefined>>();
      return a;
    },
    interval: (_, a) => {
      holds<Same<typeof a, Interval>>();
      return a;
    },
  });
  defineOperator({
    kind: "bilinear",
    type: "Odd",
    sinceVersion: 1,
    inputs: ["A", "B"],
    // @ts-expect-error a factor is one of the inputs
    factors: ["A", "C"],
    forward: (_, a) => a,
  });
  defineMethod({
    name: "of-a-test",
    description: "",
    needs: "backward",
    ...recorded("of-a-test", { intermediate: intervalBounds, rows: boundsByBackward }),
  });
  composeLirpa({ plugins: [definePlugin({ name: "p", apiVersion: 2 })], executor }).model(graph);
  // @ts-expect-error it needs an executor
  composeLirpa({ plugins: [] });
}
