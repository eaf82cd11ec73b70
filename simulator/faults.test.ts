import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { type RawAnswer, rawChat } from '../test/support/raw-call.ts';
import type { Simulator } from './contract.ts';
import { readFaults } from './faults/spelling.ts';
import { FAULTS, SCENARIOS } from './faults.ts';
import { startSimulator } from './start.ts';

const messages = [{ role: 'user', content: 'Tell me about the tides, s’il vous plaît.' }];
const tools = [
  {
    type: 'function',
    function: { name: 'get_tide', parameters: { type: 'object', properties: { place: { type: 'string' } } } },
  },
];

/** How long nothing has to come before it counts as silence. */
const SILENCE_MS = 250;

/** How an answer is asked to be continued: by a prefill, or in words. */
const GOING_ON = [undefined, 'Continue exactly where you stopped.'];

/** The text of a chat's stream, as far as its events can be read. */
function textOf(answer: RawAnswer): string {
  let text = '';
  for (const event of answer.events) {
    const match = /"content":("(?:[^"\\]|\\.)*")/.exec(event);
    if (match?.[1] !== undefined) text += JSON.parse(match[1]);
  }
  return text;
}

const tokensOf = (answer: RawAnswer): number =>
  answer.events.filter((event) => /"delta":\{"content":"[^"]/.test(event)).length;
const isWhole = (answer: RawAnswer): boolean =>
  /"finish_reason":"stop"/.test(answer.body) && answer.body.includes('[DONE]');

