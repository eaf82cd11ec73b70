/** Groups that choose among others, through the front door. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import OpenAI from 'openai';
import { loadConfig } from '../../../src/config/load.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { formatUsd } from '../../../src/core/money.ts';
import { FEATURE_SETTINGS } from '../../../src/features/index.ts';
import { providers } from '../../../src/providers/index.ts';
import { calibrate } from '../../../src/routing/quality/calibration.ts';
import { writeRouter } from '../../../src/routing/quality/router-file.ts';
import { temporaryFolder } from '../../cli/sluice-process.ts';
import { ask, messageOf, moneyConfig, priced } from '../../money/tenants.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

const CHEAP = { input_cost_per_token: 0.0000001, output_cost_per_token: 0.0000004 };
const SIMPLE = 'Translate to French: good morning';
const HARD = 'Prove that the polynomial $x^5 - x - 1$ has exactly one real root.';

const AUTO: JsonObject = {
  model_name: 'auto',
  litellm_params: { model: 'auto_router/cost-quality', candidates: ['small', 'middle', 'large'] },
};

function configOf(auto: JsonObject = AUTO, more: JsonObject = {}): string {
  return moneyConfig({
    model_list: [
      priced('small', 10, CHEAP),
      priced('middle', 10, { input_cost_per_token: 0.000001, output_cost_per_token: 0.000004 }),
      priced('large', 10),
      auto,
    ],
    ...more,
  });
}

async function start(t: TestContext, config = configOf()): Promise<TestGateway> {
  const gateway = await startTestGateway({ config });
  t.after(() => gateway.close());
  return gateway;
}

const says = (content: string): JsonObject => ({ model: 'auto', messages: [{ role: 'user', content }] });

interface LedgerRow {
  readonly prompt_tokens: number;
  readonly savings: { readonly model?: string };
}

/** The row of a request, once it is in the ledger. */
async function ledgerRow(gateway: TestGateway, callId: string): Promise<LedgerRow> {
  const deadline = performance.now() + 5_000;
  for (;;) {
    const rows = (await (await gateway.get(`/spend/logs?request_id=${callId}`)).json()) as {
      prompt_tokens: number;
      sluice: { savings: LedgerRow['savings'] };
    }[];
    const [row] = rows;
    if (row !== undefined) return { prompt_tokens: row.prompt_tokens, savings: row.sluice.savings };
    assert.ok(performance.now() < deadline, 'no row');
    await wait(20);
  }
}

const usd = (pico: bigint): string => formatUsd(pico);

async function chosen(
  gateway: TestGateway,
  more: JsonObject,
  headers: Readonly<Record<string, string>> = {},
  key = gateway.masterKey,
): Promise<string> {
  const seen = await ask(gateway, key, more, headers);
  assert.equal(seen.status, 200, seen.text);
  return seen.headers.get('x-sluice-choice') ?? '';
}

test('without a router the task decides: simple work goes to the weak, proofs, code and tools to those that are strong enough', async (t) => {
  const gateway = await start(t);
  const tool = { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } };
  const cases: readonly [string, JsonObject][] = [
    ['small; task=translation', says(SIMPLE)],
    ['small; task=extraction', says('Classify the sentiment of: "what a lovely day"')],
    ['small; task=chat', says('Hello, how are you?')],
    ['middle; task=maths', says('Tom has 5 apples and buys 7. How many are there in total?')],
    ['large; task=maths', says(HARD)],
    ['large; task=code', says('Refactor this:\n```js\nfunction f(a) { return a }\n```')],
    ['large; task=tools', { ...says(SIMPLE), tools: [tool] }],
    ['large; task=reasoning', { ...says('Hello'), reasoning_effort: 'high' }],
    ['large; task=long context', says(`${'many words of a report. '.repeat(4_000)}${SIMPLE}`)],
  ];
  for (const [expected, body] of cases) {
    const header = await chosen(gateway, body);
    assert.ok(header.startsWith(`${expected};`), `${header} instead of ${expected}`);
  }
  assert.ok((await (await gateway.get('/v1/models')).text()).includes('"auto"'));
});

