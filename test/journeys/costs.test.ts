/** What the client sees, what the ledger says and what the provider bills are the same. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
before(async () => {
  gateway = await startTestGateway();
});
beforeEach(() => gateway.simulator.reset());
after(() => gateway.close());

/** USD per million tokens as the providers publish them (their price pages, 2026-11). */
const PRICES: Readonly<Record<string, { input: number; cached: number; output: number; write?: number }>> = {
  'gpt-4o': { input: 2.5, cached: 1.25, output: 10 },
  'gpt-5': { input: 1.25, cached: 0.125, output: 10 },
  'claude-sonnet': { input: 3, cached: 0.3, output: 15, write: 3.75 },
  'gemini-2.5-pro': { input: 1.25, cached: 0.125, output: 10 },
};
const UNLISTED = ['deepseek-chat', 'glm-4.6', 'azure-gpt', 'deepseek-reasoner', 'gemini-3-pro'];
/** Long enough for every provider's prompt cache. */
const LONG = 'The tides follow the moon and the sun. '.repeat(800);

/** Usage as a client reads it, in one spelling. */
interface Counts {
  readonly prompt: number;
  readonly cached: number;
  readonly written: number;
  readonly completion: number;
}

const number = (value: unknown): number => (typeof value === 'number' ? value : 0);

function countsOf(usage: JsonObject, isAnthropic: boolean): Counts {
  if (isAnthropic) {
    const cached = number(usage.cache_read_input_tokens);
    const written = number(usage.cache_creation_input_tokens);
    const prompt = number(usage.input_tokens) + cached + written;
    return { prompt, cached, written, completion: number(usage.output_tokens) };
  }
  const details = isJsonObject(usage.prompt_tokens_details) ? usage.prompt_tokens_details : {};
  return {
    prompt: number(usage.prompt_tokens),
    cached: number(details.cached_tokens),
    written: number(details.cache_write_tokens ?? details.cache_creation_tokens ?? usage.cache_creation_input_tokens),
    completion: number(usage.completion_tokens),
  };
}

