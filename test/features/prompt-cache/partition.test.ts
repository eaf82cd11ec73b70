/** What tenants see of a prompt cache that they share at the provider: with `partition` as much as if the others had sent nothing. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { JsonObject } from '../../../src/core/json.ts';
import { type CacheTest, deployment, startCacheTest, words } from './fixtures.ts';

const SHARED = { prompt_cache: 'auto' };
const APART = { ...SHARED, prompt_cache_isolation: 'partition' };
const MODELS = {
  claude: 'anthropic/claude-sonnet-5',
  'claude-system': 'anthropic/claude-sonnet-5',
  gpt: 'openai/gpt-5.4',
  'gpt-5.6': 'openai/gpt-5.6',
  deepseek: 'openai/deepseek-chat',
  gemini: 'gemini/gemini-3-pro',
} as const;

function at(model: keyof typeof MODELS, more: JsonObject): JsonObject {
  const made = deployment(model, MODELS[model], more) as { litellm_params: JsonObject };
  if (model === 'claude-system') made.litellm_params.prompt_cache = 'system';
  if (model === 'deepseek') made.litellm_params.model = 'deepseek/deepseek-chat';
  if (model === 'gemini') made.litellm_params.api_base = `\${SIMULATOR_URL}`;
  return made as JsonObject;
}

async function start(t: TestContext, more: JsonObject): Promise<CacheTest> {
  return startCacheTest(
    t,
    (Object.keys(MODELS) as (keyof typeof MODELS)[]).map((model) => at(model, more)),
  );
}

async function newKey({ gateway }: CacheTest, more: JsonObject = {}): Promise<string> {
  const answer = await gateway.post('/key/generate', more);
  const made = (await answer.json()) as { key: string };
  assert.equal(answer.status, 200);
  return made.key;
}

type Ask = (test: CacheTest, key: string, question?: string) => Promise<Response>;

const SECRET = words(5_000, 'secret');
const messages = (question: string): JsonObject[] => [
  { role: 'system', content: SECRET },
  { role: 'user', content: question },
];
const chat =
  (model: string, stream: boolean): Ask =>
  ({ gateway }, key, question = 'One?') =>
    gateway.post(
      '/v1/chat/completions',
      {
        model,
        messages: messages(question),
        max_tokens: 20,
        stream,
        ...(stream && { stream_options: { include_usage: true } }),
      },
      { authorization: `Bearer ${key}` },
    );
const claude =
  (model: string, stream: boolean, more: JsonObject = {}): Ask =>
  ({ gateway }, key, question = 'One?') =>
    gateway.post(
      '/v1/messages',
      { model, system: SECRET, messages: [{ role: 'user', content: question }], max_tokens: 20, stream, ...more },
      { authorization: `Bearer ${key}` },
    );
const responses =
  (model: string): Ask =>
  ({ gateway }, key, question = 'One?') =>
    gateway.post(
      '/v1/responses',
      { model, input: messages(question), max_output_tokens: 20, store: false, stream: true },
      { authorization: `Bearer ${key}` },
    );
const gemini =
  (action: string): Ask =>
  ({ gateway }, key, question = 'One?') =>
    gateway.post(
      `/v1beta/models/gemini:${action}`,
      {
        systemInstruction: { parts: [{ text: SECRET }] },
        contents: [{ role: 'user', parts: [{ text: question }] }],
      },
      { authorization: `Bearer ${key}` },
    );
const hour = (text: string) => [{ type: 'text', text, cache_control: { type: 'ephemeral', ttl: '1h' } }];
const MIXED = {
  system: hour(SECRET),
  messages: [{ role: 'user', content: [{ type: 'text', text: words(300), cache_control: { type: 'ephemeral' } }] }],
};

const ASKS: Readonly<Record<string, Ask>> = {
  'Claude, relayed': claude('claude', false),
  'Claude, relayed as a stream': claude('claude', true),
  'Claude, translated': chat('claude', false),
  'Claude, translated as a stream': chat('claude', true),
  'Claude, `system`': claude('claude-system', false),
  'Claude, marks of two lives by the client': claude('claude', false, MIXED),
  'GPT-5.4': chat('gpt', false),
  'GPT-5.4, streamed': chat('gpt', true),
  'GPT-5.6': chat('gpt-5.6', false),
  'DeepSeek, which keeps nothing apart': chat('deepseek', false),
  'DeepSeek, streamed': chat('deepseek', true),
  Gemini: gemini('generateContent'),
  'Gemini, streamed': gemini('streamGenerateContent?alt=sse'),
  'Responses over Claude, streamed': responses('claude'),
};

/** Ids and times differ between any two answers. */
const PASSING =
  /^(?:date|x-litellm-call-id|x-request-id|request-id|llm_provider-(?:x-)?request-id|x-litellm-response-duration-ms|x-litellm-overhead-duration-ms|x-litellm-model-id)$/;