describe('each fault does what the table says', { timeout: 60_000 }, () => {
  let simulator: Simulator;
  before(async () => {
    simulator = await startSimulator({ seed: 3 });
  });
  beforeEach(() => simulator.reset());
  after(() => simulator.close());

  const ask = (fault: string, more: object = {}, quietMs = 3000): Promise<RawAnswer> =>
    rawChat(simulator.port, { model: `gpt-4o+tokens-60+fault-${fault}`, messages, ...more }, { quietMs });
  const stream = (fault: string, quietMs = 3000): Promise<RawAnswer> => ask(fault, { stream: true }, quietMs);

  /** The text that follows on `one two` of four words, asked for by a prefill or with the words `goOn`. */
  async function textAfter(fault: string, goOn: string | undefined): Promise<string> {
    const begun = [
      { role: 'user', content: 'Say: one two three four' },
      { role: 'assistant', content: 'one two' },
    ];
    const asked = goOn === undefined ? begun : [...begun, { role: 'user', content: goOn }];
    return JSON.parse((await ask(fault, { messages: asked })).body).choices[0].message.content;
  }

  /** By the fault's name: what is seen of it. A fault without an entry fails the test below. */
  const checks: Record<string, () => Promise<void>> = {
    async 'reset-before-headers'() {
      assert.deepEqual(await endingOf(ask('reset-before-headers')), ['reset', 0]);
    },
    async 'reset-after-headers'() {
      const answer = await stream('reset-after-headers');
      assert.deepEqual([answer.ending, answer.status, answer.body], ['reset', 200, '']);
    },
    async 'close-before-headers'() {
      assert.deepEqual(await endingOf(ask('close-before-headers')), ['fin', 0]);
    },
    async hang() {
      assert.deepEqual(await endingOf(ask('hang', {}, SILENCE_MS)), ['open', 0]);
      assert.equal((await ask('hang-0.1')).status, 200);
    },
    async 'stale-socket'() {
      const agentless = await ask('stale-socket');
      assert.deepEqual([agentless.status, agentless.ending], [200, 'open']);
      const again = await twoOnOneSocket(simulator.port, 'gpt-4o+fault-stale-socket-once');
      assert.equal(again, 'reset');
    },
    async 'close-after'() {
      const answer = await ask('close-after');
      assert.deepEqual([answer.status, answer.ending], [200, 'fin']);
      assert.doesNotMatch(answer.headers, /connection: close/i);
    },
    async 'length-short'() {
      const answer = await ask('length-short');
      assert.ok(Buffer.byteLength(answer.body) === lengthIn(answer) + 20);
    },
    async 'length-long'() {
      const answer = await ask('length-long');
      assert.deepEqual([Buffer.byteLength(answer.body), answer.ending], [lengthIn(answer) - 20, 'fin']);
    },
    async 'chunked-garbage'() {
      const answer = await ask('chunked-garbage');
      assert.match(answer.text, /transfer-encoding: chunked[\s\S]*zz\r\n/i);
      assert.equal(answer.ending, 'fin');
    },
    async '1xx-flood'() {
      const answer = await ask('1xx-flood-50');
      assert.equal(answer.text.split('102 Processing').length, 51);
      assert.equal(answer.status, 200);
    },
    async '101'() {
      assert.match((await ask('101')).text, /^HTTP\/1\.1 101/);
    },
    async 'header-bomb'() {
      assert.ok((await ask('header-bomb')).headers.length > 64 * 1024);
    },
    async 'header-flood'() {
      assert.ok((await ask('header-flood')).headers.split('\r\n').length > 1000);
    },
    async 'reset-after'() {
      const answer = await stream('reset-after-40-of-60');
      assert.deepEqual([answer.ending, tokensOf(answer), isWhole(answer)], ['reset', 40, false]);
      const whole = await ask('reset-after-40-of-60');
      assert.equal(whole.ending, 'reset');
      assert.throws(() => JSON.parse(whole.body));
    },
    async 'fin-after'() {
      const answer = await stream('fin-after-5');
      assert.deepEqual([answer.ending, tokensOf(answer)], ['fin', 5]);
      assert.doesNotMatch(answer.text, /\r\n0\r\n\r\n$/);
    },
    async 'end-after'() {
      const answer = await stream('end-after-5');
      assert.deepEqual([answer.ending, tokensOf(answer), isWhole(answer)], ['open', 5, false]);
      assert.match(answer.text, /\r\n0\r\n\r\n$/);
    },
    async 'headers-after'() {
      assert.equal((await stream('headers-after-9', SILENCE_MS)).status, 0);
    },
    async 'first-token-after'() {
      const answer = await stream('first-token-after-9', SILENCE_MS);
      assert.deepEqual([answer.status, answer.body], [200, '']);
    },
    async 'stall-after'() {
      assert.equal(tokensOf(await stream('stall-after-20', SILENCE_MS)), 20);
      assert.ok(isWhole(await stream('stall-after-20-for-0.1')));
    },
    async drip() {
      const answer = await ask('drip-1');
      const chunks = await ask('drip-60000', {}, SILENCE_MS);
      assert.ok(JSON.parse(answer.body).choices);
      assert.equal(chunks.body.length, 1);
    },
    async 'malformed-chunk'() {
      const answer = await stream('malformed-chunk');
      const broken = answer.events.filter((event) => event !== '[DONE]' && !isJson(event));
      assert.equal(broken.length, 1);
      assert.deepEqual([isWhole(answer), tokensOf(answer)], [true, 60]);
    },
    async 'no-done'() {
      const answer = await stream('no-done');
      assert.match(answer.body, /"finish_reason":"stop"/);
      assert.doesNotMatch(answer.body, /DONE/);
      assert.match(answer.text, /\r\n0\r\n\r\n$/);
    },
    async 'no-done-open'() {
      const answer = await stream('no-done-open', SILENCE_MS);
      assert.match(answer.body, /"finish_reason":"stop"/);
      assert.doesNotMatch(answer.text, /DONE|\r\n0\r\n\r\n$/);
    },
    async 'error-event'() {
      const answer = await stream('error-event-5');
      assert.match(answer.events.at(-1) ?? '', /^\{"error":/);
      assert.equal(tokensOf(answer), 5);
    },
    async infinite() {
      const reader = (await post(simulator, 'infinite', true)).body?.getReader();
      let size = 0;
      while (size < 300_000) size += (await reader?.read())?.value?.length ?? 0;
      await reader?.cancel();
    },
    async 'huge-event'() {
      const answer = await stream('huge-event-1');
      assert.ok(answer.events.some((event) => event.length > 1024 * 1024));
      assert.ok(isWhole(answer));
    },
    async split() {
      const answer = await ask('split-1', { stream: true, max_tokens: 5 });
      assert.match(answer.text, /\r\n1\r\nd\r\n1\r\na\r\n/);
      assert.match(answer.body, /DONE/);
    },
    async crlf() {
      assert.match((await stream('crlf')).body, /\}\r\n\r\ndata/);
    },
    async cr() {
      assert.match((await stream('cr')).body, /\}\r\rdata/);
    },
    async bom() {
      assert.match((await stream('bom')).body, /^\ufeffdata/);
    },
    async comments() {
      assert.match((await stream('comments')).body, /^: a comment\n\ndata/);
    },
    async 'multi-line'() {
      assert.match((await stream('multi-line')).body, /^data: \{\ndata: "id"/);
    },
    async 'no-trailing-newline'() {
      assert.match((await stream('no-trailing-newline')).body, /data: \[DONE\]$/);
    },
    async 'no-space'() {
      assert.match((await stream('no-space')).body, /^data:\{/);
    },
    async 'empty-events'() {
      assert.match((await stream('empty-events')).body, /^event: nothing\nid: 1\nretry: 3000\n\ndata/);
    },
    async 'context-length'() {
      assert.match((await ask('context-length')).body, /"code":"context_length_exceeded"/);
    },
    async 'content-filter'() {
      assert.match((await ask('content-filter')).body, /"finish_reason":"content_filter"/);
    },
    async 'content-filter-400'() {
      const answer = await ask('content-filter-400');
      assert.equal(answer.status, 400);
      assert.match(answer.body, /"code":"content_filter"/);
    },
    async refuse() {
      assert.match((await ask('refuse')).body, /"refusal":"I'm sorry/);
    },
    async 'prefill-rejected'() {
      assert.equal((await ask('prefill-rejected')).status, 200);
      const prefilled = [...messages, { role: 'assistant', content: 'The tides' }];
      assert.equal((await ask('prefill-rejected', { messages: prefilled })).status, 400);
    },
    async quota() {
      assert.match((await ask('quota')).body, /insufficient_quota/);
    },
    async 'error-in-200'() {
      const answer = await ask('error-in-200');
      assert.deepEqual([answer.status, Object.keys(JSON.parse(answer.body))], [200, ['error']]);
    },
    async 'html-in-200'() {
      const answer = await ask('html-in-200');
      assert.equal(answer.status, 200);
      assert.match(answer.body, /^<!DOCTYPE html>/);
    },
    async 'empty-200'() {
      const answer = await ask('empty-200');
      assert.deepEqual([answer.status, answer.body], [200, '']);
    },
    async gzip() {
      assert.ok(JSON.parse(gunzipSync((await ask('gzip')).bytes).toString()).choices);
      assert.match(gunzipSync((await stream('gzip')).bytes).toString(), /\[DONE\]/);
    },
    async br() {
      assert.ok(JSON.parse(brotliDecompressSync((await ask('br')).bytes).toString()).choices);
    },
    async deflate() {
      assert.ok(JSON.parse(inflateSync((await ask('deflate')).bytes).toString()).choices);
    },
    async zstd() {
      assert.ok(JSON.parse(zstdDecompressSync((await ask('zstd')).bytes).toString()).choices);
    },
    async 'gzip-double'() {
      assert.ok(JSON.parse(gunzipSync(gunzipSync((await ask('gzip-double')).bytes)).toString()).choices);
    },
    async 'gzip-corrupt'() {
      const { bytes } = await ask('gzip-corrupt');
      assert.throws(() => gunzipSync(bytes));
    },
    async 'gzip-bomb'() {
      const { bytes } = await ask('gzip-bomb-3');
      assert.ok(bytes.length < 10_000);
      assert.equal(gunzipSync(bytes).length, 3 * 1024 * 1024 + 1);
    },
    async 'usage-missing'() {
      assert.doesNotMatch((await ask('usage-missing')).body, /"usage":/);
    },
    async 'usage-negative'() {
      assert.equal(JSON.parse((await ask('usage-negative')).body).usage.total_tokens, -7);
    },
    async 'usage-huge'() {
      assert.equal(JSON.parse((await ask('usage-huge')).body).usage.total_tokens, 1e300);
    },
    async 'usage-nan'() {
      assert.match((await ask('usage-nan')).body, /"total_tokens":NaN/);
    },
    async 'finish-unknown'() {
      assert.match((await stream('finish-unknown')).body, /"finish_reason":"cosmic_rays"/);
    },
    async 'tool-arguments-broken'() {
      const [call] = JSON.parse((await ask('tool-arguments-broken', { tools })).body).choices[0].message.tool_calls;
      assert.throws(() => JSON.parse(call.function.arguments));
    },
    async 'indices-duplicate'() {
      const answer = await ask('indices-duplicate', { n: 3 });
      assert.deepEqual(
        JSON.parse(answer.body).choices.map((choice: { index: number }) => choice.index),
        [0, 0, 0],
      );
    },
    async 'indices-shuffled'() {
      const answer = await ask('indices-shuffled', { n: 3 });
      assert.deepEqual(
        JSON.parse(answer.body).choices.map((choice: { index: number }) => choice.index),
        [7, 4, 1],
      );
    },
    async 'starts-over'() {
      for (const goOn of GOING_ON) assert.equal(await textAfter('starts-over', goOn), 'one two three four', goOn);
    },
    async rewords() {
      for (const goOn of GOING_ON) {
        const text = await textAfter('rewords', goOn);
        assert.ok(text.includes('four') && !text.startsWith('one') && !text.startsWith(' three'), text);
      }
    },
    async flap() {
      let nowMs = 0;
      const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
      const flapping = await startSimulator({ clock });
      const statuses: number[] = [];
      for (const seconds of [0, 3, 6, 11, 59, 61]) {
        nowMs = seconds * 1000;
        statuses.push((await rawChat(flapping.port, { model: 'fault-flap-60-5-5', messages })).status);
      }
      await flapping.close();
      assert.deepEqual(statuses, [503, 503, 200, 503, 200, 200]);
    },
  };
  for (const fault of FAULTS) {
    if (/^\d{3}$/.test(fault.name) && fault.name !== '101') {
      checks[fault.name] = async () => assert.equal((await ask(fault.name)).status, Number(fault.name));
    }
    if (fault.name.startsWith('redirect-')) {
      checks[fault.name] = async () => {
        const answer = await ask(fault.name);
        assert.equal(answer.status, Number(fault.name.slice(9)));
        assert.match(answer.headers, new RegExp(`location: http://localhost:${simulator.port}/_redirected`));
      };
    }
    it(`${fault.name}: ${fault.does}`, async () => {
      const check = checks[fault.name];
      assert.ok(check, `no check for the fault ${fault.name}`);
      await check();
    });
  }

  it('plays every scenario by its name', () => {
    for (const { name } of SCENARIOS) assert.ok(readFaults(name).length > 0, name);
    assert.deepEqual(readFaults('S8')[0]?.fault.name, 'reset-after');
  });

  it('gives Retry-After in all its forms', async () => {
    const header = async (form: string): Promise<string> =>
      /(retry-after(?:-ms)?|x-ratelimit-reset-requests): (.*)/.exec(
        (await ask(`429-retry-after-${form}`)).headers.replace(/x-ratelimit-reset-requests: 6ms\r\n/, ''),
      )?.[0] ?? '';
    assert.equal(await header('2'), 'retry-after: 2');
    assert.equal(await header('1.5'), 'retry-after: 1.5');
    assert.match(await header('date-2'), /retry-after: \w{3}, \d\d .* GMT/);
    assert.equal(await header('negative'), 'retry-after: -5');
    assert.equal(await header('huge'), 'retry-after: 99999999999');
    assert.equal(await header('garbage'), 'retry-after: soon, please');
    assert.equal(await header('ms-1500'), 'retry-after-ms: 1500');
    assert.equal(await header('reset-2'), 'x-ratelimit-reset-requests: 2s');
  });

  it('strikes once, so many times, every so often or by a seeded chance', async () => {
    const statuses = async (fault: string, count: number): Promise<number[]> => {
      const seen: number[] = [];
      for (let at = 0; at < count; at++) seen.push((await ask(fault)).status);
      return seen;
    };
    assert.deepEqual(await statuses('500-once', 3), [500, 200, 200]);
    assert.deepEqual(await statuses('503-x2', 3), [503, 503, 200]);
    assert.deepEqual(await statuses('503-every-2', 4), [200, 503, 200, 503]);
    assert.deepEqual(await statuses('s01', 2), [429, 200]);
    const first = await statuses('500-p50', 12);
    assert.ok(first.includes(500) && first.includes(200));
    simulator.reset();
    assert.deepEqual(await statuses('500-p50', 12), first);
  });

  it('keeps the words whole through every unusual framing', async () => {
    const body = { model: 'gpt-4o+tokens-16', messages, stream: true };
    const plain = textOf(await rawChat(simulator.port, body));
    assert.match(plain, /plaît/);
    for (const framing of ['split-1', 'comments', 'empty-events', 'no-trailing-newline']) {
      // The model's name is part of what an answer follows from, so the fault comes by header here.
      const headers = ['authorization: Bearer sk-test', `x-sim-fault: ${framing}`];
      const answer = await rawChat(simulator.port, body, { headers });
      assert.equal(textOf(answer), plain, framing);
    }
  });

  it('does not fail itself over any fault, in any format', async () => {
    const failures: string[] = [];
    const own = await startSimulator({ log: (line) => void (/itself|failed/.test(line) && failures.push(line)) });
    const headers = ['authorization: Bearer k', 'x-goog-api-key: k', 'x-api-key: k', 'anthropic-version: 2023-06-01'];
    const schema = { type: 'object', properties: { place: { type: 'string' } } };
    const requests = (model: string): [string, object][] => [
      ['/v1/embeddings', { model, input: 'tides' }],
      ['/v1/completions', { model, prompt: 'tides', stream: true }],
      [
        '/v1/responses',
        { model, input: 'tide?', stream: true, tools: [{ type: 'function', name: 'tide', parameters: schema }] },
      ],
      [
        '/v1/messages',
        { model, max_tokens: 99, messages, stream: true, tools: [{ name: 'tide', input_schema: schema }] },
      ],
      [`/v1beta/models/${model}:streamGenerateContent`, { contents: [{ parts: [{ text: 'tides' }] }] }],
      [`/v1beta/models/${model}:generateContent`, { contents: [{ parts: [{ text: 'tides' }] }] }],
    ];
    // What never ends, or is large, has tests of its own.
    const names = FAULTS.map((fault) => fault.name).filter(
      (name) => !['infinite', 'huge-event', 'gzip-bomb'].includes(name),
    );
    for (let at = 0; at < 6; at++) {
      const calls = names.map((name) => requests(`fault-${name}`)[at]).filter((call) => call !== undefined);
      await Promise.all(calls.map(([path, body]) => rawChat(own.port, body, { path, headers, quietMs: 400 })));
    }
    const seen = new Set(own.requests.map((request) => request.faults.join()));
    await own.close();
    assert.deepEqual(failures, []);
    assert.ok(seen.size > names.length * 0.9);
  });

  it('says what is wrong with a fault that it does not know', async () => {
    const answer = await ask('nonsense');
    assert.equal(answer.status, 400);
    assert.match(answer.body, /knows no fault/);
    assert.throws(() => simulator.script({ fault: 'nonsense' }), /knows no fault/);
  });
});

const lengthIn = (answer: RawAnswer): number => Number(/content-length: (\d+)/i.exec(answer.headers)?.[1]);

async function endingOf(answer: Promise<RawAnswer>): Promise<[string, number]> {
  const { ending, status } = await answer;
  return [ending, status];
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function post(simulator: Simulator, fault: string, isStream: boolean): Promise<Response> {
  return fetch(`${simulator.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer k' },
    body: JSON.stringify({ model: `gpt-4o+fault-${fault}`, messages, stream: isStream }),
  });
}

/** Asks twice over one connection and tells how the second ended. */
async function twoOnOneSocket(port: number, model: string): Promise<string> {
  const { Agent, request } = await import('node:http');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const once = (): Promise<string> =>
    new Promise((resolve) => {
      const call = request({
        port,
        host: '127.0.0.1',
        path: '/v1/chat/completions',
        method: 'POST',
        agent,
        headers: { authorization: 'Bearer k' },
      });
      call.on('response', (response) => response.resume().on('end', () => resolve('answered')));
      call.on('error', (error: NodeJS.ErrnoException) =>
        resolve(error.code === 'ECONNRESET' ? 'reset' : String(error.code)),
      );
      call.end(JSON.stringify({ model, messages }));
    });
  const first = await once();
  const second = await once();
  agent.destroy();
  return first === 'answered' ? second : `first ${first}`;
}
