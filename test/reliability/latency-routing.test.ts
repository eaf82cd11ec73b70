import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestGateway } from '../support/gateway.ts';

test('latency-based routing sends streams where the first token comes sooner', async () => {
  const entry = (model: string) => ({
    model_name: 'pair',
    litellm_params: { model, api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' },
  });
  const gateway = await startTestGateway({
    config: JSON.stringify({
      model_list: [entry('openai/slow+latency-150-0'), entry('openai/quick')],
      router_settings: { routing_strategy: 'latency-based-routing' },
      general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
    }),
  });
  try {
    for (let round = 0; round < 12; round += 1) {
      const body = { model: 'pair', stream: true, max_tokens: 4, messages: [{ role: 'user', content: 'hi' }] };
      await (await gateway.post('/v1/chat/completions', body)).text();
    }
    const models = gateway.simulator.requests.map(({ model }) => model);
    assert.ok(models.filter((model) => model === 'quick').length >= 9, models.join(' '));
  } finally {
    await gateway.close();
  }
});
