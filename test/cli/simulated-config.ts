import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { startSimulator } from '../../simulator/start.ts';

/** The master key that the written configurations name. */
export const MASTER_KEY = 'sk-the-master-key-of-this-test';

/** Starts a simulator for one test. */
export async function simulatorFor(context: TestContext): Promise<string> {
  const simulator = await startSimulator();
  context.after(() => simulator.close());
  return simulator.url;
}

/** Writes a configuration with these groups, each a model of the simulator, and returns its path. */
export function writeConfig(folder: string, simulatorUrl: string, groups: Readonly<Record<string, string>>): string {
  const path = join(folder, 'config.yaml');
  const modelList = Object.entries(groups).map(([group, model]) => ({
    model_name: group,
    litellm_params: { model: `openai/${model}`, api_base: simulatorUrl, api_key: 'os.environ/SIMULATOR_KEY' },
  }));
  const config = { model_list: modelList, general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' } };
  writeFileSync(path, JSON.stringify(config, null, 2));
  return path;
}

/** The environment those configurations need. */
export const CONFIG_ENV = { TEST_MASTER_KEY: MASTER_KEY, SIMULATOR_KEY: 'any' };

/** Sends one chat completion. */
export function ask(url: string, model: string, stream = false): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'Tell me of rivers.' }] }),
  });
}
