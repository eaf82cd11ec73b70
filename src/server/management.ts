/** Serves management routes over HTTP: checks the caller, reads the request, sends the answer. */
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ManagementContext, type ManagementRoute, type Role, TextAnswer } from '../admin/contract.ts';
import { deniedByKey, rolesOf } from '../admin/roles.ts';
import { asGatewayError, GatewayError } from '../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { errorBody, retryHeaders } from '../formats/client-error.ts';
import type { RouteLimits } from '../pipeline/route-access.ts';
import { ConflictError, DatabaseUnavailableError, InvalidValueError } from '../stores/contracts/directory.ts';
import type { Identity } from '../tenancy/identity.ts';
import { managingIdentity } from '../tenancy/make-identity.ts';
import { HttpClient } from './http-client.ts';
import type { OverloadManager } from './overload/overload-manager.ts';
import { pathOf, queryOf } from './url.ts';

const MAX_BODY_BYTES = 1_048_576;
/** Deeper than any real request. A much deeper one would overflow the stack of a function that walks it. */
const MAX_DEPTH = 32;

interface ManagementServing {
  /** Counts the bodies; undefined: they are not counted. */
  readonly overload?: OverloadManager;
  readonly routes: readonly ManagementRoute[];
  /** Undefined as long as there is no database: every route then answers 503. */
  readonly context: () => ManagementContext | undefined;
  /** Identifies the caller by its key. Throws if there is no key, or if it is unknown, blocked or expired. */
  readonly identify: (request: Pick<IncomingMessage, 'headers' | 'rawHeaders'>) => Identity | Promise<Identity>;
  /** What the operator says of the routes of all keys; absent: nothing. */
  readonly routeLimits?: () => RouteLimits;
  /** Counts the requests of a key. Throws if there are too many. */
  readonly take?: (caller: Identity) => void | Promise<void>;
  /** Reports unexpected failures to the operator; the client learns no details. */
  readonly onFault: (what: string, error: unknown) => void;
}

/** Registers the routes with the HTTP framework, whose body parsers must be off: bodies are read after the key was checked. */
export function serveManagement(app: FastifyInstance, serving: ManagementServing): void {
  for (const route of serving.routes) {
    for (const url of route.paths) {
      app.route({
        method: route.method,
        url,
        handler: (request, reply) => {
          reply.hijack();
          // Nothing else catches an error thrown while an error is answered, and it must not end the process.
          answer(route, url, request, reply, serving).catch((thrown: unknown) => {
            serving.onFault(`the error response of ${route.method} ${url} could not be sent`, thrown);
            reply.raw.destroy();
          });
        },
      });
    }
  }
}

async function answer(
  route: ManagementRoute,
  url: string,
  request: FastifyRequest,
  reply: FastifyReply,
  serving: ManagementServing,
): Promise<void> {
  const client = new HttpClient(request.raw, reply.raw, serving.overload);
  const ignored = new Set<string>();
  const send = (status: number, body: Uint8Array, further: readonly string[] = [], type = 'application/json'): void =>
    client.sendWhole(
      status,
      ['content-type', type, 'cache-control', 'no-store', ...ignoredHeader(ignored), ...further],
      body,
    );
  try {
    const sender = await authorised(route, url, request, serving);
    await serving.take?.(sender.caller);
    client.whenClosed(() => serving.overload?.release(client));
    const sent = await readObject(client, sender.caller.keyHash);
    // A body may take a minute to arrive; the key may have lost its rights meanwhile.
    const { caller, roles } = await authorised(route, url, request, serving);
    const context = serving.context();
    if (context === undefined) {
      throw new GatewayError('overloaded', 'The management API has no database yet. Try again soon.');
    }
    const body = await route.answer({
      context,
      caller,
      roles,
      params: request.params as Readonly<Record<string, string>>,
      query: queryOf(request.url),
      body: sent,
      headers: request.headers,
      ignore: (path) => ignored.add(path),
    });
    if (body instanceof TextAnswer) send(200, Buffer.from(body.text), [], body.contentType);
    else send(200, Buffer.from(JSON.stringify(body)));
  } catch (error) {
    const known = knownError(error);
    if (known.code === 'internal') serving.onFault(`${route.method} ${url} failed`, error);
    send(known.status, errorBody(known), retryHeaders(known));
  }
}

