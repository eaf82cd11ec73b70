import type { IncomingMessage, ServerResponse } from 'node:http';
import { isJsonObject, type JsonObject, type JsonValue } from '../src/core/json.ts';
import type { ScriptMatch, ScriptRule, Simulator } from './contract.ts';
import { UnknownFault } from './faults/spelling.ts';
import { FAULTS, SCENARIOS } from './faults.ts';

/** The routes that control the simulator; only from the same machine. */
export const ADMIN_PREFIX = '/_sim/';

/** Answers an admin request. */
export function serveAdmin(
  simulator: Pick<Simulator, 'requests' | 'script' | 'reset' | 'stats'>,
  incoming: IncomingMessage,
  rawBody: Buffer,
  response: ServerResponse,
): void {
  if (!isLoopback(incoming.socket.remoteAddress ?? '')) {
    answer(response, 403, { error: 'admin routes are for the same machine only' });
    return;
  }
  const path = (incoming.url ?? '').split('?')[0] ?? '';
  switch (`${incoming.method} ${path}`) {
    case 'POST /_sim/script':
      lay(simulator, rawBody, response);
      return;
    case 'POST /_sim/reset':
      simulator.reset();
      answer(response, 200, { ok: true });
      return;
    case 'GET /_sim/requests':
      answer(response, 200, { requests: simulator.requests });
      return;
    case 'GET /_sim/stats':
      answer(response, 200, simulator.stats());
      return;
    case 'GET /_sim/faults': {
      const faults = FAULTS.map(({ name, argument, does, cases }) => ({
        name,
        argument: argument ?? null,
        does,
        cases,
      }));
      answer(response, 200, { faults, scenarios: SCENARIOS });
      return;
    }
    default:
      answer(response, 404, { error: `no admin route ${incoming.method} ${path}` });
  }
}

function lay(simulator: Pick<Simulator, 'script'>, rawBody: Buffer, response: ServerResponse): void {
  try {
    const body: unknown = JSON.parse(rawBody.toString());
    const rules = Array.isArray(body) ? body : [body];
    for (const rule of rules) simulator.script(readRule(rule));
    answer(response, 200, { ok: true, rules: rules.length });
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof UnknownFault || error instanceof TypeError)) throw error;
    answer(response, 400, { error: error.message });
  }
}

const RULE_MEMBERS = ['match', 'fault', 'replay', 'reply', 'times'];
const MATCH_MEMBERS = ['model', 'path', 'deployment', 'operation', 'isStream', 'nth'];
const FORMATS = ['openai', 'responses', 'anthropic', 'gemini'] as const;

function readRule(value: unknown): ScriptRule {
  const rule = checked(value, 'a rule', RULE_MEMBERS);
  const { match, fault, replay, reply, times } = rule;
  if (fault !== undefined && typeof fault !== 'string') throw new TypeError('fault: a text');
  if (times !== undefined && typeof times !== 'number') throw new TypeError('times: a number');
  return {
    ...(match === undefined ? {} : { match: readMatch(match) }),
    ...(fault === undefined ? {} : { fault }),
    ...(replay === undefined ? {} : { replay: readReplay(replay) }),
    ...(reply === undefined ? {} : { reply: readReply(reply) }),
    ...(times === undefined ? {} : { times }),
  };
}

function readMatch(value: JsonValue): ScriptMatch {
  const { model, path, deployment, operation, isStream, nth } = checked(value, 'match', MATCH_MEMBERS);
  return {
    ...(typeof model === 'string' ? { model } : {}),
    ...(typeof path === 'string' ? { path } : {}),
    ...(typeof deployment === 'string' ? { deployment } : {}),
    ...(typeof operation === 'string' ? { operation } : {}),
    ...(typeof isStream === 'boolean' ? { isStream } : {}),
    ...(typeof nth === 'number' ? { nth } : {}),
  };
}

function readReplay(value: JsonValue): NonNullable<ScriptRule['replay']> {
  const replay = checked(value, 'replay', ['format', 'status', 'headers', 'json', 'chunks', 'cutEvery']);
  const format = FORMATS.find((name) => name === replay.format);
  if (format === undefined) throw new TypeError(`replay.format: one of ${FORMATS.join(', ')}`);
  const { status, json, chunks, cutEvery } = replay;
  return {
    format,
    headers: readHeaders(replay.headers),
    ...(typeof status === 'number' ? { status } : {}),
    ...(json === undefined ? {} : { json }),
    ...(Array.isArray(chunks)
      ? { chunks: chunks.map((chunk) => (typeof chunk === 'string' ? chunk : JSON.stringify(chunk))) }
      : {}),
    ...(typeof cutEvery === 'number' ? { cutEvery } : {}),
  };
}

function readReply(value: JsonValue): NonNullable<ScriptRule['reply']> {
  const { status, headers, json, text } = checked(value, 'reply', ['status', 'headers', 'json', 'text']);
  return {
    status: typeof status === 'number' ? status : 200,
    headers: readHeaders(headers),
    ...(json === undefined ? {} : { json }),
    ...(typeof text === 'string' ? { text } : {}),
  };
}

function readHeaders(value: JsonValue | undefined): Record<string, string> {
  return isJsonObject(value)
    ? Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]))
    : {};
}

function checked(value: unknown, what: string, members: readonly string[]): JsonObject {
  if (!isJsonObject(value)) throw new TypeError(`${what}: an object`);
  const extra = Object.keys(value).find((name) => !members.includes(name));
  if (extra !== undefined) throw new TypeError(`${what} has no member “${extra}”; it may have ${members.join(', ')}`);
  return value;
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) });
  response.end(text);
}

const isLoopback = (address: string): boolean => /^(::ffff:)?127\./.test(address) || address === '::1';
