/** How much of an answer's text is kept for an estimate; the rest is taken to be like it. */
const LONGEST_SAMPLE = 65_536;

/** The beginning of what a model wrote, and how many times as much it wrote in all. */
export class TextSample {
  #text = '';
  #length = 0;

  note(text: string): void {
    if (this.#text.length < LONGEST_SAMPLE) this.#text += text;
    this.#length += text.length;
  }

  read(): { text: string; factor: number } {
    return { text: this.#text, factor: Math.max(1, this.#length / Math.max(1, this.#text.length)) };
  }
}
