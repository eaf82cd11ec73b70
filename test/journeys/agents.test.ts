/** Deployments that clients choose by their program: `tag_regex`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestGateway } from '../support/gateway.ts';

const BASE = '$' + '{SIMULATOR_URL}/v1';

test('tag_regex chooses deployments by the User-Agent, beside tags, and refuses what cannot be one', async () => {
  const entry = (model: string, params: object) => ({
    model_name: 'chat',
    litellm_params: { model: `openai/${model}`, api_base: BASE, api_key: 'os.environ/PROVIDER_KEY', ...params },
  });
  const configured = (pattern: string, match = true) =>
    JSON.stringify({
      model_list: [
        entry('gpt-4o', { tag_regex: [pattern, '(?i)CODEX'] }),
        entry('gpt-4o-mini', { tags: ['default'] }),
        entry('gpt-4.1', { tags: ['paid'] }),
      ],
      general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
      router_settings: { enable_tag_filtering: true, tag_filtering_match_any: match },
    });
  const gateway = await startTestGateway({ config: configured('^User-Agent: claude-cli/') });
  const modelFor = async (agent: string, more: object = {}) => {
    const body = { model: 'chat', messages: [{ role: 'user', content: 'Hello' }], ...more };
    const response = await gateway.post('/v1/chat/completions', body, {
      'user-agent': agent,
      authorization: `Bearer ${gateway.masterKey}`,
    });
    assert.equal(response.status, 200, await response.text());
    return gateway.simulator.requests.at(-1)?.model;
  };
  try {
    for (const match of [true, false]) {
      gateway.reload(configured('^User-Agent: claude-cli/', match));
      for (let round = 0; round < 4; round += 1) {
        assert.equal(await modelFor('claude-cli/2.0 (external)'), 'gpt-4o');
        assert.equal(await modelFor('codex_cli_rs/0.9'), 'gpt-4o');
        assert.equal(await modelFor('curl/8 claude-cli/2.0'), 'gpt-4o-mini');
        assert.equal(await modelFor('curl/8', { tags: ['paid'] }), 'gpt-4.1');
      }
    }
    assert.throws(() => gateway.reload(configured('(')), /tag_regex has a text that is not a pattern/);
  } finally {
    await gateway.close();
  }
});
