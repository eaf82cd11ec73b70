/** Recorded requests under the configuration that they were made under, and under others. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { ReplayReport } from '../../src/cli/replay/replay-report.ts';
import { MASTER_KEY, PROVIDER_KEY, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { type Ended, runSluice, temporaryFolder } from './sluice-process.ts';

const deployment = (group: string, model: string, more: object = {}) => ({
  model_name: group,
  litellm_params: { model, api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY', ...more },
});

/** Failovers, several deployments in a group, cached answers, a budget: what a week has. */
const WEEK = {
  model_list: [
    deployment('fast', 'openai/gpt-4o'),
    deployment('fast', 'anthropic/claude-sonnet-4-5'),
    deployment('cheapest', 'openai/gpt-4o'),
    deployment('cheapest', 'openai/gpt-4o-mini'),
    deployment('claude', 'anthropic/claude-opus-4-6'),
    deployment('gemini', 'gemini/gemini-2.5-flash'),
    deployment('fails', 'openai/gpt-4o+fault-500'),
    deployment('embed', 'openai/text-embedding-3-small'),
    deployment('unpriced', 'openai/nobody-knows-this'),
  ],
  litellm_settings: { cache: true, cache_params: { type: 'local', supported_call_types: ['aembedding'] } },
  router_settings: { num_retries: 1, fallbacks: [{ fails: ['fast'] }], disable_cooldowns: true },
  general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
};

