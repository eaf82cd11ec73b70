import type { Clock } from '../../core/clock.ts';

/** The time that recorded requests say it is. Never goes back: two requests may stand in another order than they began. */
export class VirtualClock implements Clock {
  readonly #startMs: number;
  #nowMs: number;

  constructor(startMs: number) {
    this.#startMs = startMs;
    this.#nowMs = startMs;
  }

  turnTo(ms: number): void {
    if (ms > this.#nowMs) this.#nowMs = ms;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs - this.#startMs;
  }
}

interface Due<Value> {
  readonly atMs: number;
  readonly value: Value;
}

/** What is due at some time, the soonest first: a heap, because thousands of requests may be under way. */
export class DueQueue<Value> {
  readonly #heap: Due<Value>[] = [];

  get size(): number {
    return this.#heap.length;
  }

  add(atMs: number, value: Value): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push({ atMs, value });
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((heap[parent]?.atMs ?? 0) <= (heap[at]?.atMs ?? 0)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** Takes the next one that is due by then. */
  take(untilMs: number): Due<Value> | undefined {
    const heap = this.#heap;
    const [first] = heap;
    if (first === undefined || first.atMs > untilMs) return undefined;
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return first;
    heap[0] = last;
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = at;
      if (left < heap.length && (heap[left]?.atMs ?? 0) < (heap[least]?.atMs ?? 0)) least = left;
      if (right < heap.length && (heap[right]?.atMs ?? 0) < (heap[least]?.atMs ?? 0)) least = right;
      if (least === at) return first;
      this.#swap(at, least);
      at = least;
    }
  }

  #swap(one: number, other: number): void {
    const heap = this.#heap;
    const [a, b] = [heap[one], heap[other]];
    if (a === undefined || b === undefined) return;
    heap[one] = b;
    heap[other] = a;
  }
}
