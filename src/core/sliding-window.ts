/** The sum of what was added lately, in a ring of equal slots: constant memory, and constant work per call. */
export class SlidingWindow {
  readonly #amounts: Float64Array;
  readonly #slotMs: number;
  #newestSlot = 0;
  #total = 0;

  constructor(slots: number, slotMs: number) {
    this.#amounts = new Float64Array(slots);
    this.#slotMs = slotMs;
  }

  add(nowMs: number, amount = 1): void {
    this.#advance(nowMs);
    const index = this.#newestSlot % this.#amounts.length;
    this.#amounts[index] = (this.#amounts[index] ?? 0) + amount;
    this.#total += amount;
  }

  total(nowMs: number): number {
    this.#advance(nowMs);
    return this.#total;
  }

  /**
   * Milliseconds until the sum is below a limit if nothing is added: 0 if it is now, the whole window for a limit of 0.
   */
  untilBelowMs(limit: number, nowMs: number): number {
    const slots = this.#amounts.length;
    let left = this.total(nowMs);
    if (left < limit) return 0;
    for (let slot = Math.max(0, this.#newestSlot - slots + 1); slot <= this.#newestSlot; slot += 1) {
      left -= this.#amounts[slot % slots] ?? 0;
      if (left < limit) return (slot + slots) * this.#slotMs - nowMs;
    }
    return slots * this.#slotMs;
  }

  clear(): void {
    this.#amounts.fill(0);
    this.#total = 0;
  }

  #advance(nowMs: number): void {
    const slot = Math.floor(nowMs / this.#slotMs);
    const slots = this.#amounts.length;
    if (slot - this.#newestSlot >= slots) this.clear();
    else {
      for (let passed = this.#newestSlot + 1; passed <= slot; passed += 1) {
        this.#total -= this.#amounts[passed % slots] ?? 0;
        this.#amounts[passed % slots] = 0;
      }
    }
    if (slot > this.#newestSlot) this.#newestSlot = slot;
  }
}
