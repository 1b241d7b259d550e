import {
  adam, adamStart, extendProgram, lp, perturbed, substitute, vjp, nextState,
  type Carry, type Feeds, type HostTensor, type IrNode, type Lirpa, type Program,
} from "lirpa";
import { marginRows, type Batch } from "./batch.js";
import { robustLoss } from "./loss.js";
import { marginGraph, names, trainedOf, type Architecture } from "./network.js";
import { batchStatistics, runningStatistics } from "./statistics.js";

export interface Training {
  readonly architecture: Architecture;
  /** Radius of the ball around each image. */
  readonly eps: number;
  /** Adam's learning rate. */
  readonly rate: number;
}

/** One program that is run once per step on its own results, and what to feed it first. */
export interface Step {
  /** Gives `loss` and what is carried; fed with `adamFeeds` besides. */
  readonly program: Program;
  readonly feeds: Feeds;
  readonly carry: Carry;
  /** The inputs that hold parameters, by the parameters' names. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Names of the parameters that gradients change. */
  readonly trained: readonly string[];
}

/** Bounds of the margins, loss, gradients of all parameters and Adam's step, as one graph. */
export function recordStep(
  lirpa: Lirpa,
  { architecture, eps }: Training,
  { images, labels }: Batch,
  initial: ReadonlyMap<string, HostTensor>,
): Step {
  const model = lirpa.model(marginGraph(architecture, initial));
  const center = perturbed(images, lp({ norm: Infinity, eps }));
  const bounds = model.program(
    { x: center, rows: marginRows(labels, architecture.classes) },
    { method: "crown-ibp", parameters: [...initial.keys()] },
  );
  const parameters = parameterPorts(bounds.program);
  const trained = trainedOf(initial);
  let carry: Carry = {};
  const program = extendProgram(bounds.program, "training:step", (t, { inputs, outputs }) => {
    const parameter = (name: string): IrNode => inputs[parameters.get(name)!]!;
    // The bounds take the statistics as parameters; in training they are the batch's own.
    const instead = new Map<IrNode, IrNode>();
    const running: Record<string, IrNode> = {};
    const layers = architecture.convolutions.length;
    batchStatistics(t, inputs["center:x"]!, parameter, layers).forEach((statistics, layer) => {
      const before = { mean: parameter(names.mean(layer)), variance: parameter(names.variance(layer)) };
      const after = runningStatistics(t, statistics, before);
      for (const key of ["mean", "variance"] as const) {
        instead.set(before[key], statistics[key]);
        running[parameters.get(names[key](layer))!] = after[key];
      }
    });
    const loss = robustLoss(t, substitute(t, [outputs["lower"]!], instead)[0]!);
    const gradients = vjp(t, [loss], [t.full([], 1)], trained.map(parameter));
    const variables = trained.map((name, i) => ({ input: parameter(name), gradient: demand(gradients[i], name) }));
    const next = [nextState(running), adam(t, variables)];
    carry = Object.assign({}, ...next.map((state) => state.carry)) as Carry;
    return Object.assign({ loss }, ...next.map((state) => state.outputs)) as Record<string, IrNode>;
  });
  const values = trained.map((name) => [parameters.get(name)!, bounds.feeds[parameters.get(name)!]!]);
  const feeds = { ...bounds.feeds, ...adamStart(Object.fromEntries(values) as Feeds) };
  return { program, feeds, carry, parameters, trained };
}

/** The inputs that hold parameters: ports of what is not perturbed. */
function parameterPorts({ inputs }: Program): ReadonlyMap<string, string> {
  const held = inputs.flatMap(({ name, role }): [string, string][] => (role.is === "fixed" ? [[role.of, name]] : []));
  return new Map(held);
}

function demand(gradient: IrNode | undefined, name: string): IrNode {
  if (gradient === undefined) throw new Error(`the loss does not depend on ${name}`);
  return gradient;
}
