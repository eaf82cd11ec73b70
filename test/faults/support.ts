/** What the tests of faults share: a gateway with short time limits, two clients, and what must hold of every answer. */
import assert from 'node:assert/strict';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { ONE_ATTEMPT } from '../support/default-config.ts';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts';

/** The clients' formats. */
export type ClientKind = 'openai' | 'anthropic';

/** Time limits that let a silent provider fail fast, in seconds. */
export const SHORT_LIMITS = { timeout: 3, ttft_timeout: 1, stream_idle_timeout: 1, connect_timeout: 1 };

const SIMULATED = { api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' };

/** A configuration with a wildcard group for each provider format; `more` are further entries of the model list. */
export function faultConfig(more: readonly JsonObject[] = [], settings: JsonObject = {}): string {
  const { router_settings: router = SHORT_LIMITS, ...others } = settings;
  return JSON.stringify({
    model_list: [
      { model_name: 'oai/*', litellm_params: { model: 'openai/*', ...SIMULATED } },
      { model_name: 'ant/*', litellm_params: { model: 'anthropic/*', ...SIMULATED } },
      { model_name: 'gem/*', litellm_params: { model: 'gemini/*', ...SIMULATED } },
      ...more,
    ],
    litellm_settings: { drop_params: true },
    router_settings: { ...ONE_ATTEMPT, ...(isJsonObject(router) ? router : {}) },
    general_settings: { master_key: 'os.environ/TEST_MASTER_KEY', max_response_size_mb: 2 },
    ...others,
  });
}

/** A gateway over the simulator with short time limits. */
export function startFaultGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  return startTestGateway({ config: faultConfig(), ...options });
}

/** What a client saw of one answer. */
export interface Seen {
  readonly client: ClientKind;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The connection broke before the HTTP message was whole. */
  readonly isBroken: boolean;
  readonly callId: string;
}

/** Sends one conversation as a client of this kind, and reads whatever comes until it ends or breaks. */
export async function ask(
  gateway: TestGateway,
  client: ClientKind,
  model: string,
  stream: boolean,
  more: JsonObject = {},
): Promise<Seen> {
  const response = await gateway.post(
    client === 'openai' ? '/v1/chat/completions' : '/v1/messages',
    { model, stream, max_tokens: 200, messages: [{ role: 'user', content: 'Tell me of rivers.' }], ...more },
    client === 'openai' ? undefined : { 'x-api-key': gateway.masterKey, 'anthropic-version': '2023-06-01' },
  );
  const { text, isBroken } = await readAll(response);
  const { status, headers } = response;
  return { client, status, headers, text, isBroken, callId: headers.get('x-litellm-call-id') ?? '' };
}

/** The text of an answer as far as it came. */
export async function readAll(response: Response): Promise<{ text: string; isBroken: boolean }> {
  let text = '';
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
    return { text, isBroken: false };
  } catch {
    return { text, isBroken: true };
  }
}

/** The payloads of a stream's events that are JSON. */
export function eventsOf(text: string): JsonObject[] {
  const events: JsonObject[] = [];
  for (const block of text.split(/\r\n\r\n|\n\n|\r\r/)) {
    const data = block
      .split(/\r\n|\n|\r/)
      .filter((line) => line.startsWith('data:'))
      .map((line) => line.slice(5).trimStart())
      .join('\n');
    if (data === '' || data === '[DONE]') continue;
    try {
      events.push(JSON.parse(data) as JsonObject);
    } catch {
      // The half of an event that a broken provider left behind; what counts is what follows it.
    }
  }
  return events;
}

const isStream = ({ headers }: Seen): boolean => headers.get('content-type')?.startsWith('text/event-stream') === true;

/** The error an answer tells, in the client's own format; undefined where it tells none. */
export function errorOf(seen: Seen): { readonly message: string; readonly type: string } | undefined {
  const bodies = isStream(seen) ? eventsOf(seen.text) : [parse(seen.text)];
  for (const body of bodies) {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) continue;
    const { error } = body;
    if (typeof error !== 'object' || error === null || Array.isArray(error)) continue;
    if (seen.client === 'anthropic' && body.type !== 'error') continue;
    const { message, type } = error;
    if (typeof message === 'string' && typeof type === 'string') return { message, type };
  }
  return undefined;
}

/** Whether a client would take the answer for a whole one. */
export function looksWhole(seen: Seen): boolean {
  if (seen.status !== 200 || seen.isBroken) return false;
  const reasons = /"(?:finish_reason|stop_reason)":\s*"(?:stop|length|tool_calls|end_turn|max_tokens|tool_use)"/;
  if (isStream(seen)) {
    const mark = seen.client === 'openai' ? /^data: ?\[DONE\]/m : /"type":\s*"message_stop"/;
    // A reason to stop that was relayed before the break is taken back by the error that follows it.
    return mark.test(seen.text) || (reasons.test(seen.text) && errorOf(seen) === undefined);
  }
  return parse(seen.text) !== undefined && reasons.test(seen.text);
}

/** Asserts that the client got the failure in its own format and cannot take what came for an answer. */
export function assertClearFailure(seen: Seen): void {
  const told = `${seen.status} ${seen.isBroken ? 'broken ' : ''}${seen.text.slice(-400)}`;
  assert.ok(!looksWhole(seen), `looks whole: ${told}`);
  assert.ok(!seen.isBroken, `the connection broke: ${told}`);
  const error = errorOf(seen);
  assert.ok(error !== undefined, `tells no error: ${told}`);
  assert.ok(error.message.length > 4, error.message);
  if (seen.status === 200) assert.ok(isStream(seen), 'only a stream may fail under 200');
}

/** Asserts that the client has a whole, readable answer. */
export function assertWhole(seen: Seen): void {
  assert.equal(seen.status, 200, seen.text.slice(0, 400));
  assert.ok(looksWhole(seen), seen.text.slice(-400));
  assert.equal(errorOf(seen), undefined);
  if (!isStream(seen)) return;
  const mark = seen.client === 'openai' ? /data: ?\[DONE\]\s*$/ : /"message_stop"[^\n\r]*\s*$/;
  assert.match(seen.text, mark);
}

/** The line of a request, after asserting that there is exactly one. */
export async function onlyLine(gateway: TestGateway, callId: string): Promise<JsonObject> {
  await gateway.requestLine(callId);
  const lines = (await gateway.logLines()).filter((line) => line.includes(callId));
  assert.equal(lines.length, 1, lines.join('\n'));
  return JSON.parse(lines[0] ?? '') as JsonObject;
}

/** The sum of a metric over all its labels (or those that match). */
export async function metric(gateway: TestGateway, name: string, labels = /./): Promise<number> {
  const text = await (await gateway.get('/metrics')).text();
  let sum = 0;
  for (const line of text.split('\n')) {
    if (!(line.startsWith(`${name}{`) || line.startsWith(`${name} `)) || !labels.test(line)) continue;
    sum += Number(line.slice(line.lastIndexOf(' ') + 1));
  }
  return sum;
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
