/**
 * How long it takes to forecast, to learn and to calculate what a request reserves, with one key and with many. By hand:
 * `node --expose-gc src/costs/output-forecast.bench.ts`. Prints the median of several rounds, in nanoseconds, and bytes
 * for each key.
 */
import { createHash } from 'node:crypto';
import { type AmountsQuery, claimAmounts } from './claim-amounts.ts';
import { OutputForecasts } from './output-forecast.ts';
import { priceModel } from './prices.ts';

const PER_ROUND = 200_000;
const card = priceModel({ provider: 'anthropic', model: 'claude-sonnet-4-5', modelInfo: {} }).ratesAt(Date.now());

function medianNanoseconds(run: (index: number) => void): number {
  const times = Array.from({ length: 9 }, () => {
    const startedMs = performance.now();
    for (let index = 0; index < PER_ROUND; index += 1) run(index);
    return ((performance.now() - startedMs) * 1e6) / PER_ROUND;
  });
  return Math.round(times.sort((left, right) => left - right)[4] ?? 0);
}

let sink = 0;
for (const keys of [1, 9_000, 100_000]) {
  const names = Array.from({ length: keys }, (_, number) => createHash('sha256').update(String(number)).digest('hex'));
  globalThis.gc?.();
  const before = process.memoryUsage();
  const forecasts = new OutputForecasts();
  const learn = medianNanoseconds((index) => {
    forecasts.observe('claude', names[index % keys] ?? '', '/v1/chat/completions', (index * 7_919) % 1_000);
  });
  globalThis.gc?.();
  const after = process.memoryUsage();
  const bytes = (after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers) / forecasts.size;
  const ask = medianNanoseconds((index) => {
    sink += forecasts.forecast('claude', names[index % keys] ?? '', '/v1/chat/completions').expected;
  });
  const both = medianNanoseconds((index) => {
    const key = names[index % keys] ?? '';
    sink += forecasts.forecast('claude', key, '/v1/chat/completions').expected;
    forecasts.observe('claude', key, '/v1/chat/completions', (index * 7_919) % 1_000);
  });
  const memory = keys !== 9_000 ? '' : `, about ${Math.round(bytes)} bytes a key`;
  process.stdout.write(`${keys} keys: learn ${learn} ns, forecast ${ask} ns, one of each ${both} ns${memory}\n`);
}

for (const candidates of [1, 4]) {
  const query: AmountsQuery = {
    mode: 'learned',
    candidates: Array.from({ length: candidates }, () => ({ card, maxOutputTokens: 64_000 })),
    inputTokens: { likely: 1_200, atMost: 5_000 },
    maxOutputTokens: undefined,
    choices: 1,
    forecast: { expected: 430, tail: 1_100 },
    hasOutput: true,
  };
  const reckon = medianNanoseconds(() => {
    sink += claimAmounts(query).outputTokens;
  });
  process.stdout.write(`what a request with ${candidates} candidates reserves: ${reckon} ns\n`);
}
if (sink === 0) throw new Error('nothing was measured');
