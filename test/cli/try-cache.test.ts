/** `sluice try cache`: what it says offline is what the gateway does. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { cachedConfig, chat, startCached } from '../features/answer-cache/cached-gateway.ts';
import { deployment, marksIn, startCacheTest, words } from '../features/prompt-cache/fixtures.ts';
import { moneyConfig } from '../money/tenants.ts';
import { MASTER_KEY, PROVIDER_KEY } from '../support/gateway.ts';
import { COMMAND, temporaryFolder } from './sluice-process.ts';

/** What the command says about a line, as far as these tests look. */
interface Told {
  readonly line: number;
  readonly error?: string;
  readonly answer_cache: JsonObject;
  readonly prompt_cache: JsonObject & { readonly marks: readonly JsonObject[] };
  readonly prompt_cost: JsonObject & { readonly tokens: JsonObject };
}

interface Tried {
  readonly code: number | null;
  readonly told: readonly Told[];
  readonly stdout: string;
  readonly stderr: string;
}

function tryOut(
  context: TestContext,
  config: string,
  input: string,
  env: Readonly<Record<string, string>> = {},
): Tried {
  const cwd = temporaryFolder(context);
  const file = join(cwd, 'config.yaml');
  writeFileSync(file, config);
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, 'try', 'cache', '--config', file], {
    cwd,
    input,
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH,
      SIMULATOR_URL: 'http://127.0.0.1:9',
      PROVIDER_KEY,
      TEST_MASTER_KEY: MASTER_KEY,
      ...env,
    },
  });
  const lines = stdout.split('\n').filter((line) => line !== '');
  return { code: status, stdout, stderr, told: lines.map((line) => JSON.parse(line) as Told) };
}

const jsonLines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

test('scopes and handles are those of the running gateway, for chats, messages, responses and vectors', async (context) => {
  const cached = await startCached();
  context.after(() => cached.gateway.close());
  const asked: readonly [string, JsonObject][] = [
    ['/v1/chat/completions', chat()],
    [
      '/v1/messages',
      { model: 'claude-sonnet-4-5', max_tokens: 9, system: 'Be brief.', messages: [{ role: 'user', content: 'Hi' }] },
    ],
    ['/v1/responses', { model: 'gpt-4o', input: 'Tell me.', store: false }],
    ['/v1/embeddings', { model: 'text-embedding-3-small', input: ['one', 'two'] }],
    ['/v1/completions', { model: 'gpt-3.5-turbo-instruct', prompt: 'Once', max_tokens: 64 }],
  ];
  const config = cachedConfig();
  const { code, told, stderr } = tryOut(
    context,
    config,
    jsonLines(asked.map(([, body]) => ({ key: 'key-of-a', body }))),
    {
      SIMULATOR_URL: cached.gateway.simulator.url,
    },
  );
  assert.deepEqual([code, stderr], [0, '']);
  for (const [index, [path, body]] of asked.entries()) {
    await cached.ask(body, { path });
    const { headers, isHit } = await cached.ask(body, { path });
    const { scope, key, keys } = told[index]?.answer_cache ?? {};
    assert.equal(isHit, true, path);
    assert.deepEqual(scope, { kind: 'user', id: 'a' });
    assert.equal([key ?? keys].flat().join(','), headers.get('x-litellm-cache-key'), path);
  }
});

test('marks are set where the gateway sets them, and tokens are read and written as it expects', async (context) => {
  const models = [deployment('m', 'anthropic/claude-sonnet-5', { prompt_cache: 'auto' })];
  const { gateway, claude, sent } = await startCacheTest(context, models);
  const bodies = [0, 1, 2].map((turn) => ({
    ...{ model: 'm', max_tokens: 20, system: words(2_000) },
    messages: Array.from({ length: 2 * turn + 1 }, (_, index) => ({
      role: index % 2 === 0 ? ('user' as const) : ('assistant' as const),
      content: words(300, `turn${index}`),
    })),
  }));
  for (const body of bodies) await claude().messages.create(body);
  const seen = gateway.simulator.requests.length;
  const { code, told } = tryOut(context, moneyConfig({ model_list: models }), jsonLines(bodies), {
    SIMULATOR_URL: gateway.simulator.url,
  });
  assert.equal(code, 0);
  assert.equal(gateway.simulator.requests.length, seen, 'no provider is called');
  const places = told.map(({ prompt_cache: { marks } }) =>
    marks.map(({ part, block }) =>
      part === 'instructions' ? '.system[0]' : `.messages[${Number(block) - 1}].content[0]`,
    ),
  );
  assert.deepEqual(
    places.map((each) => each.toSorted()),
    sent().map((body) => marksIn(body).toSorted()),
  );
  const [first, second] = told;
  assert.equal(first?.prompt_cache.state, 'cold');
  assert.equal(second?.prompt_cache.state, 'partial');
  assert.equal(second?.prompt_cost.tokens.read, first?.prompt_cost.tokens.written);
  // A write at 3.75, a read at 0.3 and the rest at 3 USD for a million.
  const [input = 0, read = 0, written = 0] = ['input', 'read', 'written'].map((name) =>
    Number(second?.prompt_cost.tokens[name]),
  );
  const usd = (input - read - written) * 3e-6 + read * 3e-7 + written * 3.75e-6;
  assert.ok(Math.abs(Number(second?.prompt_cost.usd) - usd) < 1e-9);
  assert.ok(Number(first?.prompt_cost.saved_usd) < 0 && Number(second?.prompt_cost.saved_usd) > 0);
});

