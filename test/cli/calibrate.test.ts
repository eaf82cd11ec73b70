/** `sluice calibrate` and `sluice try route`: what is learnt from judged answers holds for prompts that were not seen. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { COMMAND, temporaryFolder } from './sluice-process.ts';

const PRICES = {
  large: { inputPerMillion: 10, outputPerMillion: 30 },
  middle: { inputPerMillion: 1, outputPerMillion: 3 },
  small: { inputPerMillion: 0.1, outputPerMillion: 0.3 },
  tiny: { inputPerMillion: 0.1, outputPerMillion: 0.2 },
};
const CHANCES: Readonly<Record<'easy' | 'hard', Readonly<Record<keyof typeof PRICES, number>>>> = {
  easy: { large: 0.97, middle: 0.95, small: 0.95, tiny: 0.9 },
  hard: { large: 0.9, middle: 0.6, small: 0.2, tiny: 0.2 },
};
const NOUNS = ['apples', 'trains', 'coins', 'books', 'rivers', 'lamps', 'chairs', 'stones', 'cards', 'boats'];

interface Told {
  readonly id?: string;
  readonly model?: string;
  readonly cascade?: readonly string[];
  readonly agree?: number;
  readonly else?: string;
  readonly scores: Readonly<Record<string, number>>;
  readonly error?: string;
}

/** Numbers that are the same in every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function rowsOf(count: number, seed: number) {
  const next = numbers(seed);
  const noun = (): string => NOUNS[Math.floor(next() * NOUNS.length)] ?? '';
  return Array.from({ length: count }, (_, each) => {
    const kind = next() < 0.7 ? 'easy' : 'hard';
    const size = 10 + Math.floor(next() * 80);
    const prompt =
      kind === 'easy'
        ? `Tom has ${size} ${noun()} and gets 5 ${noun()}. How many ${noun()} does he have?`
        : `Let $P(x)$ be a polynomial of degree ${size} over the ${noun()}. Prove that \\frac{P(x)}{x} has a root in the ${noun()}.`;
    const models = Object.fromEntries(
      Object.entries(CHANCES[kind]).map(([name, chance]) => {
        const ok = next() < chance;
        return [name, { ok, outputTokens: 100, answer: ok ? `$${size}.00` : String(Math.floor(next() * 1e6)) }];
      }),
    );
    return { id: `row-${seed}-${each}`, task: kind, prompt, inputTokens: 50, models };
  });
}

const jsonLines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

function run(context: TestContext, words: readonly string[], input = '') {
  const cwd = temporaryFolder(context);
  return spawnSync(process.execPath, [COMMAND, ...words], {
    cwd,
    input,
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
}

function calibrated(context: TestContext, rows: readonly unknown[] | string, prices?: unknown) {
  const folder = temporaryFolder(context);
  const [data, out, priced] = [join(folder, 'data.jsonl'), join(folder, 'router.json'), join(folder, 'prices.json')];
  writeFileSync(data, typeof rows === 'string' ? rows : jsonLines(rows));
  if (prices !== undefined) writeFileSync(priced, JSON.stringify(prices));
  const flags = prices === undefined ? [] : ['--prices', priced];
  const { status, stderr } = run(context, ['calibrate', '--data', data, ...flags, '--out', out]);
  return { status, stderr, out };
}

function routed(context: TestContext, router: string, prompts: string, ...flags: readonly string[]) {
  const { status, stdout, stderr } = run(context, ['try', 'route', '--router', router, ...flags], prompts);
  const told = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Told);
  return { status, stderr, told };
}

/** What asking as told comes to, as shares of the large model's quality and cost. */
function outcome(rows: ReturnType<typeof rowsOf>, told: readonly Told[]) {
  const sums = { right: 0, cost: 0, baseRight: 0, baseCost: 0 };
  rows.forEach(({ models, inputTokens }, at) => {
    const { model, cascade = [], else: last } = told[at] as Told;
    const costOf = (name: string): number => {
      const price = PRICES[name as keyof typeof PRICES];
      return inputTokens * price.inputPerMillion + 100 * price.outputPerMillion;
    };
    sums.baseRight += models.large?.ok ? 1 : 0;
    sums.baseCost += costOf('large');
    const seen: (string | undefined)[] = [];
    for (const name of model === undefined ? [...cascade, last ?? ''] : [model]) {
      const answered = models[name];
      sums.cost += costOf(name);
      if (name === model || seen.length === cascade.length || seen.includes(answered?.answer)) {
        sums.right += answered?.ok ? 1 : 0;
        break;
      }
      seen.push(answered?.answer);
    }
  });
  return { quality: sums.right / sums.baseRight, cost: sums.cost / sums.baseCost };
}

