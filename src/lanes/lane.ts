import type { GatewayError } from '../core/errors.ts';
import type { JsonValue } from '../core/json.ts';
import type { Dropped } from '../formats/format.ts';
import type { ProviderErrorFacts, Usage } from '../formats/neutral/conversation.ts';
import type { UpstreamFault } from '../upstream/upstream.ts';

/** A request made ready for one deployment by its lane, and how the answer comes back. */
export interface PreparedCall {
  readonly body: Buffer;
  /** Headers besides the deployment's own, names and values in turn. */
  readonly headers: readonly string[];
  readonly dropped: readonly Dropped[];
  /** Turns a whole answer into what the client gets. Throws an AnswerProblem for an answer that is none. */
  readWhole(body: Buffer): WholeAnswer;
  /** The same for a client that asked for a stream and a provider that answered in one piece: `body` is then the stream. */
  readWholeAsStream(body: Buffer): WholeAnswer;
  /** Opens the way back for a streamed answer; `write` takes what the client is to be sent. */
  openStream(write: (bytes: Uint8Array | string) => void): StreamAnswer;
}

/** A whole answer, ready to be sent. */
export interface WholeAnswer {
  readonly body: Buffer;
  readonly usage: Usage | undefined;
  /** The text the model wrote, for an estimate where the provider tells no usage. */
  readonly text: () => string;
}

/** Why an answer is none, or is not whole. */
export type Problem =
  /** The connection broke or a time limit ran out. */
  | { readonly kind: 'fault'; readonly fault: UpstreamFault }
  /** The provider reported an error, with a status of success or inside a stream. */
  | { readonly kind: 'reported'; readonly body: JsonValue; readonly facts: ProviderErrorFacts }
  /** The stream ended cleanly but without the end mark of its format. */
  | { readonly kind: 'cut' }
  /** What came is not the provider's format. */
  | { readonly kind: 'malformed'; readonly detail: string };

/** An error that a provider reported inside a stream, as the problem it is; the body has the shape that providers' errors have. */
export function reportedProblem(facts: ProviderErrorFacts): Extract<Problem, { kind: 'reported' }> {
  const { message, type, code } = facts;
  return { kind: 'reported', body: { error: { message, type: type ?? null, code: code ?? null } }, facts };
}

/** Thrown by a lane for an answer that cannot be handed on. */
export class AnswerProblem extends Error {
  override readonly name = 'AnswerProblem';
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.kind);
    this.problem = problem;
  }
}

/** How a stream ended by its own account. `last` is what the client is still owed. */
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
  /** Takes bytes from the provider. Throws an AnswerProblem when the stream cannot go on. */
  data(chunk: Buffer): void;
  /** The provider's connection ended cleanly. */
  end(): StreamEnd;
  /** Whether the end mark of the format has come: whatever happens to the connection after it does not matter. */
  isComplete(): boolean;
  /** Whether nothing is missing but the end mark. Asked rarely: it may cost as much as reading the end of the stream. */
  hasSaidAll(): boolean;
  /** Words that end the stream with an error in the client's format. */
  fail(error: GatewayError): string;
  /** Usage as far as the provider told it. */
  usage(): Usage | undefined;
  /** Text that the model wrote, and how many times as much it really wrote, for an estimate. */
  sample(): { readonly text: string; readonly factor: number };
}
