/** One call to one deployment: choose the lane, send, and bring the answer to the client. */
import { defined } from '../../core/defined.ts';
import { asGatewayError, type GatewayError } from '../../core/errors.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { Racer } from '../../exchange/race-arbiter.ts';
import { FormatError } from '../../formats/format.ts';
import type { Usage } from '../../formats/neutral/conversation.ts';
import { chooseLane, type LaneChoice } from '../../lanes/choose-lane.ts';
import { AnswerProblem, type PreparedCall, type Problem, type StreamAnswer } from '../../lanes/lane.ts';
import { describe } from '../../lanes/translate.ts';
import type { DeploymentStats } from '../../routing/stats.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { AttemptFacts } from '../../telemetry/settled.ts';
import type { AnswerListener, Flight, UpstreamFault, UpstreamHeaders } from '../../upstream/upstream.ts';
import { account } from '../money/book-usage.ts';
import type { Parts } from '../parts.ts';
import { answerHeaders, durationHeaders, isEventStream, JSON_HEADERS, STREAM_HEADERS } from './answer-headers.ts';
import { beginFacts } from './attempt-facts.ts';
import { errorOfProblem, errorOfResponse } from './failure.ts';
import { answerHere, noteLane, prepare } from './prepare.ts';
import { timeoutsOf } from './time-limits.ts';

/** Resolves when the client has the whole answer; rejects with a GatewayError, after which `hasStarted` tells whether any of it was sent. */
export function attempt(exchange: Exchange, deployment: Deployment, parts: Parts): Promise<void> {
  const choice = chooseLane(exchange.endpoint, exchange.body, deployment);
  if (choice === undefined) return answerHere(exchange, deployment, parts);
  const prepared = prepare(exchange, deployment, choice);
  const facts = beginFacts(exchange, deployment);
  exchange.deployment = deployment;
  return new Promise((resolve, reject) => {
    new Attempt(exchange, deployment, choice, prepared, facts, resolve, reject).send(parts);
  });
}

const LARGEST_ERROR_BYTES = 65_536;

type Phase = 'head' | 'whole' | 'stream' | 'refusal';

class Attempt implements AnswerListener, Racer {
  readonly #exchange: Exchange;
  readonly deployment: Deployment;
  readonly #choice: LaneChoice;
  readonly #prepared: PreparedCall;
  readonly #facts: AttemptFacts;
  readonly #resolve: () => void;
  readonly #reject: (error: GatewayError) => void;
  #flight: Flight | undefined;
  #stats: DeploymentStats | undefined;
  #sentMs = 0;
  #phase: Phase = 'head';
  #status = 0;
  #headers: UpstreamHeaders = {};
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #stream: StreamAnswer | undefined;
  #isOver = false;

