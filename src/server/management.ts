/** How management routes are served: who may, what was sent, what is answered. What no route allows is refused. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ManagementContext, ManagementRoute, Role } from '../admin/contract.ts';
import { deniedByKey, rolesOf } from '../admin/roles.ts';
import { asGatewayError, GatewayError } from '../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { errorBody, retryHeaders } from '../formats/client-error.ts';
import { ConflictError, DatabaseUnavailableError, InvalidValueError } from '../stores/contracts/directory.ts';
import type { Identity } from '../tenancy/identity.ts';
import { managingIdentity } from '../tenancy/make-identity.ts';
import { HttpClient } from './http-client.ts';

const MAX_BODY_BYTES = 1_048_576;
/** Deeper than any real request; deeper ones would exhaust the stack of whoever walks them. */
const MAX_DEPTH = 32;

interface ManagementServing {
  readonly routes: readonly ManagementRoute[];
  /** Undefined while there is no database: every route then answers 503. */
  readonly context: () => ManagementContext | undefined;
  /** Whose key it is. Throws where there is none, or one that is unknown, blocked or expired. */
  readonly identify: (headers: Readonly<Record<string, string | string[] | undefined>>) => Identity | Promise<Identity>;
  /** Told of failures that nobody foresaw; the client is told nothing of them. */
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
          // Nobody else catches what is thrown while an error is answered, and one odd request must not end the process for all.
          answer(route, url, request, reply, serving).catch((thrown: unknown) => {
            serving.onFault(`the error of ${route.method} ${url} could not be sent`, thrown);
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
  const client = new HttpClient(request.raw, reply.raw);
  const send = (status: number, body: Uint8Array, further: readonly string[] = []): void =>
    client.sendWhole(status, ['content-type', 'application/json', 'cache-control', 'no-store', ...further], body);
  try {
    await authorised(route, url, request, serving);
    const sent = await readObject(client);
    // A body may take a minute to come, and what the key may do may have ended meanwhile.
    const { caller, roles } = await authorised(route, url, request, serving);
    const context = serving.context();
    if (context === undefined) throw new GatewayError('overloaded', 'There is no database for the management API yet.');
    const { status = 200, body } = await route.answer({
      context,
      caller,
      roles,
      params: request.params as Readonly<Record<string, string>>,
      query: new URLSearchParams(request.url.split('?').slice(1).join('?')),
      body: sent,
      headers: request.headers,
    });
    send(status, Buffer.from(JSON.stringify(body)));
  } catch (error) {
    const known = knownError(error);
    if (known.code === 'internal') serving.onFault(`${route.method} ${url} failed`, error);
    send(known.status, errorBody(known), retryHeaders(known));
  }
}

/** Who asks and in which roles. Throws where they may not. */
async function authorised(
  route: ManagementRoute,
  url: string,
  request: FastifyRequest,
  serving: ManagementServing,
): Promise<{ readonly caller: Identity; readonly roles: ReadonlySet<Role> }> {
  const caller = managingIdentity(await serving.identify(request.headers));
  const roles = rolesOf(caller);
  const path = request.url.split('?', 1)[0] ?? '';
  const denied = deniedByKey(caller, route, url, path);
  if (denied !== undefined) throw notAllowed(denied);
  if (!route.roles.some((role) => roles.has(role))) throw notAllowed(`Its role does not reach ${route.method} ${url}.`);
  return { caller, roles };
}

function knownError(error: unknown): GatewayError {
  if (error instanceof ConflictError) {
    return new GatewayError('object_exists', `Another object has this \`${error.field}\` already.`, {
      param: error.field,
    });
  }
  if (error instanceof DatabaseUnavailableError) {
    return new GatewayError('store_unavailable', 'The database cannot be reached. Try again soon.', {
      retryAfterMs: 1_000,
      cause: error,
    });
  }
  if (error instanceof InvalidValueError) {
    return new GatewayError(
      'invalid_field',
      `\`${error.field}\` cannot be stored: it is too long, or holds what is no text.`,
      {
        param: error.field,
      },
    );
  }
  return asGatewayError(error);
}

function notAllowed(why: string): GatewayError {
  return new GatewayError('route_denied', `user not allowed to access this route. ${why}`);
}

/** The body as a JSON object; `{}` where there is none. */
async function readObject(client: HttpClient): Promise<JsonObject> {
  const bytes = await client.readBody(MAX_BODY_BYTES);
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

/** Refuses what one of the databases could not keep as it was sent: NUL, halves of characters, bottomless nesting. */
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
    throw new GatewayError('invalid_field', 'A text holds a NUL or half a character, which cannot be stored.');
  }
}
