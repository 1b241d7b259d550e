/** Floats of 16 bits, as bit patterns and as numbers. */
export function widenFloat16(bits: Uint16Array): Float32Array {
  const result = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const value = bits[i]!;
    const sign = value & 0x8000 ? -1 : 1;
    const exponent = (value >> 10) & 31;
    const fraction = value & 1023;
    if (exponent === 31) result[i] = fraction === 0 ? sign * Infinity : NaN;
    else result[i] = exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
  }
  return result;
}

/** A bfloat16 is the upper half of a float32. */
export function widenBfloat16(bits: Uint16Array): Float32Array {
  const result = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) result[i] = bits[i]! << 16;
  return new Float32Array(result.buffer);
}

/** The nearest float16; a tie goes to the even one. */
export function narrowFloat16(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (!(size < 65520)) return sign | (Number.isNaN(value) ? 0x7e00 : 0x7c00);
  let exponent = Math.max(Math.floor(Math.log2(size)), -14);
  if (2 ** exponent > size && exponent > -14) exponent--;
  const steps = roundedToEven(size / 2 ** (exponent - 10));
  // Below 1024 steps it is subnormal; with 2048 the exponent grows by one. Both come out of the sum by itself.
  return sign | ((exponent + 14) * 1024 + steps);
}

/** The nearest bfloat16; a tie goes to the even one. */
export function narrowBfloat16(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!;
  if (Number.isNaN(value)) return (bits >>> 16) | 0x40;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

function roundedToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