  constructor(
    exchange: Exchange,
    deployment: Deployment,
    choice: LaneChoice,
    prepared: PreparedCall,
    facts: AttemptFacts,
    resolve: () => void,
    reject: (error: GatewayError) => void,
  ) {
    this.#exchange = exchange;
    this.deployment = deployment;
    this.#choice = choice;
    this.#prepared = prepared;
    this.#facts = facts;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  send({ upstream, routing }: Parts): void {
    this.#stats = routing.stats;
    const { client, stream, arbiter } = this.#exchange;
    const call = this.deployment.call(this.#choice.operationName, this.#choice.operation, stream);
    this.#sentMs = this.#exchange.clock.monotonicMs();
    const { headers } = this.#prepared;
    this.#flight = upstream.send(
      {
        method: 'POST',
        origin: call.origin,
        path: call.path,
        headers: headers.length === 0 ? call.headers : [...call.headers, ...headers],
        body: this.#prepared.body,
        timeouts: timeoutsOf(this.#exchange, this.deployment),
        maxResponseBytes: this.#exchange.snapshot.config.server.maxResponseBytes,
      },
      this,
    );
    // The client may have left while the request was being read; then the callback comes at once.
    if (arbiter === undefined) client.onGone(() => this.leave());
    else arbiter.join(this);
  }

  leave(): void {
    this.#flight?.abort('it hung up');
  }

  lose(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#facts.lost = true;
    this.#flight?.abort('another attempt was faster');
    const sample = this.#stream?.sample();
    // Refusals cost nothing; whatever else reached its provider is billed, as far as it came.
    const isBilled = this.#phase !== 'refusal' && this.#flight?.wasSent === true;
    if (isBilled) this.#estimate(() => sample?.text ?? '', sample?.factor ?? 1, this.#stream?.usage());
    this.#resolve();
  }

  onHead(status: number, headers: UpstreamHeaders): void {
    this.#status = status;
    this.#facts.status = status;
    this.#headers = headers;
    if (status >= 300) this.#phase = 'refusal';
    else if (this.#exchange.stream && isEventStream(headers['content-type'])) {
      this.#phase = 'stream';
      this.#stream = this.#prepared.openStream((bytes) => this.#write(bytes));
    } else this.#phase = 'whole';
  }

  onData(chunk: Buffer): void {
    if (this.#isOver) return;
    if (this.#stream !== undefined) {
      try {
        this.#stream.data(chunk);
      } catch (error) {
        this.#breakStream(error);
      }
      return;
    }
    this.#noteFirstContent();
    this.#bytes += chunk.length;
    if (this.#phase === 'refusal' && this.#bytes > LARGEST_ERROR_BYTES) return;
    this.#chunks.push(chunk);
  }

  onEnd(): void {
    if (this.#isOver) return;
    try {
      if (this.#phase === 'stream' && this.#stream !== undefined) this.#endStream(this.#stream);
      else if (this.#phase === 'whole') this.#endWhole();
      else this.#endRefusal();
    } catch (error) {
      if (this.#phase === 'stream') this.#breakStream(error);
      else this.#fail(this.#errorOf(error));
    }
  }

  onFault(fault: UpstreamFault): void {
    if (this.#isOver) return;
    if (this.#stream?.isComplete() === true) {
      // A client that has read the end mark may leave before the provider hangs up.
      if (this.#exchange.client.isGone) this.#endLeft(this.#stream);
      else this.onEnd();
      return;
    }
    const error = this.#errorOfProblem({ kind: 'fault', fault });
    if (this.#stream === undefined) this.#fail(error);
    else if (fault.kind === 'idle-timeout') this.#endSilentStream(this.#stream, error);
    else this.#failStream(this.#stream, error);
  }

  /** A provider that has said all and keeps the connection open without an end mark is not waited for any longer. */
  onQuiet(): void {
    if (this.#isOver || !this.#exchange.client.hasStarted || this.#stream?.hasSaidAll() !== true) return;
    this.onEnd();
    this.#flight?.abort('it had said all');
  }

  #noteFirstContent(): void {
    if (this.#facts.firstByteMs !== undefined) return;
    this.#facts.firstByteMs = this.#exchange.clock.monotonicMs() - this.#sentMs;
    if (this.#exchange.stream) this.#stats?.firstByte(this.deployment.id, this.#facts.firstByteMs);
    this.#flight?.contentBegan();
  }

  /** Where two attempts race, only one may write to the client; without a race there is nothing to ask. */
  #holdsPen(): boolean {
    const { arbiter } = this.#exchange;
    if (arbiter === undefined) return true;
    if (!arbiter.take(this)) return false;
    noteLane(this.#exchange, this.#choice);
    this.#exchange.deployment = this.deployment;
    this.#exchange.dropped = this.#prepared.dropped;
    return true;
  }

  #write(bytes: Uint8Array | string): void {
    if (!this.#holdsPen()) return;
    const { record } = this.#exchange;
    if (record === undefined) {
      this.#send(bytes);
      return;
    }
    const ready = record.pass(bytes);
    if (ready.length > 0) this.#send(ready);
    if (record.reported !== undefined) throw new AnswerProblem(record.reported);
  }

  #send(bytes: Uint8Array | string): void {
    if (!this.#holdsPen()) return;
    const exchange = this.#exchange;
    const { client } = exchange;
    this.#noteFirstContent();
    if (!client.hasStarted) {
      exchange.firstByteMs = exchange.clock.monotonicMs();
      exchange.status = 200;
      client.startStream(200, [...STREAM_HEADERS, ...answerHeaders(exchange, this.deployment, this.#headers)]);
    }
    const hasRoom = client.write(bytes);
    if (this.#stream !== undefined)
      exchange.admission?.claim?.meter?.pass(bytes.length, this.deployment, this.#stream, (why) =>
        this.#breakStream(why),
      );
    if (hasRoom) return;
    this.#flight?.pause();
    client.onDrain(() => this.#flight?.resume());
  }

  #endWhole(): void {
    const exchange = this.#exchange;
    const bytes = this.#chunks.length === 1 ? (this.#chunks[0] ?? EMPTY) : Buffer.concat(this.#chunks);
    const answer = exchange.stream ? this.#prepared.readWholeAsStream(bytes) : this.#prepared.readWhole(bytes);
    if (!this.#holdsPen()) return;
    this.#finish();
    if (answer.usage !== undefined) this.#book(answer.usage);
    else this.#estimate(answer.text, 1);
    // The rest of a stream that came in one piece.
    if (exchange.client.hasStarted) {
      exchange.client.endStream(answer.body);
      this.#resolve();
      return;
    }
    exchange.status = 200;
    exchange.firstByteMs = exchange.clock.monotonicMs();
    const headers = answerHeaders(exchange, this.deployment, this.#headers);
    const type = exchange.stream ? STREAM_HEADERS : JSON_HEADERS;
    exchange.client.sendWhole(200, [...type, ...headers, ...durationHeaders(exchange)], answer.body);
    this.#resolve();
  }

  #endStream(stream: StreamAnswer): void {
    const end = stream.end();
    if (end.isWhole) {
      this.#endWell(stream, end.last);
      return;
    }
    const error = this.#errorOfProblem(end.problem);
    if (this.#exchange.record === undefined) {
      if (end.last.length > 0) this.#send(end.last);
      if (end.wasToldClient) {
        this.#endTold(stream, error);
        return;
      }
    }
    this.#failStream(stream, error);
  }

  #endWell(stream: StreamAnswer, last: Uint8Array | string): void {
    const { client, record } = this.#exchange;
    const held = record?.flush();
    if (held !== undefined && held.length > 0) this.#send(held);
    if (last.length > 0) this.#write(last);
    if (!client.hasStarted) throw new AnswerProblem({ kind: 'malformed', detail: 'the stream is empty' });
    this.#finish();
    this.#settleStream(stream);
    client.endStream();
    this.#resolve();
  }

  /** The client has the whole answer and left with it. */
  #endLeft(stream: StreamAnswer): void {
    this.#finish();
    this.#settleStream(stream);
    this.#resolve();
  }

  /** The client has the provider's own error event; a second one would only confuse it. */
  #endTold(stream: StreamAnswer, error: GatewayError): void {
    this.#finish();
    this.#facts.failure = error.code;
    this.#settleStream(stream);
    this.#exchange.client.endStream();
    this.#reject(error);
  }

  /** A provider that has said all and keeps the connection open without an end mark has answered; any other silence is a failure. */
  #endSilentStream(stream: StreamAnswer, error: GatewayError): void {
    try {
      const end = stream.end();
      if (end.isWhole && this.#exchange.client.hasStarted) {
        this.#endWell(stream, end.last);
        return;
      }
      if (end.last.length > 0 && this.#exchange.client.hasStarted) this.#write(end.last);
    } catch {
      // What cannot be read to its end is not whole: the silence stays the reason.
    }
    this.#failStream(stream, error);
  }

  #endRefusal(): void {
    const response = { status: this.#status, headers: this.#headers, body: Buffer.concat(this.#chunks) };
    const { clock } = this.#exchange;
    this.#fail(errorOfResponse(this.deployment, this.#choice.operation.format, response, clock.nowMs()));
  }

  /** The stream cannot go on because of what the provider sent. */
  #breakStream(thrown: unknown): void {
    const error = this.#errorOf(thrown);
    this.#isOver = true;
    this.#flight?.abort('the stream is broken');
    if (this.#stream === undefined) this.#fail(error);
    else this.#failStream(this.#stream, error);
  }

  /** What the client has of the stream is left open: whether someone continues it is not decided here. */
  #failStream(stream: StreamAnswer, error: GatewayError): void {
    const exchange = this.#exchange;
    this.#finish();
    this.#facts.failure = error.code;
    const hasWritten = exchange.client.hasStarted && this.#facts.firstByteMs !== undefined;
    if (hasWritten || error.code === 'client_gone') this.#settleStream(stream);
    if (hasWritten) {
      const { broken } = exchange;
      exchange.broken = {
        stream,
        error: broken?.error ?? error,
        firstUsage: broken === undefined ? stream.usage() : broken.firstUsage,
      };
    }
    this.#reject(error);
  }

  #settleStream(stream: StreamAnswer): void {
    const usage = stream.usage();
    if (usage !== undefined && this.#facts.failure === undefined) {
      this.#book(usage);
      return;
    }
    const { text, factor } = stream.sample();
    this.#estimate(() => text, factor, usage);
  }

  #book(usage: Usage): void {
    if (this.#exchange.endpoint.isFree !== true) account(this.#exchange, this.deployment, this.#facts, usage);
  }

  #estimate(text: () => string, factor: number, known?: Usage): void {
    const { endpoint, pendingEstimates } = this.#exchange;
    if (endpoint.isFree === true) return;
    pendingEstimates.push({
      deployment: this.deployment,
      facts: this.#facts,
      text,
      factor,
      ...defined({ known }),
    });
  }

  #fail(error: GatewayError): void {
    this.#finish();
    this.#facts.failure = error.code;
    // What the provider had read when the client left is billed by it, so it is estimated rather than forgotten.
    if (error.code === 'client_gone') this.#estimate(() => '', 1);
    this.#reject(error);
  }

  #finish(): void {
    this.#isOver = true;
    const { client, clock, arbiter } = this.#exchange;
    this.#facts.durationMs = clock.monotonicMs() - this.#sentMs;
    if (arbiter === undefined) {
      client.onGone(undefined);
      this.#exchange.upstreamMs += this.#facts.durationMs;
      return;
    }
    arbiter.leave(this);
    this.#exchange.upstreamMs = arbiter.raceMs;
  }

  #errorOf(thrown: unknown): GatewayError {
    if (thrown instanceof FormatError) {
      return this.#errorOfProblem({ kind: 'malformed', detail: describe(thrown) });
    }
    return thrown instanceof AnswerProblem ? this.#errorOfProblem(thrown.problem) : asGatewayError(thrown);
  }

  #errorOfProblem(problem: Problem): GatewayError {
    return errorOfProblem(this.deployment, problem, this.#exchange.clock.nowMs());
  }
}

const EMPTY = Buffer.alloc(0);
