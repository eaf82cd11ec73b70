/** Limits on tokens besides those of a minute: by the day, by direction and model, and of deployments. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import type { TestGateway, TestGatewayOptions } from '../support/gateway.ts';
import { ask, callIdOf, manage, messageOf, priced, rowsOf, startMoneyGateway } from './tenants.ts';

async function gatewayFor(
  context: TestContext,
  more: JsonObject,
  options: TestGatewayOptions = {},
): Promise<TestGateway> {
  const gateway = await startMoneyGateway(more, options);
  context.after(() => gateway.close());
  return gateway;
}

/** The tokens that an answer says it used. */
function tokensIn({ json }: Awaited<ReturnType<typeof ask>>): number {
  const { usage } = json;
  assert.ok(isJsonObject(usage), JSON.stringify(json));
  return Number(usage.total_tokens);
}

describe('A limit on the tokens of a day', () => {
  it('refuses what does not fit, says when the next day begins, and counts what was really used', async (context) => {
    const gateway = await gatewayFor(context, {
      user_api_key_list: [
        { api_key: 'a-day', tpd_limit: 300, key_alias: 'daily' },
        { api_key: 'of-a-team', team_id: 't' },
        { api_key: 'free' },
      ],
      teams: [{ team_id: 't', tpd_limit: 150 }],
    });
    const first = await ask(gateway, 'a-day', { max_tokens: 150 });
    assert.equal(first.status, 200);
    const used = tokensIn(first);
    assert.ok(used > 100 && used < 150, `${used}`);
    assert.equal((await ask(gateway, 'a-day', { max_tokens: 100 })).status, 200, 'less was used than was claimed');
    const refused = await ask(gateway, 'a-day', { max_tokens: 100 });
    assert.equal(refused.status, 429);
    assert.match(
      messageOf(refused),
      new RegExp(
        `Rate limit exceeded for api_key: daily\\. Limit type: tokens_per_day\\. Current limit: 300, Remaining: ${300 - 2 * used}\\. Limit resets at: \\d{4}-\\d\\d-\\d\\d 00:00:00 UTC`,
      ),
    );
    assert.equal(refused.headers.get('rate_limit_type'), 'tokens_per_day');
    const before = gateway.simulator.requests.length;
    assert.equal((await ask(gateway, 'of-a-team', { max_tokens: 100 })).status, 200);
    const ofTeam = await ask(gateway, 'of-a-team', { max_tokens: 100 });
    assert.match(messageOf(ofTeam), /for team: t\. Limit type: tokens_per_day/);
    assert.equal(gateway.simulator.requests.length, before + 1, 'what is refused reaches no provider');
    assert.equal((await ask(gateway, 'free', { max_tokens: 100 })).status, 200);
  });

  it('counts requests beside each other, and none that was refused or failed', async (context) => {
    const gateway = await gatewayFor(context, {
      user_api_key_list: [{ api_key: 'crowded', tpd_limit: 1_000, max_budget: 5 }],
      model_list: [
        priced('m', 100, { model: 'openai/sim-tokens-100+latency-150-1' }),
        priced('broken', 100, { model: 'openai/sim-tokens-101' }),
      ],
    });
    gateway.simulator.script({ match: { model: 'sim-tokens-101' }, times: 1, reply: { status: 500, json: {} } });
    const broken = await ask(gateway, 'crowded', { model: 'broken', max_tokens: 900 });
    assert.ok(broken.status >= 500, `${broken.status}`);
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask(gateway, 'crowded', { max_tokens: 100 })));
    const statuses = answers.map(({ status }) => status);
    assert.ok(statuses.every((status) => status === 200 || status === 429));
    const served = answers.filter(({ status }) => status === 200);
    const used = served.reduce((sum, answer) => sum + tokensIn(answer), 0);
    assert.ok(used <= 1_000 && served.length >= 6, `${served.length} were served, ${used} tokens`);
    assert.equal((await ask(gateway, 'crowded', { max_tokens: 1_000 })).status, 429);
  });

  it('that is smaller than one request says that no wait helps', async (context) => {
    const gateway = await gatewayFor(context, { user_api_key_list: [{ api_key: 'tiny', tpd_limit: 10 }] });
    const refused = await ask(gateway, 'tiny', { max_tokens: 100 });
    assert.equal(refused.status, 429);
    assert.match(messageOf(refused), /too small for this request.*tokens_per_day/);
    assert.equal(refused.headers.get('retry-after'), null);
  });

  it('is remembered over a restart', async (context) => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'sluice-tpd-'));
    context.after(() => rmSync(dataFolder, { recursive: true }));
    const config = { user_api_key_list: [{ api_key: 'a-day', tpd_limit: 200 }] };
    const gateway = await startMoneyGateway(config, { dataFolder });
    const first = await ask(gateway, 'a-day', { max_tokens: 100 });
    assert.equal(first.status, 200);
    await rowsOf(gateway, callIdOf(first));
    await gateway.close();
    const again = await gatewayFor(context, config, { dataFolder });
    const refused = await ask(again, 'a-day', { max_tokens: 100 });
    assert.equal(refused.status, 429, 'the day goes on');
    assert.match(messageOf(refused), new RegExp(`Remaining: ${200 - tokensIn(first)}\\.`));
  });

  it('can be changed and lifted by the API', async (context) => {
    const gateway = await gatewayFor(context, {});
    const { key, tpd_limit: shown } = await manage(gateway, '/key/generate', { tpd_limit: 10 });
    assert.equal(shown, 10);
    assert.equal((await ask(gateway, String(key), { max_tokens: 50 })).status, 429);
    await manage(gateway, '/key/update', { key: key ?? '', tpd_limit: null });
    assert.equal((await ask(gateway, String(key), { max_tokens: 50 })).status, 200);
  });
});

