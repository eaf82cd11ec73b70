import type { GatewayError } from '../core/errors.ts';
import type { Usage } from '../formats/neutral/conversation.ts';
import type { Problem } from './answer-problem.ts';

/** How a stream ended, as far as the stream itself says. `last` is what the client has not been sent yet. */
export type StreamEnd =
  | { readonly isWhole: true; readonly last: Uint8Array | string }
  | {
      readonly isWhole: false;
      readonly last: Uint8Array | string;
      readonly problem: Problem;
      readonly wasToldClient: boolean;
    };

/** One streamed answer on its way through a lane. */
export interface StreamAnswer {
  /** The client gets nothing before the end: what comes from the provider is still a sign of life. */
  readonly isHeld?: boolean;
  /** Takes bytes from the provider. Throws an AnswerProblem when the stream cannot go on. */
  data(chunk: Buffer): void;
  /** The provider's connection ended cleanly. */
  end(): StreamEnd;
  /** Whether the end mark of the format has come; what happens to the connection after it does not matter. */
  isComplete(): boolean;
  /**
   * Whether nothing is missing but the end mark. Asked rarely: it may cost as much as reading the end of the stream.
   */
  hasSaidAll(): boolean;
  /** Whether words have come that are held back for now: the model is not silent though the client has nothing of it. */
  isHolding?(): boolean;
  /** Words that end the stream with an error in the client's format. */
  fail(error: GatewayError): string;
  /** Usage as far as the provider has reported it. */
  usage(): Usage | undefined;
  /** For an estimate: text that the model wrote, and how many times as much it wrote in all. */
  sample(): { readonly text: string; readonly factor: number };
}
