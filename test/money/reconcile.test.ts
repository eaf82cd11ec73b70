/** Bills of simulated providers against the ledger of a gateway that called them: a month with failures, and what was planted in it. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Simulator } from '../../simulator/contract.ts';
import { startSimulator } from '../../simulator/start.ts';
import type { BillReport, Difference } from '../../src/billing/report.ts';
import { MASTER_KEY as COMMAND_KEY, CONFIG_ENV } from '../cli/simulated-config.ts';
import { type Ended, runSluice, SluiceProcess, temporaryFolder } from '../cli/sluice-process.ts';
import { DrivenClock } from '../support/driven-clock.ts';
import { MASTER_KEY, PROVIDER_KEY, startTestGateway, type TestGateway } from '../support/gateway.ts';

const DAY_MS = 86_400_000;
const DAYS = 30;
const CALLS_A_DAY = 40;
const ADMIN_KEY = 'sk-admin-canary-f00d';
const PROVIDERS = ['openai', 'anthropic', 'gemini'] as const;

const deployment = (group: string, model: string) => ({
  model_name: group,
  litellm_params: { model, api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' },
});

/** Retries, failovers and streams that break are part of every day. */
const configOf = (more: object = {}): string =>
  JSON.stringify({
    model_list: [
      deployment('fast', 'openai/gpt-4o'),
      deployment('small', 'openai/gpt-4o-mini'),
      deployment('breaks', 'openai/gpt-4o+fault-cut-3'),
      deployment('fails', 'openai/gpt-4o+fault-500'),
      deployment('claude', 'anthropic/claude-sonnet-4-5'),
      deployment('gemini', 'gemini/gemini-2.5-flash'),
      deployment('embed', 'openai/text-embedding-3-small'),
    ],
    router_settings: {
      num_retries: 1,
      fallbacks: [{ fails: ['small'] }, { breaks: ['fast'] }],
      disable_cooldowns: true,
    },
    general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
    ...more,
  });

const reconcileSection = (url: string) => ({
  reconcile: {
    providers: Object.fromEntries(
      PROVIDERS.map((name) => [
        name,
        {
          admin_key: 'os.environ/ADMIN_KEY',
          base_url: url,
          ...(name === 'gemini' && { table: 'simulated-project.billing.gcp_billing_export_v1_0000' }),
        },
      ]),
    ),
  },
});

/** The command, over the data folder of a gateway that goes on serving. */
async function reconcileWith(context: TestContext, month: Month, ...args: string[]): Promise<Ended> {
  const config = join(month.folder, 'config.yaml');
  return runSluice(context, {
    cwd: month.folder,
    args: ['reconcile', '-c', config, '--from', month.from, '--to', month.to, ...args],
    env: {
      ...{ SIMULATOR_URL: month.simulator.url, PROVIDER_KEY, TEST_MASTER_KEY: MASTER_KEY, ADMIN_KEY },
      SLUICE_DATA_DIR: join(month.folder, 'data'),
    },
  });
}

async function reportOf(context: TestContext, month: Month, provider: string, ...args: string[]): Promise<BillReport> {
  const { stdout, stderr } = await reconcileWith(context, month, '--provider', provider, '--json', ...args);
  assert.notEqual(stdout, '', stderr);
  const { reports } = JSON.parse(stdout) as { readonly reports: readonly BillReport[] };
  const [report] = reports;
  assert.ok(report !== undefined);
  return report;
}

interface Month {
  readonly folder: string;
  readonly simulator: Simulator;
  readonly gateway: TestGateway;
  readonly clock: DrivenClock;
  readonly from: string;
  readonly to: string;
}

const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** One call of the month; some hang up, some break, some are answered elsewhere. */
async function call(gateway: TestGateway, number: number): Promise<void> {
  const kind = number % 8;
  const content = `Tell me of river ${number}, and of its ${'long '.repeat(20 + (number % 30))}way to the sea.`;
  const chat = (model: string, stream = false) =>
    gateway.post('/v1/chat/completions', { model, stream, max_tokens: 60, messages: [{ role: 'user', content }] });
  if (kind === 6)
    return void (await (
      await gateway.post('/v1/embeddings', { model: 'embed', input: [content, content] })
    ).arrayBuffer());
  const groups = ['fast', 'claude', 'gemini', 'small', 'fails', 'breaks', '', 'claude'] as const;
  const response = await chat(groups[kind] ?? 'fast', kind === 5 || kind === 3);
  await response.arrayBuffer().catch(() => undefined);
}