test('an OpenAI client asks auto as any model, streams included, and the ledger books against the baseline', async (t) => {
  const gateway = await start(t);
  const client = new OpenAI({ apiKey: gateway.masterKey, baseURL: `${gateway.url}/v1` });
  const { data, response } = await client.chat.completions
    .create({ model: 'auto', messages: [{ role: 'user', content: SIMPLE }] })
    .withResponse();
  assert.ok((data.choices[0]?.message.content ?? '').length > 0);
  assert.match(response.headers.get('x-sluice-choice') ?? '', /^small;/);
  const stream = await client.chat.completions.create({
    ...{ model: 'auto', stream: true, messages: [{ role: 'user', content: SIMPLE }] },
  });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? '';
  assert.ok(text.length > 0);

  const callId = response.headers.get('x-litellm-call-id') ?? '';
  await gateway.requestLine(callId);
  const row = await ledgerRow(gateway, callId);
  // Both wrote ten tokens; the small one is cheaper by 2.9 USD per million tokens of the prompt and 14.6 of the answer.
  assert.equal(row.savings.model, usd(BigInt(row.prompt_tokens) * 2_900_000n + 10n * 14_600_000n));
  const route = (await (await gateway.get(`/route/${callId}`)).json()) as {
    choice: { chosen: string; baseline: string; candidates: { group: string; expected_usd: number }[] };
    verdicts: { place: number }[];
  };
  assert.deepEqual([route.choice.chosen, route.choice.baseline], ['small', 'large']);
  assert.deepEqual(
    route.choice.candidates.map(({ group }) => group),
    ['small', 'middle', 'large'],
  );
  assert.ok((route.choice.candidates[0]?.expected_usd ?? 1) < (route.choice.candidates[2]?.expected_usd ?? 0));
  assert.deepEqual(
    route.verdicts.map(({ place }) => place),
    [1, 2, 3],
  );
});

test('a request may opt out of routing or name the candidate that answers, and no other answers it', async (t) => {
  const gateway = await start(t);
  assert.match(await chosen(gateway, says(SIMPLE), { 'x-sluice-route': 'off' }), /^large; .*as the request asked/);
  assert.match(await chosen(gateway, says(HARD), { 'x-sluice-route': 'small' }), /^small;/);
  const odd = await ask(gateway, gateway.masterKey, says(HARD), { 'x-sluice-route': 'm' });
  assert.equal(odd.status, 400);
  assert.match(messageOf(odd), /`x-sluice-route` must be off, or a model that "auto" chooses from/);
});

test('a key never gets a candidate that it may not use', async (t) => {
  const gateway = await start(t);
  const keyFor = async (models: readonly string[]): Promise<string> => {
    const made = (await (await gateway.post('/key/generate', { models })).json()) as { key: string };
    return made.key;
  };
  const narrow = await keyFor(['auto', 'small', 'middle']);
  assert.match(await chosen(gateway, says(HARD), {}, narrow), /^middle;/);
  assert.match(await chosen(gateway, says(HARD), { 'x-sluice-route': 'off' }, narrow), /^middle;/);
  const pinned = await ask(gateway, narrow, says(HARD), { 'x-sluice-route': 'large' });
  assert.equal(pinned.status, 400);
  const none = await ask(gateway, await keyFor(['auto']), says(SIMPLE));
  assert.ok(none.status === 401 || none.status === 403, none.text);
  const other = await ask(gateway, await keyFor(['small']), says(SIMPLE));
  assert.ok(other.status === 401 || other.status === 403, other.text);
});

test("LiteLLM's complexity router sends each tier to its group, and its auto router follows its examples", async (t) => {
  const complexity = configOf({
    model_name: 'auto',
    litellm_params: {
      model: 'auto_router/complexity_router',
      complexity_router_config: { tiers: { SIMPLE: 'small', COMPLEX: ['large'], REASONING: 'large' } },
      complexity_router_default_model: 'middle',
    },
  });
  const gateway = await start(t, complexity);
  assert.match(await chosen(gateway, says(SIMPLE)), /^small;/);
  assert.match(await chosen(gateway, says(HARD)), /^large;/);
  // MEDIUM has no group of its own.
  assert.match(await chosen(gateway, says('Tom has 5 apples and buys 7. How many in total?')), /^middle;/);
  gateway.reload(
    configOf({
      model_name: 'auto',
      litellm_params: {
        model: 'auto_router/helpdesk',
        auto_router_config: JSON.stringify({
          routes: [
            { name: 'large', utterances: ['draft a contract clause', 'review this contract'] },
            { name: 'middle', utterances: ['write a poem about the sea'] },
          ],
        }),
        auto_router_default_model: 'small',
        auto_router_embedding_model: 'text-embedding-3-small',
      },
    }),
  );
  assert.match(await chosen(gateway, says('Please review the contract of our landlord')), /^large;/);
  assert.match(await chosen(gateway, says('Could you write a poem about the sea in winter?')), /^middle;/);
  assert.match(await chosen(gateway, says('What is the weather like?')), /^small;/);
});

