/** What compression did to a request, and what it keeps of it. */

/** For headers, the log and explanations; holds no words of the prompt. */
export interface CompressionFacts {
  /** What was asked for: a part, `lossless` or `fit`. */
  readonly asked: string;
  /** Tokens that were taken out of the prompt, about. */
  readonly removedTokens: number;
  /** Under which the originals of what was changed are found, as long as they are kept. */
  readonly handles: readonly string[];
  /** Why nothing was left out, though it was asked for. */
  readonly backedOff: string | undefined;
}

/** The originals of compressed texts, for the route that shows them. */
export interface CompressedOriginals {
  /** The texts of a turn as its client sent them; undefined if there is nothing under this handle in this scope. */
  read(scope: string, handle: string): Promise<readonly string[] | undefined>;
}
