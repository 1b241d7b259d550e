/** The error function on the host, for tables: its Taylor series near zero, its continued fraction elsewhere. */
export function hostErf(x: number): number {
  const z = Math.abs(x);
  return z < 2.5
    ? (Math.sign(x) * series(z) * 2) / Math.sqrt(Math.PI)
    : Math.sign(x) * (1 - (Math.exp(-z * z) * fraction(z)) / Math.sqrt(Math.PI));
}

function series(z: number): number {
  let [term, sum] = [z, z];
  for (let n = 1; n < 60; n++) {
    term *= (-z * z) / n;
    sum += term / (2 * n + 1);
  }
  return sum;
}

function fraction(z: number): number {
  let rest = 0;
  for (let n = 60; n >= 1; n--) rest = n / 2 / (z + rest);
  return 1 / (z + rest);
}
