import type { GatewayError } from '../core/errors.ts';
import type { ConversationRequest, Usage } from '../formats/neutral/conversation.ts';
import type { ContinuationStyle } from '../lanes/continue/continuation.ts';
import type { SentSoFar, StreamRecord } from '../lanes/continue/stream-record.ts';
import type { StreamAnswer } from '../lanes/stream-answer.ts';

/** A stream that broke off after some of it was sent, and what its rest is asked for with. */
interface BrokenStream {
  /** The stream whose `fail` ends the client's, if no deployment continues it. */
  readonly stream: StreamAnswer;
  /** Why it broke; the client sees this error, and never why a continuation was refused. */
  readonly error: GatewayError;
  readonly firstUsage: Usage | undefined;
  /** Set when it will be continued. */
  readonly rest?: {
    readonly sent: SentSoFar;
    readonly request: ConversationRequest;
    readonly style?: ContinuationStyle;
  };
}

/** What another deployment needs to continue a stream. */
export interface Continuity {
  /** What the client was sent; undefined if the stream would not be continued elsewhere. */
  readonly record: StreamRecord | undefined;
  broken: BrokenStream | undefined;
}
