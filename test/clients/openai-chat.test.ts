/** The official `openai` package against every provider format: words, streams, inputs, options. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import OpenAI, { AzureOpenAI } from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { ALL_CHAT_GROUPS } from '../support/default-config.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { PDF_BASE64, PNG_URL } from '../support/samples.ts';

let gateway: TestGateway;
let client: OpenAI;
before(async () => {
  gateway = await startTestGateway();
  client = new OpenAI({ apiKey: gateway.masterKey, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
});
after(() => gateway.close());

const ask = (text: string): OpenAI.ChatCompletionMessageParam[] => [{ role: 'user', content: text }];
const lastSeen = () => gateway.simulator.requests.at(-1);
const textOf = (completion: OpenAI.ChatCompletion): string => completion.choices[0]?.message.content ?? '';

/** DeepSeek and GLM have JSON without a schema only (see their folders in src/providers). */
const TAKES_A_SCHEMA = new Set<string>(['gpt-4o', 'claude-sonnet', 'gemini-2.5-pro', 'azure-gpt', 'local-llama']);
const Person = z.object({ name: z.string(), age: z.number(), tags: z.array(z.string()) });

for (const model of ALL_CHAT_GROUPS) {
  describe(`the openai client asks ${model}`, { timeout: 20_000 }, () => {
    it('gets an answer with usage that adds up', async () => {
      const answer = await client.chat.completions.create({ model, messages: ask('Tell me about tides.') });
      assert.match(textOf(answer), /tides/);
      assert.equal(answer.object, 'chat.completion');
      assert.equal(answer.choices[0]?.finish_reason, 'stop');
      const { prompt_tokens: input = 0, completion_tokens: output = 0, total_tokens: total } = answer.usage ?? {};
      assert.ok(input > 0 && output > 0);
      assert.equal(total, input + output);
    });

    it('streams the same words, with usage when it asks for it', async () => {
      const body = { model, messages: ask('Tell me about tides.') };
      const whole = await client.chat.completions.create(body);
      let text = '';
      const usages: OpenAI.CompletionUsage[] = [];
      const finishes: string[] = [];
      for await (const chunk of await client.chat.completions.create({
        ...body,
        stream: true,
        stream_options: { include_usage: true },
      })) {
        text += chunk.choices[0]?.delta.content ?? '';
        if (chunk.usage) usages.push(chunk.usage);
        const reason = chunk.choices[0]?.finish_reason;
        if (reason) finishes.push(reason);
      }
      assert.equal(text, textOf(whole));
      assert.deepEqual(finishes, ['stop']);
      assert.equal(usages.length, 1);
      assert.deepEqual(usages[0], whole.usage);
    });

    it('gets no frame without choices when it asks for no usage', async () => {
      const chunks: OpenAI.ChatCompletionChunk[] = [];
      for await (const chunk of await client.chat.completions.create({
        model,
        messages: ask('say: one two three'),
        stream: true,
      }))
        chunks.push(chunk);
      // Azure begins with a frame of its own, about its filters.
      const bare = chunks.filter((chunk) => chunk.choices.length === 0 && !('prompt_filter_results' in chunk));
      assert.deepEqual(bare, []);
      assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''), 'one two three');
      assert.equal(chunks.find((chunk) => chunk.choices.length > 0)?.choices[0]?.delta.role, 'assistant');
      assert.equal(new Set(chunks.flatMap(({ id }) => (id === '' ? [] : [id]))).size, 1);
    });

    it('puts a stream together with its own helper', async () => {
      const stream = client.chat.completions.stream({ model, messages: ask('say: tides come and go') });
      let seen = '';
      stream.on('content', (delta) => {
        seen += delta;
      });
      const final = await stream.finalChatCompletion();
      assert.equal(textOf(final), 'tides come and go');
      assert.equal(seen, 'tides come and go');
      assert.equal(await stream.finalContent(), 'tides come and go');
    });

    it('is understood with system and developer messages, several turns, and names', async () => {
      const answer = await client.chat.completions.create({
        model,
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'developer', content: [{ type: 'text', text: 'Answer in English.' }] },
          { role: 'user', content: 'Hello', name: 'ada' },
          { role: 'assistant', content: 'Hello. What do you want to know?' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'say: ' },
              { type: 'text', text: 'all understood' },
            ],
          },
        ],
      });
      assert.match(textOf(answer), /all understood/);
    });

    it('is stopped by its stop sequence and by its limit', async () => {
      const stopped = await client.chat.completions.create({
        model,
        messages: ask('say: alpha beta gamma delta'),
        stop: ['gamma'],
      });
      assert.equal(textOf(stopped).trim(), 'alpha beta');
      assert.equal(stopped.choices[0]?.finish_reason, 'stop');
      for (const limit of [{ max_tokens: 7 }, { max_completion_tokens: 7 }]) {
        const cut = await client.chat.completions.create({ model, messages: ask('Tell me about tides.'), ...limit });
        assert.equal(cut.choices[0]?.finish_reason, 'length');
        assert.equal(cut.usage?.completion_tokens, 7);
      }
    });

    it('shows it a picture by its bytes and by its address', async () => {
      const seen = await client.chat.completions.create({
        model,
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'say: two pictures' },
              { type: 'image_url', image_url: { url: PNG_URL, detail: 'low' } },
              { type: 'image_url', image_url: { url: 'https://example.com/cat.png' } },
            ],
          },
        ],
      });
      assert.match(textOf(seen), /two pictures/);
      const sent = lastSeen()?.rawBody.toString() ?? '';
      assert.ok(sent.includes(PNG_URL.slice('data:image/png;base64,'.length)));
      assert.ok(sent.includes('https://example.com/cat.png'));
    });

    it('hands it a document', async () => {
      const answer = await client.chat.completions.create({
        model,
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'say: one document' },
              {
                type: 'file',
                file: { filename: 'page.pdf', file_data: `data:application/pdf;base64,${PDF_BASE64}` },
              },
            ],
          },
        ],
      });
      assert.match(textOf(answer), /one document/);
      assert.ok(lastSeen()?.rawBody.toString().includes(PDF_BASE64));
    });

    if (TAKES_A_SCHEMA.has(model)) {
      it('gets an object of its schema, parsed, whole and streamed', async () => {
        const body = {
          model,
          messages: ask('Describe Ada Lovelace as JSON.'),
          response_format: zodResponseFormat(Person, 'person'),
        };
        const parsed = await client.chat.completions.parse(body);
        const person = parsed.choices[0]?.message.parsed;
        assert.equal(typeof person?.name, 'string');
        assert.equal(typeof person?.age, 'number');
        assert.ok(Array.isArray(person?.tags));
        assert.equal(parsed.choices[0]?.finish_reason, 'stop');
        const streamed = await client.chat.completions.stream(body).finalChatCompletion();
        assert.deepEqual(streamed.choices[0]?.message.parsed, person);
      });
    } else {
      it('gets an object of its schema, parsed, although this provider takes no schema', async () => {
        const { data, response } = await client.chat.completions
          .parse({
            model,
            messages: ask('Describe Ada Lovelace as JSON.'),
            response_format: zodResponseFormat(Person, 'person'),
          })
          .withResponse();
        assert.equal(typeof data.choices[0]?.message.parsed?.age, 'number');
        assert.equal(response.headers.get('x-sluice-dropped'), 'response_format');
      });
    }

    it('gets any object when it wants one, whole and streamed', async () => {
      const body = {
        model,
        messages: ask('Answer in JSON: is it raining?'),
        response_format: { type: 'json_object' as const },
      };
      const { data, response } = await client.chat.completions.create(body).withResponse();
      assert.equal(response.headers.get('x-sluice-dropped'), null);
      assert.notDeepEqual(JSON.parse(textOf(data)), {});
      assert.equal(data.choices[0]?.finish_reason, 'stop');
      assert.equal(data.choices[0]?.message.tool_calls, undefined);
      const streamed = await client.chat.completions.stream(body).finalChatCompletion();
      assert.deepEqual(JSON.parse(textOf(streamed)), JSON.parse(textOf(data)));
      assert.equal(streamed.choices[0]?.finish_reason, 'stop');
      assert.equal(streamed.choices[0]?.message.tool_calls, undefined);
    });

    it('can set what every provider has, and names its user', async () => {
      const answer = await client.chat.completions.create({
        model,
        messages: ask('say: warm'),
        temperature: 0.3,
        user: 'user-123',
      });
      assert.equal(textOf(answer), 'warm');
    });

    it('leaves in the middle of a stream without an error of its own', async () => {
      const stream = await client.chat.completions.create({
        model,
        messages: ask('Tell me about tides.'),
        stream: true,
      });
      for await (const chunk of stream) {
        if (chunk.choices[0]?.delta.content) break;
      }
      assert.ok(stream.controller.signal.aborted);
    });
  });
}