test('says why nothing is cached or marked', (context) => {
  const body = chat('Tell me of rivers.');
  const rows = [
    { key: 'key-of-a', body: { ...body, cache: { 'no-cache': true, 'no-store': true } } },
    body,
    { key: 'key-of-a', body: { model: 'gpt-4o', input: 'Tell me.' } },
    { team: 't', body, at: 10 },
    { team: 't', body, at: 20 },
    { team: 'other', body, at: 20 },
    { team: 't', body, at: 20_000 },
    { key: 'key-of-a', headers: { 'Cache-Control': 'no-cache' }, body },
  ];
  const { code, told } = tryOut(context, cachedConfig(), jsonLines(rows));
  assert.equal(code, 0);
  const caches = told.map(({ answer_cache: answer }) => answer);
  assert.deepEqual(
    caches.map(({ reason, hit, of_line: line }) => reason ?? (hit === true ? line : false)),
    ['controls', 'no-scope', 'bound', false, 4, false, false, false],
  );
  assert.equal(caches.at(-1)?.may_recall, false);
  assert.equal(told[4]?.prompt_cost.usd, '0');
  assert.equal(told[0]?.prompt_cache.reason, 'automatic');
  const off = tryOut(
    context,
    moneyConfig({}),
    jsonLines([{ model: 'm', messages: [{ role: 'user', content: 'Hi' }] }]),
  );
  assert.equal(off.told[0]?.answer_cache.reason, 'off');
});

test('a line that is wrong is a line of JSON with its number, the others go on, and the code is 1', (context) => {
  const good = chat();
  const bad = [
    'no json',
    '[]',
    '{}',
    jsonLines([{ body: 7 }]).trim(),
    jsonLines([{ body: good, kye: 'x' }]).trim(),
    jsonLines([{ ...good, model: 'no-such-model' }]).trim(),
    jsonLines([{ body: good, endpoint: 'nowhere' }]).trim(),
    jsonLines([{ body: good, at: -1 }]).trim(),
    '"\\u202e"',
  ];
  const last = JSON.stringify(good);
  const { code, told, stdout } = tryOut(context, cachedConfig(), [...bad, '', last].join('\n'));
  assert.equal(code, 1);
  assert.deepEqual(
    told.map(({ line }) => line),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 11],
  );
  for (const { line, error } of told.slice(0, -1)) assert.ok(error?.startsWith(`line ${line}: `), error);
  assert.equal(told.at(-1)?.error, undefined);
  assert.ok(!stdout.includes('\u202e'));
});

test('connects nowhere, wherever answers are kept and whatever a question means', async (context) => {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  context.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const config = cachedConfig({
    cache: {
      type: 'redis',
      host: '127.0.0.1',
      port,
      semantic: { mode: 'on', embedding_model: 'text-embedding-3-small' },
    },
    router: { redis_host: '127.0.0.1', redis_port: port },
  });
  const { code, told, stderr } = tryOut(context, config, jsonLines([{ team: 't', body: chat() }]), {
    SIMULATOR_URL: `http://127.0.0.1:${port}`,
  });
  assert.equal(code, 0, stderr);
  assert.equal(told[0]?.answer_cache.cached, true);
  assert.equal(connections, 0);
});

test('a configuration that cannot be served, and a wrong word, end with 2 and say nothing on standard output', (context) => {
  const broken = tryOut(context, 'model_list: 7', '');
  assert.deepEqual([broken.code, broken.stdout], [2, '']);
  assert.notEqual(broken.stderr, '');
  const { status, stdout } = spawnSync(process.execPath, [COMMAND, 'try', 'everything'], {
    encoding: 'utf8',
    input: '',
  });
  assert.deepEqual([status, stdout], [2, '']);
});
