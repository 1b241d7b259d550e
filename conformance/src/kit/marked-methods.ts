import { defineMethod, intervalOf, recorded, rowBounds, rulesOf, type Method } from "@lirpa/core/recording";
import { standardMethods } from "@lirpa/core";
import type { BoundRun, IrNode, Marks, Recipe } from "@lirpa/core/recording";
import type { Pair } from "@lirpa/core/plugin";
import { LawBroken } from "../settings.js";
import { sameComputation } from "./same-computation.js";

/** The names of what the marked programs are fed with besides sets and rows. */
export const FREE = "kit:free:";

/** One free value of a relaxation, as it was recorded. */
export interface FreeValue {
  readonly value: IrNode;
  readonly min: IrNode;
  readonly max: IrNode;
}

/** A standard method by name. */
export function methodCalled(name: string): Method {
  const method = standardMethods.find((candidate) => candidate.name === name);
  if (method === undefined) throw new Error(`core has no method ${name}`);
  return method;
}

/** The name of a method whose rules' marks mean something else. */
export const marked = {
  plain: (base: string): string => `${base}:plain`,
  free: (base: string): string => `${base}:free`,
  twice: (base: string): string => `${base}:twice`,
} as const;

/** How a method that is recorded is recorded. */
export function recipeOf({ name, recipe }: Method): Recipe {
  if (recipe === undefined) throw new Error(`${name} is not recorded by a recipe`);
  return recipe;
}

/** A method by another name, with rows of its own; intermediate bounds by rows are by these, too. */
export function variant(name: string, base: Method, rows: Recipe["rows"], elements?: Recipe["elements"]): Method {
  const { intermediate } = recipeOf(base);
  const own = intermediate.needsRows === undefined ? intermediate : rowBounds(rows);
  const recipe: Recipe = { intermediate: own, rows, ...(elements !== undefined && { elements }) };
  return defineMethod({ name, description: "", needs: base.needs, ...recorded(name, recipe) });
}

/** Every free value becomes an input: the share of its range. A target has its own, in the order of its pass. */
function freeMethod(base: Method): Method {
  return variant(marked.free(base.name), base, (run, target, boundsOf) => {
    const label = `${FREE}${target.rows.name}:${target.value.name}`;
    let count = 0;
    const free: Marks["free"] = (t, { shape }, min, max) => {
      const share = t.input({ name: `${label}:${count++}`, shape, dtype: "float", instances: false, rows: undefined });
      return t.add(t.mul(min, t.sub(1, share)), t.mul(max, share));
    };
    return recipeOf(base).rows(run.marked({ free }), target, boundsOf);
  });
}

/** A method that leaves free values as they are, and what it sees of them while it is recorded. */
export function watched(base: Method): { readonly method: Method; readonly seen: readonly FreeValue[] } {
  const seen: FreeValue[] = [];
  const free: Marks["free"] = (_, value, min, max) => {
    seen.push({ value, min, max });
    return value;
  };
  const rows: Recipe["rows"] = (run, target, boundsOf) => recipeOf(base).rows(run.marked({ free }), target, boundsOf);
  return { method: variant(`${base.name}:watched`, base, rows), seen };
}

/** Records every rule twice into one recording: pure rules give the same nodes. */
function twiceMethod(base: Method): Method {
  return variant(marked.twice(base.name), base, (run, target, boundsOf) => {
    intervalsTwice(run);
    const { rows } = recipeOf(base);
    const [first, second] = [rows(run, target, boundsOf), rows(run, target, boundsOf)];
    demandSame(first, second, "linear bounds");
    return first;
  });
}

function intervalsTwice(run: BoundRun): void {
  for (const node of run.graph.nodes) {
    if (run.perturbedSlots(node).length === 0) continue;
    const record = (): readonly Pair<IrNode>[] => rulesOf(node).interval(run, node, (value) => intervalOf(run, value));
    const [first, second] = [record(), record()];
    first.forEach((interval, i) => demandSame(interval, second[i]!, `the interval of ${node.type}`));
  }
}

function demandSame(first: Pair<IrNode>, second: Pair<IrNode>, what: string): void {
  if (!sameComputation(first.lower, second.lower) || !sameComputation(first.upper, second.upper))
    throw new LawBroken(`${what} recorded twice gives two different computations: a rule holds state`);
}

/** A method as the laws want it: with marks that mean something else, and recorded twice. */
export function markedMethods(base: Method): Method[] {
  return [
    variant(marked.plain(base.name), base, recipeOf(base).rows, recipeOf(base).elements),
    freeMethod(base),
    twiceMethod(base),
  ];
}
