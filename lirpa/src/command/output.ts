const write = process.stdout.write.bind(process.stdout);

/** Prints results. Nothing else may stand on standard output. */
export function writeOut(text: string): void {
  write(text);
}

/** From now on what plugins print goes to standard error: `--json` is one object, whatever they say. */
export function reserveOutput(): void {
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
}
