/**
 * A Qdrant for tests: the calls of its REST interface that the gateway makes, with the answers and refusals of the true one in strict
 * mode (https://api.qdrant.tech/api-reference, https://qdrant.tech/documentation/guides/administration/#strict-mode, 2026-11-29).
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';

/** It. */
export interface TestQdrant {
  readonly url: string;
  /** Method and path of every call. */
  readonly calls: string[];
  readonly collections: Map<string, Collection>;
  /** What is answered in place of results. */
  failure: { readonly status: number } | 'hang' | 'garbage' | 'drop' | undefined;
  delayMs: number;
  /** Changes the payload of what a search finds, as a faulty server would. */
  tamper: ((payload: JsonObject) => void) | undefined;
  close(): Promise<void>;
}

interface Point {
  readonly id: string | number;
  readonly vector: readonly number[];
  readonly payload: JsonObject;
}

interface Collection {
  readonly size: number;
  readonly distance: string;
  readonly quantization: JsonValue;
  readonly indexes: Map<string, JsonValue>;
  readonly points: Map<string | number, Point>;
}

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Starts it; with a key, calls without it are refused. */
export async function startTestQdrant(apiKey?: string, port = 0): Promise<TestQdrant> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { pathname } = new URL(request.url ?? '', 'http://localhost');
      qdrant.calls.push(`${request.method} ${pathname}`);
      const { failure, delayMs } = qdrant;
      if (failure === 'hang') return;
      if (failure === 'drop') {
        request.socket.destroy();
        return;
      }
      const answer = (status: number, body: string): void => {
        setTimeout(() => {
          response.writeHead(status, { 'content-type': 'application/json' });
          response.end(body);
        }, delayMs);
      };
      if (failure === 'garbage') {
        answer(200, '<html>');
        return;
      }
      const startedMs = performance.now();
      const time = () => (performance.now() - startedMs) / 1_000;
      try {
        if (failure !== undefined) throw new Refusal(failure.status, 'Service internal error: no');
        if (apiKey !== undefined && request.headers['api-key'] !== apiKey)
          throw new Refusal(401, 'Must provide an API key or an Authorization bearer token');
        const text = Buffer.concat(chunks).toString('utf8');
        if (/\\ud[89ab][\da-f]{2}(?!\\ud[c-f])/i.test(text))
          throw new Refusal(400, 'Format error in JSON body: lone leading surrogate in hex escape at line 1');
        const body = text === '' ? {} : (JSON.parse(text) as JsonObject);
        const result = answerOf(qdrant, request.method ?? '', pathname, body);
        answer(200, JSON.stringify({ result, status: 'ok', time: time() }));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        answer(error.status, JSON.stringify({ status: { error: error.message }, time: time() }));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const qdrant: TestQdrant = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: [],
    collections: new Map(),
    failure: undefined,
    delayMs: 0,
    tamper: undefined,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return qdrant;
}

function answerOf(qdrant: TestQdrant, method: string, path: string, body: JsonObject): JsonValue {
  const [, name = '', rest = ''] = /^\/collections\/([^/]+)(\/.*)?$/.exec(path) ?? [];
  const collection = qdrant.collections.get(decodeURIComponent(name));
  if (method === 'PUT' && rest === '') {
    if (collection !== undefined) throw new Refusal(409, `Wrong input: Collection \`${name}\` already exists!`);
    qdrant.collections.set(decodeURIComponent(name), made(body));
    return true;
  }
  if (collection === undefined) throw new Refusal(404, `Not found: Collection \`${name}\` doesn't exist!`);
  switch (`${method} ${rest}`) {
    case 'GET ': {
      const { size, distance, quantization, points } = collection;
      const params = { vectors: { size, distance }, shard_number: 1, on_disk_payload: true };
      return { status: 'green', points_count: points.size, config: { params, quantization_config: quantization } };
    }
    case 'PUT /index':
      collection.indexes.set(String(body.field_name), body.field_schema ?? null);
      return { operation_id: 0, status: 'completed' };
    case 'PUT /points':
      for (const point of itemsOf(body.points)) upsert(collection, point);
      return { operation_id: 0, status: 'completed' };
    case 'POST /points/query':
      return { points: query(qdrant, collection, body) };
    case 'POST /points/delete':
      remove(collection, body);
      return { operation_id: 0, status: 'completed' };
    case 'POST /points/count':
      return { count: collection.points.size };
    default:
      throw new Refusal(404, '');
  }
}

