import type { ConversationFormat } from '../formats/format.ts';
import type { FormatId } from '../formats/neutral/conversation.ts';
import type { Operation } from '../providers/provider.ts';

/** A public operation that is answered by a model. */
export interface Endpoint {
  /** How errors and metrics call it: `/chat/completions`. */
  readonly name: string;
  readonly operation: Operation;
  /** The format its clients speak. */
  readonly format: FormatId;
  /** That format's readers and writers, where it is a conversation. */
  readonly conversation?: ConversationFormat;
  /** Which envelope its errors use. */
  readonly errors: 'openai' | 'anthropic';
  /** Set where using it costs nothing: its answers are not booked. */
  readonly isFree?: boolean;
  /** The answer to a request whose provider has no such operation, where one can be given without it. */
  answerHere?(body: Buffer, countTokens: (text: string) => Promise<number>): Promise<Buffer>;
}
