import type { Graph, GraphNode } from "@lirpa/core";
import type { HostTensor, Shape } from "@lirpa/core/plugin";
import { tensor } from "../kit/numbers.js";
import { KIT } from "../kit/plugin.js";
import { randomFrom } from "../kit/random.js";

/** Builds graphs of the kit's own operators, so that a method needs no pack to be tried. */
class Builder {
  private readonly nodes: GraphNode[] = [];
  private readonly initializers = new Map<string, HostTensor>();
  private readonly random: () => number;

  constructor(seed: number) {
    this.random = randomFrom(seed);
  }

  node(type: string, inputs: readonly string[], attributes: GraphNode["attributes"] = {}): string {
    const name = `${type}${this.nodes.length}`;
    this.nodes.push({ name, type, domain: KIT, inputs, outputs: [`v${name}`], attributes });
    return `v${name}`;
  }

  /** A random affine map. */
  mix(x: string, from: number, to: number, shape: Shape = [1, to]): string {
    const at = this.initializers.size;
    const numbers = (count: number): number[] =>
      Array.from({ length: count }, () => Math.round((this.random() * 2 - 1) * 32) / 32);
    this.initializers.set(`matrix${at}`, tensor([from, to], numbers(from * to)));
    this.initializers.set(`offset${at}`, tensor([to], numbers(to)));
    return this.node("Mix", [x, `matrix${at}`, `offset${at}`], { shape });
  }

  graph(name: string, inputs: Readonly<Record<string, Shape>>, outputs: readonly string[]): Graph {
    return {
      name,
      inputs: Object.entries(inputs).map(([input, shape]) => ({ name: input, shape, dtype: "float" })),
      outputs,
      initializers: this.initializers,
      nodes: this.nodes,
      opsets: new Map([
        ["", 17],
        [KIT, 1],
      ]),
    };
  }
}

/**
 * A chain, a residual block, a product of what shares an input, a network of two inputs and outputs, wide layers, and
 * operators of kind `custom`.
 */
export function methodNetworks(): Graph[] {
  const chain = new Builder(1);
  const hidden = chain.node("Bend", [chain.mix("x", 3, 4)]);
  const chained = chain.graph("chain", { x: [1, 3] }, [chain.mix(chain.node("Bend", [chain.mix(hidden, 4, 3)]), 3, 2)]);

  const residual = new Builder(2);
  const first = residual.mix("x", 2, 3);
  const block = residual.mix(residual.node("Bend", [first]), 3, 3);
  const residue = residual.graph("residual", { x: [2] }, [
    residual.mix(residual.node("Bend", [residual.node("Sum", [first, block])]), 3, 2, [2]),
  ]);

  const products = new Builder(3);
  const left = products.node("Bend", [products.mix("x", 3, 3)]);
  const right = products.mix("x", 3, 3);
  const multiplied = products.graph("product", { x: [1, 3] }, [
    products.mix(products.node("Product", [left, right]), 3, 2),
  ]);

  const several = new Builder(4);
  const together = several.node("Sum", [several.mix("x", 2, 3), several.mix("y", 3, 3)]);
  const bent = several.node("Bend", [together]);
  const twice = several.graph("two inputs, two outputs", { x: [2, 1], y: [1, 3] }, [
    several.mix(bent, 3, 2),
    several.node("Product", [bent, together]),
  ]);

  const wide = new Builder(5);
  const layer = wide.node("Bend", [wide.mix("x", 2, 20)]);
  const widened = wide.graph("wide", { x: [2] }, [wide.mix(wide.node("Bend", [wide.mix(layer, 20, 18)]), 18, 2)]);

  const custom = new Builder(6);
  const folded = custom.node("Fold", [custom.mix("x", 2, 4)]);
  const written = custom.graph("operators with rules of their own", { x: [2] }, [
    custom.mix(custom.node("Span", [custom.mix(folded, 4, 3)]), 3, 2),
  ]);

  return [chained, residue, multiplied, twice, widened, written];
}
