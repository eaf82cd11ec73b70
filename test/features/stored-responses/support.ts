/** What the tests of stored responses share. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import OpenAI from 'openai';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from '../../support/gateway.ts';

/** OpenAI's own package, for a key. */
export function clientOf({ url, masterKey }: TestGateway, apiKey = masterKey): OpenAI {
  return new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 0 });
}

/** A gateway that ends with the test. */
export async function start(t: TestContext, options: TestGatewayOptions = {}): Promise<TestGateway> {
  const gateway = await startTestGateway(options);
  t.after(() => gateway.close());
  return gateway;
}

/** A folder that ends with the test. */
export function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'sluice-responses-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Whether an error is of this status and code, and its words match. */
export function refusal(status: number, code: string, words: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof OpenAI.APIError, String(error));
    assert.deepEqual([error.status, error.code], [status, code], error.message);
    assert.match(error.message, words);
    return true;
  };
}

/** What the provider was sent last, as text. */
export const lastSent = ({ simulator }: TestGateway): string => JSON.stringify(simulator.requests.at(-1)?.body);

/** Asks the management API. */
export async function make(gateway: TestGateway, path: string, body: object): Promise<Record<string, string>> {
  const answer = await gateway.post(path, body);
  assert.equal(answer.status, 200);
  return (await answer.json()) as Record<string, string>;
}

/** Everything that a folder holds. */
export function bytesOf(path: string): string {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}

/** A configuration with two groups, and these general settings. */
export function configWith(settings: object): string {
  return JSON.stringify({
    model_list: ['gpt-4o', 'claude-sonnet-4-5'].map((model) => ({
      model_name: model.startsWith('gpt') ? 'gpt-4o' : 'claude',
      litellm_params: {
        model: model.startsWith('gpt') ? `openai/${model}` : `anthropic/${model}`,
        api_base: 'os.environ/SIMULATOR_URL',
        api_key: 'os.environ/PROVIDER_KEY',
      },
    })),
    general_settings: { master_key: 'os.environ/TEST_MASTER_KEY', ...settings },
  });
}
