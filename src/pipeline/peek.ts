import { isUtf8 } from 'node:buffer';
import { GatewayError } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { type EnvelopeFault, memberNamed, parseMember, type ReadableEnvelope, readEnvelope } from '../wire/envelope.ts';

/** Reads the model, the stream flag and a few more members from the bytes of the body, without parsing the rest. */
export function peek(exchange: Exchange): void {
  exchange.envelope = readBody(exchange);
  const { body, envelope } = exchange;

  const model = exchange.pathModel ?? readModel(body, envelope, exchange.endpoint.name);
  exchange.model = model;

  const stream = memberNamed(envelope, 'stream');
  if (stream !== undefined && stream.kind !== 'null') {
    if (stream.kind !== 'boolean') throw invalid('stream', '`stream` must be true or false.');
    exchange.stream = parseMember(body, stream) === true;
  }
  if (exchange.stream) {
    const options = memberNamed(envelope, 'stream_options');
    if (options?.kind === 'object') {
      const value = parseMember(body, options);
      exchange.streamUsage = isJsonObject(value) && value.include_usage === true;
    }
  }
  const user = memberNamed(envelope, 'user');
  if (user?.kind === 'string' && user.valueEnd - user.valueStart < 512) {
    exchange.endUser = parseMember(body, user) as string;
  }
}

function readBody(exchange: Exchange): ReadableEnvelope {
  const { body } = exchange;
  if (body.length === 0)
    throw new GatewayError('invalid_json', 'Invalid JSON payload: the body is empty. Send a JSON object.');
  const envelope = readEnvelope(body);
  if (envelope.ok) return envelope;
  if (envelope.reason === 'duplicate-member' || envelope.reason === 'escaped-name') {
    return rewrite(exchange, envelope.reason);
  }
  throw new GatewayError(
    'invalid_json',
    `Invalid JSON payload: ${describe(envelope.reason)} (byte ${envelope.offset} of ${body.length}).`,
  );
}

/**
 * A name that stands twice or is written with escapes means different things to different readers. What we and the provider
 * read must be the same, so the body is written anew as JSON.parse understands it (the last of two wins, as in LiteLLM).
 */
function rewrite(exchange: Exchange, reason: EnvelopeFault): ReadableEnvelope {
  exchange.body = writtenAnew(exchange.body);
  exchange.bodyNote = reason;
  const envelope = readEnvelope(exchange.body);
  if (envelope.ok) return envelope;
  throw new GatewayError('invalid_json', `Invalid JSON payload: ${describe(envelope.reason)}.`);
}

/** The scan stops at an escaped name, so what stands behind it may be no JSON, not UTF-8, or nested beyond any stack. */
function writtenAnew(body: Buffer): Buffer {
  try {
    if (!isUtf8(body)) throw new TypeError('not UTF-8');
    return Buffer.from(JSON.stringify(JSON.parse(body.toString('utf8'))));
  } catch (error) {
    throw new GatewayError('invalid_json', `Invalid JSON payload: ${describe('malformed')}.`, { cause: error });
  }
}

function describe(reason: EnvelopeFault): string {
  switch (reason) {
    case 'not-an-object':
      return 'the body must be a JSON object';
    case 'malformed':
      return 'the body is not valid JSON';
    case 'not-utf8':
      return 'the body is not valid UTF-8';
    case 'too-deep':
      return 'arrays and objects are nested more than 64 deep';
    case 'too-many-members':
      return 'the object has more than 256 members';
    case 'duplicate-member':
      return 'a member stands twice';
    case 'escaped-name':
      return 'a member name is escaped';
  }
}

function readModel(body: Buffer, envelope: ReadableEnvelope, endpoint: string): string {
  const member = memberNamed(envelope, 'model');
  if (member === undefined || member.kind === 'null') throw unknownModel(endpoint, 'None');
  if (member.kind !== 'string') throw invalid('model', '`model` must be a string: the name of a model group.');
  return parseMember(body, member) as string;
}

/** The error for a name that no model group answers to. */
export function unknownModel(endpoint: string, model: string): GatewayError {
  return new GatewayError(
    'unknown_model',
    `${endpoint}: Invalid model name passed in model=${model.slice(0, 256)}. Call \`/v1/models\` to view available models for your key.`,
    { param: 'model' },
  );
}

function invalid(param: string, message: string): GatewayError {
  return new GatewayError('invalid_request', message, { param });
}
