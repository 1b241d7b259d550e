const encoder = new TextEncoder();

/**
 * SHA-256 of plain data, as hexadecimal digits: equal for equal content, whatever object holds it. Knows JSON, numbers
 * that JSON does not, bigints, maps, sets and typed arrays; the order of an object's fields counts.
 */
export async function contentHash(value: unknown): Promise<string> {
  const arrays: ArrayBufferView[] = [];
  const text = JSON.stringify(value, (_, part: unknown) => plain(part, arrays)) ?? "undefined";
  const hashes = await Promise.all(arrays.map((array) => digest(bytesOf(array))));
  return digest(encoder.encode(`${text}\n${hashes.join("\n")}`));
}

/**
 * Plain data as text: equal for equal content, other than JSON also for infinite numbers. For what is small; written by
 * hand, since it stands before every run, and JSON with a replacer takes several times as long.
 */
export function contentKey(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "bigint":
      return `${value}n`;
    case "function":
    case "symbol":
      throw new TypeError("code has no content key");
    case "object":
      return value === null ? "null" : keyOfObject(value);
    default:
      return String(value);
  }
}

function keyOfObject(value: object): string {
  if (Array.isArray(value)) return `[${value.map(contentKey).join(",")}]`;
  if (ArrayBuffer.isView(value))
    return `${value.constructor.name}[${Array.from(value as Float64Array, contentKey).join(",")}]`;
  if (value instanceof Map || value instanceof Set) return `${value.constructor.name}${contentKey([...value])}`;
  return `{${Object.entries(value)
    .map(([name, part]) => `${JSON.stringify(name)}:${contentKey(part)}`)
    .join(",")}}`;
}

/** Typed arrays are put aside: a place in JSON stands for them. */
function plain(part: unknown, arrays: ArrayBufferView[]): unknown {
  if (ArrayBuffer.isView(part)) return { $array: part.constructor.name, at: arrays.push(part) - 1 };
  if (part instanceof Map) return { $map: [...part] };
  if (part instanceof Set) return { $set: [...part] };
  if (typeof part === "bigint") return { $bigint: String(part) };
  if (typeof part === "number" && (!Number.isFinite(part) || Object.is(part, -0)))
    return { $number: Object.is(part, -0) ? "-0" : String(part) };
  if (part === undefined) return { $undefined: true };
  if (typeof part === "function" || typeof part === "symbol") throw new TypeError("code has no content hash");
  return part;
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = await subtle().digest("SHA-256", bytes);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

interface Subtle {
  digest(algorithm: "SHA-256", bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer>;
}

/** Web Crypto, which browsers and Node have; core's library types know neither. */
function subtle(): Subtle {
  return (globalThis as unknown as { readonly crypto: { readonly subtle: Subtle } }).crypto.subtle;
}