const itemsOf = (value: JsonValue | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? value.filter(isJsonObject) : [];

function made({ vectors, quantization_config: quantization = null }: JsonObject): Collection {
  const { size, distance } = isJsonObject(vectors) ? vectors : {};
  if (!Number.isSafeInteger(size) || typeof distance !== 'string')
    throw new Refusal(400, 'Format error in JSON body: data did not match any variant of untagged enum VectorsConfig');
  return { size: size as number, distance, quantization, indexes: new Map(), points: new Map() };
}

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

function vectorOf({ size }: Collection, value: JsonValue | undefined): readonly number[] {
  const vector = Array.isArray(value) ? value.map(Number) : [];
  if (vector.length === size) return vector;
  throw new Refusal(400, `Wrong input: Vector dimension error: expected dim: ${size}, got ${vector.length}`);
}

function upsert(collection: Collection, { id, vector, payload }: JsonObject): void {
  if (!(typeof id === 'number' ? Number.isSafeInteger(id) && id >= 0 : typeof id === 'string' && UUID.test(id)))
    throw new Refusal(400, `Format error in JSON body: value ${String(id)} is not a valid point ID`);
  const whole = vectorOf(collection, vector);
  collection.points.set(id as string, {
    id: id as string,
    // Kept as one of length one, because distances are cosines.
    vector: whole.map((each) => each / Math.hypot(...whole)),
    payload: isJsonObject(payload) ? payload : {},
  });
}

function query(qdrant: TestQdrant, collection: Collection, body: JsonObject): JsonObject[] {
  const asked = vectorOf(collection, body.query);
  const length = Math.hypot(...asked);
  const matches = matcher(collection, body.filter);
  return [...collection.points.values()]
    .filter(({ payload }) => matches(payload))
    .map(({ id, vector, payload }) => ({
      ...{ id, version: 0, payload: structuredClone(payload) },
      score: vector.reduce((sum, each, at) => sum + (each * (asked[at] ?? 0)) / length, 0),
    }))
    .filter(({ score }) => score >= Number(body.score_threshold ?? -1))
    .sort((one, other) => other.score - one.score)
    .slice(0, Number(body.limit ?? 10))
    .map((point) => {
      qdrant.tamper?.(point.payload);
      if (body.with_payload === true) return point;
      const { payload: _, ...bare } = point;
      return bare;
    });
}

function remove(collection: Collection, { points, filter }: JsonObject): void {
  if (Array.isArray(points)) for (const id of points) collection.points.delete(id as string);
  else if (filter === undefined) throw new Refusal(400, 'Format error in JSON body: data did not match any variant');
  else {
    const matches = matcher(collection, filter);
    for (const [id, { payload }] of collection.points) if (matches(payload)) collection.points.delete(id);
  }
}

function matcher({ indexes }: Collection, filter: JsonValue | undefined): (payload: JsonObject) => boolean {
  const must = isJsonObject(filter) ? itemsOf(filter.must) : [];
  for (const { key } of must) {
    if (!indexes.has(String(key)))
      throw new Refusal(
        400,
        `Bad request: Index required but not found for "${String(key)}" of one of the following types: [keyword]. Help: Create an index for this key or use a different filter.`,
      );
  }
  return (payload) =>
    must.every(({ key, match, range }) => {
      const value = payload[String(key)];
      if (isJsonObject(match)) return value === match.value;
      const { gt = Number.NEGATIVE_INFINITY, lte = Number.POSITIVE_INFINITY } = isJsonObject(range) ? range : {};
      return typeof value === 'number' && value > Number(gt) && value <= Number(lte);
    });
}
