import type { FormatId } from '../formats/neutral/conversation.ts';
import type { Operation } from '../operations/operation.ts';

/** A public operation that is answered by a model. */
export interface Endpoint {
  /** How errors and metrics call it: `/chat/completions`. */
  readonly name: string;
  readonly operation: Operation;
  /** The format its clients speak, and are answered in, errors included. */
  readonly format: FormatId;
  /** Whether the path, and not the body, asks for a stream, and for which answer. */
  readonly stream?: boolean;
}
