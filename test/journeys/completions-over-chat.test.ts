/** Legacy completions over models that chat: echoed prompts, and several prompts in one request. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import OpenAI from 'openai';
import type { JsonObject } from '../../src/core/json.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const MODELS = {
  gpt: 'openai/gpt-4o',
  claude: 'anthropic/claude-sonnet-4-5',
  gemini: 'gemini/gemini-2.5-flash',
  pro: 'openai/gpt-5-pro',
  instruct: 'openai/gpt-3.5-turbo-instruct',
};

let gateway: TestGateway;
let openai: OpenAI;
before(async () => {
  const at = { api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' };
  gateway = await startTestGateway({
    config: JSON.stringify({
      model_list: [
        ...Object.entries(MODELS).map(([group, model]) => ({ model_name: group, litellm_params: { model, ...at } })),
        {
          model_name: 'west',
          litellm_params: { model: 'openai/gpt-4o', api_key: 'k', api_base: `\${SIMULATOR_URL}/west/v1` },
        },
      ],
      router_settings: { num_retries: 0, fallbacks: [{ west: ['claude'] }] },
      general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
    }),
  });
  openai = new OpenAI({ apiKey: gateway.masterKey, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
});
after(() => gateway.close());

const ask = (body: JsonObject): Promise<Response> => gateway.post('/v1/completions', { max_tokens: 50, ...body });
const PROMPTS = Array.from({ length: 9 }, (_, index) => `Say: word ${index}`);
const WORDS = PROMPTS.map((_, index) => `word ${index}`);

describe('echo', () => {
  for (const model of ['gpt', 'claude', 'gemini', 'pro']) {
    it(`writes the prompt before each answer of ${model}, whole and streamed`, async () => {
      const whole = await ask({ model, prompt: 'Say: once "upon"', echo: true });
      assert.equal(whole.headers.get('x-sluice-dropped'), null);
      const { choices } = (await whole.json()) as { choices: { text: string }[] };
      assert.equal(choices[0]?.text, 'Say: once "upon"once "upon"');
      let text = '';
      const stream = await openai.completions.create({ model, prompt: ['Say: twice'], echo: true, stream: true });
      for await (const chunk of stream) text += chunk.choices[0]?.text ?? '';
      assert.equal(text, 'Say: twicetwice');
    });
  }

  it('is refused together with log-probabilities, which a chat does not tell of its prompt', async () => {
    const answer = await ask({ model: 'gpt', prompt: 'Say: x', echo: true, logprobs: 1 });
    assert.equal(answer.status, 400);
    const { error } = (await answer.json()) as { error: { message: string; param: string } };
    assert.match(error.message, /'echo'.*log-probabilities/);
    assert.equal(error.param, 'echo');
  });

  it('is left to a model that completes', async () => {
    const answer = await ask({ model: 'instruct', prompt: 'Say: x', echo: true, logprobs: 1 });
    assert.equal(answer.status, 200);
    assert.deepEqual(
      [gateway.simulator.requests.at(-1)?.body].map((body) => (body as JsonObject).echo),
      [true],
    );
  });
});

it('refuses a suffix, which a chat cannot write towards', async () => {
  const answer = await ask({ model: 'claude', prompt: 'Say: x', suffix: ' end.' });
  assert.equal(answer.status, 400);
  assert.match(await answer.text(), /'suffix'/);
});

describe('several prompts', () => {
  for (const model of ['gpt', 'claude', 'gemini']) {
    it(`are each answered by ${model}, in their order, with the usage of all`, async () => {
      const answer = await openai.completions.create({ model, prompt: PROMPTS, max_tokens: 50 });
      assert.deepEqual(
        answer.choices.map(({ text, index, finish_reason }) => [text, index, finish_reason]),
        WORDS.map((word, index) => [word, index, 'stop']),
      );
      const one = await openai.completions.create({ model, prompt: PROMPTS[0] as string, max_tokens: 50 });
      assert.equal(answer.model, model);
      assert.equal(answer.usage?.completion_tokens, 9 * (one.usage?.completion_tokens ?? 0));
      assert.equal(answer.usage?.prompt_tokens, 9 * (one.usage?.prompt_tokens ?? 0));
    });
  }

  it('are answered in a stream if the client asked for one', async () => {
    const stream = await openai.completions.create({
      model: 'claude',
      prompt: PROMPTS,
      echo: true,
      stream: true,
      stream_options: { include_usage: true },
    });
    const texts: string[] = [];
    const ends: (string | null)[] = [];
    let total = 0;
    for await (const chunk of stream) {
      for (const { index, text, finish_reason } of chunk.choices) {
        texts[index] = (texts[index] ?? '') + text;
        ends[index] = finish_reason;
      }
      total = chunk.usage?.total_tokens ?? total;
    }
    assert.deepEqual(
      texts,
      WORDS.map((word) => `Say: ${word}${word}`),
    );
    assert.ok(ends.every((end) => end === 'stop') && total > 0);
  });

  it('have as many choices each as were asked for', async () => {
    const answer = await openai.completions.create({ model: 'gpt', prompt: ['Say: a', 'Say: b'], n: 2 });
    assert.deepEqual(
      answer.choices.map(({ index, text }) => [index, text]),
      [
        [0, 'a'],
        [1, 'a'],
        [2, 'b'],
        [3, 'b'],
      ],
    );
  });

  it('are asked for in one call where the model completes', async () => {
    const before = gateway.simulator.requests.length;
    const answer = await openai.completions.create({ model: 'instruct', prompt: PROMPTS, max_tokens: 50 });
    assert.equal(answer.choices.length, 9);
    assert.equal(gateway.simulator.requests.length - before, 1);
  });

  it('go to a fallback together, and every call that was answered is booked', async () => {
    gateway.simulator.script({ match: { deployment: 'west' }, fault: '500', times: 1 });
    const answer = await ask({ model: 'west', prompt: PROMPTS });
    assert.equal(answer.status, 200);
    const body = (await answer.json()) as { model: string; choices: { text: string }[] };
    assert.deepEqual(
      body.choices.map(({ text }) => text),
      WORDS,
    );
    assert.equal(body.model, 'claude');
    const line = await gateway.requestLine(answer.headers.get('x-litellm-call-id') ?? '');
    const asked = gateway.simulator.requests.length;
    assert.ok(Number(line.attempts) > 9, `${line.attempts} of ${asked}`);
  });

  const refused: readonly (readonly [string, unknown, RegExp])[] = [
    ['more than a model is asked for at once', Array.from({ length: 129 }, () => 'x'), /129 prompts.*at most 128/],
    ['numbers of tokens', [1, 2, 3], /token numbers.*needs text/],
    ['lists of numbers of tokens', [[1], [2]], /token numbers.*needs text/],
    ['a prompt that is no text', ['a', { b: 1 }], /'prompt\[1\]' must be a string/],
  ];
  for (const [what, prompt, message] of refused) {
    it(`are refused if they are ${what}`, async () => {
      const answer = await ask({ model: 'claude', prompt: prompt as never });
      assert.equal(answer.status, 400);
      assert.match(await answer.text(), message);
    });
  }
});
