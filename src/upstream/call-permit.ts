/**
 * Leave to make one call. Only the money room (`src/pipeline/money`) makes one, because it knows who pays for the call; the private
 * member keeps anything else from passing for one.
 */
export class CallPermit {
  #isUsed = false;

  /** Uses it up. Throws a RangeError if it was used before: each call is admitted by itself. */
  use(): void {
    if (this.#isUsed) throw new RangeError('a permit allows one call');
    this.#isUsed = true;
  }
}
