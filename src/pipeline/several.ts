/**
 * Several answers to one request (`"model": "a,b"`, as LiteLLM's batch completion): a request for each name, at the same time, every
 * one checked, claimed, booked and logged for itself. The client gets the list of the answers in the order of the names.
 */
import { GatewayError } from '../core/errors.ts';
import { newCallId } from '../core/ids.ts';
import { isJsonObject, type JsonValue } from '../core/json.ts';
import { formatUsd, type PicoUsd } from '../core/money.ts';
import type { Client } from '../exchange/client.ts';
import { Exchange } from '../exchange/exchange.ts';
import { requestIdHeader } from '../formats/client-error.ts';
import { HeldClient } from './guarding/held-client.ts';
import { checkModel } from './plan.ts';

/** Each is a whole request to a provider. */
const MOST_ANSWERS = 8;
const MOST_NAME_CHARACTERS = 2_048;

/** The names of a request for several answers; undefined for every other. A name that is configured with a comma in it is one name. */
export function severalNames({ model, endpoint, pathModel, snapshot }: Exchange): readonly string[] | undefined {
  if (model === undefined || !model.includes(',') || pathModel !== undefined) return undefined;
  if (endpoint.operation.id !== 'chat' || endpoint.format !== 'openai-chat') return undefined;
  const group = snapshot.groups.resolve(model);
  if (group !== undefined && group.pattern === undefined) return undefined;
  const names = model
    .slice(0, MOST_NAME_CHARACTERS)
    .split(',')
    .map((name) => name.trim());
  return names;
}

/** Answers one of the requests, from its headers to its books. Never rejects. */
type Handle = (exchange: Exchange) => Promise<void>;

/** Resolves when the client has the list; rejects before anything is sent if one of the names may not be asked. */
export async function answerSeveral(asked: Exchange, names: readonly string[], handle: Handle): Promise<void> {
  refuse(asked, names);
  for (const name of names) checkModel(asked, name);
  const { client } = asked;
  const parts = names.map((name) => partOf(asked, name));
  // The real client tells one listener that it is gone; each part has its own.
  client.onGone(() => {
    for (const part of parts) part.client.leave();
  });
  await Promise.all(parts.map(({ exchange }) => handle(exchange)));
  client.onGone(undefined);
  if (client.isGone)
    throw new GatewayError('client_gone', 'The client is gone: it hung up before all answers were there.');
  send(asked, parts);
}

function refuse({ stream, outline }: Exchange, names: readonly string[]): void {
  const wrong = (param: string, message: string) => new GatewayError('invalid_request', message, { param });
  if (names.length > MOST_ANSWERS)
    throw wrong('model', `\`model\` may name at most ${MOST_ANSWERS} models with commas between them.`);
  if (names.some((name) => name === ''))
    throw wrong('model', '`model` has an empty name: write one name, or several with single commas between them.');
  if (stream)
    throw wrong(
      'stream',
      'The answers of several models cannot be streamed. Leave `stream` out, or ask each model by itself.',
    );
  if (outline.value('fastest_response', 64) === true)
    throw wrong(
      'fastest_response',
      '`fastest_response` is not supported: the answers of all models are sent. Leave it out.',
    );
}

interface Part {
  readonly exchange: Exchange;
  readonly client: PartClient;
}

function partOf(asked: Exchange, name: string): Part {
  const client = new PartClient(asked.client, asked.body);
  const { route, path, endpoint, snapshot, clock, slots } = asked;
  const exchange = new Exchange({
    callId: newCallId(clock.nowMs()),
    route,
    path,
    endpoint,
    client,
    snapshot,
    clock,
    pathModel: name,
    slots,
  });
  return { exchange, client };
}

function send(asked: Exchange, parts: readonly Part[]): void {
  const answers = parts.map(({ client }) => client.answer());
  const first = answers.find(({ status }) => status < 300);
  // Nothing was answered: the client sees that by the status, as for one model.
  const failed = first === undefined ? answers[0] : undefined;
  const { callId, endpoint, client } = asked;
  const ids = ['x-litellm-call-id', callId, requestIdHeader(endpoint.format), callId];
  const calls = parts.map(({ exchange }) => exchange.callId).join(',');
  const costs = parts.flatMap(({ exchange: { cost } }) => (cost === undefined ? [] : [cost]));
  const cost = costs.length === 0 ? [] : ['x-litellm-response-cost', formatUsd(sum(costs))];
  const headers = ['content-type', 'application/json', ...ids, 'x-sluice-call-ids', calls, ...cost];
  const body = failed?.body ?? answers.map(({ body }) => body);
  client.sendWhole(failed?.status ?? 200, headers, Buffer.from(JSON.stringify(body)));
}

function sum(costs: readonly PicoUsd[]): PicoUsd {
  return costs.reduce((total, cost) => total + cost, 0n);
}

/** The client of one of the requests: has the body already, and keeps the answer. */
class PartClient extends HeldClient {
  readonly #body: Buffer;
  #gone: (() => void) | undefined;

  constructor(client: Client, body: Buffer) {
    super(client);
    this.#body = body;
  }

  override readBody(): Promise<Buffer> {
    return Promise.resolve(this.#body);
  }

  override onGone(callback: (() => void) | undefined): void {
    this.#gone = callback;
    if (callback !== undefined && this.isGone) callback();
  }

  /** The connection is shared: only this answer ends. */
  override breakOff(): void {}

  leave(): void {
    this.#gone?.();
  }

  answer(): { readonly status: number; readonly body: JsonValue } {
    const { status, body } = this.held();
    try {
      const value = JSON.parse(body.toString('utf8')) as JsonValue;
      if (isJsonObject(value)) return { status, body: value };
    } catch {
      // Handled below: an answer that broke off is a failure of its own.
    }
    return {
      status: 502,
      body: { error: { message: 'The answer broke off.', type: 'bad_gateway_error', param: null, code: '502' } },
    };
  }
}
