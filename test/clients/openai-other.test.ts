/** The official `openai` package: completions, embeddings, models, and errors as its typed exceptions. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import OpenAI from 'openai';
import { TENANT_KEY } from '../support/default-config.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
let client: OpenAI;
const clientFor = (apiKey: string): OpenAI => new OpenAI({ apiKey, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
before(async () => {
  gateway = await startTestGateway();
  client = clientFor(gateway.masterKey);
});
beforeEach(() => gateway.simulator.reset());
after(() => gateway.close());

const messages = [{ role: 'user' as const, content: 'Tell me about tides.' }];

describe('the openai client completes text', { timeout: 20_000 }, () => {
  for (const model of ['instruct', 'claude-sonnet', 'gemini-2.5-pro', 'deepseek-chat', 'glm-4.6']) {
    it(`with ${model}, whole and streamed alike`, async () => {
      const body = { model, prompt: 'Tell me about tides.', max_tokens: 30 };
      const whole = await client.completions.create(body);
      const [choice] = whole.choices;
      assert.equal(whole.object, 'text_completion');
      assert.match(choice?.text ?? '', /tides/);
      assert.equal(choice?.finish_reason, 'length');
      assert.equal(whole.usage?.completion_tokens, 30);
      let text = '';
      let usage: OpenAI.CompletionUsage | null | undefined;
      for await (const chunk of await client.completions.create({
        ...body,
        stream: true,
        stream_options: { include_usage: true },
      })) {
        text += chunk.choices[0]?.text ?? '';
        usage = chunk.usage ?? usage;
      }
      assert.equal(text, choice?.text);
      assert.equal(usage?.total_tokens, whole.usage?.total_tokens);
    });
  }
});

describe('the openai client embeds texts', { timeout: 20_000 }, () => {
  for (const model of ['text-embedding-3-small', 'gemini-embedding']) {
    it(`with ${model}: base64 as the package asks, and numbers, say the same`, async () => {
      const input = ['the sea', 'the shore'];
      // Without a format the package asks for base64 and decodes it.
      const quick = await client.embeddings.create({ model, input });
      const plain = await client.embeddings.create({ model, input, encoding_format: 'float' });
      assert.equal(quick.data.length, 2);
      const [first = []] = quick.data.map(({ embedding }) => embedding);
      const [same = []] = plain.data.map(({ embedding }) => embedding);
      assert.equal(first.length, same.length);
      assert.ok(first.every((value, index) => Math.abs(value - (same[index] ?? 9)) < 1e-6));
      assert.deepEqual(
        quick.data.map(({ index }) => index),
        [0, 1],
      );
      assert.equal(quick.usage.total_tokens, quick.usage.prompt_tokens);
      // Gemini tells no count here: the client gets none, and the books an estimate that says so.
      if (model !== 'gemini-embedding') assert.ok(quick.usage.prompt_tokens > 0);
    });

    it(`with ${model} at the length it wants`, async () => {
      const short = await client.embeddings.create({ model, input: 'the sea', dimensions: 64 });
      assert.equal(short.data[0]?.embedding.length, 64);
    });
  }

  it('is booked by estimate where the provider tells no count', async () => {
    const { response } = await client.embeddings.create({ model: 'gemini-embedding', input: 'the sea' }).withResponse();
    const line = await gateway.requestLine(response.headers.get('x-litellm-call-id') ?? '');
    assert.equal(line.usage_estimated, true);
    assert.ok(Number(line.input_tokens) > 0);
  });

  it('learns that a model embeds nothing', async () => {
    await assert.rejects(client.embeddings.create({ model: 'claude-sonnet', input: 'sea' }), OpenAI.BadRequestError);
  });
});

describe('the openai client looks at the models', { timeout: 20_000 }, () => {
  it('lists groups, wildcards and shown aliases, and nothing that is hidden', async () => {
    const ids: string[] = [];
    for await (const model of client.models.list()) ids.push(model.id);
    for (const id of ['gpt-4o', 'claude-sonnet', 'openai/gpt-4.1', 'house-model']) assert.ok(ids.includes(id), id);
    assert.ok(!ids.includes('secret'));
  });

  it('retrieves one, also one with a slash in its name', async () => {
    assert.equal((await client.models.retrieve('claude-sonnet')).id, 'claude-sonnet');
    assert.equal((await client.models.retrieve('openai/gpt-4o-mini')).id, 'openai/gpt-4o-mini');
    await assert.rejects(client.models.retrieve('no-such-model'), OpenAI.NotFoundError);
  });

  it('lists only what its key may use', async () => {
    const ids: string[] = [];
    for await (const model of clientFor(TENANT_KEY).models.list()) ids.push(model.id);
    assert.ok(ids.includes('gpt-4o') && ids.includes('openai/gpt-4o'));
    assert.ok(
      ids.every((id) => id === 'gpt-4o' || id.startsWith('openai/')),
      ids.join(),
    );
  });
});

describe('the openai client gets errors as its own exceptions', { timeout: 20_000 }, () => {
  const chat = (model: string, extra: object = {}) => client.chat.completions.create({ model, messages, ...extra });

  it('AuthenticationError for a wrong key', async () => {
    await assert.rejects(
      clientFor('sk-nobody').chat.completions.create({ model: 'gpt-4o', messages }),
      (error) => error instanceof OpenAI.AuthenticationError && error.type === 'token_not_found_in_db',
    );
  });

  it('PermissionDeniedError for a model that the key may not use', async () => {
    await assert.rejects(
      clientFor(TENANT_KEY).chat.completions.create({ model: 'claude-sonnet', messages }),
      (error) => error instanceof OpenAI.PermissionDeniedError && error.type === 'key_model_access_denied',
    );
  });

  it('BadRequestError for a model that does not exist, naming it', async () => {
    await assert.rejects(
      chat('no-such-model'),
      (error) =>
        error instanceof OpenAI.BadRequestError && /no-such-model/.test(error.message) && error.param === 'model',
    );
  });

  it('BadRequestError for a wrong request, whether the gateway or the provider refuses it', async () => {
    for (const model of ['gpt-4o', 'claude-sonnet', 'gemini-2.5-pro', 'deepseek-chat']) {
      await assert.rejects(chat(model, { messages: 'hello' }), OpenAI.BadRequestError, model);
      await assert.rejects(chat(model, { temperature: 'hot' }), OpenAI.BadRequestError, model);
    }
  });

  it('NotFoundError for a path that does not exist', async () => {
    await assert.rejects(client.post('/no/such/path'), OpenAI.NotFoundError);
  });

  const FAILURES = [
    ['429', OpenAI.RateLimitError],
    ['500', OpenAI.InternalServerError],
    ['503', OpenAI.InternalServerError],
    ['529', OpenAI.InternalServerError],
  ] as const;
  const PROVIDERS = ['openai/gpt-4o', 'anthropic/claude-sonnet-4-5', 'gemini/gemini-2.5-pro', 'deepseek/deepseek-chat'];
  for (const [fault, exception] of FAILURES) {
    it(`${exception.name} where the provider answers ${fault}, whole and streamed`, async () => {
      for (const provider of PROVIDERS) {
        const model = `${provider}+fault-${fault}`;
        await assert.rejects(chat(model), exception, model);
        await assert.rejects(chat(model, { stream: true }), exception, model);
      }
    });
  }

  it('the time to come back after a limit', async () => {
    await assert.rejects(chat('openai/gpt-4o+fault-429'), (error) => {
      assert.ok(error instanceof OpenAI.RateLimitError);
      assert.ok(Number(error.headers?.get('retry-after')) > 0);
      return true;
    });
  });

  it('an exception in the middle of a stream that breaks', async () => {
    for (const provider of PROVIDERS) {
      const rule = gateway.simulator.script({ fault: 'reset-after-3' });
      const stream = await client.chat.completions.create({ model: provider, messages, stream: true });
      await assert.rejects(async () => {
        for await (const chunk of stream) assert.ok(chunk.id);
      }, OpenAI.APIError);
      rule.remove();
    }
  });

  it('AuthenticationError if the provider refuses the gateway, with nothing of the key', async () => {
    const broken = await startTestGateway({
      models: { gpt: 'openai/gpt-4o', claude: 'anthropic/claude-sonnet-4-5', gemini: 'gemini/gemini-2.5-pro' },
      env: { PROVIDER_KEY: 'invalid-canary-7781' },
    });
    try {
      const other = new OpenAI({ apiKey: broken.masterKey, baseURL: broken.url, maxRetries: 0 });
      for (const model of ['gpt', 'claude', 'gemini']) {
        await assert.rejects(other.chat.completions.create({ model, messages }), (error) => {
          assert.ok(error instanceof OpenAI.AuthenticationError, String(error));
          assert.doesNotMatch(JSON.stringify(error) + error.message, /canary|inva\*|7781/);
          return true;
        });
      }
    } finally {
      await broken.close();
    }
  });
});
