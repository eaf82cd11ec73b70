/** Chooses what is kept within a number of characters: what is most likely to hold the answer for what it costs. */

/** Something that is kept or left out. */
export interface Candidate {
  /** Logarithm of how likely it holds what is asked for. */
  readonly score: number;
  readonly cost: number;
  readonly block: number;
}

/** What comes with the first candidate of a block: its title, and with the first block of a message the message. */
export interface Opening {
  readonly cost: number;
  readonly message: number;
}

/** Which candidates are kept. `dearness`: how much the cost counts, from 0 (not at all) to 1 (in proportion). */
export function selectUnits(
  candidates: readonly Candidate[],
  blocks: readonly Opening[],
  messageCosts: readonly number[],
  budget: number,
  dearness: number,
): Uint8Array {
  const kept = new Uint8Array(candidates.length);
  const openBlocks = new Uint8Array(blocks.length);
  const openMessages = new Uint8Array(messageCosts.length);
  const inBlock: number[][] = blocks.map(() => []);
  candidates.forEach(({ block }, at) => {
    inBlock[block]?.push(at);
  });
  const costOf = ({ block, cost }: Candidate): number => {
    if (openBlocks[block] === 1) return cost;
    const { cost: opening, message } = blocks[block] as Opening;
    return cost + opening + (openMessages[message] === 1 ? 0 : (messageCosts[message] as number));
  };
  const worthOf = (candidate: Candidate): number =>
    candidate.score - dearness * Math.log(Math.max(1, costOf(candidate)));
  const queue = new Queue();
  candidates.forEach((candidate, at) => {
    queue.add(worthOf(candidate), at);
  });
  let left = budget;
  for (;;) {
    const at = queue.take();
    if (at === undefined) return kept;
    // What became cheaper was added again, so it may come up twice.
    if (kept[at] === 1) continue;
    const candidate = candidates[at] as Candidate;
    const cost = costOf(candidate);
    if (cost > left) continue;
    left -= cost;
    kept[at] = 1;
    if (openBlocks[candidate.block] === 1) continue;
    openBlocks[candidate.block] = 1;
    openMessages[(blocks[candidate.block] as Opening).message] = 1;
    for (const other of inBlock[candidate.block] as number[]) {
      if (kept[other] === 0) queue.add(worthOf(candidates[other] as Candidate), other);
    }
  }
}

/** The largest first; of equal ones the one with the smaller number. */
class Queue {
  readonly #keys: number[] = [];
  readonly #items: number[] = [];

  add(key: number, item: number): void {
    let at = this.#keys.length;
    this.#keys.push(key);
    this.#items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  take(): number | undefined {
    const first = this.#items[0];
    const last = this.#items.length - 1;
    if (last < 0) return undefined;
    this.#swap(0, last);
    this.#keys.pop();
    this.#items.pop();
    for (let at = 0; ; ) {
      let next = at;
      for (const child of [2 * at + 1, 2 * at + 2]) if (child < last && this.#isBefore(child, next)) next = child;
      if (next === at) return first;
      this.#swap(at, next);
      at = next;
    }
  }

  #isBefore(one: number, other: number): boolean {
    const keys = this.#keys;
    if (keys[one] !== keys[other]) return (keys[one] as number) > (keys[other] as number);
    return (this.#items[one] as number) < (this.#items[other] as number);
  }

  #swap(one: number, other: number): void {
    const keys = this.#keys;
    const items = this.#items;
    [keys[one], keys[other]] = [keys[other] as number, keys[one] as number];
    [items[one], items[other]] = [items[other] as number, items[one] as number];
  }
}
