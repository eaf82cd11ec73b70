/** One call to one deployment: choose the lane, send, and bring the answer to the client. */
import { asGatewayError, GatewayError } from '../core/errors.ts';
import { FormatError } from '../formats/format.ts';
import { chooseLane, type LaneChoice } from '../lanes/choose-lane.ts';
import { AnswerProblem, type Problem, type StreamAnswer, type Trip } from '../lanes/lane.ts';
import { relay } from '../lanes/relay.ts';
import { describe, translate } from '../lanes/translate.ts';
import { translateCount } from '../lanes/translate-count.ts';
import { translateEmbedding } from '../lanes/translate-embedding.ts';
import type { AttemptFacts } from '../telemetry/settled.ts';
import type { AnswerListener, Flight, UpstreamFault, UpstreamHeaders } from '../upstream/upstream.ts';
import { account } from './account.ts';
import { answerHeaders, durationHeaders } from './answer-headers.ts';
import type { Deployment } from './deployment.ts';
import type { Exchange } from './exchange.ts';
import { errorOfProblem, errorOfResponse } from './failure.ts';
import type { Parts } from './parts.ts';

/** Resolves when the client has the whole answer; rejects with a GatewayError, after which `hasStarted` tells whether any of it was sent. */
export function attempt(exchange: Exchange, deployment: Deployment, parts: Parts): Promise<void> {
  const choice = chooseLane(exchange.endpoint, exchange.body, deployment);
  if (choice === undefined) return answerHere(exchange, deployment, parts);
  const trip = prepare(exchange, deployment, choice);
  const facts: AttemptFacts = {
    deploymentId: deployment.id,
    provider: deployment.provider.name,
    model: deployment.model,
    apiBase: deployment.apiBase,
    group: exchange.servedGroup,
    durationMs: 0,
  };
  exchange.attempts.push(facts);
  exchange.deployment = deployment;
  return new Promise((resolve, reject) => {
    new Attempt(exchange, deployment, choice, trip, facts, resolve, reject).send(parts);
  });
}

function prepare(exchange: Exchange, deployment: Deployment, choice: LaneChoice): Trip {
  exchange.lane = choice.lane;
  exchange.laneReason = exchange.bodyNote ?? choice.reason;
  const trip = travelBy(choice)(exchange, deployment, choice);
  exchange.dropped = trip.dropped;
  if (trip.dropped.length > 0 && !deployment.dropParams) refuseUnsupported(trip, deployment);
  return trip;
}

/** The lane's way for an operation: embeddings and counts are no conversations. */
function travelBy({ lane, operationName }: LaneChoice): typeof relay {
  if (lane === 'relay') return relay;
  if (operationName === 'embedding') return translateEmbedding;
  return operationName === 'count-tokens' ? translateCount : translate;
}

function refuseUnsupported(trip: Trip, deployment: Deployment): void {
  const refused = trip.dropped.filter(({ kind }) => kind === 'unsupported');
  const [first] = refused;
  if (first === undefined) return;
  const names = refused.map(({ field }) => `'${field}'`).join(', ');
  throw new GatewayError(
    'unsupported_parameter',
    `UnsupportedParamsError: ${deployment.provider.name} does not support parameters: [${names}], for model=${deployment.model} (${first.why}). ` +
      'Leave them out, or set `litellm_settings: drop_params: true` to have them dropped.',
    { param: first.field },
  );
}

async function answerHere(exchange: Exchange, deployment: Deployment, parts: Parts): Promise<void> {
  const { answerHere: answer } = exchange.endpoint;
  if (answer === undefined) throw unsupportedOperation(exchange, deployment);
  const body = await answer(exchange.body, parts.countTokens);
  exchange.status = 200;
  exchange.client.sendWhole(200, ['content-type', 'application/json', 'x-litellm-call-id', exchange.callId], body);
}

function unsupportedOperation(exchange: Exchange, deployment: Deployment): GatewayError {
  return new GatewayError(
    'unsupported_operation',
    `${exchange.endpoint.name}: ${deployment.provider.title} does not offer this for model=${exchange.model ?? ''}. Choose another model.`,
    { param: 'model' },
  );
}

