/** One call to one deployment: choose the lane, send, and hand the answer over to what takes it. */
import { TooHeavy } from '../../core/too-heavy.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { chooseLane, type LaneChoice } from '../../lanes/choose-lane.ts';
import type { PreparedCall } from '../../lanes/prepared-call.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import { noteRemaining } from '../../telemetry/remaining.ts';
import type { AnswerListener, UpstreamFault, UpstreamHeaders } from '../../upstream/upstream.ts';
import { markSent } from '../money/books.ts';
import type { Parts } from '../parts.ts';
import { isEventStream } from './answer-headers.ts';
import { attemptParts, partsOf } from './attempt-parts.ts';
import { type ChosenMock, mockFor } from './mocked-call.ts';
import { answerHere, noteLane, prepare } from './prepare.ts';
import { RefusedAnswer } from './refused-answer.ts';
import { type Answer, RunningAttempt } from './running-attempt.ts';
import { StreamedAnswer } from './streamed-answer.ts';
import { WholeAnswer } from './whole-answer.ts';

/** Resolves when the client has the whole answer; rejects with a GatewayError, after which `hasStarted` tells whether any of it was sent. */
export function attempt(exchange: Exchange, deployment: Deployment, parts: Parts): Promise<void> {
  const choice = chooseOrHeavy(exchange, deployment);
  if (choice === 'heavy') return sendHeavy(exchange, deployment, parts);
  if (choice === undefined || isCountedHere(exchange, deployment)) return answerHere(exchange, deployment, parts);
  const each = choice.lane === 'translate' ? partsOf(exchange, choice) : undefined;
  if (each !== undefined) {
    return attemptParts(exchange, deployment, each, (part) => send(part, deployment, choice, parts));
  }
  return send(exchange, deployment, choice, parts);
}

/** A deployment that is mocked is called for no count either. */
function isCountedHere({ endpoint }: Exchange, { mock }: Deployment): boolean {
  return mock !== undefined && endpoint.operation.ownCount !== undefined;
}

function chooseOrHeavy(exchange: Exchange, deployment: Deployment): LaneChoice | 'heavy' | undefined {
  try {
    return chooseLane(exchange, deployment);
  } catch (thrown) {
    if (!(thrown instanceof TooHeavy)) throw thrown;
    return 'heavy';
  }
}

function send(exchange: Exchange, deployment: Deployment, choice: LaneChoice, parts: Parts): Promise<void> {
  let prepared: PreparedCall;
  try {
    prepared = prepare(exchange, deployment, choice);
  } catch (thrown) {
    if (!(thrown instanceof TooHeavy)) throw thrown;
    return sendHeavy(exchange, deployment, parts);
  }
  return sendPrepared(exchange, deployment, choice, prepared, parts);
}

/** The same for a body that another thread reads and writes. */
async function sendHeavy(exchange: Exchange, deployment: Deployment, parts: Parts): Promise<void> {
  const made = await parts.heavy.write(exchange, deployment);
  if (made === undefined) return answerHere(exchange, deployment, parts);
  // Another attempt may have won the race meanwhile.
  if (exchange.race?.arbiter?.winner !== undefined) return;
  const { choice, written } = made;
  await sendPrepared(exchange, deployment, choice, prepare(exchange, deployment, choice, written), parts);
}

function sendPrepared(
  exchange: Exchange,
  deployment: Deployment,
  choice: LaneChoice,
  prepared: PreparedCall,
  parts: Parts,
): Promise<void> {
  const mock = mockFor(exchange, deployment);
  if (mock !== undefined) return sendMocked(exchange, deployment, choice, prepared, parts, mock);
  const told = exchange.admission?.claim === undefined ? undefined : parts.claims.aboutToSend(exchange.callId);
  if (told !== undefined) return told.then(() => sendWithToken(exchange, deployment, choice, prepared, parts));
  return sendWithToken(exchange, deployment, choice, prepared, parts);
}

