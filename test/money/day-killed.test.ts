/** `tpd_limit` of a gateway that is killed: the next start counts what the day used, and what was under way. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startSimulator } from '../../simulator/start.ts';
import { temporaryFolder } from '../cli/sluice-process.ts';
import { Instance, until, writeSite } from './instances.ts';
import { priced } from './tenants.ts';

const KEY = 'sk-a-day-0123456789';
const LIMIT = 2_000;

test('the tokens of a day are known again after kill -9, those of an answer under way among them', {
  timeout: 120_000,
}, async (t: TestContext) => {
  const simulator = await startSimulator();
  t.after(() => simulator.close());
  const site = { ending: t, folder: temporaryFolder(t), simulatorUrl: simulator.url };
  writeSite(site, {
    model_list: [priced('m', 300), priced('hangs', 300, { model: 'openai/sim-tokens-301+fault-hang' })],
    user_api_key_list: [{ api_key: KEY, tpd_limit: LIMIT }],
  });
  const send = (instance: Instance, model: string, tokens: number) =>
    fetch(`${instance.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, max_tokens: tokens, messages: [{ role: 'user', content: 'Tell me of rivers.' }] }),
    });
  const used = async (response: Response): Promise<number> => {
    const { usage } = (await response.json()) as { usage?: { total_tokens: number } };
    return usage?.total_tokens ?? 0;
  };
  /** Asks until the day is used up: how many tokens that gave, and what was left then. */
  const useUp = async (instance: Instance): Promise<{ readonly sum: number; readonly left: number }> => {
    for (let sum = 0; ; ) {
      const response = await send(instance, 'm', 300);
      if (response.status === 200) {
        sum += await used(response);
        continue;
      }
      const text = await response.text();
      assert.equal(response.status, 429, text);
      return { sum, left: Number(/tokens_per_day\. Current limit: 2000, Remaining: (\d+)\./.exec(text)?.[1]) };
    }
  };

  const first = await new Instance(site, 'one').started();
  let sum = 0;
  for (let number = 0; number < 3; number += 1) sum += await used(await send(first, 'm', 300));
  assert.ok(sum > 900 && sum < 1_100, `${sum} tokens`);
  const under = assert.rejects(send(first, 'hangs', 400));
  await until(() => simulator.requests.length === 4, 'the fourth is at the provider');
  await first.kill();
  await under;

  const second = await new Instance(site, 'one').started();
  const { sum: more, left } = await useUp(second);
  const orphan = LIMIT - sum - more - left;
  // The provider may have billed all that the fourth was allowed; it was sent, so it counts.
  assert.ok(orphan >= 11 && orphan <= 430, `${orphan} tokens of the one that was under way`);
  assert.ok(more >= 311 && left < 330, `${more} more, ${left} left`);
  await second.kill();

  const third = await new Instance(site, 'one').started();
  assert.deepEqual(await useUp(third), { sum: 0, left });
});