describe('Limits of one model in one direction', () => {
  it('hold for that model alone', async (context) => {
    const gateway = await gatewayFor(context, {
      user_api_key_list: [
        { api_key: 'in', model_itpm_limit: { m: 40 } },
        { api_key: 'out', model_otpm_limit: { m: 150 } },
      ],
      model_list: [priced('m', 100), priced('other', 100)],
    });
    const long = { messages: [{ role: 'user', content: 'river '.repeat(300) }] };
    const refused = await ask(gateway, 'in', long);
    assert.equal(refused.status, 429);
    assert.match(messageOf(refused), /model m.*input_tokens/);
    assert.equal((await ask(gateway, 'in', { ...long, model: 'other' })).status, 200);
    assert.equal((await ask(gateway, 'out', { max_tokens: 100 })).status, 200);
    assert.match(messageOf(await ask(gateway, 'out', { max_tokens: 100 })), /model m.*output_tokens/);
  });
});

describe('default_estimated_output_tokens', () => {
  it('is what a request without a limit of its own reserves of the tokens of a minute', async (context) => {
    const gateway = await gatewayFor(context, {
      user_api_key_list: [
        { api_key: 'long', tpm_limit: 1_000, default_estimated_output_tokens: 2_000 },
        { api_key: 'of-a-team', tpm_limit: 1_000, team_id: 't' },
        {
          api_key: 'by-model',
          tpm_limit: 1_000,
          default_estimated_output_tokens: 2_000,
          default_estimated_output_tokens_per_model: { m: 50 },
        },
      ],
      teams: [{ team_id: 't', default_estimated_output_tokens: 3_000 }],
      model_list: [priced('m', 100), priced('other', 100)],
    });
    const refused = await ask(gateway, 'long');
    assert.equal(refused.status, 429);
    assert.match(messageOf(refused), /too small for this request.*tokens/);
    assert.equal((await ask(gateway, 'long', { max_tokens: 100 })).status, 200, 'it has a limit of its own');
    assert.equal((await ask(gateway, 'of-a-team')).status, 429);
    assert.equal((await ask(gateway, 'by-model')).status, 200);
    assert.equal((await ask(gateway, 'by-model', { model: 'other' })).status, 429);
  });

  it('is for administrators to set', async (context) => {
    const gateway = await gatewayFor(context, {});
    await manage(gateway, '/user/new', { user_id: 'u', user_role: 'internal_user', auto_create_key: false });
    const { key } = await manage(gateway, '/key/generate', { user_id: 'u' });
    const body = { user_id: 'u', default_estimated_output_tokens: 1 };
    const response = await gateway.post('/key/generate', body, { authorization: `Bearer ${String(key)}` });
    assert.equal(response.status, 403);
    await response.arrayBuffer();
  });
});

describe('Limits that a deployment sets', () => {
  it('on its tokens in each direction send requests to others of the group', async (context) => {
    for (const [name, limit] of [
      ['itpm', 20],
      ['otpm', 100],
    ] as const) {
      const gateway = await gatewayFor(context, {
        model_list: [
          priced('m', 100, { [name]: limit, order: 1 }, { id: 'narrow' }),
          priced('m', 100, { order: 2 }, { id: 'wide' }),
        ],
        router_settings: { optional_pre_call_checks: ['enforce_model_rate_limits'] },
      });
      const ids: (string | null)[] = [];
      for (let number = 0; number < 3; number += 1) {
        const answer = await ask(gateway, gateway.masterKey, {
          messages: [{ role: 'user', content: 'river '.repeat(30) }],
        });
        assert.equal(answer.status, 200, answer.text);
        ids.push(answer.headers.get('x-litellm-model-id'));
      }
      assert.deepEqual(ids, ['narrow', 'wide', 'wide'], name);
    }
  });

  it('on each key hold for keys without such a limit of their own, for every key by itself', async (context) => {
    const gateway = await gatewayFor(context, {
      user_api_key_list: [
        { api_key: 'one' },
        { api_key: 'two' },
        { api_key: 'own', model_rpm_limit: { m: 5 } },
        { api_key: 'of-a-team', team_id: 't' },
      ],
      teams: [{ team_id: 't', model_rpm_limit: { m: 3 } }],
      model_list: [
        priced('m', 100, { default_api_key_rpm_limit: 1 }),
        priced('tokens', 100, { default_api_key_tpm_limit: 150 }),
      ],
    });
    const statuses = async (key: string, model = 'm', times = 2): Promise<number[]> => {
      const seen: number[] = [];
      for (let number = 0; number < times; number += 1)
        seen.push((await ask(gateway, key, { model, max_tokens: 100 })).status);
      return seen;
    };
    assert.deepEqual(await statuses('one'), [200, 429]);
    assert.deepEqual(await statuses('two'), [200, 429]);
    assert.deepEqual(await statuses('own'), [200, 200]);
    assert.deepEqual(await statuses('of-a-team', 'm', 4), [200, 200, 200, 429]);
    assert.deepEqual(await statuses('one', 'tokens'), [200, 429]);
    assert.deepEqual(await statuses(gateway.masterKey), [200, 200], 'the master key is no such key');
  });
});
