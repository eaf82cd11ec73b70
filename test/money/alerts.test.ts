import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../src/core/json.ts';
import type { TestGateway } from '../support/gateway.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { ask, eventually, manage, PRICES, priced, startMoneyGateway } from './tenants.ts';

const WITHIN = { timeout: 60_000 };

/** What one request of these tests costs, in USD. */
let cost = 0;
before(async () => {
  const probe = await startMoneyGateway({});
  const { json } = await ask(probe, probe.masterKey);
  const usage = json.usage as { prompt_tokens: number; completion_tokens: number };
  cost = usage.prompt_tokens * PRICES.input_cost_per_token + usage.completion_tokens * PRICES.output_cost_per_token;
  await probe.close();
}, WITHIN);

const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');

/** A gateway that tells a receiver. */
async function startTelling(receiver: Receiver, more: JsonObject, budgets: JsonObject = {}): Promise<TestGateway> {
  const { general_settings: general = {}, ...others } = more;
  return startMoneyGateway({
    budget_settings: { alert_webhooks: [`${receiver.url}/hook?secret=canary-hook`], ...budgets },
    general_settings: { budget_alert_threshold: 0.5, ...(general as JsonObject) },
    ...others,
  });
}

async function alertLines(gateway: TestGateway): Promise<readonly JsonObject[]> {
  const lines = (await gateway.logLines()).map((line) => JSON.parse(line) as JsonObject);
  return lines.filter(({ msg }) => String(msg).startsWith('Budget alert'));
}

