/** What the tests of the provider's prompt cache share. */
import type { TestContext } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { SeenRequest } from '../../../simulator/contract.ts';
import type { JsonObject, JsonValue } from '../../../src/core/json.ts';
import { moneyConfig } from '../../money/tenants.ts';
import { DrivenClock } from '../../support/driven-clock.ts';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from '../../support/gateway.ts';

/** A text of so many of the simulator's tokens, which differs by its word. */
export const words = (count: number, word = 'river'): string => `${word} `.repeat(count).trim();

/** 3 and 15 USD per million tokens, as Claude Sonnet's. */
export const PRICES = {
  input_cost_per_token: 0.000003,
  output_cost_per_token: 0.000015,
  cache_creation_input_token_cost: 0.00000375,
  cache_creation_input_token_cost_above_1hr: 0.000006,
  cache_read_input_token_cost: 0.0000003,
};

/** A deployment at the simulator. */
export function deployment(group: string, model: string, more: JsonObject = {}): JsonObject {
  const isClaude = model.startsWith('anthropic/');
  const address = isClaude ? `\${SIMULATOR_URL}` : `\${SIMULATOR_URL}/v1`;
  return {
    model_name: group,
    litellm_params: { model, api_base: address, api_key: 'os.environ/PROVIDER_KEY', ...PRICES, ...more },
  };
}

/** A gateway whose clock a test drives. */
export interface CacheTest {
  readonly gateway: TestGateway;
  readonly clock: DrivenClock;
  readonly claude: (key?: string) => Anthropic;
  readonly openai: (key?: string) => OpenAI;
  /** The bodies of the requests that the provider got, oldest first. */
  readonly sent: () => readonly JsonObject[];
  readonly seen: () => readonly SeenRequest[];
}

/** Starts it; the simulator has the same clock. */
export async function startCacheTest(
  t: TestContext,
  models: readonly JsonObject[],
  more: JsonObject = {},
  options: TestGatewayOptions = {},
): Promise<CacheTest> {
  const clock = new DrivenClock();
  const gateway = await startTestGateway({
    config: moneyConfig({ model_list: [...models], ...more }),
    clock,
    ...options,
  });
  t.after(() => gateway.close());
  const seen = (): readonly SeenRequest[] => gateway.simulator.requests;
  return {
    gateway,
    clock,
    claude: (apiKey = gateway.masterKey) => new Anthropic({ apiKey, baseURL: gateway.url, maxRetries: 0 }),
    openai: (apiKey = gateway.masterKey) => new OpenAI({ apiKey, baseURL: `${gateway.url}/v1`, maxRetries: 0 }),
    sent: () => seen().map(({ body }) => body as JsonObject),
    seen,
  };
}

/** The places of all marks in a body, as paths, in its order. */
export function marksIn(body: JsonValue | undefined, path = ''): string[] {
  if (Array.isArray(body)) return body.flatMap((item, index) => marksIn(item, `${path}[${index}]`));
  if (typeof body !== 'object' || body === null) return [];
  return Object.entries(body).flatMap(([name, value]) =>
    name === 'cache_control' || name === 'prompt_cache_breakpoint' ? [path] : marksIn(value, `${path}.${name}`),
  );
}
