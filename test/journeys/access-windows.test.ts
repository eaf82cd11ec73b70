/** Deployments that are kept for some teams at some hours. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { loadTexts } from '../config/load-text.ts';
import { ask, messageOf, moneyConfig, priced, startMoneyGateway } from '../money/tenants.ts';

/** `HH:MM` in UTC, so many hours from now. */
function hourFromNow(hours: number): string {
  return new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16);
}

function config(start: string, end: string, more: readonly JsonObject[] = []): JsonObject {
  const window = { start, end, timezone: 'UTC', team_ids: ['night'] };
  return {
    teams: [{ team_id: 'night' }, { team_id: 'day' }],
    user_api_key_list: [
      { api_key: 'of-night', team_id: 'night' },
      { api_key: 'of-day', team_id: 'day' },
      { api_key: 'of-none' },
    ],
    model_list: [priced('m', 10, {}, { id: 'kept', access_windows: [window] }), ...more],
  };
}

describe('A deployment with access windows', () => {
  it('serves only their teams while one is open, and says so without a name', async (context) => {
    const gateway = await startMoneyGateway(config(hourFromNow(-1), hourFromNow(1)));
    context.after(() => gateway.close());
    assert.equal((await ask(gateway, 'of-night')).status, 200);
    for (const key of ['of-day', 'of-none', gateway.masterKey]) {
      const refused = await ask(gateway, key);
      assert.equal(refused.status, 429, key);
      assert.match(messageOf(refused), /reserved for other teams at this hour/);
      assert.doesNotMatch(refused.text, /night/);
    }
    gateway.reload(moneyConfig(config(hourFromNow(1), hourFromNow(2))));
    assert.equal((await ask(gateway, 'of-day')).status, 200, 'outside of its window it serves all');
    gateway.reload(moneyConfig(config(hourFromNow(1), hourFromNow(-1))));
    assert.equal((await ask(gateway, 'of-day')).status, 200, 'over midnight too');
    gateway.reload(moneyConfig(config(hourFromNow(2), hourFromNow(1))));
    assert.equal((await ask(gateway, 'of-day')).status, 429, 'over midnight too');
  });

  it('leaves the others of its group, and a group that falls back to it keeps its teams out too', async (context) => {
    const gateway = await startMoneyGateway({
      ...config(hourFromNow(-1), hourFromNow(1), [
        priced('m', 10, {}, { id: 'open' }),
        priced('broken', 10, { model: 'openai/sim-tokens-11' }),
        priced(
          'last',
          10,
          {},
          {
            id: 'last',
            access_windows: [{ start: hourFromNow(-1), end: hourFromNow(1), timezone: 'UTC', team_ids: ['night'] }],
          },
        ),
      ]),
      router_settings: { fallbacks: [{ broken: ['last'] }] },
    });
    context.after(() => gateway.close());
    for (let number = 0; number < 4; number += 1) {
      const { headers } = await ask(gateway, 'of-day');
      assert.equal(headers.get('x-litellm-model-id'), 'open');
    }
    gateway.simulator.script({ match: { model: 'sim-tokens-11' }, times: 2, reply: { status: 500, json: {} } });
    const fallen = await ask(gateway, 'of-night', { model: 'broken' });
    assert.equal(fallen.headers.get('x-litellm-model-id'), 'last', fallen.text);
    assert.ok((await ask(gateway, 'of-day', { model: 'broken' })).status >= 429);
  });

  it('stops the start if one of them cannot be read', () => {
    for (const [start, end] of [
      ['9 o’clock', '17:00'],
      ['09:00', '25:00'],
    ] as const) {
      const { config: read, findings } = loadTexts({ 'config.yaml': moneyConfig(config(start, end)) });
      assert.equal(read, undefined);
      assert.match(findings.map(({ message }) => message).join('\n'), /access_windows\[0\] must have start and end/);
    }
  });
});
