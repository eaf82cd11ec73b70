import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import OpenAI from 'openai';
import type { JsonObject } from '../src/core/json.ts';
import { rawChat } from '../test/support/raw-call.ts';
import type { Simulator } from './contract.ts';
import { withTables } from './fault-table.ts';
import { startSimulator } from './start.ts';

const messages = [{ role: 'user' as const, content: 'Tell me about the tides.' }];

describe('the simulator', { timeout: 30_000 }, () => {
  let simulator: Simulator;
  before(async () => {
    simulator = await startSimulator({ seed: 5 });
  });
  beforeEach(() => simulator.reset());
  after(() => simulator.close());

  const post = (path: string, body: object, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(simulator.url + path, {
      method: 'POST',
      headers: { authorization: 'Bearer k', ...headers },
      body: JSON.stringify(body),
    });
  const chat = (model: string, more: object = {}): Promise<Response> =>
    post('/v1/chat/completions', { model, messages, ...more });

  it('gives the same bytes for the same seed and requests', async () => {
    const clock = { nowMs: () => 1_790_000_000_000, monotonicMs: () => 0 };
    const run = async (seed: number): Promise<string> => {
      const own = await startSimulator({ seed, clock });
      const headers = ['authorization: Bearer k'];
      let bytes = '';
      for (const isStream of [false, true, true]) {
        const answer = await rawChat(
          own.port,
          { model: 'gpt-4o+fault-500-p30', messages, stream: isStream },
          { headers },
        );
        bytes += answer.body;
      }
      await own.close();
      return bytes;
    };
    const first = await run(1);
    assert.equal(await run(1), first);
    assert.notEqual(await run(2), first);
  });

  it('gives repeated requests new identifiers and the same words', async () => {
    const one = (await (await chat('gpt-4o')).json()) as OpenAI.ChatCompletion;
    const two = (await (await chat('gpt-4o')).json()) as OpenAI.ChatCompletion;
    assert.notEqual(one.id, two.id);
    assert.equal(one.choices[0]?.message.content, two.choices[0]?.message.content);
  });

  it('tells deployments apart by what stands before the path', async () => {
    await post('/west/v1/chat/completions', { model: 'gpt-4o', messages });
    await post(
      '/east/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21',
      { messages },
      { 'api-key': 'k' },
    );
    await post('/zai/api/paas/v4/chat/completions', { model: 'glm-4.6', messages, thinking: { type: 'enabled' } });
    await post('/chat/completions', { model: 'deepseek-chat', messages });
    assert.deepEqual(
      simulator.requests.map((request) => [request.deployment, request.model, request.status]),
      [
        ['west', 'gpt-4o', 200],
        ['east', 'gpt-4o', 200],
        ['zai', 'glm-4.6', 200],
        ['', 'deepseek-chat', 200],
      ],
    );
  });

  it('notes when a client leaves, and bills what was produced until then', async () => {
    const leaving = new AbortController();
    const answer = await fetch(`${simulator.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer k' },
      body: JSON.stringify({ model: 'gpt-4o+tokens-60+fault-stall-after-20', messages, stream: true }),
      signal: leaving.signal,
    });
    const reader = answer.body?.getReader();
    let text = '';
    while (text.split('"content":"').length < 22) text += Buffer.from((await reader?.read())?.value ?? []).toString();
    leaving.abort();
    for (let tries = 0; tries < 50 && simulator.requests[0]?.outcome === 'pending'; tries++) await wait(10);
    assert.equal(simulator.requests[0]?.outcome, 'aborted-by-client');
    assert.equal(simulator.stats().models['gpt-4o+tokens-60+fault-stall-after-20']?.completionTokens, 20);
  });

  it('adds up what it would have charged', async () => {
    const answers = [await chat('gpt-4o'), await chat('gpt-4o')];
    let completion = 0;
    for (const answer of answers)
      completion += ((await answer.json()) as OpenAI.ChatCompletion).usage?.completion_tokens ?? 0;
    await chat('gpt-4o', { max_tokens: 'many' });
    const { models, requests, refused } = simulator.stats();
    assert.deepEqual(
      [requests, refused, models['gpt-4o']?.requests, models['gpt-4o']?.completionTokens],
      [3, 1, 2, completion],
    );
  });

  it('takes its time when told to', async () => {
    const started = performance.now();
    await (await chat('gpt-4o+tokens-10+latency-60-5', { stream: true })).text();
    const tookMs = performance.now() - started;
    assert.ok(tookMs > 100 && tookMs < 2000, `${tookMs} ms`);
  });

  it('follows scripts: the first rule that matches, as often as it says', async () => {
    const handle = simulator.script({ match: { model: 'gpt-*', deployment: '' }, fault: '503', times: 1 });
    simulator.script({ match: { nth: 2 }, reply: { status: 418, json: { tea: true } } });
    const statuses = [];
    for (const model of ['claude', 'gpt-4o', 'gpt-4o', 'gpt-4o']) statuses.push((await chat(model)).status);
    assert.deepEqual([statuses, handle.applied()], [[200, 503, 418, 200], 1]);
  });

  it('takes scripts over HTTP and refuses those it does not understand', async () => {
    assert.equal((await post('/_sim/script', { match: { model: 'gpt-4o' }, fault: 's12', times: 1 })).status, 200);
    assert.equal((await chat('gpt-4o')).status, 400);
    assert.match(await (await post('/_sim/script', { faults: '500' })).text(), /'faults' is not a member of a rule/);
    assert.match(await (await post('/_sim/script', { fault: 'nope' })).text(), /knows no fault/);
    const { requests } = (await (await fetch(`${simulator.url}/_sim/requests`)).json()) as { requests: JsonObject[] };
    assert.deepEqual(
      requests.map((request) => request.faults),
      [['s12 context-length']],
    );
    assert.equal((await post('/_sim/reset', {})).status, 200);
    assert.equal(simulator.requests.length, 0);
  });

  it('replays recorded streams in their provider’s framing, cut anywhere', async () => {
    const chunks = ['{"type":"message_start"}', '{"type":"message_stop"}'];
    simulator.script({ match: { path: '/messages' }, replay: { format: 'anthropic', chunks } });
    simulator.script({ match: { path: '/chat' }, replay: { format: 'openai', chunks: ['{"é":1}'], cutEvery: 1 } });
    simulator.script({ replay: { format: 'gemini', chunks: ['{"a":1}'] } });
    const texts = [];
    for (const path of ['/v1/messages', '/v1/chat/completions'])
      texts.push(await (await post(path, { model: 'm' })).text());
    texts.push(await (await post('/v1beta/models/m:streamGenerateContent?alt=sse', {})).text());
    assert.deepEqual(texts, [
      'event: message_start\ndata: {"type":"message_start"}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n',
      'data: {"é":1}\n\ndata: [DONE]\n\n',
      'data: {"a":1}\r\n\r\n',
    ]);
  });

  it('answers the benchmark’s models from prepared bytes, in three formats', async () => {
    const openai = await (await chat('bench-7', { stream: true })).text();
    assert.equal(openai.split('"content":"').length - 1, 8);
    const anthropic = (await (await post('/v1/messages', { model: 'bench-7', messages })).json()) as JsonObject;
    assert.deepEqual((anthropic.usage as JsonObject).output_tokens, 7);
    const gemini = await (await post('/v1beta/models/bench-7:generateContent', {})).json();
    assert.equal((gemini as { usageMetadata: JsonObject }).usageMetadata.candidatesTokenCount, 7);
    const padded = { messages: [{ role: 'user', content: 'x'.repeat(200_000) }], model: 'bench-3', stream: true };
    assert.match(await (await post('/v1/chat/completions', padded)).text(), /DONE/);
    assert.deepEqual([simulator.stats().bench, simulator.requests.length], [4, 0]);
  });

  it('speaks the Responses API, embeddings and completions to OpenAI’s own client', async () => {
    const client = new OpenAI({ apiKey: 'k', baseURL: `${simulator.url}/v1`, maxRetries: 0 });
    const whole = await client.responses.create({
      model: 'o3',
      input: 'Tell me about the tides.',
      reasoning: { summary: 'auto' },
    });
    const stream = client.responses.stream({
      model: 'o3',
      input: 'Tell me about the tides.',
      reasoning: { summary: 'auto' },
    });
    const final = await stream.finalResponse();
    assert.equal(final.output_text, whole.output_text);
    assert.deepEqual(final.usage, whole.usage);
    const next = await client.responses.create({ model: 'o3', input: 'And then?', previous_response_id: whole.id });
    assert.ok((next.usage?.input_tokens ?? 0) > (whole.usage?.output_tokens ?? 0) / 2);
    const asFloats = await client.embeddings.create({
      model: 'text-embedding-3-small',
      input: ['a', 'b'],
      dimensions: 8,
      encoding_format: 'float',
    });
    const asBase64 = await client.embeddings.create({
      model: 'text-embedding-3-small',
      input: ['a', 'b'],
      dimensions: 8,
    });
    assert.equal(asBase64.data[1]?.embedding.length, 8);
    assert.ok(Math.abs((asBase64.data[1]?.embedding[3] ?? 0) - (asFloats.data[1]?.embedding[3] ?? 1)) < 1e-6);
    const completion = await client.completions.create({
      model: 'gpt-3.5-turbo-instruct',
      prompt: 'Once upon a time',
      max_tokens: 9,
    });
    assert.deepEqual([completion.usage?.completion_tokens, completion.choices[0]?.finish_reason], [9, 'length']);
  });

  it('keeps to JSON schemas, stop sequences, limits, logprobs and n', async () => {
    const schema = {
      type: 'object',
      properties: {
        city: { type: 'string' },
        size: { enum: ['small', 'big'] },
        count: { type: 'integer', minimum: 3, maximum: 5 },
      },
      required: ['city', 'size', 'count'],
      additionalProperties: false,
    };
    const structured = await chat('gpt-4o', {
      response_format: { type: 'json_schema', json_schema: { name: 'x', strict: true, schema } },
    });
    const value = JSON.parse(((await structured.json()) as OpenAI.ChatCompletion).choices[0]?.message.content ?? '');
    assert.ok(['small', 'big'].includes(value.size) && value.count >= 3 && value.count <= 5);
    const stopped = (await (await chat('gpt-4o', { stop: 'tides' })).json()) as OpenAI.ChatCompletion;
    assert.equal(stopped.choices[0]?.message.content, 'You asked about “Tell me about the ');
    const limited = (await (
      await chat('gpt-4o', { max_tokens: 5, n: 2, logprobs: true, top_logprobs: 2 })
    ).json()) as OpenAI.ChatCompletion;
    assert.deepEqual(
      limited.choices.map((choice) => choice.finish_reason),
      ['length', 'length'],
    );
    assert.equal(limited.usage?.completion_tokens, 10);
    assert.equal(limited.choices[1]?.logprobs?.content?.[0]?.top_logprobs.length, 2);
  });

  it('caches long prompts as OpenAI and DeepSeek do', async () => {
    const long = [{ role: 'system', content: 'Be brief and kind. '.repeat(500) }, ...messages];
    const usage = async (model: string): Promise<JsonObject> =>
      ((await (await chat(model, { messages: long })).json()) as { usage: JsonObject }).usage;
    await usage('gpt-4o');
    const again = (await usage('gpt-4o')).prompt_tokens_details as JsonObject;
    assert.ok(Number(again.cached_tokens) >= 1024 && Number(again.cached_tokens) % 128 === 0);
    await usage('deepseek-chat');
    const hit = await usage('deepseek-chat');
    assert.equal(Number(hit.prompt_cache_hit_tokens) + Number(hit.prompt_cache_miss_tokens), hit.prompt_tokens);
  });

  it('shows reasoning where the provider does', async () => {
    const message = async (model: string): Promise<JsonObject> =>
      ((await (await chat(model)).json()) as { choices: { message: JsonObject }[] }).choices[0]?.message ?? {};
    assert.match(String((await message('deepseek-reasoner')).reasoning_content), /Let me think/);
    assert.equal((await message('o3')).reasoning_content, undefined);
  });

  it('has every fault in its guide', () => {
    const guide = readFileSync(join(import.meta.dirname, '../docs/guides/simulator.md'), 'utf8');
    assert.equal(guide, withTables(guide), 'docs/guides/simulator.md is stale: run node simulator/write-guide.ts');
  });

  it('runs from the command line until a signal stops it', async () => {
    const child = spawn(process.execPath, [
      join(import.meta.dirname, 'main.ts'),
      '--port',
      '0',
      '--seed',
      '4',
      '--quiet',
    ]);
    const [line] = await new Promise<Buffer[]>((resolve) =>
      child.stdout.once('data', (chunk: Buffer) => resolve([chunk])),
    );
    const url = /http:\S+/.exec(String(line))?.[0] ?? '';
    assert.equal((await fetch(`${url}/v1/models`, { headers: { authorization: 'Bearer k' } })).status, 200);
    child.kill('SIGTERM');
    assert.equal(await new Promise((resolve) => child.once('exit', resolve)), 0);
  });

  const recordings = join(import.meta.dirname, '../../shared/recordings/anthropic');
  it('replays the recordings', {
    skip: existsSync(recordings) ? false : '../shared/recordings/anthropic is absent',
  }, async () => {
    for (const name of readdirSync(recordings).filter((file) => file.endsWith('.chunks.txt'))) {
      const chunks = readFileSync(join(recordings, name), 'utf8')
        .split('\n')
        .filter((line) => line !== '');
      simulator.script({ replay: { format: 'anthropic', chunks }, times: 1 });
      const text = await (await post('/v1/messages', { model: 'claude' })).text();
      assert.equal(text.split('\n\n').length - 1, chunks.length, basename(name));
    }
  });
});
