import { GatewayError } from '../core/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { formatParts } from '../formats/index.ts';
import type { RequestOutline } from '../formats/outline.ts';
import { type EnvelopeFault, MAX_PARTS, type ReadableEnvelope, readEnvelope } from '../wire/envelope.ts';
import type { Parts } from './parts.ts';

/**
 * Reads the model and the stream flag, and sets up the outline that the later stages ask about the body. Returns a promise only if
 * the body has to be written again and is large.
 */
export function peek(exchange: Exchange, parts: Pick<Parts, 'heavy'>): Promise<void> | undefined {
  const envelope = readBody(exchange, parts);
  if (envelope instanceof Promise) return envelope.then((read) => look(exchange, read));
  look(exchange, envelope);
  return undefined;
}

function look(exchange: Exchange, envelope: ReadableEnvelope): void {
  exchange.envelope = envelope;
  const { endpoint, pathModel } = exchange;
  const outline = formatParts(endpoint.format).outline(exchange.body, envelope);
  exchange.outline = outline;
  exchange.model = pathModel ?? readModel(outline, endpoint.name);
  const stream = endpoint.stream ?? outline.stream;
  if (stream === null) throw invalid('stream', '`stream` must be true or false.');
  if (stream === true) {
    exchange.stream = true;
    exchange.streamUsage = outline.streamUsage || exchange.snapshot.config.server.alwaysIncludeStreamUsage;
  }
}

function readBody(exchange: Exchange, parts: Pick<Parts, 'heavy'>): ReadableEnvelope | Promise<ReadableEnvelope> {
  const { body } = exchange;
  if (body.length === 0)
    throw new GatewayError('invalid_json', 'Invalid JSON payload: the body is empty. Send a JSON object.');
  const envelope = readEnvelope(body);
  if (envelope.ok) return envelope;
  if (envelope.reason === 'duplicate-member' || envelope.reason === 'escaped-name') {
    return rewrite(exchange, envelope.reason, parts);
  }
  throw new GatewayError(
    'invalid_json',
    `Invalid JSON payload: ${describe(envelope.reason)} (byte ${envelope.offset} of ${body.length}).`,
  );
}

/**
 * A name that is repeated or written with escapes means different things to different readers. The gateway and the provider must
 * read the same, so the body is rewritten as JSON.parse understands it (the last of two wins, as in LiteLLM).
 */
function rewrite(
  exchange: Exchange,
  reason: EnvelopeFault,
  { heavy }: Pick<Parts, 'heavy'>,
): ReadableEnvelope | Promise<ReadableEnvelope> {
  exchange.bodyNote = reason;
  const { body, mostParsedBytes } = exchange;
  if (body.length > mostParsedBytes)
    return heavy.normalize(exchange).then((written) => readRewritten(exchange, written));
  // The envelope has checked the whole text, its nesting included.
  return readRewritten(exchange, Buffer.from(JSON.stringify(JSON.parse(body.toString('utf8')))));
}

function readRewritten(exchange: Exchange, body: Buffer): ReadableEnvelope {
  exchange.body = body;
  const envelope = readEnvelope(exchange.body);
  if (envelope.ok) return envelope;
  throw new GatewayError('invalid_json', `Invalid JSON payload: ${describe(envelope.reason)}.`);
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
    case 'too-many-parts':
      return `there are more than ${MAX_PARTS} objects, arrays, strings and names in it`;
    case 'duplicate-member':
      return 'a member is repeated';
    case 'escaped-name':
      return 'a member name is escaped';
  }
}

function readModel({ model }: RequestOutline, endpoint: string): string {
  if (model === undefined) throw unknownModel(endpoint, 'None');
  if (model === null) throw invalid('model', '`model` must be a string: the name of a model group.');
  return model;
}

/** The error for a name that belongs to no model group. */
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
