/** What a provider cannot take is dropped and said, or refused and named: as the operator set it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const models = {
  claude: 'anthropic/claude-sonnet-4-5',
  gemini: 'gemini/gemini-2.5-pro',
  deepseek: 'deepseek/deepseek-chat',
  reasoner: 'openai/o3',
  gpt: 'openai/gpt-4o',
};
/** A parameter that each cannot take: its name, a value, and how the provider is called. */
const UNSUPPORTED = [
  ['claude', 'frequency_penalty', 0.5, 'anthropic'],
  ['claude', 'logit_bias', { '50256': -100 }, 'anthropic'],
  ['claude', 'n', 2, 'anthropic'],
  ['claude', 'temperature', 1.6, 'anthropic'],
  ['gemini', 'logit_bias', { '50256': -100 }, 'gemini'],
  ['reasoner', 'temperature', 0.2, 'openai'],
] as const;
const body = (model: string, name: string, value: unknown) => ({
  model,
  messages: [{ role: 'user', content: 'say: hello' }],
  [name]: value,
});

let strict: TestGateway;
let lenient: TestGateway;
before(async () => {
  strict = await startTestGateway({ models });
  lenient = await startTestGateway({ models, dropParams: true });
});
after(async () => {
  await strict.close();
  await lenient.close();
});

describe('with drop_params off', { timeout: 20_000 }, () => {
  for (const [model, name, value, provider] of UNSUPPORTED) {
    it(`${name} for ${model} gets 400 naming the parameter, the provider and the setting`, async () => {
      const calls = strict.simulator.requests.length;
      const refused = await strict.post('/v1/chat/completions', body(model, name, value));
      assert.equal(refused.status, 400);
      const { error } = (await refused.json()) as { error: { message: string; param: string; type: string } };
      assert.equal(error.param, name);
      assert.match(error.message, new RegExp(`'${name}'`));
      assert.match(error.message, new RegExp(provider));
      assert.match(error.message, /drop_params: true/);
      assert.equal(strict.simulator.requests.length, calls);
    });
  }

  it('everything that GPT takes goes through', async () => {
    const answered = await strict.post('/v1/chat/completions', {
      ...body('gpt', 'frequency_penalty', 0.5),
      presence_penalty: 0.1,
      logit_bias: { '50256': -100 },
      n: 2,
      seed: 4,
    });
    assert.equal(answered.status, 200);
  });
});

describe('with drop_params unset', { timeout: 20_000 }, () => {
  it('the agents that send every model the same get an answer, others a 400', async () => {
    const config = JSON.stringify({
      model_list: [
        {
          model_name: 'reasoner',
          litellm_params: {
            model: 'openai/o3',
            api_base: 'os.environ/SIMULATOR_URL',
            api_key: 'os.environ/PROVIDER_KEY',
          },
        },
      ],
      general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
    });
    const unset = await startTestGateway({ config });
    const ask = (gateway: TestGateway, agent: string) =>
      gateway.post('/v1/chat/completions', body('reasoner', 'temperature', 0.2), {
        authorization: `Bearer ${gateway.masterKey}`,
        'user-agent': agent,
      });
    const agents = [
      'claude-cli/2.1.252 (external, cli)',
      'codex_cli_rs/0.171.0 (Linux)',
      'codex_exec/0.171.0',
      'Codex/1',
    ];
    for (const agent of agents) {
      const answered = await ask(unset, agent);
      assert.equal(answered.status, 200, agent);
      assert.equal(answered.headers.get('x-sluice-dropped'), 'temperature');
      // What the operator says counts for them too.
      assert.equal((await ask(strict, agent)).status, 400, agent);
    }
    for (const agent of ['OpenAI/JS 6.1', 'my-codex-app/1', ''])
      assert.equal((await ask(unset, agent)).status, 400, agent);
    await unset.close();
  });
});

describe('with drop_params on', { timeout: 20_000 }, () => {
  for (const [model, name, value] of UNSUPPORTED) {
    it(`${name} for ${model} is dropped, and the answer and the log say so`, async () => {
      const answered = await lenient.post('/v1/chat/completions', body(model, name, value));
      assert.equal(answered.status, 200);
      assert.equal(answered.headers.get('x-sluice-dropped'), name);
      const line = await lenient.requestLine(answered.headers.get('x-litellm-call-id') ?? '');
      assert.equal(line.dropped, 1);
    });
  }

  it('what an anthropic client asks of GPT beyond it is dropped as well', async () => {
    const answered = await lenient.post('/v1/messages', {
      model: 'gpt',
      max_tokens: 20,
      top_k: 4,
      messages: [{ role: 'user', content: 'say: hello' }],
    });
    assert.equal(answered.status, 200);
    assert.equal(answered.headers.get('x-sluice-dropped'), 'top_k');
  });
});