describe('a budget that is used up', WITHIN, () => {
  let receiver: Receiver;
  let slack: Receiver;
  let gateway: TestGateway;
  before(async () => {
    [receiver, slack] = await Promise.all([startReceiver(), startReceiver()]);
    gateway = await startTelling(
      receiver,
      {
        user_api_key_list: [
          {
            api_key: 'sk-half',
            key_alias: 'app <!channel>',
            user_id: 'ada',
            max_budget: cost * 40,
            budget_duration: '30d',
          },
          { api_key: 'sk-small', key_alias: 'small', max_budget: cost * 4 },
          { api_key: 'sk-soft', key_alias: 'soft', soft_budget: cost * 2.5 },
          { api_key: 'sk-blocked', key_alias: 'blocked', max_budget: 0 },
          {
            api_key: 'sk-model',
            key_alias: 'by-model',
            model_max_budget: { m: { budget_limit: cost * 4, time_period: '30d' } },
          },
        ],
      },
      { alert_slack: [`${slack.url}/services/T0/B0`], alert_signing_secret: 'signing-secret-canary' },
    );
  });
  after(async () => {
    await gateway.close();
    await Promise.all([receiver.close(), slack.close()]);
  });

  test(
    'crosses its threshold once for any number of requests, and says so in the log, to the webhook and to Slack',
    WITHIN,
    async () => {
      for (let count = 0; count < 19; count++) assert.equal((await ask(gateway, 'sk-half')).status, 200);
      await wait(100);
      assert.equal(receiver.received.length, 0, 'nothing is said before half of it is spent');
      assert.equal((await ask(gateway, 'sk-half')).status, 200);
      await eventually(() => receiver.received.length === 1 && slack.received.length === 1, 'the alert comes');
      const many = Array.from({ length: 100 }, () => ask(gateway, 'sk-half'));
      const refused = (await Promise.all(many)).filter(({ status }) => status !== 200);
      assert.ok(refused.length >= 80, `${refused.length} were refused`);
      await eventually(() => receiver.events('budget_crossed').length === 1, 'the end of the budget is reported');
      await wait(150);
      assert.equal(receiver.events('threshold_crossed').length, 1);
      assert.equal(receiver.events('budget_crossed').length, 1);
      assert.equal(slack.received.length, 2);

      const [event] = receiver.events('threshold_crossed');
      assert.ok(event !== undefined);
      assert.equal(event.event_group, 'key');
      assert.equal(event.token, hashOf('sk-half'));
      assert.equal(event.key_alias, 'app <!channel>');
      assert.equal(event.user_id, 'ada');
      assert.equal(event.percent, 50);
      assert.equal(event.period, '30d');
      assert.ok(Math.abs(Number(event.spend) - cost * 20) < 1e-9, `spend ${event.spend}`);
      assert.ok(Math.abs(Number(event.max_budget) - cost * 40) < 1e-9);
      assert.ok(Date.parse(String(event.resets_at)) > Date.now());
      assert.match(String(event.event_message), /Key=app <!channel> has spent .* USD \(50 %\)\. It resets at/);

      const text = String(slack.received[0]?.json.text);
      assert.match(text, /^:warning: Key=app &lt;!channel&gt; has spent /, 'a name cannot call the whole channel');
      assert.deepEqual(Object.keys(slack.received[0]?.json ?? {}), ['text']);
      const lines = (await alertLines(gateway)).filter(({ account }) => account === `key:${hashOf('sk-half')}`);
      assert.deepEqual(
        lines.map(({ event: name }) => name),
        ['threshold_crossed', 'budget_crossed'],
      );
      assert.equal(lines[0]?.level, 'warn');
      assert.equal(lines[0]?.percent, 50);
      const everything = `${(await gateway.logLines()).join()}${receiver.received.map(({ body }) => body).join()}`;
      for (const secret of ['sk-half', 'canary', 'rivers'])
        assert.ok(!everything.includes(secret), `${secret} is not told`);
    },
  );

  test('signs what it posts, over the time and the body', WITHIN, async () => {
    const post = receiver.received[0];
    const signed = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(post?.headers['x-sluice-signature']));
    assert.ok(signed !== null && post !== undefined);
    const [, time, given] = signed;
    assert.ok(Math.abs(Number(time) - Date.now() / 1000) < 60);
    const sign = (body: string): string =>
      createHmac('sha256', 'signing-secret-canary').update(`${time}.${body}`).digest('hex');
    assert.equal(given, sign(post.body));
    assert.notEqual(given, sign(post.body.replace('key', 'kex')));
    assert.equal(slack.received[0]?.headers['x-sluice-signature'], undefined);
  });

  test('is reported when the first request is refused, though some of it is left', WITHIN, async () => {
    for (let count = 0; count < 4; count++) await ask(gateway, 'sk-small', { max_tokens: 100 });
    // More than what is left: refused for good.
    const refused = await ask(gateway, 'sk-small', { max_tokens: 16_000 });
    assert.equal(refused.status, 422);
    const own = (): readonly JsonObject[] =>
      receiver.events('budget_crossed').filter((each) => each.key_alias === 'small');
    await eventually(() => own().length === 1, 'it is reported');
    assert.equal(own()[0]?.resets_at, undefined, 'it never resets');
    assert.match(String(own()[0]?.event_message), /exhausted/);
  });

  test('a soft budget is reported, refuses nothing, and needs no other budget beside it', WITHIN, async () => {
    for (let count = 0; count < 5; count++) {
      const { status, headers } = await ask(gateway, 'sk-soft');
      assert.equal(status, 200);
      assert.equal(headers.get('x-litellm-key-max-budget'), null);
    }
    await eventually(() => receiver.events('soft_budget_crossed').length === 1, 'it is reported');
    const [event] = receiver.events('soft_budget_crossed');
    assert.equal(event?.key_alias, 'soft');
    assert.equal(event?.max_budget, undefined);
    assert.ok(Math.abs(Number(event?.soft_budget) - cost * 2.5) < 1e-9);
    assert.ok(Math.abs(Number(event?.spend) - cost * 3) < 1e-9);
  });

  test('a budget of nothing is a block, and no news', WITHIN, async () => {
    assert.equal((await ask(gateway, 'sk-blocked')).status, 422);
    await wait(100);
    assert.ok(!receiver.received.some(({ json }) => json.key_alias === 'blocked'));
  });

  test('a budget for one model names the model', WITHIN, async () => {
    for (let count = 0; count < 2; count++) await ask(gateway, 'sk-model');
    const own = (): JsonObject | undefined =>
      receiver.events('threshold_crossed').find((each) => each.key_alias === 'by-model');
    await eventually(() => own() !== undefined, 'it is reported');
    assert.equal(own()?.model, 'm');
    assert.match(String(own()?.event_message), /\(model m\)/);
  });
});

test('what is reported once is reported again in the next period', WITHIN, async () => {
  const receiver = await startReceiver();
  const gateway = await startTelling(receiver, {
    user_api_key_list: [{ api_key: 'sk-brief', max_budget: cost * 4, budget_duration: '2s' }],
  });
  try {
    const windows = (): Set<unknown> => new Set(receiver.events('threshold_crossed').map((event) => event.resets_at));
    const deadline = Date.now() + 20_000;
    while (windows().size < 3 && Date.now() < deadline) {
      await ask(gateway, 'sk-brief');
      await wait(60);
    }
    assert.ok(windows().size >= 3, `${windows().size} periods were reported`);
    assert.equal(receiver.events('threshold_crossed').length, windows().size, 'each of them once');
  } finally {
    await gateway.close();
    await receiver.close();
  }
});