describe('the openai client and what only OpenAI-like providers have', { timeout: 20_000 }, () => {
  it('gets several choices, log-probabilities and a fingerprint', async () => {
    const answer = await client.chat.completions.create({
      model: 'gpt-4o',
      messages: ask('say: probable'),
      n: 3,
      logprobs: true,
      top_logprobs: 2,
      seed: 7,
    });
    assert.deepEqual(
      answer.choices.map(({ index }) => index),
      [0, 1, 2],
    );
    assert.equal(answer.choices[0]?.logprobs?.content?.[0]?.top_logprobs.length, 2);
    assert.equal(typeof answer.system_fingerprint, 'string');
  });

  it('gets several choices in a stream, each with its own end', async () => {
    const stream = client.chat.completions.stream({ model: 'gpt-4o', messages: ask('Tell me about tides.'), n: 2 });
    const final = await stream.finalChatCompletion();
    assert.deepEqual(
      final.choices.map((choice) => choice.finish_reason),
      ['stop', 'stop'],
    );
  });

  it('gets several choices and log-probabilities of Gemini', async () => {
    const answer = await client.chat.completions.create({
      model: 'gemini-2.5-pro',
      messages: ask('say: probable'),
      n: 2,
      logprobs: true,
      top_logprobs: 2,
      seed: 7,
    });
    assert.equal(answer.choices.length, 2);
    const sent = lastSeen()?.body as { generationConfig?: Record<string, unknown> } | undefined;
    assert.equal(sent?.generationConfig?.candidateCount, 2);
    assert.equal(sent?.generationConfig?.seed, 7);
    assert.equal(sent?.generationConfig?.responseLogprobs, true);
  });

  it('sees a refusal as a refusal', async () => {
    const whole = await client.chat.completions.create({ model: 'openai/gpt-4o+refuse', messages: ask('Do harm.') });
    assert.match(whole.choices[0]?.message.refusal ?? '', /can't help/);
    assert.equal(whole.choices[0]?.message.content, null);
    const final = await client.chat.completions
      .stream({ model: 'openai/gpt-4o+refuse', messages: ask('Do harm.') })
      .finalChatCompletion();
    assert.match(final.choices[0]?.message.refusal ?? '', /can't help/);
  });

  it('sees a filter as a filter, whichever provider filters', async () => {
    for (const model of [
      'openai/gpt-4o+filter',
      'gemini/gemini-2.5-pro+filter',
      'anthropic/claude-sonnet-4-5+refuse',
    ]) {
      const whole = await client.chat.completions.create({ model, messages: ask('Do harm.') });
      assert.equal(whole.choices[0]?.finish_reason, 'content_filter', model);
      const finishes: (string | null | undefined)[] = [];
      for await (const chunk of await client.chat.completions.create({
        model,
        messages: ask('Do harm.'),
        stream: true,
      }))
        if (chunk.choices[0]?.finish_reason) finishes.push(chunk.choices[0].finish_reason);
      assert.deepEqual(finishes, ['content_filter'], model);
    }
  });
});

describe('the AzureOpenAI client', { timeout: 20_000 }, () => {
  it('finds its deployment by the path, and embeddings too', async () => {
    const azure = new AzureOpenAI({
      apiKey: gateway.masterKey,
      endpoint: gateway.url,
      apiVersion: '2024-10-21',
      maxRetries: 0,
    });
    for (const model of ['azure-gpt', 'claude-sonnet', 'glm-4.6']) {
      const answer = await azure.chat.completions.create({ model, messages: ask('say: from Azure') });
      assert.equal(textOf(answer), 'from Azure');
      const stream = azure.chat.completions.stream({ model, messages: ask('say: from Azure') });
      assert.equal(await stream.finalContent(), 'from Azure');
    }
    const embedded = await azure.embeddings.create({ model: 'text-embedding-3-small', input: 'sea' });
    assert.equal(embedded.data[0]?.embedding.length, 1536);
  });
});
