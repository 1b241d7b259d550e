import {
  adam,
  adamStart,
  extendProgram,
  nextState,
  partsOf,
  portName,
  substitute,
  vjp,
  type Carry,
  type Feeds,
  type IrNode,
  type Program,
  type RowSpace,
  type Vocabulary,
} from "@lirpa/core/recording";
import { lp, perturbed, type HostTensor, type Lirpa } from "lirpa";
import { marginRows, type Batch } from "./batch.js";
import { robustLoss } from "./loss.js";
import { graphOf, names, trainedOf, type Architecture } from "./network.js";
import { trainingStatistics } from "./statistics.js";

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
  const ball = lp({ norm: Infinity, eps });
  const prepared = lirpa.model(graphOf(architecture, initial)).prepare({
    inputs: { x: ball },
    method: "crown-ibp",
    spec: "rows per instance",
    parameters: [...initial.keys()],
    side: "lower",
  });
  const bounds = prepared.program();
  const clean = partsOf(prepared.clean(architecture.convolutions.map((_, layer) => names.convolved(layer))));
  const parameters = new Map(
    [...initial.keys()].map((name) => [name, portName(bounds.inputs, { is: "fixed", of: name })]),
  );
  const trained = trainedOf(initial);
  let carry: Carry = {};
  const program = extendProgram(bounds, "training:step", (t, { inputs, outputs }) => {
    const parameter = (name: string): IrNode => inputs[parameters.get(name)!]!;
    const { instead, running } = trainingStatistics(t, clean.outputs, parameter, architecture.convolutions.length);
    const rows = inputs[portName(bounds.inputs, { is: "rows" })]!;
    const margins = asMargins(t, outputs["lower"]!, rows, architecture.classes - 1, instead);
    const loss = robustLoss(t, margins);
    const gradients = vjp(t, [loss], [t.full([], 1)], trained.map(parameter));
    const variables = trained.map((name, i) => ({ input: parameter(name), gradient: demand(gradients[i], name) }));
    const followed = Object.entries(running).map(([name, node]) => [parameters.get(name)!, node]);
    const next = [nextState(Object.fromEntries(followed) as Record<string, IrNode>), adam(t, variables)];
    carry = Object.assign({}, ...next.map((state) => state.carry)) as Carry;
    return Object.assign({ loss }, ...next.map((state) => state.outputs)) as Record<string, IrNode>;
  });
  const feeds = prepared.feeds({ x: perturbed(images, ball) }, { spec: marginRows(labels, architecture.classes) });
  const values = trained.map((name) => [parameters.get(name)!, feeds[parameters.get(name)!]!]);
  return {
    program,
    feeds: { ...feeds, ...adamStart(Object.fromEntries(values) as Feeds) },
    carry,
    parameters,
    trained,
  };
}

/** Bounds of rows as elements of one tensor: [rows]. Their number is then fixed. */
function asMargins(
  t: Vocabulary,
  bound: IrNode,
  rows: IrNode,
  count: number,
  instead: ReadonlyMap<IrNode, IrNode>,
): IrNode {
  const margins: RowSpace = { name: "margins", size: count };
  const { name, shape, role } = rows.attributes as Parameters<Vocabulary["input"]>[0];
  const fixed = t.input({ name, shape, dtype: "float", instances: true, rows: margins, ...(role && { role }) });
  return t.rowsToShape(substitute(t, [bound], new Map([...instead, [rows, fixed]]))[0]!);
}

function demand(gradient: IrNode | undefined, name: string): IrNode {
  if (gradient === undefined) throw new Error(`the loss does not depend on ${name}`);
  return gradient;
}
