/** Whether an operator with these inputs may be called with so many. */
export function fitsInputs(inputs: readonly string[], count: number): boolean {
  const least = inputs.filter((name) => !name.endsWith("?")).length;
  return count >= least && (count <= inputs.length || inputs.some((name) => name.endsWith("...")));
}