describe('sluice replay', { timeout: 300_000 }, () => {
  const ending: (() => unknown)[] = [];
  let folder = '';
  let gateway: TestGateway;
  let key = '';

  const replayed = async (context: TestContext, config: object, ...args: string[]): Promise<Ended> => {
    const path = join(folder, 'new.yaml');
    writeFileSync(path, JSON.stringify(config));
    return runSluice(context, {
      cwd: folder,
      args: ['replay', '-c', path, '--from', '1d', ...args],
      env: {
        ...{ SIMULATOR_URL: gateway.simulator.url, PROVIDER_KEY, TEST_MASTER_KEY: MASTER_KEY },
        SLUICE_DATA_DIR: join(folder, 'data'),
      },
    });
  };
  const reportOf = async (context: TestContext, config: object, ...args: string[]): Promise<ReplayReport> => {
    const { code, stdout, stderr } = await replayed(context, config, '--json', ...args);
    assert.equal(code, 0, stdout + stderr);
    return JSON.parse(stdout) as ReplayReport;
  };

  before(async () => {
    folder = temporaryFolder({ after: (run) => void ending.push(run as () => unknown) });
    gateway = await startTestGateway({ config: JSON.stringify(WEEK), dataFolder: join(folder, 'data') });
    const made = await gateway.post('/key/generate', { key_alias: 'tight', max_budget: 5 });
    key = ((await made.json()) as { readonly key: string }).key;
    for (let number = 0; number < 12; number += 1) {
      const content = `Question ${number}: what is ${'very '.repeat(number * 3)}long?`;
      for (const model of ['fast', 'cheapest', 'claude', 'gemini', 'fails', 'unpriced']) {
        const body = { model, stream: number % 3 === 0, max_tokens: 50, messages: [{ role: 'user', content }] };
        await (await gateway.post('/v1/chat/completions', body, { authorization: `Bearer ${key}` })).arrayBuffer();
      }
      // Each vector is asked for twice: the second comes from the cache.
      const text = { model: 'embed', input: `text ${number % 6}` };
      await (await gateway.post('/v1/embeddings', text, { authorization: `Bearer ${key}` })).arrayBuffer();
    }
    await (await gateway.post('/v1/chat/completions', { model: 'nobody', messages: [] })).arrayBuffer();
    await wait(500);
  });

  after(async () => {
    await gateway.close();
    for (const end of ending) await end();
  });

  for (const [name, args] of [
    ['alone', []],
    ['beside itself as the baseline', ['--baseline', 'new.yaml']],
  ] as const) {
    it(`gives the recorded cost exactly for the unchanged configuration, ${name}`, async (context) => {
      const report = await reportOf(context, WEEK, ...args);
      assert.equal(report.replayed.usd, report.recorded.usd);
      assert.equal(report.saved_usd, '0');
      assert.ok(Number(report.recorded.usd) > 0);
      const { same, moved, refused, cached, still_refused } = report.outcomes;
      assert.deepEqual({ moved, refused }, { moved: 0, refused: 0 }, JSON.stringify(report, null, 1));
      assert.equal(cached, 6);
      assert.equal(same, 12 * 6 + 6);
      assert.equal(still_refused, 1);
      assert.equal(report.repriced, 0);
      assert.equal(report.replayed.median_ms, report.recorded.median_ms);
      assert.equal(report.expected_quality, null);
    });
  }

  it('counts what other prices make, to the last digit', async (context) => {
    const params = { input_cost_per_token: 0.00001, output_cost_per_token: 0.00002 };
    const list = WEEK.model_list.map((each) =>
      each.model_name === 'claude' ? deployment('claude', 'anthropic/claude-opus-4-6', params) : each,
    );
    const report = await reportOf(context, { ...WEEK, model_list: list });
    assert.equal(report.repriced, 12);
    assert.equal(report.outcomes.moved, 0);
    const rows = (await (await gateway.get('/spend/rows')).json()) as {
      readonly data: readonly {
        readonly model?: string;
        readonly inputTokens: number;
        readonly outputTokens: number;
      }[];
    };
    const claude = rows.data.filter(({ model }) => model === 'claude-opus-4-6');
    const expected = claude.reduce(
      (sum, { inputTokens, outputTokens }) => sum + inputTokens * 10 + outputTokens * 20,
      0,
    );
    const group = report.groups.find((each) => each.group === 'claude');
    assert.equal(Math.round(Number(group?.replayed_usd) * 1e6), expected);
  });

  it('moves what goes elsewhere, with its cost, its time and what is assumed', async (context) => {
    const list = WEEK.model_list.map((each) =>
      each.model_name === 'claude' ? deployment('claude', 'openai/gpt-4o-mini') : each,
    );
    const report = await reportOf(context, { ...WEEK, model_list: list });
    assert.equal(report.outcomes.moved, 12);
    const [move] = report.moves;
    assert.match(move?.from ?? '', /^anthropic\/claude-opus-4-6 /);
    assert.match(move?.to ?? '', /^openai\/gpt-4o-mini /);
    assert.ok(Number(move?.replayed_usd) > 0 && Number(move?.replayed_usd) < Number(move?.recorded_usd));
    assert.equal(Number(report.saved_usd) > 0, true);
    assert.ok(report.assumptions.some((text) => /as many tokens/.test(text)));
  });

  it('says which requests a budget and a rate would have refused, and which a group that is gone', async (context) => {
    const budget = {
      ...WEEK,
      litellm_settings: { ...WEEK.litellm_settings, max_budget: 0.0005, budget_duration: '1d' },
    };
    const report = await reportOf(context, budget);
    assert.ok(report.outcomes.refused > 0, JSON.stringify(report.outcomes));
    assert.ok(Number(report.replayed.usd) <= 0.0005 * 2, report.replayed.usd);
    assert.ok(report.refusals.every(({ named }) => named.length > 0));
    const gone = await reportOf(context, {
      ...WEEK,
      model_list: WEEK.model_list.filter((each) => each.model_name !== 'gemini'),
    });
    assert.equal(gone.outcomes.refused, 12);
  });

  it('has every vector asked for again where the cache is off', async (context) => {
    const { litellm_settings: _, ...rest } = WEEK;
    const report = await reportOf(context, rest);
    assert.equal(report.outcomes.cached, 0);
    assert.equal(report.outcomes.moved, 6);
    assert.ok(Number(report.replayed.usd) > Number(report.recorded.usd));
  });

  it('reads the ledger of a remote gateway, and says what it cannot know then', async (context) => {
    const report = await reportOf(context, WEEK, '--host', '127.0.0.1', '--port', String(gateway.port));
    assert.equal(report.replayed.usd, report.recorded.usd);
    assert.ok(report.unknown.some((text) => /Stored keys/.test(text)));
  });

  it('prints a report for people, and refuses what is not a time', async (context) => {
    const { code, stdout } = await replayed(context, WEEK);
    assert.equal(code, 0);
    assert.match(stdout, /answered where they were +78/);
    assert.match(stdout, /Expected quality: unknown/);
    assert.ok(!stdout.includes(key) && !stdout.includes(PROVIDER_KEY));
    const wrong = await runSluice(context, {
      cwd: folder,
      args: ['replay', '-c', 'new.yaml', '--from', 'yesterday'],
      env: {},
    });
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /--from must be a day such as/);
  });
});
