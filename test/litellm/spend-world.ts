/** Two teams of an organisation, each with a user and a key, that have asked two priced models and a broken one. */
import assert from 'node:assert/strict';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { type LiteLlmClient, startProxy, until } from './proxy.ts';

const CONFIG = `
model_list:
  - model_name: small
    litellm_params: { model: openai/gpt-4o-mini, api_base: os.environ/SIMULATOR_URL, api_key: os.environ/PROVIDER_KEY }
    model_info: { input_cost_per_token: 0.001, output_cost_per_token: 0 }
  - model_name: large
    litellm_params: { model: openai/gpt-4o, api_base: os.environ/SIMULATOR_URL, api_key: os.environ/PROVIDER_KEY }
    model_info: { input_cost_per_token: 0.1, output_cost_per_token: 0 }
  - model_name: broken
    litellm_params: { model: openai/gpt-4.1, api_base: 'http://127.0.0.1:9', api_key: none, max_retries: 0 }
router_settings: { num_retries: 0, disable_cooldowns: true }
general_settings: { allow_client_tags: true }
`;

const DAY_MS = 86_400_000;
/** A day (UTC), so many days from now. */
export const day = (offset: number): string => new Date(Date.now() + offset * DAY_MS).toISOString().slice(0, 10);
export const TODAY: string = day(0);
export const SPAN: string = `start_date=${day(-1)}&end_date=${day(1)}`;

interface Side {
  readonly team: string;
  readonly key: string;
  readonly hash: string;
  /** What its calls cost, as their answers say. */
  readonly cost: number;
}

/** The gateway, and ways to read what was spent. */
export interface SpendWorld {
  readonly proxy: LiteLlmClient;
  readonly red: Side;
  readonly blue: Side;
  ok(path: string, key?: string): Promise<JsonObject>;
  list(path: string, key?: string): Promise<JsonObject[]>;
  status(path: string, key?: string): Promise<number>;
  /** Rows of `/spend/logs/v2`. */
  rows(query: string, key?: string): Promise<JsonObject[]>;
}

/** Amounts of USD go through binary fractions. */
export function near(actual: unknown, expected: number): void {
  assert.ok(Math.abs(Number(actual) - expected) < 1e-9, `${String(actual)}, not ${expected}`);
}

/** What is at a path in a value. */
export function member(value: JsonValue | undefined, ...path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((at, name) => (at as JsonObject | undefined)?.[name], value);
}

/** A list of objects; throws if it is anything else. */
export function objects(value: JsonValue | undefined): JsonObject[] {
  assert.ok(Array.isArray(value), JSON.stringify(value));
  return value as JsonObject[];
}

/** Starts it, and waits until all rows are there. */
export async function startSpendWorld(): Promise<SpendWorld> {
  const proxy = await startProxy({ config: CONFIG });
  const ok: SpendWorld['ok'] = (path, key) => proxy.ok('GET', path, undefined, key);
  const list: SpendWorld['list'] = async (path, key) => objects((await ok(path, key)) as JsonValue);
  const rows: SpendWorld['rows'] = async (query, key) =>
    objects((await ok(`/spend/logs/v2?${SPAN}&page_size=100&${query}`, key)).data);
  await proxy.ok('POST', '/organization/new', { organization_id: 'org', organization_alias: 'Org' });
  const [red, blue] = [await makeSide(proxy, 'red'), await makeSide(proxy, 'blue')];
  const ask = async (key: string, model: string, further: JsonObject = {}): Promise<number> =>
    Number((await proxy.chat(key, model, further)).headers.get('x-litellm-response-cost') ?? 0);
  const ofRed =
    (await ask(red.key, 'small', { user: 'customer one', metadata: { tags: ['alpha'] } })) +
    (await ask(red.key, 'small', { user: 'customer two' })) +
    (await ask(red.key, 'large', { user: 'customer one' }));
  const ofBlue =
    (await ask(blue.key, 'small', { user: 'customer one', metadata: { tags: ['alpha', 'beta'] } })) +
    (await ask(blue.key, 'broken'));
  await until(
    () => rows(''),
    (found) => found.length === 5,
  );
  return {
    proxy,
    red: { ...red, cost: ofRed },
    blue: { ...blue, cost: ofBlue },
    ok,
    list,
    rows,
    status: async (path, key) => (await proxy.ask('GET', path, undefined, key)).status,
  };
}

async function makeSide(proxy: LiteLlmClient, name: string): Promise<Omit<Side, 'cost'>> {
  const user_id = `user of ${name}`;
  const email = `${name}@example.com`;
  await proxy.ok('POST', '/user/new', { user_id, user_email: email, user_alias: name, auto_create_key: false });
  const members_with_roles = [{ user_id, role: 'user' }];
  const team = { team_alias: `team ${name}`, organization_id: 'org', members_with_roles };
  const team_id = String((await proxy.ok('POST', '/team/new', team)).team_id);
  const made = await proxy.ok('POST', '/key/generate', { team_id, user_id, key_alias: `key of ${name}` });
  return { team: team_id, key: String(made.key), hash: String(made.token) };
}
