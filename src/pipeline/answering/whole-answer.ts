import { GatewayError } from '../../core/errors.ts';
import { TooHeavy } from '../../core/too-heavy.ts';
import { idInStream } from '../../formats/answer-id.ts';
import type { AnswerPlan } from '../../lanes/answer-plan.ts';
import { isFreeFailure, usageOfMisfit } from '../../lanes/answer-problem.ts';
import type { ReadyAnswer } from '../../lanes/prepared-call.ts';
import type { UpstreamFault } from '../../upstream/upstream.ts';
import type { HeavyWork } from '../heavy/heavy-work.ts';
import { answerHeaders, durationHeaders, JSON_HEADERS, STREAM_HEADERS } from './answer-headers.ts';
import { bookUsage, estimateUsage } from './attempt-books.ts';
import { textOfBroken } from './broken-text.ts';
import type { Answer, RunningAttempt } from './running-attempt.ts';

/** An answer that comes in one piece: kept until it is whole, then read and sent. */
export class WholeAnswer implements Answer {
  readonly #attempt: RunningAttempt;
  readonly #heavy: HeavyWork;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(attempt: RunningAttempt, heavy: HeavyWork) {
    this.#attempt = attempt;
    this.#heavy = heavy;
  }

  onData(chunk: Buffer): void {
    const attempt = this.#attempt;
    if (attempt.isOver) return;
    attempt.noteFirstContent();
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (!attempt.exchange.client.noteAnswer(chunk.length)) this.#giveUp();
  }

  onEnd(): void {
    if (this.#attempt.isOver) return;
    const turn = this.#attempt.exchange.client.turnFor(this.#bytes);
    if (turn === undefined) this.#finish();
    else void turn.then(() => this.#finish());
  }

  #finish(): void {
    const { exchange, prepared, isOver } = this.#attempt;
    // It may have lost the race while it waited for its turn.
    if (isOver) return;
    const received = this.#chunks.length === 1 ? (this.#chunks[0] ?? EMPTY) : Buffer.concat(this.#chunks);
    const bytes = this.#attempt.masked?.whole(received) ?? received;
    this.#attempt.tally?.takeWhole(bytes);
    try {
      this.#send(exchange.stream ? prepared.readWholeAsStream(bytes) : prepared.readWhole(bytes));
    } catch (error) {
      const plan = error instanceof TooHeavy ? prepared.plan?.() : undefined;
      if (plan === undefined) this.#fail(error);
      else void this.#readHeavy(plan, bytes);
    }
  }

  async #readHeavy(plan: AnswerPlan, bytes: Buffer): Promise<void> {
    const attempt = this.#attempt;
    try {
      const answer = await this.#heavy.read(attempt.exchange, plan, bytes);
      if (!attempt.isOver) this.#send(answer);
    } catch (error) {
      if (!attempt.isOver) this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    const attempt = this.#attempt;
    const usage = usageOfMisfit(error);
    if (usage !== undefined) {
      attempt.finish();
      bookUsage(attempt, usage);
      attempt.reject(attempt.errorOf(error));
      return;
    }
    attempt.fail(attempt.errorOf(error), isFreeFailure(error) ? 'refused' : textOfBroken(this.#chunks));
  }

  onFault(fault: UpstreamFault): void {
    const attempt = this.#attempt;
    if (!attempt.isOver) attempt.fail(attempt.errorOfProblem({ kind: 'fault', fault }), textOfBroken(this.#chunks));
  }

  bookLoss(): void {
    const { text, factor } = textOfBroken(this.#chunks).read();
    estimateUsage(this.#attempt, () => text, factor);
  }

  /** The provider bills what it wrote, so another try would be paid for again. */
  #giveUp(): void {
    const attempt = this.#attempt;
    const error = new GatewayError(
      'answer_not_held',
      'The answer is larger than what this instance of the gateway has room for beside the answers under way. Ask for a shorter answer, or for a stream, which is not kept.',
      { mayRetry: false },
    );
    attempt.fail(error, textOfBroken(this.#chunks));
    attempt.abandon('its answer is larger than there is room for');
  }

  #send(answer: ReadyAnswer): void {
    const attempt = this.#attempt;
    const { exchange } = attempt;
    const { client } = exchange;
    if (!attempt.mayWrite()) return;
    attempt.finish();
    if (answer.usage !== undefined) bookUsage(attempt, answer.usage);
    else estimateUsage(attempt, answer.text);
    exchange.answerId ??= exchange.stream ? idInStream(exchange.endpoint.format, answer.body) : answer.id;
    // The rest of a stream that came in one piece.
    if (client.hasStarted) {
      client.endStream(answer.body);
      attempt.succeed();
      return;
    }
    exchange.status = 200;
    exchange.firstByteMs = exchange.clock.monotonicMs();
    const headers = answerHeaders(exchange, attempt.deployment, attempt.headers);
    const type = exchange.stream ? STREAM_HEADERS : JSON_HEADERS;
    client.sendWhole(200, [...type, ...headers, ...durationHeaders(exchange)], answer.body);
    attempt.succeed();
  }
}

const EMPTY = Buffer.alloc(0);
