import type { Dropped } from '../formats/format.ts';
import type { Usage } from '../formats/neutral/conversation.ts';
import type { AnswerPlan } from './answer-plan.ts';
import type { StreamAnswer } from './stream-answer.ts';

/** A request made ready for one deployment by its lane, and how the answer comes back. */
export interface PreparedCall {
  readonly body: Buffer;
  /** Headers besides the deployment's own, names and values in turn. */
  readonly headers: readonly string[];
  readonly dropped: readonly Dropped[];
  /**
   * Turns a whole answer into what the client gets. Throws an AnswerProblem if it is not an answer, and a `TooHeavy` if it is
   * larger than may be parsed here: then it can be read by the plan.
   */
  readWhole(body: Buffer): ReadyAnswer;
  /**
   * The same for a client that asked for a stream and a provider that answered in one piece: `body` is then the stream.
   */
  readWholeAsStream(body: Buffer): ReadyAnswer;
  /** Opens a streamed answer; `write` takes what is sent to the client. */
  openStream(write: (bytes: Uint8Array | string) => void): StreamAnswer;
  /** How whole answers are read, as data; absent if they are always read here. */
  plan?(): AnswerPlan;
}

/** A whole answer, ready to be sent. */
export interface ReadyAnswer {
  readonly body: Buffer;
  readonly usage: Usage | undefined;
  /** The text the model wrote, for an estimate if the provider tells no usage. */
  readonly text: () => string;
  /** The id in it, if it has one and is not a stream. */
  readonly id?: string | undefined;
}
