/** What the tests of money share: a gateway with tenants over a simulator whose bills are known. */
import assert from 'node:assert/strict';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { ONE_ATTEMPT } from '../support/default-config.ts';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts';

const SIMULATED = { api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' };

/** 3 and 15 USD per million tokens. */
export const PRICES = { input_cost_per_token: 0.000003, output_cost_per_token: 0.000015 };

/** A deployment of a simulated model that writes exactly so many tokens, at known prices. */
export function priced(group: string, tokens: number, more: JsonObject = {}, info: JsonObject = {}): JsonObject {
  return {
    model_name: group,
    litellm_params: { model: `openai/sim-tokens-${tokens}`, ...SIMULATED, ...PRICES, ...more },
    model_info: { max_output_tokens: 16_384, ...info },
  };
}

/** The text of a configuration. */
export function moneyConfig(more: JsonObject): string {
  const { router_settings: router = {}, general_settings: general = {}, ...others } = more;
  return JSON.stringify({
    model_list: [priced('m', 100)],
    litellm_settings: { drop_params: true },
    router_settings: { ...ONE_ATTEMPT, ...(isJsonObject(router) ? router : {}) },
    general_settings: { master_key: 'os.environ/TEST_MASTER_KEY', ...(isJsonObject(general) ? general : {}) },
    ...others,
  });
}

/** A gateway with this configuration. */
export function startMoneyGateway(more: JsonObject, options: TestGatewayOptions = {}): Promise<TestGateway> {
  return startTestGateway({ config: moneyConfig(more), ...options });
}

/** An answer as a client sees it. */
export interface Seen {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: JsonObject;
}

/** Asks a model under a key. */
export async function ask(
  gateway: Pick<TestGateway, 'post'>,
  key: string,
  more: JsonObject = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Seen> {
  const response = await gateway.post(
    '/v1/chat/completions',
    { model: 'm', messages: [{ role: 'user', content: 'Tell me of rivers.' }], ...more },
    { authorization: `Bearer ${key}`, ...headers },
  );
  const text = await response.text();
  let json: JsonValue = null;
  try {
    json = JSON.parse(text) as JsonValue;
  } catch {
    // A stream is no JSON.
  }
  return { status: response.status, headers: response.headers, text, json: isJsonObject(json) ? json : {} };
}

/** The message of an error answer. */
export function messageOf({ json }: Seen): string {
  const { error } = json;
  assert.ok(isJsonObject(error), `an error was expected: ${JSON.stringify(json)}`);
  return String(error.message);
}

/** A management call under the master key; fails unless it succeeds. */
export async function manage(gateway: TestGateway, path: string, body?: JsonObject): Promise<JsonObject> {
  const response = body === undefined ? await gateway.get(path) : await gateway.post(path, body);
  const json = (await response.json()) as JsonObject;
  assert.ok(response.ok, `${path}: ${response.status} ${JSON.stringify(json)}`);
  return json;
}

/** The ledger's rows of one request, oldest attempt first; waits until they are written. */
export async function rowsOf(gateway: TestGateway, callId: string, count = 1): Promise<JsonObject[]> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const response = await gateway.get(`/spend/logs?request_id=${callId}`);
    const rows = (await response.json()) as JsonValue;
    if (Array.isArray(rows) && rows.length >= count) {
      return (rows as JsonObject[]).toSorted((one, other) => attemptOf(one) - attemptOf(other));
    }
    if (Date.now() > deadline) throw new Error(`no rows for ${callId}: ${JSON.stringify(rows)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

function attemptOf(row: JsonObject): number {
  return isJsonObject(row.sluice) ? Number(row.sluice.attempt) : 0;
}

/** The call id of an answer. */
export function callIdOf({ headers }: Seen): string {
  return headers.get('x-litellm-call-id') ?? '';
}

/** Waits until something holds, five seconds at most. */
export async function eventually(holds: () => Promise<boolean> | boolean, what: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > deadline) assert.fail(`not within five seconds: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