const LARGEST_ERROR_BYTES = 65_536;

type Phase = 'head' | 'whole' | 'stream' | 'refusal';

class Attempt implements AnswerListener {
  readonly #exchange: Exchange;
  readonly #deployment: Deployment;
  readonly #choice: LaneChoice;
  readonly #trip: Trip;
  readonly #facts: AttemptFacts;
  readonly #resolve: () => void;
  readonly #reject: (error: GatewayError) => void;
  #flight: Flight | undefined;
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
    trip: Trip,
    facts: AttemptFacts,
    resolve: () => void,
    reject: (error: GatewayError) => void,
  ) {
    this.#exchange = exchange;
    this.#deployment = deployment;
    this.#choice = choice;
    this.#trip = trip;
    this.#facts = facts;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  send({ upstream }: Parts): void {
    const { client, stream } = this.#exchange;
    const call = this.#deployment.call(this.#choice.operationName, this.#choice.operation, stream);
    this.#sentMs = this.#exchange.clock.monotonicMs();
    const { headers } = this.#trip;
    this.#flight = upstream.send(
      {
        method: 'POST',
        origin: call.origin,
        path: call.path,
        headers: headers.length === 0 ? call.headers : [...call.headers, ...headers],
        body: this.#trip.body,
        timeouts: this.#deployment.timeouts(stream),
        maxResponseBytes: this.#exchange.snapshot.config.server.maxResponseBytes,
      },
      this,
    );
    // The client may have left while the request was being read; then the callback comes at once.
    client.onGone(() => this.#flight?.abort('it hung up'));
  }

  onHead(status: number, headers: UpstreamHeaders): void {
    this.#status = status;
    this.#facts.status = status;
    this.#headers = headers;
    if (status >= 300) this.#phase = 'refusal';
    else if (this.#exchange.stream && isEventStream(headers['content-type'])) {
      this.#phase = 'stream';
      this.#stream = this.#trip.openStream((bytes) => this.#write(bytes));
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
    if (this.#stream?.isComplete() === true && fault.kind !== 'aborted') {
      this.onEnd();
      return;
    }
    const error = this.#errorOfProblem({ kind: 'fault', fault });
    if (this.#stream === undefined) this.#fail(error);
    else if (fault.kind === 'idle-timeout') this.#endSilentStream(this.#stream, error);
    else this.#failStream(this.#stream, error);
  }

  #noteFirstContent(): void {
    if (this.#facts.firstByteMs !== undefined) return;
    this.#facts.firstByteMs = this.#exchange.clock.monotonicMs() - this.#sentMs;
    this.#flight?.contentBegan();
  }

  #write(bytes: Uint8Array | string): void {
    const exchange = this.#exchange;
    const { client } = exchange;
    this.#noteFirstContent();
    if (!client.hasStarted) {
      exchange.firstByteMs = exchange.clock.monotonicMs();
      exchange.status = 200;
      client.startStream(200, [...STREAM_HEADERS, ...answerHeaders(exchange, this.#deployment, this.#headers)]);
    }
    if (client.write(bytes)) return;
    this.#flight?.pause();
    client.onDrain(() => this.#flight?.resume());
  }

  #endWhole(): void {
    const exchange = this.#exchange;
    const bytes = this.#chunks.length === 1 ? (this.#chunks[0] ?? EMPTY) : Buffer.concat(this.#chunks);
    const answer = exchange.stream ? this.#trip.readWholeAsStream(bytes) : this.#trip.readWhole(bytes);
    this.#finish();
    if (exchange.endpoint.isFree === true) exchange.usage = undefined;
    else if (answer.usage !== undefined) account(exchange, this.#deployment, answer.usage);
    else exchange.toEstimate = { text: answer.text, factor: 1 };
    exchange.status = 200;
    exchange.firstByteMs = exchange.clock.monotonicMs();
    const headers = answerHeaders(exchange, this.#deployment, this.#headers);
    const type = exchange.stream ? STREAM_HEADERS : JSON_HEADERS;
    exchange.client.sendWhole(200, [...type, ...headers, ...durationHeaders(exchange)], answer.body);
    this.#resolve();
  }

  #endStream(stream: StreamAnswer): void {
    const end = stream.end();
    if (end.isWhole) {
      if (end.last.length > 0) this.#write(end.last);
      if (!this.#exchange.client.hasStarted) {
        throw new AnswerProblem({ kind: 'malformed', detail: 'the stream is empty' });
      }
      this.#finish();
      this.#settleStream(stream);
      this.#exchange.client.endStream();
      this.#resolve();
      return;
    }
    const error = this.#errorOfProblem(end.problem);
    if (!end.wasToldClient) {
      if (end.last.length > 0) this.#write(end.last);
      this.#failStream(stream, error);
      return;
    }
    // The client has the provider's own error event; a second one would only confuse it.
    this.#finish();
    this.#facts.failure = error.code;
    this.#settleStream(stream);
    if (end.last.length > 0) this.#write(end.last);
    this.#exchange.client.endStream();
    this.#reject(error);
  }

  /** A provider that has said all and keeps the connection open without an end mark has answered; any other silence is a failure. */
  #endSilentStream(stream: StreamAnswer, error: GatewayError): void {
    try {
      const end = stream.end();
      if (end.isWhole && this.#exchange.client.hasStarted) {
        if (end.last.length > 0) this.#write(end.last);
        this.#finish();
        this.#settleStream(stream);
        this.#exchange.client.endStream();
        this.#resolve();
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
    this.#fail(errorOfResponse(this.#deployment, this.#choice.operation.format, response, clock.nowMs()));
  }

  /** The stream cannot go on because of what the provider sent. */
  #breakStream(thrown: unknown): void {
    const error = this.#errorOf(thrown);
    this.#isOver = true;
    this.#flight?.abort('the stream is broken');
    if (this.#stream === undefined) this.#fail(error);
    else this.#failStream(this.#stream, error);
  }

  #failStream(stream: StreamAnswer, error: GatewayError): void {
    const { client } = this.#exchange;
    this.#finish();
    this.#facts.failure = error.code;
    if (client.hasStarted) {
      this.#settleStream(stream);
      if (!client.isGone) client.endStream(stream.fail(error));
    } else if (error.code === 'client_gone') this.#settleStream(stream);
    this.#reject(error);
  }

  #settleStream(stream: StreamAnswer): void {
    const usage = stream.usage();
    if (usage !== undefined && this.#facts.failure === undefined) {
      account(this.#exchange, this.#deployment, usage);
      return;
    }
    const { text, factor } = stream.sample();
    this.#exchange.toEstimate = { text: () => text, factor, ...(usage !== undefined && { known: usage }) };
  }

  #fail(error: GatewayError): void {
    this.#finish();
    this.#facts.failure = error.code;
    // What the provider had read when the client left is billed by it, so it is estimated rather than forgotten.
    if (error.code === 'client_gone' && this.#exchange.endpoint.isFree !== true)
      this.#exchange.toEstimate = { text: () => '', factor: 1 };
    this.#reject(error);
  }

  #finish(): void {
    this.#isOver = true;
    this.#exchange.client.onGone(undefined);
    this.#facts.durationMs = this.#exchange.clock.monotonicMs() - this.#sentMs;
    this.#exchange.upstreamMs += this.#facts.durationMs;
  }

  #errorOf(thrown: unknown): GatewayError {
    if (thrown instanceof FormatError) {
      return this.#errorOfProblem({ kind: 'malformed', detail: describe(thrown) });
    }
    return thrown instanceof AnswerProblem ? this.#errorOfProblem(thrown.problem) : asGatewayError(thrown);
  }

  #errorOfProblem(problem: Problem): GatewayError {
    return errorOfProblem(this.#deployment, problem, this.#exchange.clock.nowMs());
  }
}

const EMPTY = Buffer.alloc(0);
const JSON_HEADERS = ['content-type', 'application/json'] as const;
const STREAM_HEADERS = [
  'content-type',
  'text/event-stream; charset=utf-8',
  'cache-control',
  'no-cache',
  'x-accel-buffering',
  'no',
] as const;

function isEventStream(contentType: string | string[] | undefined): boolean {
  return typeof contentType === 'string' && contentType.startsWith('text/event-stream');
}
