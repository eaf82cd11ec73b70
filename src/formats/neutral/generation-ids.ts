/**
 * Tells whether the pieces of a stream belong to one generation, by the id that each piece carries. A proxy that gave up one
 * generation and sent the beginning of another behind it (https://github.com/vercel/ai/issues/18331, read 2026-11-28) would
 * otherwise make one answer of two.
 *
 * OpenAI promises one id for all chunks of an answer. Some servers make a new one for every chunk
 * (https://github.com/microsoft/foundry-local/issues/144, https://github.com/ggml-org/llama.cpp/issues/5876, read 2026-11-28),
 * so a second id right after the first piece says nothing yet: the third piece decides.
 */

/** What an id says: the piece belongs to the answer; it has to wait for the next piece; the piece belongs to another answer. */
export type Belonging = 'same' | 'unsure' | 'other';

/** The ids of one choice of one answer. */
export class GenerationIds {
  #id: string | undefined;
  #pieces = 0;
  #hasSaid = false;
  #doubted: string | undefined;
  #isFreshForEach = false;

  /** Takes the id of the next piece. `says`: it holds a part of the answer; gateways open and close streams under ids of their own. */
  take(id: string | undefined, says: boolean): Belonging {
    if (id === undefined || id === '' || this.#isFreshForEach) return 'same';
    if (this.#doubted !== undefined) {
      if (id === this.#doubted || id === this.#id) return 'other';
      this.#isFreshForEach = true;
      return 'same';
    }
    if (id !== this.#id && !this.#hasSaid) {
      this.#id = id;
      this.#pieces = 0;
    }
    if (id === this.#id) {
      this.#pieces += 1;
      this.#hasSaid ||= says;
      return 'same';
    }
    if (!says) return 'same';
    if (this.#pieces > 1) return 'other';
    this.#doubted = id;
    return 'unsure';
  }
}
