/** Sends a deployment the smallest request of the operation that its model is made for. */

import { asGatewayError, type GatewayError } from '../../core/errors.ts';
import type { JsonValue } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';
import { formatParts } from '../../formats/index.ts';
import type { Usage } from '../../formats/neutral/conversation.ts';
import type { Problem } from '../../lanes/answer-problem.ts';
import { OPERATIONS } from '../../operations/index.ts';
import type { Operation } from '../../operations/operation.ts';
import type { OperationId, ProviderOperation } from '../../providers/provider.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { Snapshot } from '../../snapshot/snapshot.ts';
import type { AnswerListener, BodyListener, Flight, UpstreamFault, UpstreamHeaders } from '../../upstream/upstream.ts';
import { errorOfProblem, errorOfResponse } from '../answering/failure.ts';
import { errorOfMock } from '../answering/mocked-call.ts';
import { openPlatformCall, type PlatformCall } from '../money/platform-call.ts';
import type { Parts } from '../parts.ts';

const PROBE_TIMEOUT_MS = 30_000;
const LARGEST_ANSWER_BYTES = 1_048_576;
/** Modes of `model_info` whose models are asked like those of another mode. */
const ASKED_LIKE: ReadonlyMap<string, string> = new Map([['responses', 'chat']]);

interface ProbeWay {
  readonly id: OperationId;
  readonly operation: ProviderOperation;
  readonly probeBody: NonNullable<Operation['probeBody']>;
}

/** Whether there is a request small enough to probe a deployment with. */
export function canProbe(deployment: Deployment): boolean {
  return wayOf(deployment) !== undefined;
}

/**
 * Sends the request, on the platform's account. Resolves to undefined if it was answered, else to what is wrong; an aborted request
 * resolves to `client_gone`.
 */
export async function probe(
  snapshot: Snapshot,
  deployment: Deployment,
  parts: Parts,
  signal?: AbortSignal,
): Promise<GatewayError | undefined> {
  const way = wayOf(deployment);
  if (way === undefined) return undefined;
  const { tokenRequest, mock } = deployment;
  if (mock !== undefined) {
    return mock.outcome.kind === 'failure' ? errorOfMock(mock.outcome, deployment) : undefined;
  }
  let token: string | undefined;
  try {
    if (tokenRequest !== undefined) token = await parts.providerTokens.of(deployment, tokenRequest);
  } catch (thrown) {
    return asGatewayError(thrown);
  }
  return new Promise((resolve) => {
    const call = new ProbeCall({ way, snapshot, deployment, parts, token }, (error) => {
      // The signal outlives thousands of probes.
      signal?.removeEventListener('abort', callOff);
      resolve(error);
    });
    const callOff = (): void => call.callOff();
    signal?.addEventListener('abort', callOff, { once: true });
    call.send();
  });
}

interface ProbeFacts {
  readonly way: ProbeWay;
  readonly snapshot: Snapshot;
  readonly deployment: Deployment;
  readonly parts: Parts;
  /** Sent in place of a key. */
  readonly token: string | undefined;
}

/** One probe under way: its call, its answer and its books. */
class ProbeCall implements AnswerListener, BodyListener {
  readonly #facts: ProbeFacts;
  readonly #body: Buffer;
  readonly #books: PlatformCall;
  readonly #done: (error: GatewayError | undefined) => void;
  readonly #chunks: Buffer[] = [];
  #status: number | undefined;
  #headers: UpstreamHeaders = {};
  #flight: Flight | undefined;

  constructor(facts: ProbeFacts, done: (error: GatewayError | undefined) => void) {
    const { way, snapshot, deployment, parts } = facts;
    this.#facts = facts;
    this.#done = done;
    this.#body = Buffer.from(JSON.stringify(way.probeBody(deployment, way.operation)));
    const callType = OPERATIONS[way.id].callType(way.operation.format);
    this.#books = openPlatformCall({ route: '/health', callType, snapshot, deployment }, parts);
  }

  send(): void {
    const { way, deployment, parts, token } = this.#facts;
    const { origin, path, headers: own } = deployment.call(way.id, way.operation, false);
    const headers = token === undefined ? own : [...own, 'authorization', `Bearer ${token}`];
    const timeoutMs = deployment.config.healthCheck?.timeoutMs ?? PROBE_TIMEOUT_MS;
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
    this.#flight?.abort('the health check was called off');
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
    const { way, deployment, parts } = this.#facts;
    const body = Buffer.concat(this.#chunks);
    const status = this.#status ?? 0;
    if (status >= 300) {
      const response = { status, headers: this.#headers, body };
      this.#end(errorOfResponse(deployment, way.operation.format, response, parts.clock.nowMs()), undefined);
      return;
    }
    const json = parsed(body);
    if (json === undefined) this.#fail({ kind: 'malformed', detail: 'it is not JSON' });
    else this.#end(undefined, formatParts(way.operation.format).readUsage(json) ?? this.#estimate());
  }

  onFault(fault: UpstreamFault): void {
    this.#fail({ kind: 'fault', fault });
  }

  /** What the provider may bill although it did not answer: its reading of the request. */
  #fail(problem: Problem): void {
    const { deployment, parts } = this.#facts;
    const isRefused = (this.#status ?? 0) >= 300;
    const usage = this.#flight?.mayHaveBeenRead === true && !isRefused ? this.#estimate() : undefined;
    this.#end(errorOfProblem(deployment, problem, parts.clock.nowMs()), usage);
  }

  #end(error: GatewayError | undefined, usage: Usage | undefined): void {
    this.#books.close({ failure: error?.code, httpStatus: this.#status, usage });
    this.#done(error);
  }

  #estimate(): Usage {
    return { inputTokens: Math.ceil(this.#body.length / BYTES_PER_TOKEN), outputTokens: 0, isEstimated: true };
  }
}

const BYTES_PER_TOKEN = 4;

function wayOf(deployment: Deployment): ProbeWay | undefined {
  const asked = operationOf(deployment);
  if (asked === undefined) return undefined;
  const standIn = asked.standIn === undefined ? undefined : OPERATIONS[asked.standIn.id];
  const isServed = asked.id !== 'chat' || deployment.conversations !== 'responses';
  for (const each of isServed ? [asked, standIn] : [standIn]) {
    const own = each === undefined ? undefined : deployment.operation(each.id);
    if (own !== undefined && each?.probeBody !== undefined)
      return { id: each.id, probeBody: each.probeBody, operation: own };
  }
  return undefined;
}

/** What a model is made for: its mode says so, else its name. */
function operationOf({ priced, model }: Deployment): Operation | undefined {
  const { mode } = priced.facts;
  const operations = Object.values(OPERATIONS);
  if (mode === undefined) return operations.find(({ modelNames }) => modelNames?.test(model)) ?? OPERATIONS.chat;
  const asked = ASKED_LIKE.get(mode) ?? mode;
  return operations.find((operation) => operation.mode === asked);
}

function parsed(body: Buffer): JsonValue | undefined {
  try {
    return parseJson(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
