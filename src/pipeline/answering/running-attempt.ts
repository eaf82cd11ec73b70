import { asGatewayError, type GatewayError } from '../../core/errors.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { Racer } from '../../exchange/race-arbiter.ts';
import { FormatError } from '../../formats/format.ts';
import { AnswerProblem, malformed, type Problem } from '../../lanes/answer-problem.ts';
import type { LaneChoice } from '../../lanes/choose-lane.ts';
import { MaskedUsage } from '../../lanes/masked-usage.ts';
import type { PreparedCall } from '../../lanes/prepared-call.ts';
import type { TextSample } from '../../lanes/text-sample.ts';
import type { DeploymentStats } from '../../routing/stats.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { AttemptFacts } from '../../telemetry/settled.ts';
import type { AnswerListener, BodyListener, Flight, Upstream, UpstreamHeaders } from '../../upstream/upstream.ts';
import { AnswerTally } from '../money/answer-tally.ts';
import { permitAttempt } from '../money/permits.ts';
import { beginFacts, bookResent, estimateUsage, NO_TEXT } from './attempt-books.ts';
import { errorOfProblem } from './failure.ts';
import { type ChosenMock, MockedCall } from './mocked-call.ts';
import { noteLane } from './prepare.ts';
import { timeoutsOf } from './time-limits.ts';

/** How the body of one answer is taken: as a whole, as a stream, or as a refusal. */
export interface Answer extends BodyListener {
  /** Another attempt was faster: books what the provider bills nevertheless. */
  bookLoss(): void;
}

/** What an attempt is made of. */
interface AttemptParts {
  readonly exchange: Exchange;
  readonly deployment: Deployment;
  readonly choice: LaneChoice;
  readonly prepared: PreparedCall;
  readonly stats: DeploymentStats;
  /** Sent in place of a key. */
  readonly token: string | undefined;
  /** The client has an answer, or another attempt won the race. */
  readonly resolve: () => void;
  readonly reject: (error: GatewayError) => void;
}

/** One attempt under way: its call, whether it may write to the client, and how it ends. */
export class RunningAttempt implements Racer {
  readonly exchange: Exchange;
  readonly deployment: Deployment;
  readonly choice: LaneChoice;
  readonly prepared: PreparedCall;
  readonly facts: AttemptFacts;
  /** Reads the answer, if what it holds has a price of its own. */
  readonly tally: AnswerTally | undefined;
  /** Rewrites its usage, if the caller is not shown all that the provider says. */
  readonly masked: MaskedUsage | undefined;
  /** The provider's headers; empty before the head has come. */
  headers: UpstreamHeaders = NO_HEADERS;
  answer: Answer | undefined;
  flight: Flight | MockedCall | undefined;
  isOver = false;
  readonly #stats: DeploymentStats;
  readonly #resolve: () => void;
  readonly #reject: (error: GatewayError) => void;
  readonly #token: string | undefined;

  constructor(parts: AttemptParts) {
    this.exchange = parts.exchange;
    this.deployment = parts.deployment;
    this.choice = parts.choice;
    this.prepared = parts.prepared;
    this.facts = beginFacts(parts.exchange, parts.deployment);
    if (parts.deployment.priced.chargesForWritten) {
      this.tally = new AnswerTally(parts.choice.operation.format);
      this.facts.written = this.tally;
    }
    const { showCache } = parts.exchange.slots;
    const shown = showCache === undefined ? undefined : showCache(parts.exchange, parts.deployment);
    if (shown !== undefined) this.masked = new MaskedUsage(shown);
    this.#stats = parts.stats;
    this.#token = parts.token;
    this.#resolve = parts.resolve;
    this.#reject = parts.reject;
  }

  /** Sends the request; `listener` hears the head of the answer. */
  send(upstream: Upstream, listener: AnswerListener): void {
    const { exchange, deployment, choice, prepared } = this;
    const { stream, clock } = exchange;
    const call = deployment.call(choice.operationName, choice.operation, stream);
    this.facts.startedMs = clock.monotonicMs();
    this.flight = upstream.send(
      permitAttempt(exchange),
      {
        method: 'POST',
        origin: call.origin,
        path: call.path,
        headers: headersOf(call.headers, prepared.headers, this.#token),
        body: prepared.body,
        timeouts: timeoutsOf(exchange, deployment),
        maxResponseBytes: exchange.snapshot.config.server.maxResponseBytes,
        tls: deployment.config.tls,
      },
      listener,
    );
    this.#joinClient();
  }

  /** Has a mock in the place of the call. */
  sendMocked({ mock, by }: ChosenMock, listener: AnswerListener): void {
    const { exchange, deployment, facts } = this;
    facts.mockedBy = by;
    facts.isDrill = mock.outcome.kind === 'failure' && mock.outcome.leavesGroup;
    facts.startedMs = exchange.clock.monotonicMs();
    this.flight = new MockedCall(this, mock, timeoutsOf(exchange, deployment), listener);
    this.#joinClient();
  }

  /** The client may have left while the request was being read; then the callback comes at once. */
  #joinClient(): void {
    const { race, client } = this.exchange;
    if (race?.arbiter === undefined) client.onGone(() => this.leave());
    else race.arbiter.join(this);
  }

