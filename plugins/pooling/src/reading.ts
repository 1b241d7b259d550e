import { attributeError, shapeError, unsupportedAttribute, type RawAttributes } from "@lirpa/core/plugin";

const AUTO_PADS: readonly string[] = ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"];

/** A shape as batch, channels and one to three spatial axes. */
export function spatialShape(node: string, shape: readonly number[] | undefined): readonly [number, number, ...number[]] {
  if (shape === undefined) throw shapeError(`${node}: the shape of X is not known`);
  if (shape.length < 3) throw shapeError(`${node}: X [${shape.join(", ")}] needs batch, channels and one spatial axis or more`);
  if (shape.length > 5) {
    throw unsupportedAttribute(`${node}: ${shape.length - 2} spatial axes are not supported`, { hint: "One, two and three are." });
  }
  return shape as unknown as readonly [number, number, ...number[]];
}

export function autoPadOf(node: string, raw: RawAttributes, pads: readonly number[], dilations: readonly number[]): string {
  // An empty string is how some exporters write the default.
  const value = raw["auto_pad"] || "NOTSET";
  if (typeof value !== "string" || !AUTO_PADS.includes(value)) {
    throw attributeError(`${node}: auto_pad is '${String(value)}'`, { hint: `It must be one of ${AUTO_PADS.join(", ")}.` });
  }
  if (value !== "NOTSET" && pads.some((pad) => pad !== 0)) {
    throw attributeError(`${node}: 'pads' and auto_pad ${value} exclude each other`, { hint: "Drop one of the two attributes." });
  }
  if (value.startsWith("SAME") && dilations.some((dilation) => dilation !== 1)) {
    throw unsupportedAttribute(`${node}: auto_pad ${value} with dilations is not supported`, {
      hint: "Runtimes disagree on its output's shape; give 'pads' instead.",
    });
  }
  return value;
}

/** A list of integers of the fallback's length, each at least `min`. */
export function integers(node: string, raw: RawAttributes, name: string, fallback: readonly number[], min: number): readonly number[] {
  const value = raw[name] ?? fallback;
  const valid = Array.isArray(value) && value.length === fallback.length && value.every((n) => Number.isInteger(n) && n >= min);
  if (!valid) {
    throw attributeError(`${node}: '${name}' is [${String(value)}]`, { hint: `Expected: ${fallback.length} integer(s), each at least ${min}.` });
  }
  return value as readonly number[];
}
