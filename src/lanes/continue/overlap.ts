/**
 * Joins a continuation to the text before it. Models that are asked to go on often begin by saying their last words again;
 * what is repeated is taken out, and nothing else: no space is invented, no word is.
 */

/** A shorter repetition may be meant (`the`, a brace); a longer one is not looked for. */
export const SHORTEST_OVERLAP = 12;
export const LONGEST_OVERLAP = 200;

/** Takes the pieces of one continuation. Holds text back only while it could still be a repetition. */
export class OverlapTrimmer {
  readonly #tail: string;
  /** White space the client has that the model was not shown, or has said again: dropped at the seam as far as it is the same. */
  #space: string;
  #dropsSpace: boolean;
  #held = '';
  #isDecided = false;
  #isAtSeam = true;

  /** `dropsSpace`: the model was shown the text without its trailing white space (a prefill), so it will say that again. */
  constructor(before: string, dropsSpace: boolean) {
    const text = before.trimEnd();
    this.#tail = text.slice(-LONGEST_OVERLAP);
    this.#space = before.slice(text.length);
    this.#dropsSpace = dropsSpace;
    this.#isDecided = this.#tail.length < SHORTEST_OVERLAP;
  }

  /** Takes the next piece and returns what of the continuation may be said now. */
  push(text: string): string {
    if (this.#isDecided) return this.#afterSeam(text);
    this.#held += text;
    return this.#decide(false);
  }

  /** No more text follows, or something else comes next: returns what was held back. */
  flush(): string {
    return this.#isDecided ? '' : this.#decide(true);
  }

  #decide(isLast: boolean): string {
    const longest = Math.min(this.#tail.length, LONGEST_OVERLAP);
    let found = 0;
    for (let length = longest; length >= SHORTEST_OVERLAP; length -= 1) {
      const end = this.#tail.slice(-length);
      if (this.#held.startsWith(end)) {
        if (isPeriodic(end)) continue;
        found = length;
        break;
      }
      if (!isLast && end.startsWith(this.#held)) return '';
    }
    this.#isDecided = true;
    const rest = this.#held.slice(found);
    this.#held = '';
    this.#dropsSpace ||= found > 0;
    return this.#afterSeam(rest);
  }

  #afterSeam(text: string): string {
    if (!this.#isAtSeam || text === '') return text;
    if (!this.#dropsSpace) {
      this.#isAtSeam = false;
      return text;
    }
    let same = 0;
    while (same < text.length && same < this.#space.length && text[same] === this.#space[same]) same += 1;
    this.#space = this.#space.slice(same);
    this.#isAtSeam = same === text.length && this.#space !== '';
    return text.slice(same);
  }
}

/** Whether a text is the same run over and over (a rule of dashes, `ha ha ha`): saying more of it is no repetition. */
function isPeriodic(text: string): boolean {
  for (let period = 1; period * 2 <= text.length; period += 1) {
    if (text.startsWith(text.slice(period))) return true;
  }
  return false;
}
