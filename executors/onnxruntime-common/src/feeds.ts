import { LirpaError } from "@lirpa/core";
import type { HostTensor } from "@lirpa/core/plugin";
import type { Port } from "@lirpa/core/recording";

/** Refuses what would otherwise fail within a native library, in its own words or not at all. */
export function checkFeeds(
  inputs: readonly Omit<Port, "rows" | "role">[],
  feeds: Readonly<Record<string, HostTensor>>,
): void {
  demandFed(inputs, feeds);
  let instances: { readonly name: string; readonly count: number } | undefined;
  for (const { name, shape, dtype, instances: own } of inputs) {
    const value = feeds[name]!;
    const [n = 0, , ...rest] = value.shape;
    const size = value.shape.reduce((product, length) => product * length, 1);
    if (value.dtype !== dtype) throw wrong(`the program's input ${name} takes ${dtype}s, not ${value.dtype}s`);
    const given = `[${value.shape.join(", ")}]`;
    if (value.data.length !== size) {
      throw wrong(`the program's input ${name} has ${value.data.length} numbers for the shape ${given}`);
    }
    if (rest.length !== shape.length || rest.some((length, axis) => length !== shape[axis]) || value.shape.length < 2) {
      const hint = `It takes [instances, rows${shape.map((length) => `, ${length}`).join("")}].`;
      throw wrong(`the program's input ${name} has the shape ${given}`, hint);
    }
    if (!own && n !== 1) throw wrong(`the program's input ${name} is the same for all instances, but has ${n}`);
    if (n === 1) continue;
    if (instances !== undefined && instances.count !== n) {
      throw wrong(`the program's inputs ${instances.name} and ${name} have ${instances.count} and ${n} instances`);
    }
    instances ??= { name, count: n };
  }
}

/** Refuses to run where something was not fed. */
export function demandFed(inputs: readonly Pick<Port, "name">[], feeds: Readonly<Record<string, unknown>>): void {
  const missing = inputs.find(({ name }) => feeds[name] === undefined);
  if (missing === undefined) return;
  const hint = `It takes ${inputs.map(({ name }) => name).join(", ")}.`;
  throw wrong(`the program's input ${missing.name} was not fed`, hint);
}

function wrong(message: string, hint?: string): LirpaError {
  return new LirpaError("LIRPA_EXECUTOR", message, hint === undefined ? {} : { hint });
}