interface Seen {
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

async function see(answer: Response): Promise<Seen> {
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  const headers = Object.fromEntries([...answer.headers].filter(([name]) => !PASSING.test(name)));
  const plain = text
    .replaceAll(/"(?:id|item_id|responseId|system_fingerprint)": ?"[^"]*"/g, '"id":""')
    .replaceAll(/"(created|created_at|completed_at|createTime)": ?[^,}]+/g, '"$1":0');
  return { headers, text: plain };
}

for (const [name, ask] of Object.entries(ASKS)) {
  test(`partition: no caller can tell whether another asked before (${name})`, async (t) => {
    const seen: Seen[] = [];
    const cached: boolean[] = [];
    for (const wasAsked of [false, true]) {
      const world = await start(t, APART);
      const [victim, guesser] = [await newKey(world), await newKey(world)];
      if (wasAsked) for (const question of ['One?', 'Two?']) await (await ask(world, victim, question)).text();
      const before = world.seen().length;
      seen.push(await see(await ask(world, guesser)));
      cached.push((world.seen()[before]?.billed?.cachedTokens ?? 0) > 0);
      // What it sent itself it is shown.
      const own = await see(await ask(world, guesser));
      seen.push(own);
    }
    const [alone, aloneAgain, guessed, guessedAgain] = seen;
    assert.deepEqual(guessed, alone);
    assert.deepEqual(guessedAgain, aloneAgain);
    const read = Number(
      /"(?:cache_read_input_tokens|cached_tokens|cachedContentTokenCount)": ?(\d+)/.exec(
        guessedAgain?.text.replaceAll(/"cache_read_input_tokens": ?0,/g, '') ?? '',
      )?.[1],
    );
    assert.ok(read > 3_000, `${read} tokens of its own are shown as read`);
    // The test would see it: the provider did read what the other one sent, where it keeps nothing apart.
    const keepsApart = name.startsWith('GPT');
    assert.deepEqual(cached, [false, !keepsApart]);
  });
}

test('shared: the same caller is shown what others sent, as the provider says', async (t) => {
  const world = await start(t, SHARED);
  const [victim, guesser] = [await newKey(world), await newKey(world)];
  await (await claude('claude', false)(world, victim)).text();
  const { usage } = (await (await claude('claude', false)(world, guesser)).json()) as { usage: JsonObject };
  assert.ok(Number(usage.cache_read_input_tokens) > 5_000);
});

test('a team shares what its members send', async (t) => {
  const world = await start(t, APART);
  const made = await world.gateway.post('/team/new', { team_alias: 'readers' });
  const { team_id } = (await made.json()) as { team_id: string };
  const [one, two] = [await newKey(world, { team_id }), await newKey(world, { team_id })];
  await (await claude('claude', false)(world, one)).text();
  const { usage } = (await (await claude('claude', false)(world, two)).json()) as { usage: JsonObject };
  assert.ok(Number(usage.cache_read_input_tokens) > 5_000);
});

