import type { GatewayError } from '../../core/errors.ts';
import { idInStream } from '../../formats/answer-id.ts';
import { AnswerProblem, isFree, isFreeFailure } from '../../lanes/answer-problem.ts';
import type { StreamAnswer } from '../../lanes/stream-answer.ts';
import type { UpstreamFault } from '../../upstream/upstream.ts';
import { answerHeaders, STREAM_HEADERS } from './answer-headers.ts';
import { bookStream, estimateStream } from './attempt-books.ts';
import { leaveBroken } from './continue.ts';
import type { Answer, RunningAttempt } from './running-attempt.ts';

/** In so many pieces of a stream its id is looked for. */
const MOST_LOOKS_FOR_ID = 8;

/** An answer that comes as a stream: handed on piece by piece, and ended as whole, as broken, or left open to be continued. */
export class StreamedAnswer implements Answer {
  readonly #attempt: RunningAttempt;
  readonly #stream: StreamAnswer;
  #looksForId = 0;

  constructor(attempt: RunningAttempt) {
    this.#attempt = attempt;
    this.#stream = attempt.prepared.openStream((bytes) => this.#write(bytes));
  }

  onData(chunk: Buffer): void {
    if (this.#attempt.isOver) return;
    if (this.#stream.isHeld === true) this.#attempt.noteFirstContent();
    this.#attempt.tally?.takeStreamed(chunk);
    try {
      const shown = this.#attempt.masked?.push(chunk) ?? chunk;
      if (shown.length > 0) this.#stream.data(shown);
      // From here on the limit for silence holds, and no longer the one for the first content.
      if (this.#stream.isHolding?.() === true) this.#attempt.flight?.contentBegan();
    } catch (error) {
      this.#break(error);
    }
  }

  onEnd(): void {
    if (this.#attempt.isOver) return;
    try {
      this.#end();
    } catch (error) {
      this.#break(error);
    }
  }

  onFault(fault: UpstreamFault): void {
    const attempt = this.#attempt;
    if (attempt.isOver) return;
    if (this.#stream.isComplete()) {
      // A client that has read the end mark may leave before the provider hangs up.
      if (attempt.exchange.client.isGone) this.#endLeft();
      else this.onEnd();
      return;
    }
    const error = attempt.errorOfProblem({ kind: 'fault', fault });
    if (fault.kind === 'idle-timeout') this.#endSilent(error);
    else this.#fail(error);
  }

  /** A provider that has said all and keeps the connection open without an end mark is not waited for any longer. */
  onQuiet(): void {
    const { isOver, exchange, flight } = this.#attempt;
    if (isOver || !exchange.client.hasStarted || !this.#stream.hasSaidAll()) return;
    this.onEnd();
    flight?.abort('it had said all');
  }

  bookLoss(): void {
    estimateStream(this.#attempt, this.#stream);
  }

  #write(bytes: Uint8Array | string): void {
    const attempt = this.#attempt;
    if (!attempt.mayWrite()) return;
    const record = attempt.exchange.continuity?.record;
    if (record === undefined) {
      this.#send(bytes);
      return;
    }
    const ready = record.pass(bytes);
    if (ready.length > 0) this.#send(ready);
    if (record.reported !== undefined) throw new AnswerProblem(record.reported);
  }

  #send(bytes: Uint8Array | string): void {
    const attempt = this.#attempt;
    if (!attempt.mayWrite()) return;
    const { exchange, deployment, flight } = attempt;
    const { client } = exchange;
    attempt.noteFirstContent();
    if (!client.hasStarted) {
      exchange.firstByteMs = exchange.clock.monotonicMs();
      exchange.status = 200;
      client.startStream(200, [...STREAM_HEADERS, ...answerHeaders(exchange, deployment, attempt.headers)]);
    }
    if (exchange.answerId === undefined) this.#lookForId(bytes);
    const hasRoom = client.write(bytes);
    exchange.admission?.claim?.meter?.pass(bytes.length, deployment, this.#stream, (why) => {
      // A budget answers later than it was asked; by then the stream may have ended.
      if (!attempt.isOver) this.#break(why);
    });
    if (hasRoom) return;
    flight?.pause();
    client.onDrain(() => flight?.resume());
  }

  /** The first events name the answer, as a rule the very first. */
  #lookForId(bytes: Uint8Array | string): void {
    if (this.#looksForId === MOST_LOOKS_FOR_ID) return;
    this.#looksForId += 1;
    const { exchange } = this.#attempt;
    exchange.answerId = idInStream(exchange.endpoint.format, bytes);
  }

  #end(): void {
    const attempt = this.#attempt;
    const rest = attempt.masked?.end();
    if (rest !== undefined && rest.length > 0) this.#stream.data(rest);
    const end = this.#stream.end();
    if (end.isWhole) {
      this.#endWhole(end.last);
      return;
    }
    const { problem } = end;
    const error = attempt.errorOfProblem(problem);
    if (attempt.exchange.continuity?.record === undefined) {
      if (end.last.length > 0) this.#send(end.last);
      if (end.wasToldClient) {
        this.#endTold(error);
        return;
      }
    }
    this.#fail(error, isFree(problem));
  }

  #endWhole(last: Uint8Array | string): void {
    const attempt = this.#attempt;
    const { client, continuity } = attempt.exchange;
    const held = continuity?.record?.flush();
    if (held !== undefined && held.length > 0) this.#send(held);
    if (last.length > 0) this.#write(last);
    if (!client.hasStarted) throw new AnswerProblem({ kind: 'empty', detail: 'the stream is empty' });
    attempt.finish();
    bookStream(attempt, this.#stream);
    client.endStream();
    attempt.succeed();
  }

  /** The client has the whole answer and left with it. */
  #endLeft(): void {
    this.#attempt.finish();
    bookStream(this.#attempt, this.#stream);
    this.#attempt.succeed();
  }

  /** The client has the provider's own error event; a second one would only confuse it. */
  #endTold(error: GatewayError): void {
    const attempt = this.#attempt;
    attempt.finish();
    attempt.facts.failure = error.code;
    bookStream(attempt, this.#stream);
    attempt.exchange.client.endStream();
    attempt.reject(error);
  }

  /** A provider that has said all and keeps the connection open without an end mark has answered; any other silence is a failure. */
  #endSilent(error: GatewayError): void {
    const { client } = this.#attempt.exchange;
    try {
      const end = this.#stream.end();
      if (end.isWhole && client.hasStarted) {
        this.#endWhole(end.last);
        return;
      }
      if (end.last.length > 0 && client.hasStarted) this.#write(end.last);
    } catch {
      // What cannot be read to its end is not whole: the silence stays the reason.
    }
    this.#fail(error);
  }

  /** The stream cannot go on because of what the provider sent, or because a budget ends it. */
  #break(thrown: unknown): void {
    const attempt = this.#attempt;
    const error = attempt.errorOf(thrown);
    attempt.abandon('the stream is broken');
    this.#fail(error, isFreeFailure(thrown));
  }

  /**
   * What the client has of the stream is left open: whether another deployment continues it is not decided here. A provider bills what
   * it wrote, but not an error that it reports in the place of an answer.
   */
  #fail(error: GatewayError, isRefusal = false): void {
    const attempt = this.#attempt;
    const { exchange, facts } = attempt;
    attempt.finish();
    facts.failure = error.code;
    const hasWritten = exchange.client.hasStarted && facts.firstByteMs !== undefined;
    if (hasWritten || (!isRefusal && attempt.mayBeBilled)) bookStream(attempt, this.#stream);
    if (hasWritten) leaveBroken(exchange, this.#stream, error);
    attempt.reject(error);
  }
}
