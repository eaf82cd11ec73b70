/**
 * Calls of tools that have no result yet, for formats whose results may name the tool alone: such a result answers the first call of
 * that tool. Each step takes the same time, no matter how many calls a client sends.
 */
export class AwaitedCalls {
  readonly #open = new Set<string>();
  /** The ids of each tool's calls in their order; those before `next` are answered. */
  readonly #byName = new Map<string, { readonly ids: string[]; next: number }>();

  add(id: string, name: string): void {
    this.#open.add(id);
    const calls = this.#byName.get(name);
    if (calls === undefined) this.#byName.set(name, { ids: [id], next: 0 });
    else calls.ids.push(id);
  }

  /** The call with this id has its result. */
  answer(id: string): void {
    this.#open.delete(id);
  }

  /** The id of the first call of a tool that has no result yet, which it now has; undefined if all have one. */
  answerFirst(name: string): string | undefined {
    const calls = this.#byName.get(name);
    while (calls !== undefined && calls.next < calls.ids.length) {
      const id = calls.ids[calls.next++] as string;
      if (this.#open.delete(id)) return id;
    }
    return undefined;
  }
}
