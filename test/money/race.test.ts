import assert from 'node:assert/strict';
import { test } from 'node:test';
import { billedUsd, race } from './race.ts';
import { eventually, manage, priced, startMoneyGateway } from './tenants.ts';

const REQUESTS = Number(process.env.RACE ?? 2_000);
const BUDGET_FOR = 500;
const OUTPUT = 60;

/** On a busy machine, a race takes the event loop for seconds. */
const NO_SHEDDING = { general_settings: { max_event_loop_lag: 0, max_share_of_one_key: 1 } };

for (const mode of ['strict', 'learned'] as const) {
  for (const isLimited of [true, false]) {
    const how = isLimited ? 'with max_tokens' : 'without max_tokens';
    test(`${mode}, ${how}: 2,000 requests at once against a budget for 500 overspend nothing, and leave no claim behind`, {
      timeout: 120_000,
    }, async (context) => {
      const perRequest = 20 * 3e-6 + OUTPUT * 15e-6;
      const budget = Number((perRequest * BUDGET_FOR).toFixed(6));
      const gateway = await startMoneyGateway({
        model_list: [priced('m', OUTPUT, { model: `openai/sim-tokens-${OUTPUT}+latency-20-1` })],
        user_api_key_list: [{ api_key: 'racer', key_alias: 'racer', max_budget: budget }],
        budget_settings: { mode },
        ...NO_SHEDDING,
      });
      context.after(() => gateway.close());
      const startedMs = performance.now();
      const result = await race({
        urls: [gateway.url],
        key: 'racer',
        requests: REQUESTS,
        body: {
          model: 'm',
          messages: [{ role: 'user', content: 'Tell me of rivers.' }],
          ...(isLimited && { max_tokens: OUTPUT }),
        },
      });
      const tookMs = performance.now() - startedMs;
      assert.deepEqual(result.odd, []);
      assert.equal(result.served + result.refused, REQUESTS);
      assert.ok(result.served > 0);
      await eventually(async () => (await openClaims(gateway)) === 0, 'no claim is left open');
      const billed = billedUsd(gateway.simulator.stats());
      assert.ok(billed >= budget * 0.9, `${billed} of ${budget} USD: requests were refused although budget was left`);
      assert.ok(billed <= budget * (1 + (mode === 'strict' ? 0 : 0.001)), `${billed} of ${budget} USD`);
      let booked = 0;
      const isBooked = async (): Promise<boolean> => {
        booked = Number((await manage(gateway, '/global/spend')).spend);
        return Math.abs(booked - billed) < 1e-9;
      };
      await eventually(isBooked, `what is booked is what was billed, ${billed} USD`);
      assert.ok(billed >= budget * 0.9, `${billed} of ${budget} USD: requests were refused although budget was left`);
      process.stdout.write(
        `  ${mode}, ${how}: served ${result.served}, refused ${result.refused}, ${((billed / budget) * 100).toFixed(2)} % of the budget in ${Math.round(tookMs)} ms\n`,
      );
    });
  }
}

test('learned: a key whose answers were short all along and are long at once overspends nothing', {
  timeout: 120_000,
}, async (context) => {
  const budget = 1;
  const gateway = await startMoneyGateway({
    // One model group, so that what was learned of its short answers counts for the long ones.
    model_list: [
      priced('m', 20, { model: 'openai/sim-tokens-20', order: 1 }, { id: 'short' }),
      priced('m', 3_000, { model: 'openai/sim-tokens-3000+latency-100-0', order: 2 }, { id: 'long' }),
    ],
    user_api_key_list: [{ api_key: 'racer', max_budget: budget }],
    ...NO_SHEDDING,
  });
  context.after(() => gateway.close());
  const body = { model: 'm', messages: [{ role: 'user', content: 'Tell me of rivers.' }] };
  const short = await race({ urls: [gateway.url], key: 'racer', requests: 1_200, body });
  assert.equal(short.served, 1_200, short.odd.join());
  const spent = billedUsd(gateway.simulator.stats());
  // From here on the short deployment fails, and every request is answered by the long one.
  gateway.simulator.script({ match: { model: 'sim-tokens-20' }, fault: '500' });
  const long = await race({ urls: [gateway.url], key: 'racer', requests: 300, body: { ...body, num_retries: 2 } });
  const billed = billedUsd(gateway.simulator.stats());
  assert.ok(long.served > 0);
  assert.ok(billed <= budget * 1.005, `${billed} of ${budget} USD, ${spent} before the long answers`);
  process.stdout.write(
    `  short, then long: served ${long.served} of 300, ${((billed / budget) * 100).toFixed(1)} % of the budget\n`,
  );
});

async function openClaims(gateway: { get(path: string): Promise<Response> }): Promise<number> {
  const text = await (await gateway.get('/metrics')).text();
  const found = /^sluice_claims_open (\d+)$/m.exec(text);
  assert.ok(found !== null, 'the metric of open claims is there');
  return Number(found[1]);
}