test('a router keeps the quality on prompts that it has not seen, at a fraction of the cost, with cascades and without', (context) => {
  const { status, stderr, out } = calibrated(context, rowsOf(600, 1), PRICES);
  assert.equal(status, 0, stderr);
  assert.match(stderr, /Learning curve.*600.*large {2}.*95\.0 %/s);
  const fresh = rowsOf(600, 2);
  const prompts = jsonLines(fresh.map(({ id, prompt }) => ({ id, prompt })));
  const cascades = routed(context, out, prompts);
  assert.deepEqual([cascades.status, cascades.stderr], [0, '']);
  assert.deepEqual(
    cascades.told.map(({ id }) => id),
    fresh.map(({ id }) => id),
  );
  const first = cascades.told.find(({ cascade }) => cascade !== undefined);
  assert.equal(first?.agree, 2);
  assert.equal(typeof first?.else, 'string');
  assert.deepEqual(Object.keys(first?.scores ?? {}), Object.keys(PRICES));
  const withCascades = outcome(fresh, cascades.told);
  assert.ok(withCascades.quality > 0.94 && withCascades.cost < 0.45, JSON.stringify(withCascades));

  const singles = routed(context, out, prompts, '--no-cascade').told;
  assert.ok(singles.every(({ model, cascade }) => model !== undefined && cascade === undefined));
  const oneCall = outcome(fresh, singles);
  assert.ok(oneCall.quality > 0.93 && oneCall.cost < 0.5, JSON.stringify(oneCall));
  // A lower quality is cheaper, a higher one better.
  const cheap = outcome(fresh, routed(context, out, prompts, '--quality', '0.7', '--no-cascade').told);
  const good = outcome(fresh, routed(context, out, prompts, '--quality', '1', '--no-cascade').told);
  assert.ok(
    cheap.cost < oneCall.cost && oneCall.cost < good.cost && good.quality > 0.97,
    JSON.stringify({ cheap, good }),
  );
});

test('of two models without prices the scores say which prompts need the strong one', (context) => {
  const pair = (seed: number) =>
    rowsOf(500, seed).map(({ task, prompt, models }) => ({
      ...{ subject: task, prompt, strong: models.large?.ok, weak: models.small?.ok },
    }));
  const { status, stderr, out } = calibrated(context, pair(3));
  assert.equal(status, 0, stderr);
  assert.match(stderr, /APGR/);
  const fresh = pair(4);
  const { told } = routed(context, out, jsonLines(fresh.map(({ prompt }) => ({ prompt }))), '--quality', '0.9');
  const needs = (row: number): number => (told[row]?.scores.strong ?? 0) - (told[row]?.scores.weak ?? 0);
  const mean = (kind: string): number => {
    const rows = fresh.flatMap(({ subject }, row) => (subject === kind ? [needs(row)] : []));
    return rows.reduce((sum, each) => sum + each, 0) / rows.length;
  };
  assert.ok(mean('hard') > mean('easy') + 0.3, `${mean('hard')} ${mean('easy')}`);
  const toStrong = told.filter(({ model }) => model === 'strong').length;
  assert.ok(toStrong > 0 && toStrong < told.length / 2, String(toStrong));
});

test('rows that cannot be read are named by their lines and left out', (context) => {
  const rows = rowsOf(120, 5);
  const bad = [
    '{"prompt": 7}',
    'no json',
    JSON.stringify({ ...rows[0], models: { ...rows[0]?.models, tiny: { ok: 'yes' } } }),
    JSON.stringify({ ...rows[1], models: { large: rows[1]?.models.large } }),
    JSON.stringify({ ...rows[2], inputTokens: undefined }),
  ];
  const { status, stderr, out } = calibrated(context, `${bad.join('\n')}\n\n${jsonLines(rows)}`, PRICES);
  assert.equal(status, 0, stderr);
  for (const fault of [
    /line 1: `prompt` must be a text/,
    /line 2: not JSON/,
    /line 3: `models\.tiny\.ok` must be true or false/,
    /line 4: says nothing of middle/,
    /line 5: with prices a row needs `inputTokens`/,
    /5 lines were left out/,
  ])
    assert.match(stderr, fault);
  assert.equal((JSON.parse(readFileSync(out, 'utf8')) as { evidence: JsonObject }).evidence.rows, 120);
  const { status: code, told } = routed(context, out, 'no json\n{"id":1,"prompt":"How many apples?"}\n{"id":2}\n');
  assert.equal(code, 1);
  assert.match(told[0]?.error ?? '', /line 1: not JSON/);
  assert.equal(told[1]?.id, 1);
  assert.match(told[2]?.error ?? '', /line 3: `prompt` must be a text/);
});

test('a file that nothing can be learnt from, and a file without a router, are refused', (context) => {
  const few = calibrated(context, rowsOf(5, 6), PRICES);
  assert.equal(few.status, 2);
  assert.match(few.stderr, /5 rows can be learnt from, and it takes 20/);
  const unpriced = calibrated(context, rowsOf(50, 7), { large: PRICES.large });
  assert.equal(unpriced.status, 2);
  assert.match(unpriced.stderr, /There is no price for middle, small, tiny/);
  const folder = temporaryFolder(context);
  const file = join(folder, 'router.json');
  for (const [text, said] of [
    ['{', /it is not JSON/],
    ['{}', /it is not a router/],
    ['{"sluice_router":9}', /its version is 9/],
    ['{"sluice_router":1,"models":["a"],"best":"b"}', /`best` must be one of/],
  ] as const) {
    writeFileSync(file, text);
    const { status, stderr } = routed(context, file, '');
    assert.equal(status, 2);
    assert.match(stderr, said);
  }
  const missing = run(context, ['calibrate']);
  assert.equal(missing.status, 2);
  assert.match(missing.stderr, /--data FILE\.jsonl and --out/);
  const odd = run(context, ['try', 'route', '--quality', '7']);
  assert.equal(odd.status, 2);
  assert.match(odd.stderr, /--quality must be a share/);
});