function sendWithToken(
  exchange: Exchange,
  deployment: Deployment,
  choice: LaneChoice,
  prepared: PreparedCall,
  parts: Parts,
): Promise<void> {
  if (deployment.tokenRequest === undefined) return sendNow(exchange, deployment, choice, prepared, parts);
  const token = parts.providerTokens.of(deployment, deployment.tokenRequest);
  if (typeof token === 'string') return sendNow(exchange, deployment, choice, prepared, parts, token);
  return token.then((fetched) =>
    exchange.race?.arbiter?.winner === undefined
      ? sendNow(exchange, deployment, choice, prepared, parts, fetched)
      : undefined,
  );
}

function sendNow(
  exchange: Exchange,
  deployment: Deployment,
  choice: LaneChoice,
  prepared: PreparedCall,
  parts: Parts,
  token?: string,
): Promise<void> {
  const send = (attempt: RunningAttempt, head: AnswerHead): void => attempt.send(parts.upstream, head);
  return begin(exchange, deployment, choice, prepared, parts, send, token);
}

function begin(
  exchange: Exchange,
  deployment: Deployment,
  choice: LaneChoice,
  prepared: PreparedCall,
  parts: Parts,
  send: (attempt: RunningAttempt, head: AnswerHead) => void,
  token?: string,
): Promise<void> {
  exchange.deployment = deployment;
  const { stats } = parts.routing;
  return new Promise((resolve, reject) => {
    const running = new RunningAttempt({ exchange, deployment, choice, prepared, stats, resolve, reject, token });
    send(running, new AnswerHead(running, parts, token));
  });
}

/** No provider is called, so nothing is booked if this process is killed now. */
function sendMocked(
  exchange: Exchange,
  deployment: Deployment,
  { operationName, operation, lane }: LaneChoice,
  prepared: PreparedCall,
  parts: Parts,
  mock: ChosenMock,
): Promise<void> {
  const choice: LaneChoice = { operationName, operation, lane, reason: 'mock' };
  noteLane(exchange, choice);
  return begin(exchange, deployment, choice, prepared, parts, (attempt, head) => attempt.sendMocked(mock, head));
}

/** Hears the head of an answer, and chooses what takes its body. */
class AnswerHead implements AnswerListener {
  readonly #attempt: RunningAttempt;
  readonly #parts: Parts;
  readonly #token: string | undefined;

  constructor(attempt: RunningAttempt, parts: Parts, token: string | undefined) {
    this.#attempt = attempt;
    this.#parts = parts;
    this.#token = token;
  }

  /** Before a byte of it leaves this process: what was not sent is not booked after a crash. */
  onSent(): boolean {
    const error = markSent(this.#attempt.exchange, this.#parts);
    if (error !== undefined) this.#attempt.withdraw(error);
    return error === undefined;
  }

  onHead(status: number, headers: UpstreamHeaders): Answer {
    const attempt = this.#attempt;
    attempt.facts.status = status;
    if (status === 401 && this.#token !== undefined)
      this.#parts.providerTokens.refused(attempt.deployment, this.#token);
    noteRemaining(attempt.facts, headers);
    attempt.headers = headers;
    attempt.answer = this.#answer(status, headers);
    return attempt.answer;
  }

  onUnread(): boolean {
    return this.#attempt.resend();
  }

  onFault(fault: UpstreamFault): void {
    if (!this.#attempt.isOver) this.#attempt.fail(this.#attempt.errorOfProblem({ kind: 'fault', fault }));
  }

  #answer(status: number, headers: UpstreamHeaders): Answer {
    if (status >= 300) return new RefusedAnswer(this.#attempt, status);
    const isStream = this.#attempt.exchange.stream && isEventStream(headers['content-type']);
    return isStream ? new StreamedAnswer(this.#attempt) : new WholeAnswer(this.#attempt, this.#parts.heavy);
  }
}
