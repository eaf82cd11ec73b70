/** The words of requests and answers in the ledger: only where the operator wants it, for those who may read them. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { PROVIDER_KEY, type TestGateway } from '../support/gateway.ts';
import { ask, callIdOf, priced, rowsOf, type Seen, startMoneyGateway } from './tenants.ts';

async function gatewayFor(context: TestContext, keeps: boolean): Promise<TestGateway> {
  const gateway = await startMoneyGateway({
    model_list: [priced('m', 20)],
    user_api_key_list: [
      { api_key: 'mine', user_id: 'ada', team_id: 't' },
      { api_key: 'not-mine', user_id: 'bob', team_id: 't' },
      { api_key: 'private', user_id: 'ada', metadata: { store_prompts_in_spend_logs: false } },
    ],
    teams: [
      {
        team_id: 't',
        members_with_roles: [
          { user_id: 'ada', role: 'user' },
          { user_id: 'bob', role: 'admin' },
        ],
      },
    ],
    general_settings: { store_prompts_in_spend_logs: keeps },
  });
  context.after(() => gateway.close());
  return gateway;
}

async function rowFor(gateway: TestGateway, answer: Seen, key = gateway.masterKey): Promise<JsonObject | undefined> {
  await rowsOf(gateway, callIdOf(answer));
  const response = await gateway.get(`/spend/logs?request_id=${callIdOf(answer)}`, { authorization: `Bearer ${key}` });
  const rows = (await response.json()) as JsonObject[];
  return Array.isArray(rows) ? rows[0] : undefined;
}

const ASKED = [{ role: 'user', content: 'Tell me of rivers.' }];

describe('store_prompts_in_spend_logs', { timeout: 60_000 }, () => {
  it('keeps what was asked and answered, whole and streamed', async (context) => {
    const gateway = await gatewayFor(context, true);
    const whole = await ask(gateway, 'mine');
    const row = await rowFor(gateway, whole);
    assert.deepEqual(row?.messages, ASKED);
    const { content } = (whole.json.choices as { message: { content: string } }[])[0]?.message ?? {};
    assert.equal(row?.response, content);
    const sent = row?.proxy_server_request as JsonObject | undefined;
    assert.equal(sent?.model, 'm');
    const streamed = await rowFor(gateway, await ask(gateway, 'mine', { stream: true }));
    assert.equal(streamed?.response, content, 'the same model writes the same words');
    assert.ok(!(await gateway.logLines()).join('').includes('rivers'), 'the log has none of it');
  });

  it('shows them to admins and to the user that asked, one request at a time', async (context) => {
    const gateway = await gatewayFor(context, true);
    const answer = await ask(gateway, 'mine');
    assert.deepEqual((await rowFor(gateway, answer, 'mine'))?.messages, ASKED);
    const byAdminOfTeam = await rowFor(gateway, answer, 'not-mine');
    assert.ok(!JSON.stringify(byAdminOfTeam ?? {}).includes('rivers'), 'not to the admin of the team');
    const list = await (await gateway.get('/spend/logs?summarize=false')).text();
    assert.ok(list.includes(callIdOf(answer)) && !list.includes('rivers'));
  });

  it('leaves out what a key or a request does not want kept', async (context) => {
    const gateway = await gatewayFor(context, true);
    for (const [key, more] of [
      ['private', {}],
      ['mine', { 'no-log': true }],
      ['mine', { turn_off_message_logging: true }],
    ] as const) {
      const row = await rowFor(gateway, await ask(gateway, key, more));
      assert.deepEqual([row?.messages, row?.response], [{}, {}], JSON.stringify(more));
    }
  });

  it('cuts long words and takes out media and secrets', async (context) => {
    const gateway = await gatewayFor(context, true);
    const image = `data:image/png;base64,${'iVBORw0KGgo'.repeat(5_000)}`;
    const messages = [
      { role: 'user', content: `My key is sk-canary-of-the-client-123456 and ${PROVIDER_KEY}` },
      { role: 'user', content: [{ type: 'image_url', image_url: { url: image } }] },
      { role: 'user', content: 'river '.repeat(20_000) },
    ];
    const row = await rowFor(gateway, await ask(gateway, 'mine', { messages, api_key: 'plain-word-as-key' }));
    const text = JSON.stringify(row?.proxy_server_request);
    assert.ok(text.length < 20_000, `${text.length}`);
    assert.match(text, /\[… \d+ characters …\]/);
    assert.match(text, /\[media\]/);
    for (const secret of ['canary-of-the-client', PROVIDER_KEY, 'plain-word-as-key', 'iVBORw0KGgoiVBOR'])
      assert.ok(!text.includes(secret), secret);
  });

  it('keeps nothing when it is off', async (context) => {
    const gateway = await gatewayFor(context, false);
    const row = await rowFor(gateway, await ask(gateway, 'mine'));
    assert.deepEqual([row?.messages, row?.response, row?.proxy_server_request], [{}, {}, {}]);
  });
});

describe('disable_error_logs', { timeout: 60_000 }, () => {
  it('leaves no rows of failures that used nothing, and those of answers and of what a failure cost', async (context) => {
    for (const isOff of [true, false]) {
      const gateway = await startMoneyGateway({
        model_list: [priced('m', 20), priced('fails', 20, { model: 'openai/sim-tokens-21' })],
        general_settings: { disable_error_logs: isOff },
        router_settings: { num_retries: 1, fallbacks: [{ fails: ['m'] }] },
      });
      context.after(() => gateway.close());
      gateway.simulator.script({ match: { model: 'sim-tokens-21' }, reply: { status: 500, json: {} } });
      const fallen = await ask(gateway, gateway.masterKey, { model: 'fails' });
      assert.equal(fallen.status, 200);
      const failed = await ask(gateway, gateway.masterKey, { model: 'fails', disable_fallbacks: true });
      assert.equal(failed.status, 500);
      await ask(gateway, gateway.masterKey, { model: 'not-there' });
      const rows = await rowsOf(gateway, callIdOf(fallen), isOff ? 1 : 2);
      assert.deepEqual(
        new Set(rows.map(({ status }) => status)),
        new Set(isOff ? ['success'] : ['failure', 'success']),
      );
      await rowsOf(gateway, callIdOf(await ask(gateway, gateway.masterKey)));
      const all = (await (await gateway.get('/spend/logs?summarize=false')).json()) as unknown as JsonObject[];
      assert.equal(
        all.some(({ status }) => status === 'failure'),
        !isOff,
      );
    }
  });
});
