import type { FormatError } from './format.ts';

/** Looks at the whole events of a relayed stream as they pass. */
export interface StreamCheck {
  /** What may be sent of these events: the same bytes unless something had to be changed or held back. */
  push(events: Buffer): Buffer;
  /** The stream is over: what was held back. */
  end(): Buffer;
  /** Why the stream is broken; what `push` returned until then may still be sent. */
  readonly problem: FormatError | undefined;
}
