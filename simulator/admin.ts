import type { IncomingMessage, ServerResponse } from 'node:http';
import { defined } from '../src/core/defined.ts';
import type { JsonValue } from '../src/core/json.ts';
import { JsonReader, type ReadingRules } from '../src/core/json-reader.ts';
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
    const body = JSON.parse(rawBody.toString()) as JsonValue;
    const rules = Array.isArray(body) ? body : [body];
    for (const rule of rules) simulator.script(readRule(rule));
    answer(response, 200, { ok: true, rules: rules.length });
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof UnknownFault || error instanceof WrongRule)) throw error;
    answer(response, 400, { error: error.message });
  }
}

const FORMATS = ['openai', 'responses', 'anthropic', 'gemini'] as const;

/** What is wrong with a rule; the answer is a 400 with these words. */
class WrongRule extends Error {}

const RULES: ReadingRules = { refuse: (path, problem) => new WrongRule(`'${path}' ${problem}.`) };

function readRule(value: JsonValue): ScriptRule {
  const rule = new JsonReader(value, '', RULES);
  const match = rule.object('match');
  const replay = rule.object('replay');
  const reply = rule.object('reply');
  const read = defined({
    match: match && readMatch(match),
    fault: rule.string('fault'),
    replay: replay && readReplay(replay),
    reply: reply && readReply(reply),
    times: rule.number('times'),
  });
  for (const part of [rule, match, replay, reply]) if (part !== undefined) refuseUnread(part);
  return read;
}

function readMatch(match: JsonReader): ScriptMatch {
  return defined({
    model: match.string('model'),
    path: match.string('path'),
    deployment: match.string('deployment'),
    operation: match.string('operation'),
    isStream: match.boolean('isStream'),
    nth: match.number('nth'),
  });
}

function readReplay(replay: JsonReader): NonNullable<ScriptRule['replay']> {
  const format = replay.oneOf('format', FORMATS);
  if (format === undefined) throw replay.wrongChoice('format', FORMATS);
  const chunks = replay.array('chunks');
  return {
    format,
    headers: readHeaders(replay),
    ...defined({
      status: replay.number('status'),
      json: replay.raw('json'),
      chunks: chunks?.map((chunk) => (typeof chunk === 'string' ? chunk : JSON.stringify(chunk))),
      cutEvery: replay.number('cutEvery'),
    }),
  };
}

function readReply(reply: JsonReader): NonNullable<ScriptRule['reply']> {
  return {
    status: reply.number('status') ?? 200,
    headers: readHeaders(reply),
    ...defined({ json: reply.raw('json'), text: reply.string('text') }),
  };
}

function readHeaders(holder: JsonReader): Record<string, string> {
  const headers = Object.entries(holder.object('headers')?.value ?? {});
  return Object.fromEntries(headers.map(([name, text]) => [name, String(text)]));
}

/** A misspelt member must not look as if it had an effect. */
function refuseUnread(part: JsonReader): void {
  const [unknown] = part.unread();
  if (unknown !== undefined) throw part.refusal(unknown, 'is not a member of a rule');
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) });
  response.end(text);
}

const isLoopback = (address: string): boolean => /^(::ffff:)?127\./.test(address) || address === '::1';
