/** Finds the end of a JSON value in text that comes in pieces, by its brackets and quotes and without parsing it. */
export class JsonEnd {
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  #isWhole = false;

  /** Whether an object, an array or a string has come to its end. Other values have none that shows. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Takes the next piece. What follows the end is ignored. */
  push(text: string): void {
    for (let index = 0; index < text.length && !this.#isWhole; index += 1) this.#take(text.charCodeAt(index));
  }

  #take(code: number): void {
    if (this.#isInString) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (code === BACKSLASH) this.#isEscaped = true;
      else if (code === QUOTE) {
        this.#isInString = false;
        this.#isWhole = this.#depth === 0;
      }
      return;
    }
    switch (code) {
      case QUOTE:
        this.#isInString = true;
        return;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        this.#depth += 1;
        return;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        this.#depth -= 1;
        this.#isWhole = this.#depth === 0;
    }
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
