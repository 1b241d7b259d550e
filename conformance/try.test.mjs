import { describePlugin, standardCases } from "@lirpa/conformance";
const packs = (process.env.PACKS ?? "linear,convolution,pooling,activation,shape").split(",");
const load = (name) => import(`@lirpa/plugin-${name}`).then((m) => m.default);
const all = await Promise.all(["linear","convolution","pooling","activation","shape","arithmetic","reduction","normalization","smooth"].map((n) => load(n).catch(() => undefined)));
const by = new Map(all.filter(Boolean).map((p) => [p.name, p]));
for (const name of packs) {
  const plugin = by.get(`@lirpa/plugin-${name}`);
  describePlugin(plugin, standardCases, { plugins: [...by.values()].filter((p) => p !== plugin) });
}
