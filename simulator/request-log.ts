import type { IncomingHttpHeaders } from 'node:http';
import type { JsonValue } from '../src/core/json.ts';
import type { Usage } from './answering/ask.ts';
import type { Billed, SeenOutcome, SeenRequest, Statistics } from './contract.ts';
import type { Sent } from './sending/send.ts';

const KEPT_REQUESTS = 10_000;

/** A request while it is being answered. */
export class OpenRequest implements SeenRequest {
  readonly number: number;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawBody: Buffer;
  readonly receivedAtMs: number;
  deployment = '';
  model = '';
  operation = 'unknown';
  faults: string[] = [];
  outcome: SeenOutcome = 'pending';
  status = 0;
  endedAtMs: number | undefined = undefined;
  bytesSent = 0;
  tokensSent = 0;
  billed: SeenRequest['billed'] = undefined;
  #body: { value: JsonValue | undefined } | undefined;

  constructor(seen: Pick<SeenRequest, 'number' | 'method' | 'path' | 'headers' | 'rawBody' | 'receivedAtMs'>) {
    this.number = seen.number;
    this.method = seen.method;
    this.path = seen.path;
    this.headers = seen.headers;
    this.rawBody = seen.rawBody;
    this.receivedAtMs = seen.receivedAtMs;
  }

  get body(): JsonValue | undefined {
    this.#body ??= { value: parse(this.rawBody) };
    return this.#body.value;
  }

  toJSON(): object {
    const { number, method, path, headers, body, receivedAtMs, deployment, model, operation } = this;
    const { faults, outcome, status, endedAtMs, bytesSent, tokensSent, billed } = this;
    const seen = { number, method, path, headers, body, receivedAtMs, deployment, model, operation };
    return { ...seen, faults, outcome, status, endedAtMs, bytesSent, tokensSent, billed };
  }
}

function parse(bytes: Buffer): JsonValue | undefined {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    // A body that is not JSON is the client's business; a reader sees `undefined` and has the bytes.
    return undefined;
  }
}

const NOTHING_BILLED: Billed = {
  requests: 0,
  promptTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  cacheWriteOneHourTokens: 0,
  completionTokens: 0,
  reasoningTokens: 0,
};

/** The requests that were seen, and what they would have cost. */
export class RequestLog {
  readonly requests: OpenRequest[] = [];
  #count = 0;
  #bench = 0;
  #outcomes = { completed: 0, 'aborted-by-client': 0, cut: 0, pending: 0 };
  #refused = 0;
  #models = new Map<string, Billed>();

  open(seen: Pick<SeenRequest, 'method' | 'path' | 'headers' | 'rawBody' | 'receivedAtMs'>): OpenRequest {
    this.#count += 1;
    const request = new OpenRequest({ ...seen, number: this.#count });
    this.requests.push(request);
    // Dropped in blocks, as each removal at the front moves everything behind it.
    if (this.requests.length > KEPT_REQUESTS * 1.2) this.requests.splice(0, this.requests.length - KEPT_REQUESTS);
    return request;
  }

  /** Ends a request; an answer is billed for its prompt and for the tokens that were produced before it ended. */
  close(request: OpenRequest, sent: Sent, status: number, usage: Usage | undefined, endedAtMs: number): void {
    request.outcome = sent.outcome;
    request.status = status;
    request.bytesSent = sent.bytes;
    request.tokensSent = sent.tokens;
    request.endedAtMs = endedAtMs;
    this.#outcomes[sent.outcome] += 1;
    if (status >= 400) this.#refused += 1;
    if (usage !== undefined && status < 400) this.#bill(request, usage, sent);
  }

  countBench(): void {
    this.#bench += 1;
  }

  statistics(): Statistics {
    return {
      requests: this.#count,
      completed: this.#outcomes.completed,
      abortedByClient: this.#outcomes['aborted-by-client'],
      cut: this.#outcomes.cut,
      refused: this.#refused,
      bench: this.#bench,
      models: Object.fromEntries(this.#models),
    };
  }

  clear(): void {
    this.requests.length = 0;
    this.#count = 0;
    this.#bench = 0;
    this.#refused = 0;
    this.#outcomes = { completed: 0, 'aborted-by-client': 0, cut: 0, pending: 0 };
    this.#models.clear();
  }

  #bill(request: OpenRequest, usage: Usage, sent: Sent): void {
    const { model } = request;
    const before = this.#models.get(model) ?? NOTHING_BILLED;
    const completion = sent.outcome === 'completed' ? usage.completion : Math.min(sent.tokens, usage.completion);
    request.billed = {
      promptTokens: usage.prompt,
      cachedTokens: usage.cacheRead,
      cacheWriteTokens: usage.cacheWrite5m + usage.cacheWrite1h,
      cacheWriteOneHourTokens: usage.cacheWrite1h,
      completionTokens: completion,
    };
    this.#models.set(model, {
      requests: before.requests + 1,
      promptTokens: before.promptTokens + usage.prompt,
      cachedTokens: before.cachedTokens + usage.cacheRead,
      cacheWriteTokens: before.cacheWriteTokens + usage.cacheWrite5m + usage.cacheWrite1h,
      cacheWriteOneHourTokens: before.cacheWriteOneHourTokens + usage.cacheWrite1h,
      completionTokens: before.completionTokens + completion,
      reasoningTokens: before.reasoningTokens + Math.min(usage.reasoning, completion),
    });
  }
}