describe('A bill and the ledger', { timeout: 600_000 }, () => {
  let month: Month;
  const ending: (() => unknown)[] = [];

  before(async () => {
    const clock = new DrivenClock();
    clock.forward(-(DAYS + 2) * DAY_MS);
    const firstMs = clock.nowMs();
    const simulator = await startSimulator({
      clock,
      billing: { adminKeys: [ADMIN_KEY], pageSize: 7, skewMs: 90_000 },
    });
    const folder = temporaryFolder({ after: (run) => void ending.push(run as () => unknown) });
    const gateway = await startTestGateway({
      ...{ clock, sharedSimulator: simulator, dataFolder: join(folder, 'data') },
      config: configOf(),
      env: { ADMIN_KEY },
    });
    writeFileSync(join(folder, 'config.yaml'), configOf(reconcileSection(simulator.url)));
    for (let day = 0; day < DAYS; day += 1) {
      for (let number = 0; number < CALLS_A_DAY; number += 4) {
        await Promise.all([0, 1, 2, 3].map((each) => call(gateway, day * CALLS_A_DAY + number + each)));
        // Some minutes of each day are those around midnight.
        clock.forward((DAY_MS - 60_000) / (CALLS_A_DAY / 4));
      }
    }
    await wait(500);
    month = { ...{ folder, simulator, gateway, clock }, from: dateOf(firstMs), to: dateOf(clock.nowMs() - DAY_MS) };
  });

  after(async () => {
    await month.gateway.close();
    await month.simulator.close();
    for (const end of ending) await end();
  });

  for (const provider of PROVIDERS) {
    it(`match to 99.9 % and more over a month of ${provider}, with retries, failovers and broken streams`, async (context) => {
      const report = await reportOf(context, month, provider);
      assert.ok(
        report.matched >= 0.999,
        JSON.stringify({ ...report, differences: report.differences.slice(0, 5) }, null, 1),
      );
      assert.ok((report.prices_agree ?? 0) >= 0.999, JSON.stringify(report.prices));
      assert.ok((report.matched_requests ?? 1) >= 0.999, JSON.stringify(report.requests));
      assert.ok(Number(report.provider_usd) > 0);
      const counted = Object.values(report.tokens.provider).reduce((sum, count) => sum + count, 0);
      assert.ok(counted > 10_000, `${counted} tokens`);
    });
  }

  it('print a report for people that names no key, and exit with 0', async (context) => {
    const { code, stdout, stderr } = await reconcileWith(context, month);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /^openai, .*: agrees/m);
    assert.match(stdout, /^anthropic, .*: agrees/m);
    assert.match(stdout, /^gemini, .*: agrees/m);
    for (const secret of [ADMIN_KEY, PROVIDER_KEY, MASTER_KEY]) assert.ok(!(stdout + stderr).includes(secret));
  });

  it('give the same over the address of the running gateway, and nothing to a key that is no admin', async (context) => {
    const report = await reportOf(
      context,
      month,
      'openai',
      '--host',
      '127.0.0.1',
      '--port',
      String(month.gateway.port),
    );
    assert.deepEqual(report.tokens, (await reportOf(context, month, 'openai')).tokens);
    const made = await month.gateway.post('/key/generate', { models: [] });
    const { key } = (await made.json()) as { readonly key: string };
    const refused = await month.gateway.get('/spend/rows', { authorization: `Bearer ${key}` });
    assert.ok(refused.status === 401 || refused.status === 403, String(refused.status));
  });

  it('find and name a call past the gateway with the same key', async (context) => {
    const atMs = Date.parse(`${month.to}T13:37:10Z`);
    month.simulator.book.plant({
      ...{ biller: 'openai', model: 'gpt-4o', key: PROVIDER_KEY, atMs },
      tokens: { input: 123_456, output: 7_890 },
    });
    const report = await reportOf(context, month, 'openai');
    const found = report.differences.find(({ tokens }) => tokens.input === 123_456);
    assert.ok(found !== undefined, JSON.stringify(report.differences.slice(0, 5)));
    assert.equal(found.what, 'not-in-ledger');
    assert.equal(found.model, 'gpt-4o');
    assert.equal(found.tokens.output, 7_890);
    assert.equal(found.requests, 1);
    assert.ok(
      Date.parse(found.from ?? '') <= atMs + 90_000 && Date.parse(found.to ?? '') >= atMs,
      JSON.stringify(found),
    );
    assert.match(found.why, /past the gateway/);
    const { code } = await reconcileWith(context, month, '--provider', 'openai');
    assert.equal(code, 1);
  });

  it('find a price that is another than the ledger has', async (context) => {
    const { simulator } = month;
    // Of a model that nothing else uses: what was booked before keeps its price.
    simulator.book.setPrice('claude-sonnet-4-5', 'output', 18.75);
    // On a day of its own: what was billed before has the price of before.
    month.clock.forward(2 * DAY_MS);
    for (const number of [1, 2, 3]) await call(month.gateway, number * 8 + 1);
    // Reports know of a call when its minute is over.
    month.clock.forward(300_000);
    await wait(300);
    const today = dateOf(month.clock.nowMs());
    const report = await reportOf(context, month, 'anthropic', '--from', today, '--to', today);
    const [price] = report.prices;
    assert.ok(price !== undefined, JSON.stringify(report));
    assert.deepEqual([price.model, price.kind], ['claude-sonnet-4-5', 'output']);
    assert.equal(price.provider_usd_per_million, '18.75');
    assert.equal(price.ledger_usd_per_million, '15');
    assert.equal(price.percent, 25);
  });

  it('find a row that was lost, and tell it from a call past the gateway by the sums of its day', async (context) => {
    const database = new DatabaseSync(join(month.folder, 'data', 'sluice.db'));
    const row = database
      .prepare(
        "select attempt_id, started_at, data from ledger where provider = 'anthropic' and started_at < ? and status = 'success' order by started_at limit 1",
      )
      .get(Date.parse(month.to) - 20 * DAY_MS) as {
      readonly attempt_id: string;
      readonly started_at: number;
      readonly data: string;
    };
    database.prepare('delete from ledger where attempt_id = ?').run(row.attempt_id);
    database.close();
    const { inputTokens, outputTokens } = JSON.parse(row.data) as {
      readonly inputTokens: number;
      readonly outputTokens: number;
    };
    const report = await reportOf(context, month, 'anthropic');
    const found = report.differences.find(
      ({ tokens }) => tokens.output === outputTokens && tokens.input === inputTokens,
    );
    assert.ok(found !== undefined, JSON.stringify(report.differences.slice(0, 5)));
    assert.equal(found.what, 'not-in-ledger');
    assert.match(found.why, /sums of this day have 1 attempts/);
    assert.ok(Math.abs(Date.parse(found.from ?? '') - row.started_at) < 300_000);
  });

  it('say which key is wrong, wait where the provider says so, and read what comes late', async (context) => {
    const { simulator } = month;
    const wrong = await runSluice(context, {
      cwd: month.folder,
      args: ['reconcile', '-c', 'config.yaml', '--provider', 'openai', '--from', month.to, '--to', month.to],
      env: {
        ...{ SIMULATOR_URL: simulator.url, PROVIDER_KEY, TEST_MASTER_KEY: MASTER_KEY, ADMIN_KEY: 'sk-wrong-canary' },
        SLUICE_DATA_DIR: join(month.folder, 'data'),
      },
    });
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /admin key/);
    assert.ok(!(wrong.stdout + wrong.stderr).includes('sk-wrong-canary'));
    const limited = simulator.script({
      match: { operation: 'bill', path: 'usage/completions' },
      reply: { status: 429, headers: { 'retry-after': '1' }, json: { error: { message: 'Rate limit reached' } } },
      times: 2,
    });
    const startedMs = performance.now();
    const report = await reportOf(context, month, 'openai', '--from', month.to, '--to', month.to);
    assert.ok(performance.now() - startedMs >= 2_000, 'it waited for the time that the answer named');
    assert.ok(report.requests.ledger > 0);
    assert.ok(limited !== undefined);
  });

  it('match files with the ledger, and name file and line of what cannot be read', async (context) => {
    const before = await reportOf(context, month, 'openai');
    const usage = await fetch(
      `${month.simulator.url}/v1/organization/usage/completions?start_time=${Date.parse(month.from) / 1_000}&end_time=${Date.parse(month.to) / 1_000 + 86_400}&limit=31&group_by=model`,
      { headers: { authorization: `Bearer ${ADMIN_KEY}` } },
    );
    assert.equal(usage.status, 200);
    const file = join(month.folder, 'usage.csv');
    const pages: string[] = [
      'start_time,end_time,model,num_model_requests,input_tokens,input_cached_tokens,output_tokens',
    ];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&page=${encodeURIComponent(cursor)}`;
      const page = (await (
        await fetch(`${usage.url}${query}`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } })
      ).json()) as {
        readonly data: readonly {
          start_time: number;
          end_time: number;
          results: readonly Record<string, string | number>[];
        }[];
        readonly next_page: string | null;
      };
      for (const bucket of page.data)
        for (const each of bucket.results)
          pages.push(
            [
              bucket.start_time,
              bucket.end_time,
              `"${each.model}"`,
              each.num_model_requests,
              each.input_tokens,
              each.input_cached_tokens,
              each.output_tokens,
            ].join(','),
          );
      cursor = page.next_page;
    } while (cursor !== null);
    writeFileSync(file, `\uFEFF${pages.join('\r\n')}\r\n`);
    const report = await reportOf(context, month, 'openai', '--csv', file);
    assert.equal(report.tokens.provider.output, before.tokens.provider.output);
    writeFileSync(file, `${pages.slice(0, 3).join('\n')}\n1796000000,1796086400,gpt-4o,three,1,1,1\n`);
    const bad = await reconcileWith(context, month, '--provider', 'openai', '--csv', file);
    assert.equal(bad.code, 2);
    assert.match(bad.stderr, /usage\.csv:4: .*num_model_requests.*three/);
  });

  it('match request by request where a file has ids', async (context) => {
    const database = new DatabaseSync(join(month.folder, 'data', 'sluice.db'), { readOnly: true });
    const rows = database
      .prepare(
        "select started_at, answer_id, data from ledger where provider = 'openai' and started_at >= ? and started_at < ?",
      )
      .all(Date.parse(month.to), Date.parse(month.to) + DAY_MS) as {
      started_at: number;
      answer_id: string | null;
      data: string;
    }[];
    database.close();
    const lines = rows.flatMap(({ started_at, answer_id, data }) => {
      const { inputTokens, outputTokens, cachedInputTokens = 0, callId } = JSON.parse(data) as Record<string, number>;
      if ((inputTokens ?? 0) + (outputTokens ?? 0) === 0) return [];
      const { model } = JSON.parse(data) as { readonly model: string };
      const time = new Date(started_at).toISOString();
      return [
        [
          time,
          model,
          (inputTokens ?? 0) - cachedInputTokens,
          cachedInputTokens,
          outputTokens,
          answer_id ?? callId,
        ].join(','),
      ];
    });
    assert.ok(lines.length > 5);
    const file = join(month.folder, 'requests.csv');
    const head = 'time,model,input_tokens,cached_input_tokens,output_tokens,request_id';
    const [dropped = '', ...kept] = lines;
    writeFileSync(file, [head, ...kept, `${month.to}T10:00:00Z,gpt-4o,11,0,22,chatcmpl-unknown`].join('\n'));
    const report = await reportOf(context, month, 'openai', '--csv', file, '--from', month.to, '--to', month.to);
    const byWhat = (what: Difference['what']) => report.differences.filter((each) => each.what === what);
    assert.deepEqual(
      byWhat('not-in-ledger').map(({ calls }) => calls),
      [['chatcmpl-unknown']],
    );
    assert.equal(byWhat('not-in-bill').length, 1, JSON.stringify([dropped, report.differences.slice(0, 4)]));
  });

  it('refuse what is no bill', async (context) => {
    const file = join(month.folder, 'hostile.csv');
    const tried = async (text: string, wanted: RegExp): Promise<void> => {
      writeFileSync(file, text);
      const { code, stderr } = await reconcileWith(context, month, '--provider', 'openai', '--csv', file);
      assert.equal(code, 2, text.slice(0, 80));
      assert.match(stderr, wanted);
    };
    await tried('', /hostile\.csv: the file is empty/);
    await tried('a,b,c\n1,2,3\n', /hostile\.csv:1: the columns are of no known bill/);
    await tried(
      'time,model,input_tokens,output_tokens\n2026-02-31,gpt-4o,1,1\n',
      /hostile\.csv:2: .*`time` must be a date/,
    );
    await tried('time,model,input_tokens,output_tokens\n2026-02-01,gpt-4o,-1,1\n', /hostile\.csv:2: .*input_tokens/);
    await tried(
      'time,model,input_tokens,output_tokens\n"2026-02-01,gpt-4o,1,1\n',
      /hostile\.csv:2: a field in quotes does not end/,
    );
    await tried(
      `time,model,input_tokens,output_tokens\n2026-02-01,${'x'.repeat(1_100_000)},1,1\n`,
      /hostile\.csv:2: a record is longer/,
    );
    await tried(
      'time,model,input_tokens,output_tokens\n2026-02-01,gpt-4o,1\n',
      /hostile\.csv:2: 3 fields, and the first line names 4/,
    );
  });
});

describe('A killed gateway and its bill', { timeout: 120_000 }, () => {
  it('agree but for the call under way, which is named with its id', async (context) => {
    const simulator = await startSimulator({ billing: { adminKeys: [ADMIN_KEY] } });
    context.after(() => simulator.close());
    const folder = temporaryFolder(context);
    const config = join(folder, 'config.yaml');
    const text = {
      model_list: [
        {
          model_name: 'fast',
          litellm_params: { model: 'openai/gpt-4o', api_base: simulator.url, api_key: 'sk-of-the-test' },
        },
        {
          model_name: 'slow',
          litellm_params: {
            model: 'openai/gpt-4o+latency-0-50+tokens-100',
            api_base: simulator.url,
            api_key: 'sk-of-the-test',
          },
        },
      ],
      general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
      reconcile: { providers: { openai: { admin_key: ADMIN_KEY, base_url: simulator.url } } },
    };
    writeFileSync(config, JSON.stringify(text));
    const env = { ...CONFIG_ENV, SLUICE_DATA_DIR: join(folder, 'data') };
    const start = async () => {
      const process = new SluiceProcess(context, { cwd: folder, args: ['--config', config, '--port', '0'], env });
      const url = await process.until(
        'it serves',
        ({ stderr, stdout }) => /http:\/\/127\.0\.0\.1:\d+/.exec(stderr + stdout)?.[0],
      );
      return { process, url };
    };
    const ask = (url: string, model: string) =>
      fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${COMMAND_KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Tell me of rivers.' }] }),
      });
    const first = await start();
    for (let number = 0; number < 20; number += 1) await (await ask(first.url, 'fast')).arrayBuffer();
    const open = await ask(first.url, 'slow');
    const callId = open.headers.get('x-litellm-call-id') ?? '';
    assert.notEqual(callId, '');
    await wait(500);
    first.process.child.kill('SIGKILL');
    await open.arrayBuffer().catch(() => undefined);
    await first.process.ended;
    const second = await start();
    await (await ask(second.url, 'fast')).arrayBuffer();
    await wait(1_500);
    const today = dateOf(Date.now());
    const { code, stdout, stderr } = await runSluice(context, {
      cwd: folder,
      args: ['reconcile', '-c', config, '--from', today, '--to', today, '--json'],
      env,
    });
    assert.notEqual(stdout, '', stderr);
    const [report] = (JSON.parse(stdout) as { readonly reports: readonly BillReport[] }).reports;
    assert.deepEqual(report?.orphans, { count: 1, calls: [callId] });
    assert.equal(report.requests.ledger, 21);
    assert.ok(
      report.differences.some(({ calls }) => calls.includes(callId)),
      JSON.stringify(report.differences),
    );
    assert.equal(code, 1);
  });
});
