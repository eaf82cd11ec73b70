/**
 * An hour of an Azure LLM service with half the budget that it needs: who is still served. Every eighth request, a tenth of its tokens,
 * through the whole gateway with the clock in the test's hand; the table is printed.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '../../../src/core/json.ts';
import { ask, manage, moneyConfig, priced } from '../../money/tenants.ts';
import { DrivenClock } from '../../support/driven-clock.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { words } from '../prompt-cache/fixtures.ts';

const FILE = '../shared/data/azure-llm-conversations.csv';
const PATH = fileURLToPath(new URL(`../../../${FILE}`, import.meta.url));
const HOUR_MS = 3_600_000;
const EVERY = 8;
const SCALE = 10;
/** USD per token, about those of GPT-4o. */
const RATES = { input_cost_per_token: 0.0000025, output_cost_per_token: 0.00001 };
const CHEAP = { input_cost_per_token: 0.00000015, output_cost_per_token: 0.0000006 };
const CLASSES = ['critical', 'standard', 'batch'] as const;
type Class = (typeof CLASSES)[number];

interface Call {
  readonly atMs: number;
  readonly context: number;
  readonly generated: number;
  readonly kind: Class;
}

function readCalls(): readonly Call[] {
  const lines = readFileSync(PATH, 'utf8').trim().split('\n').slice(1);
  const beginMs = Date.parse(`${lines[0]?.split(',')[0]?.slice(0, 23).replace(' ', 'T')}Z`);
  return lines.flatMap((line, index) => {
    if (index % EVERY !== 0) return [];
    const [time = '', context = '', generated = ''] = line.split(',');
    const share = (createHash('sha256').update(line).digest()[0] ?? 0) / 256;
    return {
      atMs: Date.parse(`${time.slice(0, 23).replace(' ', 'T')}Z`) - beginMs,
      context: Math.max(1, Math.round(Number(context) / SCALE)),
      generated: Math.max(1, Math.round(Number(generated) / SCALE)),
      kind: share < 0.2 ? 'critical' : share < 0.7 ? 'standard' : 'batch',
    };
  });
}

interface Outcome {
  readonly served: Readonly<Record<Class, number>>;
  readonly spent: number;
}

async function replay(calls: readonly Call[], budget: number, settings: JsonObject): Promise<Outcome> {
  const clock = new DrivenClock();
  // An hour's period begins on the hour, and the trace is a little shorter than one.
  clock.forward(HOUR_MS - (clock.nowMs() % HOUR_MS) + 5_000);
  const beginMs = clock.nowMs();
  const config = moneyConfig({
    model_list: [priced('m', 10_000, RATES), priced('small', 10_000, CHEAP)],
    teams: [{ team_id: 'all', max_budget: budget, budget_duration: '1h' }],
    user_api_key_list: CLASSES.map((kind) => ({ api_key: `sk-${kind}`, team_id: 'all', traffic_class: kind })),
    degradation_settings: settings,
  });
  const gateway = await startTestGateway({ config, clock });
  const served: Record<Class, number> = { critical: 0, standard: 0, batch: 0 };
  try {
    for (const { atMs, context, generated, kind } of calls) {
      const aheadMs = beginMs + atMs - clock.nowMs();
      if (aheadMs > 0) clock.forward(aheadMs);
      const messages = [{ role: 'user', content: words(context, 'sea') }];
      const { status } = await ask(gateway, `sk-${kind}`, { messages, max_tokens: generated });
      if (status === 200) served[kind] += 1;
    }
    const { team_info: team } = await manage(gateway, '/team/info?team_id=all');
    return { served, spent: Number((team as JsonObject).spend) };
  } finally {
    await gateway.close();
  }
}

test('with twice as much demand as budget, critical traffic is served and the budget is kept', {
  timeout: 900_000,
  skip: existsSync(PATH) ? false : `${FILE} is absent`,
}, async (t) => {
  const calls = readCalls();
  const need = calls.reduce(
    (sum, { context, generated }) =>
      sum + context * RATES.input_cost_per_token + generated * RATES.output_cost_per_token,
    0,
  );
  const budget = need / 2;
  const counts = Map.groupBy(calls, ({ kind }) => kind);
  const share = (served: number, kind: Class): number => served / (counts.get(kind)?.length ?? 1);
  const lines = ['| degradation | critical | standard | batch | of the budget |', '|---|---|---|---|---|'];
  const run = async (name: string, settings: JsonObject): Promise<Outcome> => {
    const outcome = await replay(calls, budget, settings);
    const cells = CLASSES.map((kind) => `${(100 * share(outcome.served[kind], kind)).toFixed(1)} %`);
    lines.push(`| ${name} | ${cells.join(' | ')} | ${((100 * outcome.spent) / budget).toFixed(1)} % |`);
    return outcome;
  };
  const off = await run('off', {});
  const on = await run('on', { enabled: true });
  const cheaper = await run('on, with a cheaper model', { enabled: true, cheaper_models: { m: 'small' } });
  t.diagnostic(`${calls.length} requests, which need ${need.toFixed(4)} USD\n${lines.join('\n')}`);
  assert.ok(share(off.served.critical, 'critical') < 0.9, 'without degradation the budget is gone for all');
  for (const { served, spent } of [on, cheaper]) {
    assert.ok(share(served.critical, 'critical') >= 0.99, `${served.critical} critical requests`);
    assert.ok(spent <= budget, `${spent} of ${budget}`);
  }
  assert.ok(cheaper.served.standard > on.served.standard);
});
