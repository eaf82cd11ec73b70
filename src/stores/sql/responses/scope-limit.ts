/** The size of a scope is looked at when this share of what it may have was written since. */
const LOOKED_AT_SHARE = 1 / 16;
const MOST_SCOPES = 10_000;

/** Limits how much the scopes have, without adding up after every write. */
export class ScopeLimit {
  readonly #deleteOldest: (scope: string, mostBytes: number) => Promise<void>;
  /** Bytes that this process wrote since it last looked. */
  readonly #written = new Map<string, number>();

  constructor(deleteOldest: (scope: string, mostBytes: number) => Promise<void>) {
    this.#deleteOldest = deleteOldest;
  }

  /** Notes what was written; deletes what is too much, if it is time to look. */
  async written(scope: string, bytes: number, most: number): Promise<void> {
    const written = (this.#written.get(scope) ?? most) + bytes;
    if (written < most * LOOKED_AT_SHARE) {
      this.#written.set(scope, written);
      return;
    }
    if (this.#written.size > MOST_SCOPES) this.#written.clear();
    this.#written.set(scope, 0);
    await this.#deleteOldest(scope, most);
  }
}