test(
  'budgets of teams, users, organisations, customers, tags, the gateway, deployments and providers are all reported',
  WITHIN,
  async () => {
    const receiver = await startReceiver();
    const gateway = await startTelling(receiver, {
      model_list: [priced('m', 100, { max_budget: cost * 5, budget_duration: '30d' }, { id: 'dep-1' })],
      litellm_settings: { max_budget: cost * 5, budget_duration: '30d' },
      router_settings: { provider_budget_config: { openai: { budget_limit: cost * 5, time_period: '30d' } } },
    });
    try {
      const budget = { max_budget: cost * 5, budget_duration: '30d' };
      const organization = await manage(gateway, '/organization/new', { organization_alias: 'acme', ...budget });
      await manage(gateway, '/user/new', {
        user_id: 'ada',
        user_email: 'ada@example.com',
        auto_create_key: false,
        ...budget,
      });
      await manage(gateway, '/team/new', {
        team_id: 't1',
        team_alias: 'core',
        organization_id: organization.organization_id ?? null,
        ...budget,
      });
      await manage(gateway, '/team/member_add', {
        team_id: 't1',
        member: { user_id: 'ada', role: 'user' },
        max_budget_in_team: cost * 5,
      });
      await manage(gateway, '/customer/new', { user_id: 'visitor', ...budget });
      await manage(gateway, '/tag/new', { name: 'batch', ...budget });
      const key = await manage(gateway, '/key/generate', { team_id: 't1', user_id: 'ada' });
      const own = await manage(gateway, '/key/generate', { user_id: 'ada' });
      assert.equal((await ask(gateway, String(own.key), { max_tokens: 100 })).status, 200);
      for (let count = 0; count < 3; count++) {
        const more = { max_tokens: 100, user: 'visitor', metadata: { tags: ['batch'] } };
        const answer = await ask(gateway, String(key.key), more);
        assert.equal(answer.status, 200, answer.text);
      }
      const groups = (): string[] =>
        [...new Set(receiver.events('threshold_crossed').map((event) => String(event.event_group)))].sort();
      const wanted = [
        'deployment',
        'end_user',
        'organization',
        'provider',
        'proxy',
        'tag',
        'team',
        'team_member',
        'user',
      ];
      await eventually(() => groups().length >= wanted.length, 'all are reported').catch(() => undefined);
      assert.deepEqual(groups(), wanted);
      const of = (group: string): JsonObject | undefined =>
        receiver.events('threshold_crossed').find((event) => event.event_group === group);
      assert.equal(of('team')?.team_id, 't1');
      assert.equal(of('team')?.team_alias, 'core');
      assert.equal(of('team')?.token, undefined, 'a team is not the key that happened to ask');
      assert.equal(of('user')?.user_email, 'ada@example.com');
      assert.equal(of('end_user')?.customer_id, 'visitor');
      assert.equal(of('tag')?.tag, 'batch');
      assert.equal(of('deployment')?.model_id, 'dep-1');
      assert.equal(of('provider')?.provider, 'openai');
      assert.equal(of('organization')?.organization_alias, 'acme');
    } finally {
      await gateway.close();
      await receiver.close();
    }
  },
);

