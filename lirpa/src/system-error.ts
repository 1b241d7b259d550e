/** What the system says of a file that it could not read or write, without the call and the path. */
export function reasonOf(error: unknown): string {
  const { message } = error as Error;
  return /^E[A-Z]+: ([^,]+), /.exec(message)?.[1] ?? message;
}
