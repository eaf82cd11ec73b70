/** Which requests are the same, and in which forms their answer is given again. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { type CachedGateway, chat, startCached } from './cached-gateway.ts';

let cached: CachedGateway;
afterEach(() => cached.gateway.close());

async function raw(body: string, path = '/v1/chat/completions'): Promise<boolean> {
  const response = await fetch(`${cached.gateway.url}${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer key-of-a', 'content-type': 'application/json' },
    body,
  });
  await response.text();
  return response.headers.get('x-litellm-cache-hit') === 'True';
}

const openai = (): OpenAI => new OpenAI({ apiKey: 'key-of-a', baseURL: `${cached.gateway.url}/v1`, maxRetries: 0 });
const anthropic = (): Anthropic =>
  new Anthropic({ authToken: 'key-of-a', apiKey: null, baseURL: cached.gateway.url, maxRetries: 0 });

describe('requests that are the same', { timeout: 60_000 }, () => {
  it('differ in whatever may change the answer, however deep it stands', async () => {
    cached = await startCached();
    const image = (more: object) => ({ type: 'image_url', image_url: { url: 'https://example.com/a.png', ...more } });
    const bodies = [
      chat('a'),
      chat('a '),
      chat('á'),
      chat('a\u0301'),
      chat('a', { messages: [{ role: 'user', content: 'a', own: 1 }] }),
      chat('a', { messages: [{ role: 'user', content: [{ type: 'text', text: 'a', own: 1 }] }] }),
      chat('a', { messages: [{ role: 'user', name: 'x', content: 'a' }] }),
      chat('a', { messages: [{ role: 'system', content: 'a' }] }),
      chat('a', { messages: [{ role: 'user', content: [image({})] }] }),
      chat('a', { messages: [{ role: 'user', content: [image({ detail: 'low' })] }] }),
      chat('a', { temperature: 0 }),
      chat('a', { temperature: 1 }),
      chat('a', { max_tokens: 100 }),
      chat('a', { logit_bias: { 1: 1 } }),
      chat('a', { response_format: { type: 'json_object' } }),
      chat('a', { unknown_member: 1 }),
      chat('a', { unknown_member: '1' }),
    ];
    for (const [index, body] of bodies.entries())
      assert.equal((await cached.ask(body as never)).isHit, false, `${index}`);
    for (const [index, body] of bodies.entries()) {
      const { status, isHit } = await cached.ask(body as never);
      assert.equal(isHit, status === 200, `${index} again`);
    }
  });

  it('are not those that two readers understand differently', async () => {
    cached = await startCached();
    const twice = (first: string, second: string) =>
      `{"model":"gpt-4o","messages":[{"role":"user","content":"${first}","content":"${second}"}]}`;
    assert.equal(await raw(twice('harmless', 'Tell me of rivers.')), false);
    assert.equal((await cached.ask(chat())).isHit, false, 'a repeated name is not the last of them');
    assert.equal(await raw(twice('harmless', 'Tell me of rivers.')), true, 'the same bytes are the same');
    assert.equal(await raw(twice('other', 'Tell me of rivers.')), false);
    const proto = (text: string) =>
      `{"model":"gpt-4o","messages":[{"role":"user","content":"x"}],"__proto__":{"temperature":${text}}}`;
    assert.equal(await raw(proto('0')), false);
    assert.equal(await raw(proto('1')), false);
    assert.equal((await cached.ask(chat('x'))).isHit, false, 'a member named __proto__ is a member');
    const seed = (digits: string) => `{"model":"gpt-4o","seed":${digits},"messages":[{"role":"user","content":"s"}]}`;
    assert.equal(await raw(seed('9007199254740992')), false);
    assert.equal(await raw(seed('9007199254740993')), false, 'two numbers that a double cannot tell apart');
    assert.equal(await raw(seed('5')), false);
    assert.equal(await raw(seed('5.0')), true);
    assert.equal(await raw(seed('0.5e1')), true);
  });

  it('may be large: then order and white space count within members only', async () => {
    cached = await startCached();
    const content = 'word '.repeat(70_000);
    assert.equal((await cached.ask(chat(content, { temperature: 0 }))).isHit, false);
    const body = JSON.stringify({ temperature: 0, ...chat(content), user: 'x' }, null, 1);
    assert.equal(body.length > 262_144, true);
    assert.equal((await cached.ask({ user: 'x', temperature: 0, ...chat(content) })).isHit, true);
    assert.equal((await cached.ask(chat(content, { temperature: 1 }))).isHit, false);
  });
});

describe('a cached answer', { timeout: 60_000 }, () => {
  it('is a stream or whole as the client asks, with the usage if it asks for it', async () => {
    cached = await startCached();
    const streamed = await cached.ask(chat('one', { stream: true }));
    const whole = await cached.ask(chat('one'));
    assert.equal(whole.isHit, true);
    const { choices, usage } = JSON.parse(whole.text);
    assert.ok(streamed.text.includes(choices[0].message.content.slice(0, 3)));
    assert.ok(usage.total_tokens > 0);
    assert.equal(streamed.text.includes('"usage":{'), false);
    const counted = await cached.ask(chat('one', { stream: true, stream_options: { include_usage: true } }));
    assert.equal(counted.isHit, true);
    assert.match(counted.text, /"usage":\{[^}]*"total_tokens":[1-9]/);
    await cached.ask(chat('two', { stream: true, stream_options: { include_usage: true } }));
    const uncounted = await cached.ask(chat('two', { stream: true }));
    assert.deepEqual([uncounted.isHit, uncounted.text.includes('"usage":{')], [true, false]);
  });

  it('goes from a stream of one format to a stream of another', async () => {
    cached = await startCached();
    const messages = [{ role: 'user' as const, content: 'Tell me of lakes.' }];
    const model = 'claude-sonnet-4-5';
    const stream = anthropic().messages.stream({ model, max_tokens: 300, messages });
    const first = await stream.finalMessage();
    const text = first.content.flatMap((block) => (block.type === 'text' ? block.text : [])).join('');
    let second = '';
    let tokens = 0;
    const chunks = await openai().chat.completions.create({
      ...{ model, max_tokens: 300, messages, stream: true, stream_options: { include_usage: true } },
    } as const);
    for await (const chunk of chunks) {
      second += chunk.choices[0]?.delta.content ?? '';
      tokens = chunk.usage?.completion_tokens ?? tokens;
    }
    assert.deepEqual([second, tokens, cached.calls()], [text, first.usage.output_tokens, 1]);
    const third = await openai().responses.create({
      model,
      store: false,
      max_output_tokens: 300,
      input: 'Tell me of lakes.',
    });
    assert.deepEqual([third.output_text, cached.calls()], [text, 1]);
    const gemini = {
      contents: [{ role: 'user', parts: [{ text: 'Tell me of lakes.' }] }],
      generationConfig: { maxOutputTokens: 300 },
    };
    const fourth = await cached.ask(gemini, { path: `/v1beta/models/${model}:generateContent` });
    assert.deepEqual([fourth.status, fourth.isHit, cached.calls()], [200, true, 1]);
    assert.equal(JSON.parse(fourth.text).candidates[0].content.parts[0].text, text);
  });

  it('is a miss in a format that cannot say all of it', async () => {
    cached = await startCached();
    const body = chat('Tell me of hills.', { logprobs: true, max_tokens: 300 });
    await cached.ask(body);
    assert.equal((await cached.ask(body)).isHit, true);
    const messages = { model: 'gpt-4o', max_tokens: 300, messages: [{ role: 'user', content: 'Tell me of hills.' }] };
    assert.equal((await cached.ask(messages, { path: '/v1/messages' })).isHit, false);
  });

  it('is kept of legacy completions, and never of responses that are stored', async () => {
    cached = await startCached();
    const completion = { model: 'gpt-3.5-turbo-instruct', prompt: 'Rivers are', max_tokens: 50 };
    await cached.ask(completion, { path: '/v1/completions' });
    assert.equal((await cached.ask(completion, { path: '/v1/completions' })).isHit, true);
    const response = { model: 'gpt-4o', input: 'Tell me of seas.' };
    const first = await cached.ask(response, { path: '/v1/responses' });
    const second = await cached.ask(response, { path: '/v1/responses' });
    assert.equal(second.isHit, false);
    const { id } = JSON.parse(first.text);
    const next = { model: 'gpt-4o', input: 'And of lakes.', store: false, previous_response_id: id };
    await cached.ask(next, { path: '/v1/responses' });
    assert.equal((await cached.ask(next, { path: '/v1/responses' })).isHit, false);
  });
});
