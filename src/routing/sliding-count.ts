/** How often something happened in the last while, or how much, in a ring of equal slots: constant memory and work per call. */
export class SlidingCount {
  readonly #counts: Float64Array;
  readonly #slotMs: number;
  #newestSlot = 0;
  #total = 0;

  constructor(slots: number, slotMs: number) {
    this.#counts = new Float64Array(slots);
    this.#slotMs = slotMs;
  }

  add(nowMs: number, times = 1): void {
    this.#advance(nowMs);
    const index = this.#newestSlot % this.#counts.length;
    this.#counts[index] = (this.#counts[index] ?? 0) + times;
    this.#total += times;
  }

  total(nowMs: number): number {
    this.#advance(nowMs);
    return this.#total;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
  }

  #advance(nowMs: number): void {
    const slot = Math.floor(nowMs / this.#slotMs);
    const steps = slot - this.#newestSlot;
    if (steps <= 0) return;
    if (steps >= this.#counts.length) this.clear();
    else {
      for (let passed = this.#newestSlot + 1; passed <= slot; passed += 1) {
        const index = passed % this.#counts.length;
        this.#total -= this.#counts[index] ?? 0;
        this.#counts[index] = 0;
      }
    }
    this.#newestSlot = slot;
  }
}
