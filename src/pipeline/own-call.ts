/** One call of the gateway's own to a deployment: sent on the platform's account, its answer read whole. */
import { asGatewayError, type GatewayError } from '../core/errors.ts';
import type { JsonValue } from '../core/json.ts';
import type { PicoUsd } from '../core/money.ts';
import { parseJson } from '../core/parse-json.ts';
import { formatParts } from '../formats/index.ts';
import type { Usage } from '../formats/neutral/conversation.ts';
import type { Problem } from '../lanes/answer-problem.ts';
import { OPERATIONS } from '../operations/index.ts';
import type { OperationId, ProviderOperation } from '../providers/provider.ts';
import type { Deployment } from '../snapshot/deployment.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Mechanism } from '../stores/contracts/ledger.ts';
import type { AnswerListener, BodyListener, Flight, UpstreamFault, UpstreamHeaders } from '../upstream/upstream.ts';
import { errorOfProblem, errorOfResponse } from './answering/failure.ts';
import { costOfOwn, openPlatformCall, type PlatformCall } from './money/platform-call.ts';
import type { Parts } from './parts.ts';

const LARGEST_ANSWER_BYTES = 1_048_576;
const BYTES_PER_TOKEN = 4;

/** What is asked, and what for. */
interface OwnCall {
  /** As the ledger names it: `/health`. */
  readonly route: string;
  /** The mechanism that needs it to save on other calls. */
  readonly overheadOf?: Mechanism;
  readonly snapshot: Snapshot;
  readonly deployment: Deployment;
  readonly id: OperationId;
  readonly operation: ProviderOperation;
  readonly body: JsonValue;
  readonly timeoutMs: number;
}

/** Its result. */
type OwnAnswer =
  | { readonly json: JsonValue; readonly cost: PicoUsd | undefined }
  | { readonly error: GatewayError; readonly json?: undefined };

/** Sends it. Resolves in every case; an aborted call resolves to `client_gone`. */
export async function sendOwnCall(call: OwnCall, parts: Parts, signal?: AbortSignal): Promise<OwnAnswer> {
  const { deployment } = call;
  const { tokenRequest } = deployment;
  let token: string | undefined;
  try {
    if (tokenRequest !== undefined) token = await parts.providerTokens.of(deployment, tokenRequest);
  } catch (thrown) {
    return { error: asGatewayError(thrown) };
  }
  return new Promise((resolve) => {
    const sending = new Sending({ ...call, parts, token }, (answer) => {
      // The signal outlives thousands of calls.
      signal?.removeEventListener('abort', callOff);
      resolve(answer);
    });
    const callOff = (): void => sending.callOff();
    signal?.addEventListener('abort', callOff, { once: true });
    sending.send();
  });
}

interface Facts extends OwnCall {
  readonly parts: Parts;
  /** Sent in place of a key. */
  readonly token: string | undefined;
}

/** A call under way: its answer and its books. */
class Sending implements AnswerListener, BodyListener {
  readonly #facts: Facts;
  readonly #body: Buffer;
  readonly #books: PlatformCall;
  readonly #done: (answer: OwnAnswer) => void;
  readonly #chunks: Buffer[] = [];
  #status: number | undefined;
  #headers: UpstreamHeaders = {};
  #flight: Flight | undefined;

  constructor(facts: Facts, done: (answer: OwnAnswer) => void) {
    const { id, operation, body, route, overheadOf, snapshot, deployment, parts } = facts;
    this.#facts = facts;
    this.#done = done;
    this.#body = Buffer.from(JSON.stringify(body));
    const callType = OPERATIONS[id].callType(operation.format);
    this.#books = openPlatformCall({ route, callType, snapshot, deployment, overheadOf }, parts);
  }

  send(): void {
    const { id, operation, deployment, parts, token, timeoutMs } = this.#facts;
    const { origin, path, headers: own } = deployment.call(id, operation, false);
    const headers = token === undefined ? own : [...own, 'authorization', `Bearer ${token}`];
    const timeouts = {
      firstByteMs: timeoutMs,
      headersMs: timeoutMs,
      idleMs: timeoutMs,
      totalMs: timeoutMs,
      slowClientMs: timeoutMs,
    };
    const call = { method: 'POST', origin, path, headers, body: this.#body, timeouts } as const;
    const { tls } = deployment.config;
    const sent = { ...call, maxResponseBytes: LARGEST_ANSWER_BYTES, tls };
    this.#flight = parts.upstream.send(this.#books.permit, sent, this);
  }

  callOff(): void {
    this.#flight?.abort('the call was called off');
  }

  onHead(status: number, headers: UpstreamHeaders): BodyListener {
    const { deployment, parts, token } = this.#facts;
    if (status === 401 && token !== undefined) parts.providerTokens.refused(deployment, token);
    this.#status = status;
    this.#headers = headers;
    return this;
  }

  onData(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#flight?.contentBegan();
  }

  onEnd(): void {
    const { operation, deployment, parts } = this.#facts;
    const body = Buffer.concat(this.#chunks);
    const status = this.#status ?? 0;
    if (status >= 300) {
      const response = { status, headers: this.#headers, body };
      const error = errorOfResponse(deployment, operation.format, response, parts.clock.nowMs());
      this.#end({ error }, undefined);
      return;
    }
    const json = parsed(body);
    if (json === undefined) {
      this.#fail({ kind: 'malformed', detail: 'it is not JSON' });
      return;
    }
    const usage = formatParts(operation.format).readUsage(json) ?? this.#estimate();
    this.#end({ json, cost: costOfOwn(deployment, usage, parts.clock.nowMs(), 0) }, usage);
  }

  onFault(fault: UpstreamFault): void {
    this.#fail({ kind: 'fault', fault });
  }

  /** What the provider may bill although it did not answer: its reading of the request. */
  #fail(problem: Problem): void {
    const { deployment, parts } = this.#facts;
    const isRefused = (this.#status ?? 0) >= 300;
    const usage = this.#flight?.mayHaveBeenRead === true && !isRefused ? this.#estimate() : undefined;
    this.#end({ error: errorOfProblem(deployment, problem, parts.clock.nowMs()) }, usage);
  }

  #end(answer: OwnAnswer, usage: Usage | undefined): void {
    const failure = answer.json === undefined ? answer.error.code : undefined;
    this.#books.close({ failure, httpStatus: this.#status, usage });
    this.#done(answer);
  }

  #estimate(): Usage {
    return { inputTokens: Math.ceil(this.#body.length / BYTES_PER_TOKEN), outputTokens: 0, isEstimated: true };
  }
}

function parsed(body: Buffer): JsonValue | undefined {
  try {
    return parseJson(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