/** A router that has seen that only the strong model proves, and all of them translate. */
function learntRouter(context: TestContext, rows: number): string {
  const models = ['tiny-model', 'middle', 'large'];
  const texts = Array.from({ length: rows }, (_, row) =>
    row % 2 === 0
      ? `Translate to French: good morning ${row % 37}`
      : `Prove that the polynomial $x^5 - ${row % 41} x - 1$ has one real root.`,
  );
  // About one in twenty answers is not as the rule says.
  const scores = Float64Array.from(
    texts.flatMap((_, row) => [row % 2 === 0 ? 1 : 0, row % 2 === 0 ? 1 : 0, row % 19 === 0 ? 0 : 1]),
  );
  const costs = Float64Array.from({ length: rows * 3 }, (_, at) => [0.1, 1, 10][at % 3] as number);
  const families = texts.map(() => undefined);
  // The small model writes twice as much as the large one.
  const outputTokens = Float64Array.from({ length: rows * 3 }, (_, at) => [200, 150, 100][at % 3] as number);
  const outcomes = { rows, models: 3, scores, costs, outputTokens, sameAs: new Int32Array(rows * 3) };
  const file = join(temporaryFolder(context), 'router.json');
  writeFileSync(file, writeRouter(calibrate({ models, texts, families, scores }, outcomes, true)));
  return file;
}

const withRouter = (file: string): string =>
  configOf({
    model_name: 'auto',
    litellm_params: {
      ...{ model: 'auto_router/cost-quality', candidates: ['small', 'middle', 'large'] },
      ...{ router_file: file, router_models: { 'tiny-model': 'small' }, quality_floor: 0.9 },
    },
  });

test('a router that learnt enough decides by expected quality; one that did not is not switched on', async (t) => {
  const gateway = await start(t, withRouter(learntRouter(t, 400)));
  assert.match(await chosen(gateway, says(SIMPLE)), /^small; .*the best by expected quality and cost/);
  assert.match(await chosen(gateway, says(HARD)), /^large; .*the best by expected quality and cost/);
  const weak = await start(t, withRouter(learntRouter(t, 120)));
  assert.match(await chosen(weak, says(SIMPLE)), /^small; .*strong enough for the task/);
  assert.match(
    (await weak.logLines()).join('\n'),
    /router of auto is not used.*learnt from 120 rows, and it takes 300/,
  );
});

test('bad scores suspend a candidate for the tenant that gave them, with an alert, and for no other', async (t) => {
  const gateway = await start(t);
  const keyOf = async (team: string): Promise<string> => {
    const { team_id } = (await (await gateway.post('/team/new', { team_alias: team })).json()) as { team_id: string };
    return ((await (await gateway.post('/key/generate', { team_id })).json()) as { key: string }).key;
  };
  const [one, two] = [await keyOf('one'), await keyOf('two')];
  const rated = async (key: string, body: JsonObject) => {
    const { headers } = await ask(gateway, key, says(SIMPLE));
    const call_id = headers.get('x-litellm-call-id') ?? '';
    await gateway.requestLine(call_id);
    const response = await gateway.post('/feedback', { call_id, ...body }, { authorization: `Bearer ${key}` });
    return { call_id, status: response.status, json: (await response.json()) as JsonObject };
  };
  const first = await rated(one, { thumbs: 'up' });
  assert.deepEqual([first.status, first.json.model, first.json.score], [200, 'small', 1]);
  // A call is scored once, and only by who made it.
  for (const key of [one, two]) {
    const again = await gateway.post(
      '/feedback',
      { call_id: first.call_id, score: 0 },
      { authorization: `Bearer ${key}` },
    );
    assert.equal(again.status, 400);
  }
  const { headers } = await ask(gateway, one, says(SIMPLE));
  const foreign = headers.get('x-litellm-call-id') ?? '';
  await gateway.requestLine(foreign);
  const stolen = await gateway.post('/feedback', { call_id: foreign, score: 0 }, { authorization: `Bearer ${two}` });
  assert.equal(stolen.status, 400);

  let scores = 0;
  for (; scores < 40; scores += 1) {
    const { json } = await rated(one, { score: 0 });
    if (json.suspended === true) break;
  }
  assert.ok(scores > 2 && scores < 15, String(scores));
  assert.match(await chosen(gateway, says(SIMPLE), {}, one), /^middle;/);
  assert.match(await chosen(gateway, says(SIMPLE), {}, two), /^small;/);
  assert.match((await gateway.logLines()).join('\n'), /model_choice_suspended/);
  const metrics = await (await gateway.get('/metrics')).text();
  assert.match(metrics, /sluice_model_choice_suspensions_total 1/);
  for (const [body, said] of [
    [{ call_id: 'x', score: 2 }, /`score` must be a number from 0 to 1/],
    [{ call_id: 'x', thumbs: 'sideways' }, /`thumbs` must be up or down/],
    [{ call_id: 'x', score: 1, thumbs: 'up' }, /one of them/],
    [{ score: 1 }, /`call_id` is required/],
    [{ call_id: 'x', score: 1, extra: 1 }, /`extra` is unknown/],
  ] as const) {
    const response = await gateway.post('/feedback', body, { authorization: `Bearer ${one}` });
    assert.equal(response.status, 400);
    assert.match(await response.text(), said);
  }
});

