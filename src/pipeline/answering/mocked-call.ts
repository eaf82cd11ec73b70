/**
 * A call that is not made: a mock in its place. Everything before it and behind it is as for a true one: the request is written for
 * its deployment, and the answer is read as if its provider had written it.
 */
import { GatewayError } from '../../core/errors.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { FormatError } from '../../formats/format.ts';
import { formatParts } from '../../formats/index.ts';
import { writeMock } from '../../formats/mock-answer.ts';
import type { LaneChoice } from '../../lanes/choose-lane.ts';
import type { PreparedCall } from '../../lanes/prepared-call.ts';
import {
  isMockMember,
  MAY_MOCK,
  type Mock,
  type MockAnswer,
  type MockFailure,
  readMock,
} from '../../providers/mock.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { CallTimeouts } from '../../upstream/timeouts.ts';
import type { AnswerListener, BodyListener, UpstreamFault, UpstreamHeaders } from '../../upstream/upstream.ts';
import { memberNamed, parseMember } from '../../wire/envelope.ts';

/** A mock, and who asked for it: what a request mocks says nothing about its deployment. */
export interface ChosenMock {
  readonly mock: Mock;
  readonly by: 'operator' | 'request';
}

/** The mock in the place of a call; undefined for true calls. One that a request brings comes before the deployment's own. */
export function mockFor(exchange: Exchange, deployment: Deployment): ChosenMock | undefined {
  const { identity } = exchange;
  const asked = identity?.metadata[MAY_MOCK] === true ? mockIn(exchange) : undefined;
  if (asked !== undefined) return { mock: asked, by: 'request' };
  const { mock } = deployment;
  return mock === undefined || isPast(mock, exchange) ? undefined : { mock, by: 'operator' };
}

function mockIn(exchange: Exchange): Mock | undefined {
  const { envelope, body, group, servedGroup } = exchange;
  if (!envelope.members.some(({ name }) => isMockMember(name))) return undefined;
  const mock = readMock((name) => {
    const member = memberNamed(envelope, name);
    return member === undefined ? undefined : parseMember(body, member);
  });
  if (mock === undefined || isPast(mock, exchange)) return undefined;
  // A drill of fallbacks is one of the group that was asked for.
  return mock.outcome.kind === 'failure' && mock.outcome.leavesGroup && servedGroup !== group?.name ? undefined : mock;
}

function isPast({ outcome }: Mock, { attempts }: Exchange): boolean {
  return outcome.kind === 'failure' && outcome.isOnce && attempts.length > 0;
}

/** How a mocked answer comes. */
const WHOLE: UpstreamHeaders = { 'content-type': 'application/json' };
const STREAMED: UpstreamHeaders = { 'content-type': 'text/event-stream' };

/** Whether these headers are those of a mock. No provider can send them: they are known by what they are, not by what they say. */
export const isOfMock = (headers: UpstreamHeaders): boolean => headers === WHOLE || headers === STREAMED;

/** What is known of a mocked failure in the gateway's words. */
export function errorOfMock({ code, message }: MockFailure, { provider }: Deployment): GatewayError {
  return new GatewayError(code, message, { provider: provider.name });
}

/** The attempt that it stands in for. */
interface MockedAttempt {
  readonly exchange: Exchange;
  readonly deployment: Deployment;
  readonly choice: LaneChoice;
  readonly prepared: PreparedCall;
  errorOf(thrown: unknown): GatewayError;
  fail(error: GatewayError, written: 'refused'): void;
}

/** One mock under way, in the place of a flight. */
export class MockedCall {
  /** No provider bills it. */
  readonly mayHaveBeenRead = false;
  readonly #attempt: MockedAttempt;
  readonly #listener: AnswerListener;
  readonly #timer: NodeJS.Timeout;
  #isOver = false;

  constructor(attempt: MockedAttempt, { delayMs, outcome }: Mock, limits: CallTimeouts, listener: AnswerListener) {
    this.#attempt = attempt;
    this.#listener = listener;
    const limitMs = attempt.exchange.stream ? limits.firstByteMs : limits.totalMs;
    const isLate = outcome.kind === 'timeout' || delayMs >= limitMs;
    const end = (): void => {
      if (this.#isOver) return;
      this.#isOver = true;
      if (isLate) this.#tell({ kind: 'first-byte-timeout', detail: `no answer within ${limitMs} ms` });
      else if (outcome.kind === 'failure') this.#fail(errorOfMock(outcome, attempt.deployment));
      else if (outcome.kind === 'answer') this.#answer(outcome);
    };
    this.#timer = setTimeout(end, isLate ? limitMs : delayMs);
  }

  abort(detail: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#tell({ kind: 'aborted', detail });
  }

  /** It is there at once. */
  contentBegan(): void {}
  pause(): void {}
  resume(): void {}

  #tell(fault: UpstreamFault): void {
    this.#listener.onFault(fault);
  }

  #fail(error: GatewayError): void {
    this.#attempt.fail(error, 'refused');
  }

  #answer(content: MockAnswer): void {
    const { exchange, deployment, choice, prepared } = this.#attempt;
    let taker: BodyListener;
    let written: ReturnType<typeof writeMock>;
    try {
      written = writeMock(formatParts(choice.operation.format), content, {
        body: prepared.body,
        mostParsedBytes: exchange.mostParsedBytes,
        isEmbedding: choice.operationName === 'embedding',
        stream: exchange.stream,
        id: exchange.callId,
        model: deployment.model,
        createdSeconds: Math.floor(exchange.startedAtMs / 1_000),
        inputTokens: Math.ceil(exchange.outline.promptBytes / BYTES_PER_TOKEN),
      });
      taker = this.#listener.onHead(200, written.isStream ? STREAMED : WHOLE);
    } catch (thrown) {
      this.#fail(thrown instanceof FormatError ? misfit(thrown) : this.#attempt.errorOf(thrown));
      return;
    }
    taker.onData(written.bytes);
    taker.onEnd();
  }
}

const BYTES_PER_TOKEN = 4;

function misfit(error: FormatError): GatewayError {
  return new GatewayError('invalid_request', `The mock does not fit this request: ${error.message}`, {
    param: 'mock_response',
    cause: error,
  });
}