/** The caller and its roles. Throws if it may not call the route. */
async function authorised(
  route: ManagementRoute,
  url: string,
  request: FastifyRequest,
  serving: ManagementServing,
): Promise<{ readonly caller: Identity; readonly roles: ReadonlySet<Role> }> {
  const caller = managingIdentity(await serving.identify(request.raw));
  const roles = rolesOf(caller);
  const path = pathOf(request.url);
  const denied = deniedByKey(caller, route, url, path, serving.routeLimits?.() ?? {});
  if (denied !== undefined) throw notAllowed(denied);
  if (!route.roles.some((role) => roles.has(role)))
    throw notAllowed(`it needs one of the roles ${route.roles.join(', ')}`);
  return { caller, roles };
}

function knownError(error: unknown): GatewayError {
  if (error instanceof ConflictError) {
    const message = `\`${error.field}\` is taken: another object has this value already. Choose a different one.`;
    return new GatewayError('object_exists', message, { param: error.field });
  }
  if (error instanceof DatabaseUnavailableError) {
    const facts = { retryAfterMs: 1_000, cause: error };
    return new GatewayError('store_unavailable', 'The database cannot be reached. Try again soon.', facts);
  }
  if (error instanceof InvalidValueError) {
    return new GatewayError('invalid_field', `${error.message} Send another value.`, { param: error.field });
  }
  return asGatewayError(error);
}

const MOST_NAMED = 20;

/** `x-sluice-ignored-fields`: fields that were sent and had no effect. Names come from the client, so that they are cut and escaped. */
function ignoredHeader(ignored: ReadonlySet<string>): readonly string[] {
  if (ignored.size === 0) return [];
  const names = [...ignored].slice(0, MOST_NAMED).map((name) =>
    name
      .slice(0, 100)
      .toWellFormed()
      .replace(/[^\x21-\x2b\x2d-\x7e]/gu, encodeURIComponent),
  );
  const more = ignored.size > MOST_NAMED ? ['...'] : [];
  return ['x-sluice-ignored-fields', [...names, ...more].join(', ')];
}

function notAllowed(why: string): GatewayError {
  return new GatewayError('route_denied', `You may not call this route: ${why}.`);
}

/** The body as a JSON object; `{}` if there is none. */
async function readObject(client: HttpClient, owner: string): Promise<JsonObject> {
  const bytes = await client.readBody(MAX_BODY_BYTES, owner);
  if (bytes.length === 0) return {};
  let value: JsonValue;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as JsonValue;
  } catch {
    throw new GatewayError('invalid_json', 'Invalid JSON payload: the body is not valid JSON in UTF-8.');
  }
  if (value === null) return {};
  if (!isJsonObject(value)) throw new GatewayError('invalid_json', 'Invalid JSON payload: the body must be an object.');
  checkStorable(value, 0);
  return value;
}

/** Refuses what one of the databases could not store: NUL characters, halves of surrogate pairs, deep nesting. */
function checkStorable(value: JsonValue | undefined, depth: number): void {
  if (depth > MAX_DEPTH) throw new GatewayError('invalid_field', `The body is nested deeper than ${MAX_DEPTH} levels.`);
  if (typeof value === 'string') checkText(value);
  else if (Array.isArray(value)) for (const item of value) checkStorable(item, depth + 1);
  else if (isJsonObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      checkText(name);
      if (name === '__proto__') throw new GatewayError('invalid_field', '`__proto__` is not a field of this request.');
      checkStorable(member, depth + 1);
    }
  }
}

function checkText(text: string): void {
  if (text.includes('\0') || !text.isWellFormed()) {
    throw new GatewayError(
      'invalid_field',
      'A string in the body contains a NUL character or half of a surrogate pair, which cannot be stored.',
    );
  }
}
