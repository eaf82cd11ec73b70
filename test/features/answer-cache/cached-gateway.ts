/** A gateway whose answers are cached, for tests that go through the front door. */
import type { Simulator } from '../../../simulator/contract.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Feature } from '../../../src/features/feature.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

/** Keys of two users, and of a team. */
const KEYS = [
  { api_key: 'key-of-a', user_id: 'a' },
  { api_key: 'second-key-of-a', user_id: 'a' },
  { api_key: 'key-of-b', user_id: 'b' },
];
const MODELS = [
  'openai/gpt-4o',
  'anthropic/claude-sonnet-4-5',
  'gemini/gemini-2.5-pro',
  'openai/text-embedding-3-small',
  'openai/gpt-3.5-turbo-instruct',
];

/** What the tests change of the configuration. */
export interface CachedSetup {
  readonly cache?: JsonObject;
  readonly litellm?: JsonObject;
  readonly keys?: readonly JsonObject[];
  /** Deployments in the place of the usual ones. */
  readonly models?: readonly JsonObject[];
  readonly router?: JsonObject;
  readonly further?: JsonObject;
  readonly features?: readonly Feature[];
  readonly env?: Readonly<Record<string, string>>;
  readonly dataFolder?: string;
  /** A simulator that several gateways share. */
  readonly simulator?: Simulator;
}

/** A deployment at the simulator. */
export const deployment = (group: string, model: string, params: JsonObject = {}): JsonObject => ({
  model_name: group,
  litellm_params: { model, api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY', ...params },
});

/** The text of the configuration. */
export function cachedConfig({ cache, litellm, keys = KEYS, models, router, further }: CachedSetup = {}): string {
  const usual = MODELS.map((model) => deployment(model.split('/')[1] ?? '', model));
  return JSON.stringify({
    model_list: models ?? [...usual, deployment('sim/*', 'openai/*')],
    router_settings: { num_retries: 0, disable_cooldowns: true, ...router },
    litellm_settings: { cache: true, cache_params: { type: 'local', ttl: 600, ...cache }, ...litellm },
    general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
    user_api_key_list: keys,
    ...further,
  });
}

/** An answer as a test looks at it. */
export interface Asked {
  readonly status: number;
  readonly text: string;
  readonly isHit: boolean;
  readonly headers: Headers;
}

/** The gateway with shorthand for what these tests ask. */
export interface CachedGateway {
  readonly gateway: TestGateway;
  /** How many calls the providers got. */
  readonly calls: () => number;
  readonly ask: (body: JsonObject, how?: How) => Promise<Asked>;
}

interface How {
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
}

/** Starts it. */
export async function startCached(setup: CachedSetup = {}): Promise<CachedGateway> {
  const { features, env, dataFolder, simulator } = setup;
  const gateway = await startTestGateway({
    config: cachedConfig(setup),
    ...(features !== undefined && { features }),
    ...(env !== undefined && { env }),
    ...(dataFolder !== undefined && { dataFolder }),
    ...(simulator !== undefined && { sharedSimulator: simulator }),
  });
  return { gateway, calls: () => gateway.simulator.requests.length, ask: asking(gateway) };
}

/** Asks a gateway. */
export function asking(gateway: TestGateway): CachedGateway['ask'] {
  return async (body, { key = 'key-of-a', headers = {}, path = '/v1/chat/completions' } = {}) => {
    const response = await gateway.post(path, body, { authorization: `Bearer ${key}`, ...headers });
    const text = await response.text();
    const isHit = response.headers.get('x-litellm-cache-hit') === 'True';
    return { status: response.status, text, isHit, headers: response.headers };
  };
}

/** A chat of one message. */
export const chat = (content = 'Tell me of rivers.', more: JsonObject = {}): JsonObject => ({
  model: 'gpt-4o',
  messages: [{ role: 'user', content }],
  ...more,
});
