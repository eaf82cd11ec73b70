import type { RequestOutline } from '../formats/outline.ts';
import type { ReadableEnvelope } from '../wire/envelope.ts';
import type { Changes } from './savings.ts';

/** The request as a fallback with members of its own gets it. */
export interface OtherBody {
  readonly body: Buffer;
  readonly envelope: ReadableEnvelope;
  readonly outline: RequestOutline;
  /** What features changed about it. */
  readonly changes: Changes | undefined;
}
