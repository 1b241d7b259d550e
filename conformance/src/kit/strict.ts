// What a test says and nobody reads would be a test that seems to ask more than it does.

/** The names of all fields of a type, complete by type. */
export type FieldsOf<T> = Readonly<Record<keyof T, true>>;

/** One sentence for every field of a value that its type does not have. */
export function unknownFields<T extends object>(what: string, value: T, known: FieldsOf<T>): string[] {
  const names = Object.keys(known);
  const strange = Object.keys(value).filter((key) => !names.includes(key));
  return strange.map(
    (key) => `${what}: there is no field ${key}, nobody would read it; fields are ${names.join(", ")}`,
  );
}

/** One sentence for everything that says the same as what stands before it. */
export function repeated<T>(all: readonly T[], nameOf: (one: T) => string, partsOf: (one: T) => unknown): string[] {
  const seen = new Map<string, T>();
  return all.flatMap((one) => {
    const words = wordsOf(partsOf(one));
    const first = seen.get(words);
    if (first === undefined) seen.set(words, one);
    return first === undefined ? [] : [`${nameOf(one)}: the same as ${nameOf(first)}, which stands before it`];
  });
}

/** A value in words: the same for values that say the same. */
function wordsOf(value: unknown): string {
  if (typeof value !== "object" || value === null)
    return typeof value === "string" ? JSON.stringify(value) : String(value);
  if (ArrayBuffer.isView(value)) return wordsOf(Array.from(value as unknown as ArrayLike<number>));
  if (Array.isArray(value)) return `[${value.map(wordsOf).join()}]`;
  const fields = Object.entries(value)
    .filter(([, part]) => part !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, part]) => `${key}:${wordsOf(part)}`).join()}}`;
}

/** Throws all of the sentences at once. */
export function demandNone(sentences: readonly string[], cause?: unknown): void {
  if (sentences.length > 0) throw new Error(sentences.join("\n"), { cause });
}

/** What laws are asked of: `except` says which of them a case need not obey. */
interface Excepting<Name extends string> {
  readonly name: string;
  readonly example: { readonly except?: Readonly<Partial<Record<Name, string>>> };
}

interface Law<Subject> {
  readonly check: (subject: Subject) => void | Promise<void>;
}

/** Throws where an `except` names no law, a law that does not apply, or one that the case obeys. */
export async function demandNeeded<Name extends string, Subject extends Excepting<Name>>(
  subjects: readonly Subject[],
  laws: Readonly<Record<Name, Law<Subject>>>,
  applies: (law: Name, subject: Subject) => boolean,
): Promise<void> {
  const needless: string[] = [];
  for (const subject of subjects) {
    for (const key of Object.keys(subject.example.except ?? {}) as Name[]) {
      if (!Object.hasOwn(laws, key)) needless.push(`${subject.name}: except names ${key}, which is no law`);
      else if (!applies(key, subject))
        needless.push(`${subject.name}: except names ${key}, which is not asked of this case anyway`);
      else if (await obeys(laws[key], subject))
        needless.push(`${subject.name}: except names ${key}, which this case obeys`);
    }
  }
  demandNone(needless);
}

async function obeys<Subject>(law: Law<Subject>, subject: Subject): Promise<boolean> {
  try {
    await law.check(subject);
    return true;
  } catch {
    return false;
  }
}