  /** Whether the provider may have begun to work. */
  get mayBeBilled(): boolean {
    return this.flight?.mayHaveBeenRead === true;
  }

  /** The connection was dead: counts that, and returns whether the request may be sent again. */
  resend(): boolean {
    const { exchange, deployment } = this;
    if (this.isOver || exchange.client.isGone || exchange.walk?.resend(deployment) !== true) return false;
    const nowMs = exchange.clock.monotonicMs();
    bookResent(this, nowMs - this.facts.startedMs);
    return true;
  }

  leave(): void {
    this.flight?.abort('it hung up');
  }

  lose(): void {
    if (this.isOver) return;
    this.finish();
    this.facts.lost = true;
    this.flight?.abort('another attempt was faster');
    // A provider bills what reached it.
    if (this.mayBeBilled) {
      if (this.answer === undefined) estimateUsage(this, NO_TEXT);
      else this.answer.bookLoss();
    }
    this.#resolve();
  }

  /** Whether this attempt may write to the client; of two attempts that race, only one may. */
  mayWrite(): boolean {
    const { exchange } = this;
    const arbiter = exchange.race?.arbiter;
    if (arbiter === undefined) return true;
    if (!arbiter.take(this)) return false;
    noteLane(exchange, this.choice);
    exchange.deployment = this.deployment;
    exchange.servedGroup = this.facts.group;
    exchange.dropped = this.prepared.dropped;
    return true;
  }

  noteFirstContent(): void {
    const { facts, exchange } = this;
    if (facts.firstByteMs !== undefined) return;
    facts.firstByteMs = exchange.clock.monotonicMs() - facts.startedMs;
    if (exchange.stream && facts.mockedBy !== 'request') this.#stats.firstByte(this.deployment.id, facts.firstByteMs);
    this.flight?.contentBegan();
  }

  /** Aborts the call; what its listener still hears is ignored. */
  abandon(why: string): void {
    this.isOver = true;
    this.flight?.abort(why);
  }

  /** Ends the attempt's part in the request: takes its time, and stops listening for the client's hang-up. */
  finish(): void {
    this.isOver = true;
    const { client, clock, race } = this.exchange;
    this.facts.durationMs = clock.monotonicMs() - this.facts.startedMs;
    const arbiter = race?.arbiter;
    if (arbiter === undefined) {
      client.onGone(undefined);
      this.exchange.upstreamMs += this.facts.durationMs;
      return;
    }
    arbiter.leave(this);
    this.exchange.upstreamMs = arbiter.raceMs;
  }

  /** The client has its answer. */
  succeed(): void {
    this.#resolve();
  }

  /** The attempt is finished and brought no answer, or only the beginning of one. */
  reject(error: GatewayError): void {
    this.facts.failure = error.code;
    this.#reject(error);
  }

  /** It may not be sent: as if there had never been such an attempt. */
  withdraw(error: GatewayError): void {
    this.finish();
    const { attempts } = this.exchange;
    attempts.splice(attempts.indexOf(this.facts), 1);
    this.#reject(error);
  }

  /**
   * Finishes an attempt of which the client got nothing. `written` is what the provider wrote. Unless it refused, it bills what it had
   * read when the client left, the time was up or the connection broke, so that is estimated.
   */
  fail(error: GatewayError, written?: TextSample | 'refused'): void {
    this.finish();
    if (written !== 'refused' && this.mayBeBilled) {
      const { text, factor } = written?.read() ?? NOTHING;
      estimateUsage(this, () => text, factor);
    }
    this.reject(error);
  }

  errorOf(thrown: unknown): GatewayError {
    if (thrown instanceof FormatError) return this.errorOfProblem(malformed(thrown));
    return thrown instanceof AnswerProblem ? this.errorOfProblem(thrown.problem) : asGatewayError(thrown);
  }

  errorOfProblem(problem: Problem): GatewayError {
    if (problem.kind === 'misfit') this.exchange.misfit = { text: problem.text, why: problem.why };
    return errorOfProblem(this.deployment, problem, this.exchange.clock.nowMs());
  }
}

const NOTHING = { text: '', factor: 1 };
const NO_HEADERS: UpstreamHeaders = {};

function headersOf(own: readonly string[], prepared: readonly string[], token: string | undefined): readonly string[] {
  if (token !== undefined) return [...own, ...prepared, 'authorization', `Bearer ${token}`];
  return prepared.length === 0 ? own : [...own, ...prepared];
}