test('the ledger keeps what was charged on the rows of callers, and the rest of the bill on the account of the platform', async (t) => {
  const world = await start(t, APART);
  const [victim, guesser] = [await newKey(world), await newKey(world)];
  const first = await claude('claude', false)(world, victim);
  await first.text();
  const answer = await claude('claude', false)(world, guesser);
  const callId = answer.headers.get('x-litellm-call-id') ?? '';
  const charged = Number(answer.headers.get('x-litellm-response-cost'));
  await world.gateway.requestLine(callId);
  const deadline = performance.now() + 5_000;
  type Row = { spend: number; api_key: string; metadata: JsonObject; sluice: JsonObject };
  let rows: Row[] = [];
  while (rows.length < 2 && performance.now() < deadline) {
    rows = (await (await world.gateway.get(`/spend/logs?request_id=${callId}`)).json()) as Row[];
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(rows.length, 2, JSON.stringify(rows));
  const platform = rows.find(({ api_key: key }) => key === 'sluice-platform');
  const own = rows.find((row) => row !== platform);
  assert.ok(Math.abs((own?.spend ?? 0) - charged) < 1e-12);
  const billed = world.seen().at(-1)?.billed;
  assert.ok(billed !== undefined);
  const plain = billed.promptTokens - billed.cachedTokens - billed.cacheWriteTokens;
  const bill =
    (plain * 3 + billed.cachedTokens * 0.3 + billed.cacheWriteTokens * 3.75 + billed.completionTokens * 15) / 1e6;
  assert.ok(
    Math.abs((own?.spend ?? 0) + (platform?.spend ?? 0) - bill) < 1e-9,
    `${own?.spend} + ${platform?.spend} is not ${bill}`,
  );
  assert.ok((platform?.spend ?? 0) < 0);
  // The caller sees its own row, and none of the platform's; its own says what the first caller's says.
  const seenBy = async (key: string, id: string): Promise<Row[]> =>
    (await (
      await world.gateway.get(`/spend/logs?request_id=${id}`, { authorization: `Bearer ${key}` })
    ).json()) as Row[];
  const visible = await seenBy(guesser, callId);
  assert.ok(!JSON.stringify(visible).includes('sluice-platform'));
  assert.ok(!JSON.stringify(visible).includes('/prompt-cache'));
  const [earlier] = await seenBy(victim, first.headers.get('x-litellm-call-id') ?? '');
  const savingsOf = (row: Row | undefined): unknown => row?.sluice.savings;
  assert.deepEqual(savingsOf(visible[0]), savingsOf(earlier));
  assert.ok(savingsOf(earlier) !== undefined);
});

test("provider cache keys differ by scope and hold the client's own apart; a salt begins tools and instructions", async (t) => {
  const salted = { ...APART, prompt_cache_salt: true };
  const world = await start(t, salted);
  const [one, two] = [await newKey(world), await newKey(world)];
  const tools = [
    { type: 'function', function: { name: 'look', description: 'Looks.', parameters: { type: 'object' } } },
  ];
  const ask = async (model: string, key: string, more: JsonObject = {}) => {
    const answer = await world.gateway.post(
      '/v1/chat/completions',
      { model, messages: messages('One?'), tools, ...more },
      { authorization: `Bearer ${key}` },
    );
    assert.equal(answer.status, 200, await answer.text());
    return world.sent().at(-1) as JsonObject;
  };
  const bodies = [
    await ask('gpt', one, { prompt_cache_key: 'mine' }),
    await ask('gpt', one, { prompt_cache_key: 'mine' }),
    await ask('gpt', one),
    await ask('gpt', two, { prompt_cache_key: 'mine' }),
  ];
  const keys = bodies.map(({ prompt_cache_key: key }) => String(key));
  assert.equal(keys[0], keys[1]);
  assert.equal(new Set(keys).size, 3);
  for (const key of keys) assert.match(key, /^[0-9a-f]{32}$/);
  for (const model of ['claude', 'gpt', 'deepseek']) {
    const salts = [await ask(model, one), await ask(model, two)].map((body) => {
      const found = JSON.stringify(body).match(/\[[0-9a-f]{32}\]/g) ?? [];
      assert.equal(found.length, 2, model);
      return found[0];
    });
    assert.notEqual(salts[0], salts[1], model);
  }
  // No prompt of the second one is found among those of the first, wherever the provider begins.
  assert.ok(
    world
      .seen()
      .slice(-2)
      .every(({ billed }) => billed?.cachedTokens === 0),
  );
});

test('partition: affinity sends no caller to where the prompt of another is kept', async (t) => {
  const names = ['one', 'two', 'three', 'four'];
  const models = names.map((id) => ({
    ...deployment('m', MODELS.claude, { ...APART, api_key: `sk-${id}` }),
    model_info: { id },
  }));
  const world = await startCacheTest(t, models as JsonObject[], {
    router_settings: { optional_pre_call_checks: ['prompt_caching'] },
  });
  const at = async (key: string): Promise<string> => {
    const answer = await claude('m', false)(world, key);
    await answer.text();
    return answer.headers.get('x-litellm-model-id') ?? '';
  };
  const victim = await newKey(world);
  const home = await at(victim);
  assert.equal(await at(victim), home);
  const others = await Promise.all(names.map(() => newKey(world)));
  const places = [];
  for (const key of others) places.push(await at(key));
  // Each begins where there is least to do, as with a prompt that was never sent.
  assert.ok(new Set(places).size > 1, places.join());
});