/** The usage of an answer, whole or streamed, in either format. */
function usageIn(text: string, stream: boolean): JsonObject {
  const found: JsonObject = {};
  const objects = stream
    ? text.split('\n').flatMap((line) => (/^data: ?\{/.test(line) ? [JSON.parse(line.slice(5)) as JsonObject] : []))
    : [JSON.parse(text) as JsonObject];
  for (const object of objects) {
    const holder = isJsonObject(object.message) ? object.message : object;
    if (isJsonObject(holder.usage)) Object.assign(found, holder.usage);
  }
  return found;
}

interface Asked {
  readonly counts: Counts;
  readonly line: JsonObject;
  readonly cost: string | null;
}

async function ask(endpoint: 'chat' | 'messages', model: string, stream: boolean, mark = false): Promise<Asked> {
  const cached = mark ? [{ type: 'text', text: LONG, cache_control: { type: 'ephemeral' } }] : LONG;
  const question = { role: 'user', content: 'Tell me about tides.' };
  const body =
    endpoint === 'chat'
      ? {
          model,
          stream,
          ...(stream && { stream_options: { include_usage: true } }),
          messages: [{ role: 'system', content: cached }, question],
        }
      : { model, stream, max_tokens: 400, system: cached, messages: [question] };
  const answered = await gateway.post(endpoint === 'chat' ? '/v1/chat/completions' : '/v1/messages', body);
  const text = await answered.text();
  assert.equal(answered.status, 200, text);
  return {
    counts: countsOf(usageIn(text, stream), endpoint === 'messages'),
    line: await gateway.requestLine(answered.headers.get('x-litellm-call-id') ?? ''),
    cost: answered.headers.get('x-litellm-response-cost'),
  };
}

/** What the simulator would have billed since the last reset, under any name. */
function billed(): Counts {
  const sum = { prompt: 0, cached: 0, written: 0, completion: 0 };
  for (const model of Object.values(gateway.simulator.stats().models)) {
    sum.prompt += model.promptTokens;
    sum.cached += model.cachedTokens;
    sum.written += model.cacheWriteTokens;
    sum.completion += model.completionTokens;
  }
  return sum;
}

/** Exactly, in millionths of a millionth of a dollar. */
function expectedPico(model: string, counts: Counts): bigint {
  const price = PRICES[model];
  assert.ok(price !== undefined);
  const pico = (usdPerMillion: number): bigint => BigInt(Math.round(usdPerMillion * 1e6));
  const plain = counts.prompt - counts.cached - counts.written;
  return (
    BigInt(plain) * pico(price.input) +
    BigInt(counts.cached) * pico(price.cached) +
    BigInt(counts.written) * pico(price.write ?? 0) +
    BigInt(counts.completion) * pico(price.output)
  );
}

for (const endpoint of ['chat', 'messages'] as const) {
  for (const model of [...Object.keys(PRICES), ...UNLISTED]) {
    for (const stream of [false, true]) {
      const title = `${endpoint} with ${model}, ${stream ? 'streamed' : 'whole'}: usage is what was billed, first and from the cache`;
      it(title, { timeout: 20_000 }, async () => {
        const mark = model.startsWith('claude');
        for (const round of ['first', 'cached']) {
          const before = billed();
          const { counts, line, cost } = await ask(endpoint, model, stream, mark);
          const after = billed();
          assert.deepEqual(
            counts,
            {
              prompt: after.prompt - before.prompt,
              cached: after.cached - before.cached,
              written: after.written - before.written,
              completion: after.completion - before.completion,
            },
            round,
          );
          assert.equal(line.input_tokens, counts.prompt);
          assert.equal(line.output_tokens, counts.completion);
          assert.equal(line.cached_tokens ?? 0, counts.cached);
          if (round === 'cached') assert.ok(counts.cached > 1000);
          if (PRICES[model] === undefined) continue;
          const exact = Number(expectedPico(model, counts)) / 1e12;
          assert.ok(Math.abs(Number(line.cost_usd) - exact) < 1e-9, `${line.cost_usd} is not ${exact}`);
          // A stream's headers leave before its cost is known.
          if (stream) assert.equal(cost, null);
          else assert.equal(cost, line.cost_usd);
        }
      });
    }
  }
}

describe('usage that the client did not ask for', { timeout: 20_000 }, () => {
  it('is booked from a stream whose client did not want it', async () => {
    for (const model of ['gpt-4o', 'azure-gpt', 'deepseek-chat', 'glm-4.6', 'local-llama', 'claude-sonnet']) {
      gateway.simulator.reset();
      const answered = await gateway.post('/v1/chat/completions', {
        model,
        stream: true,
        messages: [{ role: 'user', content: 'Tell me about tides.' }],
      });
      await answered.text();
      const line = await gateway.requestLine(answered.headers.get('x-litellm-call-id') ?? '');
      assert.equal(line.output_tokens, billed().completion, model);
      assert.equal(line.input_tokens, billed().prompt, model);
      assert.equal(line.usage_estimated, undefined);
    }
  });

  it('is estimated, and said to be, where the provider tells none', async () => {
    const answered = await gateway.post('/v1/chat/completions', {
      model: 'openai/gpt-4o+fault-usage-missing',
      stream: true,
      messages: [{ role: 'user', content: 'Tell me about tides.' }],
    });
    await answered.text();
    const line = await gateway.requestLine(answered.headers.get('x-litellm-call-id') ?? '');
    assert.equal(line.usage_estimated, true);
    assert.ok(Number(line.output_tokens) > 10);
  });

  it('of a model without a known price is unpriced, never free', async () => {
    const answered = await gateway.post('/v1/chat/completions', {
      model: 'local-llama',
      messages: [{ role: 'user', content: 'say: hi' }],
    });
    const line = await gateway.requestLine(answered.headers.get('x-litellm-call-id') ?? '');
    assert.equal(line.unpriced, true);
    assert.equal(line.cost_usd, undefined);
    assert.equal(answered.headers.get('x-litellm-response-cost'), null);
  });

  it('of a client that leaves is still booked', async () => {
    const leaving = new AbortController();
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      signal: leaving.signal,
      headers: { authorization: `Bearer ${gateway.masterKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'openai/gpt-4o+tokens-500+latency-5-5',
        stream: true,
        messages: [{ role: 'user', content: 'Tell me about tides.' }],
      }),
    });
    const reader = response.body?.getReader();
    await reader?.read();
    const callId = response.headers.get('x-litellm-call-id') ?? '';
    leaving.abort();
    const line = await gateway.requestLine(callId);
    assert.equal(line.outcome, 'client-gone');
    assert.equal(line.usage_estimated, true);
    assert.ok(Number(line.input_tokens) > 0);
    const [seen] = gateway.simulator.requests;
    assert.equal(seen?.outcome, 'aborted-by-client');
    assert.ok((seen?.tokensSent ?? 500) < 100);
  });
});
