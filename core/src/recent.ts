/** A map that holds so many entries; the one that was not used for the longest time makes room. */
export class Recent<V> {
  private readonly entries = new Map<string, V>();

  constructor(
    private readonly capacity: number,
    private readonly onLeave: (value: V) => void = () => undefined,
  ) {}

  get(key: string): V | undefined {
    const value = this.entries.get(key);
    if (value !== undefined) {
      this.entries.delete(key);
      this.entries.set(key, value);
    }
    return value;
  }

  set(key: string, value: V): void {
    this.entries.delete(key);
    this.entries.set(key, value);
    for (const [oldest, left] of this.entries) {
      if (this.entries.size <= this.capacity) break;
      this.entries.delete(oldest);
      this.onLeave(left);
    }
  }

  /** Forgets one entry, unless another value took its place. */
  forget(key: string, value: V): void {
    if (this.entries.get(key) === value) this.entries.delete(key);
  }

  /** Forgets all whose keys begin so, and returns what was held. */
  clearOf(prefix: string): V[] {
    const own = [...this.entries].filter(([key]) => key.startsWith(prefix));
    for (const [key] of own) this.entries.delete(key);
    return own.map(([, value]) => value);
  }

  /** Forgets all, and returns what was held. */
  clear(): V[] {
    const values = [...this.entries.values()];
    this.entries.clear();
    return values;
  }
}