test('two gateways over one database tell once, and so does one that was started again', WITHIN, async () => {
  const receiver = await startReceiver();
  const folder = mkdtempSync(join(tmpdir(), 'sluice-alerts-'));
  const config = {
    budget_settings: { alert_webhooks: [receiver.url] },
    general_settings: { budget_alert_threshold: 0.5 },
    user_api_key_list: [{ api_key: 'sk-shared', max_budget: cost * 10, budget_duration: '30d' }],
  };
  const start = (): Promise<TestGateway> => startMoneyGateway(config, { dataFolder: folder, unsharedLimits: true });
  const gateways = [await start(), await start()];
  try {
    const lines: readonly JsonObject[][] = [];
    // Each counts on from what the ledger has when it is asked first: together they stay below the budget.
    for (const [gateway, requests] of [
      [gateways[0], 6],
      [gateways[1], 3],
    ] as const) {
      for (let count = 0; gateway !== undefined && count < requests; count++) await ask(gateway, 'sk-shared');
    }
    await eventually(() => receiver.received.length > 0, 'it is reported');
    await wait(200);
    assert.deepEqual(
      receiver.received.map(({ json }) => json.event),
      ['threshold_crossed'],
    );
    const logged = await Promise.all(gateways.map(alertLines));
    assert.equal(logged.flat().length, 1, JSON.stringify([lines, logged]));
    await gateways.pop()?.close();
    const again = await start();
    gateways.push(again);
    await ask(again, 'sk-shared');
    await wait(200);
    assert.equal(receiver.received.filter(({ json }) => json.event === 'threshold_crossed').length, 1);
  } finally {
    for (const gateway of gateways) await gateway.close();
    await receiver.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test(
  'a receiver that answers 500, redirects or is down is tried again, given up with a line, and no request waits for it',
  WITHIN,
  async () => {
    const target = await startReceiver();
    const failing = await startReceiver((response) => response.writeHead(500).end());
    const redirecting = await startReceiver((response) => response.writeHead(307, { location: target.url }).end());
    const recovering = await startReceiver((response, count) => response.writeHead(count === 1 ? 503 : 204).end());
    const silent = await startReceiver(() => undefined);
    const gateway = await startMoneyGateway({
      budget_settings: {
        alert_webhooks: [
          `${failing.url}/canary-path`,
          `${redirecting.url}/r`,
          'http://127.0.0.1:1/down',
          `${recovering.url}/ok`,
          `${silent.url}/silent`,
        ],
      },
      general_settings: { budget_alert_threshold: 0.5 },
      user_api_key_list: [{ api_key: 'sk-told', max_budget: cost * 4, budget_duration: '30d' }],
    });
    try {
      await ask(gateway, 'sk-told');
      const began = performance.now();
      assert.equal((await ask(gateway, 'sk-told')).status, 200);
      assert.equal((await ask(gateway, gateway.masterKey)).status, 200);
      assert.ok(performance.now() - began < 1_500, 'requests do not wait for receivers');
      const dropped = async (): Promise<readonly JsonObject[]> => {
        const lines = (await gateway.logLines()).map((line) => JSON.parse(line) as JsonObject);
        return lines.filter(({ msg }) => msg === 'A budget alert could not be delivered');
      };
      const deadline = Date.now() + 20_000;
      while ((await dropped()).length < 3 && Date.now() < deadline) await wait(100);
      const reasons = (await dropped()).map(({ reason }) => String(reason)).sort();
      assert.deepEqual(reasons, ['it answered 307', 'it answered 500', 'no connection (ECONNREFUSED)']);
      assert.equal(failing.received.length, 4, 'once, and three times more');
      assert.equal(redirecting.received.length, 4);
      assert.equal(target.received.length, 0, 'no redirect is followed');
      assert.equal(recovering.received.length, 2, 'what was taken is not sent again');
      assert.equal(
        new Set(failing.received.map(({ json }) => json.id)).size,
        1,
        'a receiver can tell that it is the same',
      );
      assert.ok(silent.received.length >= 1);
      const metrics = await (await gateway.get('/metrics')).text();
      assert.match(metrics, /^sluice_budget_alerts_sent_total 1$/m);
      assert.match(metrics, /^sluice_budget_alerts_dropped_total 3$/m);
      assert.ok(!(await gateway.logLines()).join().includes('canary-path'), 'an address is a secret');
    } finally {
      const began = performance.now();
      await gateway.close();
      assert.ok(performance.now() - began < 6_000, 'a receiver does not hold up the end');
      await Promise.all([target, failing, redirecting, recovering, silent].map((each) => each.close()));
    }
  },
);

test('a reload changes where alerts go and from which share on', WITHIN, async () => {
  const [first, second] = await Promise.all([startReceiver(), startReceiver()]);
  const configOf = (url: string, threshold: number): JsonObject => ({
    model_list: [priced('m', 100)],
    budget_settings: { alert_webhooks: [url] },
    general_settings: { master_key: 'os.environ/TEST_MASTER_KEY', budget_alert_threshold: threshold },
    user_api_key_list: [{ api_key: 'sk-reload', max_budget: cost * 10, budget_duration: '30d' }],
  });
  const gateway = await startMoneyGateway(configOf(first.url, 0.9));
  try {
    for (let count = 0; count < 4; count++) await ask(gateway, 'sk-reload');
    gateway.reload(JSON.stringify(configOf(second.url, 0.5)));
    await ask(gateway, 'sk-reload');
    await eventually(() => second.received.length === 1, 'the new receiver is notified, from the new share on');
    assert.equal(second.received[0]?.json.percent, 50);
    assert.equal(first.received.length, 0);
  } finally {
    await gateway.close();
    await Promise.all([first.close(), second.close()]);
  }
});

test('a budget whose spend is reset is reported again', WITHIN, async () => {
  const receiver = await startReceiver();
  const gateway = await startTelling(receiver, {});
  try {
    const made = await manage(gateway, '/key/generate', {
      key_alias: 'reset',
      max_budget: cost * 5,
      soft_budget: cost * 1.5,
    });
    const soft = await manage(gateway, '/key/generate', { key_alias: 'soft-reset', soft_budget: cost * 1.5 });
    const askAll = async (): Promise<void> => {
      for (let count = 0; count < 3; count++) {
        for (const { key } of [made, soft])
          assert.equal((await ask(gateway, String(key), { max_tokens: 100 })).status, 200);
      }
    };
    await askAll();
    await eventually(() => receiver.received.length === 3, 'both are reported');
    for (const { token } of [made, soft]) await manage(gateway, `/key/${token}/reset_spend`, { reset_to: 0 });
    await askAll();
    await eventually(() => receiver.received.length === 6, 'and again');
    assert.equal(receiver.events('threshold_crossed').length, 2);
    assert.equal(receiver.events('soft_budget_crossed').length, 4);
  } finally {
    await gateway.close();
    await receiver.close();
  }
});