test('a conversation stays where its prompt cache is warm, unless the task needs a stronger model', async (t) => {
  const cached = (input: number, read: number) => ({
    ...{ input_cost_per_token: input, output_cost_per_token: input, cache_read_input_token_cost: read },
  });
  const config = moneyConfig({
    model_list: [
      priced('small', 10, cached(0.000001, 0.000001)),
      priced('large', 10, cached(0.000002, 0.0000002)),
      { ...AUTO, litellm_params: { model: 'auto_router/cost-quality', candidates: ['small', 'large'] } },
    ],
  });
  const gateway = await start(t, config);
  const report = 'The river rises in the hills and runs to the sea. '.repeat(300);
  const turn = (content: string): JsonObject => ({ role: 'user', content });
  const opening = [{ role: 'system', content: report }, turn('Translate the last sentence to French.')];
  const ask1 = { model: 'auto', messages: opening };
  assert.match(await chosen(gateway, ask1), /^small;/);
  const hard = [{ role: 'system', content: report }, turn(HARD)];
  assert.match(await chosen(gateway, { model: 'auto', messages: hard }), /^large;/);
  const next = [...hard, { role: 'assistant', content: 'It has one.' }, turn('Translate that to French.')];
  const header = await chosen(gateway, { model: 'auto', messages: next });
  assert.match(header, /^large; .*its prompt cache is warm/);
});

test('a candidate that fails is followed by one that is at least as good', async (t) => {
  const config = moneyConfig({
    model_list: [
      priced('small', 10, { ...CHEAP, api_base: 'http://127.0.0.1:9/v1' }),
      priced('large', 10),
      { ...AUTO, litellm_params: { model: 'auto_router/cost-quality', candidates: ['small', 'large'] } },
    ],
    router_settings: { num_retries: 2 },
  });
  const gateway = await start(t, config);
  const { status, headers, text } = await ask(gateway, gateway.masterKey, says(SIMPLE));
  assert.equal(status, 200, text);
  assert.match(headers.get('x-sluice-choice') ?? '', /^small;/);
  assert.equal(headers.get('x-litellm-model-group'), 'auto');
});

test('what is wrong with a group that chooses is said when the file is read', () => {
  const read = (params: JsonObject) =>
    loadConfig({
      files: ['config.yaml'],
      readFile: () => configOf({ model_name: 'auto', litellm_params: params }),
      env: { SIMULATOR_URL: 'http://127.0.0.1:9', PROVIDER_KEY: 'k', TEST_MASTER_KEY: 'sk-1' },
      knownProviders: providers,
      features: FEATURE_SETTINGS,
    } as unknown as Parameters<typeof loadConfig>[0]);
  for (const [params, said] of [
    [{ model: 'auto_router/cost-quality' }, /it has no candidates/],
    [
      { model: 'auto_router/cost-quality', candidates: ['small'], baseline_model: 'large' },
      /baseline_model "large" is not one/,
    ],
    [{ model: 'auto_router/cost-quality', candidates: ['auto'] }, /candidate of itself/],
    [{ model: 'auto_router/complexity_router' }, /names no group/],
    [{ model: 'auto_router/x' }, /auto_router_default_model/],
    [
      { model: 'auto_router/cost-quality', candidates: ['small'], router_file: '/nowhere.json' },
      /cannot be read \(ENOENT\)/,
    ],
  ] as const)
    assert.match(
      read(params as unknown as JsonObject)
        .findings.map(({ message }) => message)
        .join('\n'),
      said,
    );
});
