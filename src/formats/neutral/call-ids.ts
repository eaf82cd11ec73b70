/**
 * The ids of the tool calls of one answer. A call without an id, or with one that an earlier call of the answer has, gets one
 * that is made of a seed. The seed has to differ between the answers of a conversation: providers that require unique ids
 * refuse the whole history otherwise, and servers without ids of calls often repeat the ids of their answers too.
 */
export class CallIds {
  #tail: string;
  readonly #used = new Set<string>();

  /** `seed` is an id of the answer. */
  constructor(seed: string | undefined) {
    this.#tail = tailOf(seed);
  }

  /** Takes the provider's id of the answer, for readers that got no other seed. */
  seedIfNone(seed: string | undefined): void {
    if (this.#tail === '') this.#tail = tailOf(seed);
  }

  /** The id of a call for which the provider gave `given`, which may be empty. */
  idOf(given: string | undefined, choice: number, call: number): string {
    if (given !== undefined && given !== '' && this.#isNew(choice, given)) return given;
    const tail = this.#tail === '' ? '' : `_${this.#tail}`;
    let id = `call${tail}_${choice}_${call}`;
    for (let more = 1; !this.#isNew(choice, id); more += 1) id = `call${tail}_${choice}_${call}_${more}`;
    return id;
  }

  #isNew(choice: number, id: string): boolean {
    const key = `${choice} ${id}`;
    if (this.#used.has(key)) return false;
    this.#used.add(key);
    return true;
  }
}

/** Letters that every provider takes, few enough that the id stays below 40 characters. */
function tailOf(seed: string | undefined): string {
  return (seed ?? '').replace(/[^A-Za-z0-9]/g, '').slice(-20);
}
