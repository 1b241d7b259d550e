import { factOf, makeProgram, topological, Vocabulary, type IrNode, type Program } from "@lirpa/core/recording";

// Bounds become facts at one primitive, so that a recorded program may be changed there, or taken apart.

/** The names of what changed programs are fed with besides sets and rows. */
export const WIDEN = "kit:widen:";
export const FACT = "kit:fact:";

/**
 * The program in which every bound that something relies on is widened by shares that are fed, without crossing zero.
 */
export function widenedAtFacts(program: Program): Program {
  return changed(program, (t, fact, name) => {
    const share = t.input({
      name: `${WIDEN}${name}`,
      shape: fact.shape,
      dtype: "float",
      instances: false,
      rows: undefined,
    });
    const [end] = fact.inputs as readonly [IrNode];
    return factOf(fact)!.side === "upper" ? wider(t, end, share) : t.neg(wider(t, t.neg(end), share));
  });
}

/** A greater upper end; a negative one stays negative, so that functions with a pole at zero keep their side of it. */
function wider(t: Vocabulary, upper: IrNode, share: IrNode): IrNode {
  return t.where(t.less(upper, 0), t.mul(upper, t.sub(1, t.mul(share, 0.5))), t.add(upper, share));
}

/** A program's facts as a program of their own, and the program that is fed these. */
export interface CutProgram {
  /** Gives every fact under the name by which `rest` takes it. */
  readonly facts: Program;
  readonly rest: Program;
}

/** Takes a program apart at its facts; undefined where it has none. */
export function cutAtFacts(program: Program): CutProgram | undefined {
  const facts: Record<string, IrNode> = {};
  const rest = changed(
    program,
    (t, fact, name) => {
      const { shape, dtype, instances, rows } = fact;
      return t.input({ name: `${FACT}${name}`, shape, dtype, instances, rows });
    },
    (fact, name) => (facts[`${FACT}${name}`] = fact),
  );
  return Object.keys(facts).length === 0 ? undefined : { facts: makeProgram(`${program.name}:facts`, facts), rest };
}

/** The program with something else in place of every fact. */
function changed(
  program: Program,
  instead: (t: Vocabulary, fact: IrNode, name: string) => IrNode,
  seen?: (fact: IrNode, name: string) => void,
): Program {
  const t = new Vocabulary();
  const done = new Map<IrNode, IrNode>();
  let count = 0;
  const outputs = program.outputs as Readonly<Record<string, IrNode>>;
  for (const node of topological(Object.values(outputs))) {
    const inputs = node.inputs.map((input) => done.get(input)!);
    let next = t.recordAgain(node, inputs);
    if (factOf(node) !== undefined) {
      const name = String(count++);
      seen?.(node, name);
      next = instead(t, next, name);
    }
    done.set(node, next);
  }
  return makeProgram(
    program.name,
    Object.fromEntries(Object.entries(outputs).map(([name, node]) => [name, done.get(node)!])),
  );
}
