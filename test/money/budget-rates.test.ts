/** Rates that stand with a budget (`model_max_budget`, `budget_limits`, `tag_budget_config`), and rates of tags of one key. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TestGateway } from '../support/gateway.ts';
import { ask, priced, startMoneyGateway } from './tenants.ts';

let gateway: TestGateway;
before(async () => {
  gateway = await startMoneyGateway({
    user_api_key_list: [
      { api_key: 'key-by-model-1', model_max_budget: { m: { budget_limit: 10, time_period: '1d', rpm_limit: 1 } } },
      {
        api_key: 'key-with-both-1',
        model_max_budget: { m: { budget_limit: 10, rpm_limit: 5 } },
        model_rpm_limit: { m: 1 },
      },
      { api_key: 'key-of-limits-1', budget_limits: [{ max_budget: 10, budget_duration: '1d', tpm_limit: 150 }] },
      { api_key: 'key-of-anyone-1' },
      { api_key: 'key-with-tags-1', tag_rpm_limit: { blue: 1 } },
      { api_key: 'key-with-tags-2', tag_rpm_limit: { blue: 1 } },
    ],
    litellm_settings: { tag_budget_config: { red: { max_budget: 10, budget_duration: '1d', rpm_limit: 1 } } },
    model_list: [priced('m', 100), priced('other', 100)],
  });
});
after(() => gateway.close());

const statuses = async (key: string, bodies: readonly Record<string, string | number | string[]>[]) => {
  const found: number[] = [];
  for (const body of bodies) found.push((await ask(gateway, key, body)).status);
  return found;
};

test('a rate in model_max_budget holds for that model alone, and the smaller of two holds', async () => {
  const bodies = [{ model: 'm' }, { model: 'm' }, { model: 'other' }];
  assert.deepEqual(await statuses('key-by-model-1', bodies), [200, 429, 200]);
  assert.deepEqual(await statuses('key-with-both-1', bodies), [200, 429, 200]);
});

test('a rate in budget_limits holds for the whole key', async () => {
  const bodies = [{ max_tokens: 100 }, { max_tokens: 100 }];
  assert.deepEqual(await statuses('key-of-limits-1', bodies), [200, 429]);
});

test('a rate in tag_budget_config holds for the tag, with any key', async () => {
  assert.deepEqual(await statuses('key-of-anyone-1', [{ tags: ['red'] }, { tags: ['red'] }, {}]), [200, 429, 200]);
});

test('keys of the API take such rates, show them, and refuse what is not a rate', async () => {
  const body = { model_max_budget: { m: { budget_limit: 10, time_period: '1d', rpm_limit: '1' } } };
  const made = await gateway.post('/key/generate', body);
  const shown = (await made.json()) as { readonly key: string; readonly model_max_budget: unknown };
  assert.deepEqual(shown.model_max_budget, { m: { budget_limit: 10, time_period: '1d', rpm_limit: 1 } });
  assert.deepEqual(await statuses(shown.key, [{ model: 'm' }, { model: 'm' }, { model: 'other' }]), [200, 429, 200]);
  for (const rate of [-1, 1.5, 'many']) {
    const wrong = { model_max_budget: { m: { budget_limit: 10, rpm_limit: rate } } };
    const refused = await gateway.post('/key/generate', wrong);
    assert.equal(refused.status, 422, await refused.text());
  }
});

test('tag_rpm_limit of a key holds for its requests with the tag, and for no other key', async () => {
  const bodies = [{ tags: ['blue'] }, { tags: ['green', 'blue'] }, { tags: ['green'] }, {}];
  assert.deepEqual(await statuses('key-with-tags-1', bodies), [200, 429, 200, 200]);
  assert.deepEqual(await statuses('key-with-tags-2', [{ tags: ['blue'] }]), [200]);
  const refused = await ask(gateway, 'key-with-tags-1', { tags: ['blue'] });
  assert.match(refused.text, /Limit type: requests\. Current limit: 1/);
  assert.doesNotMatch(refused.text, /key-with-tags/);
});

test('keys of the API have tag_rpm_limit too, and what is not a rate is refused', async () => {
  const made = await gateway.post('/key/generate', { tag_rpm_limit: { blue: 1 } });
  const { key } = (await made.json()) as { readonly key: string };
  assert.deepEqual(await statuses(key, [{ tags: ['blue'] }, { tags: ['blue'] }, {}]), [200, 429, 200]);
  const refused = await gateway.post('/key/generate', { tag_rpm_limit: { blue: 'few' } });
  assert.equal(refused.status, 422, await refused.text());
});
