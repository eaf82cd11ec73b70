/** How much of an answer's text is kept for an estimate; the rest is taken to be like it. */
const LONGEST_SAMPLE = 65_536;

/** The beginning of what a model wrote, and how many times as much it wrote in all. */
export class TextSample {
  #text = '';
  #length = 0;
  #scale = 1;

  note(text: string): void {
    if (this.#text.length < LONGEST_SAMPLE) this.#text += text;
    this.#length += text.length;
  }

  /** What was noted is a part of what was written, which is so many times as long. */
  scale(times: number): void {
    this.#scale *= times;
  }

  read(): { text: string; factor: number } {
    return { text: this.#text, factor: Math.max(1, this.#scale * (this.#length / Math.max(1, this.#text.length))) };
  }
}
