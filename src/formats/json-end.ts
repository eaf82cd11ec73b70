const [QUOTE, BACKSLASH, SPACE] = [0x22, 0x5c, 0x20];
/** A text or a number at the top is short if it is whole. */
const LONGEST_SCALAR = 64;

/**
 * Knows where JSON that comes in fragments ends. Each character is looked at once and the whole is parsed once: parsing what there is
 * after each fragment would take time quadratic in the length.
 */
export class JsonEnd {
  #depth = 0;
  #isInText = false;
  #isEscaped = false;
  #isObject = false;
  #state: 'empty' | 'open' | 'scalar' | 'balanced' | 'whole' | 'broken' = 'empty';

  /** Whether the value is an object, as far as it has begun. */
  get isObject(): boolean {
    return this.#isObject;
  }

  push(fragment: string): void {
    for (let at = 0; at < fragment.length && this.#state !== 'broken'; at += 1) this.#take(fragment.charCodeAt(at));
  }

  /** Whether the value is whole; `text` is all that was pushed. */
  isReached(text: string): boolean {
    if (this.#state === 'scalar') return text.length <= LONGEST_SCALAR && isJson(text);
    if (this.#state === 'balanced') this.#state = isJson(text) ? 'whole' : 'broken';
    return this.#state === 'whole';
  }

  #take(code: number): void {
    if (this.#isInText) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (code === BACKSLASH) this.#isEscaped = true;
      else if (code === QUOTE) this.#isInText = false;
      return;
    }
    // A scalar ends only with what was sent.
    if (this.#state === 'scalar' || code <= SPACE) return;
    const character = String.fromCharCode(code);
    if (this.#state === 'balanced' || this.#state === 'whole') this.#state = 'broken';
    else if (character === '{' || character === '[') {
      if (this.#state === 'empty') this.#isObject = character === '{';
      this.#state = 'open';
      this.#depth += 1;
    } else if (this.#state === 'empty') this.#state = 'scalar';
    else if (character === '}' || character === ']') {
      this.#depth -= 1;
      if (this.#depth === 0) this.#state = 'balanced';
    } else if (code === QUOTE) this.#isInText = true;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
