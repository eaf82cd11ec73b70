/** What happens next on a clock that does not run: a heap by time, and by order of arrival at one time. */
interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly happen: () => void | Promise<void>;
}

/** Events of a simulation. */
export class EventQueue {
  readonly #heap: Event[] = [];
  #order = 0;
  #nowMs = 0;

  /** The time of the event that happens now. */
  get nowMs(): number {
    return this.#nowMs;
  }

  at(atMs: number, happen: () => void | Promise<void>): void {
    const event = { atMs, order: this.#order, happen };
    this.#order += 1;
    const heap = this.#heap;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, event)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = event;
  }

  /** Until nothing is left to happen. */
  async run(): Promise<void> {
    for (let event = this.#take(); event !== undefined; event = this.#take()) {
      this.#nowMs = event.atMs;
      const done = event.happen();
      if (done !== undefined) await done;
    }
  }

  #take(): Event | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (last === undefined || first === last) return first;
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      const isRight = left !== undefined && right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (child === undefined || isBefore(last, child)) break;
      heap[index] = child;
      index = 2 * index + (isRight ? 2 : 1);
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
