import type { Clock } from '../src/core/clock.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../src/core/json.ts';
import { compose, type Wishes } from './answering/compose.ts';
import { digest, identifier, seededRandom } from './answering/seeded.ts';
import type { Latency } from './contract.ts';
import { checkKey, organisationOf } from './credentials.ts';
import { errorReply, invalid, Refused } from './formats/errors.ts';
import type { Reading } from './formats/operation.ts';
import { type Directions, readDirections } from './model-name.ts';
import { PromptCache } from './prompt-cache/prompt-cache.ts';
import { providerHeaders } from './provider-headers.ts';
import type { OpenRequest } from './request-log.ts';
import { familyOfPath, flavourOf, type Route, route } from './routes.ts';
import { pace } from './sending/pace.ts';
import { type Family, type Reply, streamReply, wholeReply } from './sending/reply.ts';

/** What an engine is set up with. */
interface EngineOptions {
  readonly seed: string;
  readonly latency: Latency;
  readonly keys: readonly string[] | undefined;
  readonly clock: Clock;
}

/** A request that has been understood so far as its path, its model and its key go. */
export interface Understood {
  readonly route: Route;
  readonly family: Family;
  readonly body: JsonObject;
  readonly model: string;
  readonly query: URLSearchParams;
  readonly directions: Directions;
  readonly requestId: string;
  /** Differs for every request, and is the same when all of them are repeated. */
  readonly identity: string;
  readonly isStream: boolean;
}

/** Makes up a provider's replies; it knows nothing of sockets and faults. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #cache: PromptCache;
  /** How often each request has come: repeated requests get the same words under new identifiers. */
  readonly #repeats = new Map<string, number>();
  readonly #responses = new Map<string, JsonValue[]>();

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#cache = new PromptCache(options.clock);
  }

  reset(): void {
    this.#cache.clear();
    this.#repeats.clear();
    this.#responses.clear();
  }

  /** Reads as much of a request as faults are chosen by; throws `Refused` where the provider would not get further. */
  understand(request: OpenRequest): Understood {
    const url = new URL(request.path, 'http://simulator');
    const found = route(request.method, url.pathname);
    if (found === undefined) throw unknownPath(request.method, url.pathname);
    request.operation = found.operation.name;
    request.deployment = found.deployment;
    const { family } = found.operation;
    if (found.isAzure && !/\/openai\/v1\//.test(url.pathname) && !url.searchParams.has('api-version')) {
      throw new Refused({ status: 404, kind: 'not-found', message: 'Resource not found', code: '404' });
    }
    const { name } = found.operation;
    checkKey(family, found.isAzure, request.headers, url.searchParams, this.#options.keys, name === 'openai-models');
    const body = found.operation.method === 'GET' ? {} : bodyOf(request, family);
    const model = found.model ?? (typeof body.model === 'string' ? body.model : '');
    request.model = model;
    if (model === '' && found.operation.method === 'POST') throw missingModel(family);
    const identity = this.#identity(request);
    return {
      route: found,
      family,
      body,
      model,
      query: url.searchParams,
      directions: readDirections(model, request.headers),
      requestId: identifier('req_', identity, 24),
      identity,
      isStream: body.stream === true || found.operation.name === 'gemini-stream',
    };
  }

  /** The provider's reply when nothing goes wrong. */
  reply(request: OpenRequest, understood: Understood, wishes: Wishes): Reply {
    const { route: found, body, model, family, identity } = understood;
    const nowMs = this.#options.clock.nowMs();
    const reading = found.operation.read({
      path: new URL(request.path, 'http://simulator').pathname,
      query: understood.query,
      headers: request.headers,
      body,
      model,
      flavour: flavourOf(model, found.isAzure),
      created: Math.floor(nowMs / 1000),
      identity,
      // Not the whole body: a streamed request shall get the same words as the same request unstreamed.
      seed: digest(`${this.#options.seed}\n${found.operation.family}\n${JSON.stringify(withoutManner(body))}`),
      responses: this.#responses,
    });
    const headers = providerHeaders(family, understood.requestId, found.isAzure, nowMs);
    const organisation = organisationOf(family, found.isAzure, request.headers, understood.query);
    const reply = this.#write(reading, family, wishes, headers, organisation);
    const latency = understood.directions.latency ?? this.#options.latency;
    return pace(reply, latency, seededRandom(`${this.#options.seed} pace ${identity}`));
  }

  /** A reply with the headers that its provider puts on every answer. */
  withHeaders(reply: Reply, understood: Understood): Reply {
    const headers = providerHeaders(
      understood.family,
      understood.requestId,
      understood.route.isAzure,
      this.#options.clock.nowMs(),
    );
    return { ...reply, headers: { ...headers, ...reply.headers } };
  }

  /** The provider's reply to a request that it refuses. */
  refuse(request: OpenRequest, refused: Refused): Reply {
    const path = new URL(request.path, 'http://simulator').pathname;
    const found = route(request.method, path);
    const family = found?.operation.family ?? familyOfPath(path);
    const requestId = identifier('req_', this.#identity(request), 24);
    const reply = errorReply(family, refused.problem, requestId);
    const headers = providerHeaders(family, requestId, found?.isAzure ?? false, this.#options.clock.nowMs());
    return { ...reply, headers: { ...headers, ...reply.headers } };
  }

  #write(
    reading: Reading,
    family: Family,
    wishes: Wishes,
    headers: Record<string, string>,
    organisation: string,
  ): Reply {
    if (reading.kind === 'plain') {
      return wholeReply(family, reading.json, {
        headers,
        ...(reading.usage === undefined ? {} : { usage: reading.usage }),
      });
    }
    const answer = compose(reading.ask, wishes, this.#cache.use(reading.ask, organisation));
    const { usage } = answer;
    if (!reading.isStream) return wholeReply(family, reading.whole(answer), { headers, usage });
    return streamReply(family, reading.events(answer), {
      headers,
      usage,
      ...(reading.framing === undefined ? {} : { framing: reading.framing }),
    });
  }

  #identity(request: OpenRequest): string {
    const content = digest(Buffer.concat([Buffer.from(`${this.#options.seed} ${request.path} `), request.rawBody]));
    const repeats = this.#repeats.get(content) ?? 0;
    this.#repeats.set(content, repeats + 1);
    return digest(`${content}#${repeats}`);
  }
}

function withoutManner(body: JsonObject): JsonObject {
  const { stream: _stream, stream_options: _options, ...rest } = body;
  return rest;
}

function bodyOf(request: OpenRequest, family: Family): JsonObject {
  const { body } = request;
  if (isJsonObject(body)) return body;
  switch (family) {
    case 'anthropic':
      throw invalid('The request body is not valid JSON: expected value at line 1 column 1');
    case 'gemini':
      throw invalid(`Invalid JSON payload received. Unexpected end of string. Expected a value.\n\n^`);
    default:
      throw invalid(
        'We could not parse the JSON body of your request. (HINT: This likely means you aren’t using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)',
      );
  }
}

function missingModel(family: Family): Refused {
  if (family === 'anthropic') return invalid('model: Field required');
  return invalid('you must provide a model parameter');
}

function unknownPath(method: string, path: string): Refused {
  switch (familyOfPath(path)) {
    case 'anthropic':
      return new Refused({ status: 404, kind: 'not-found', message: 'Not Found' });
    case 'gemini':
      return new Refused({ status: 404, kind: 'not-found', message: 'Requested entity was not found.' });
    default:
      return new Refused({
        status: 404,
        kind: 'not-found',
        message: `Invalid URL (${method} ${path})`,
      });
  }
}
