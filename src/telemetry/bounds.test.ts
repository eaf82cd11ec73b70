/** The metrics stay small and quick, whatever keys and clients there are. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { textOf } from '../../test/support/text-of.ts';
import { mergeSnapshots, writeSnapshot } from './exposition.ts';
import { MetricsRecorder, type RecorderOptions } from './recorder.ts';
import type { Caller, SettledExchange } from './settled.ts';

const DAY_MS = 86_400_000;
const ATTEMPT = { deploymentId: 'd', provider: 'openai', model: 'm', apiBase: 'https://a.example', status: 200 };

const settled = (facts: Partial<SettledExchange> = {}): SettledExchange => ({
  callId: 'call',
  route: '/v1/chat/completions',
  path: '/v1/chat/completions',
  caller: undefined,
  requestedModel: 'm',
  group: 'm',
  askedGroup: 'm',
  endUser: undefined,
  lane: 'relay',
  laneReason: 'same-format',
  stream: true,
  attempts: [{ ...ATTEMPT, startedMs: 0, durationMs: 400, firstByteMs: 60 }],
  status: 200,
  outcome: 'success',
  error: undefined,
  usage: { inputTokens: 100, outputTokens: 20, cachedInputTokens: 64, reasoningTokens: 8 },
  cost: 1_500_000_000n,
  unpriced: false,
  dropped: 0,
  startedAtMs: 0,
  durationMs: 410,
  firstByteMs: 61,
  overheadMs: 6,
  ...facts,
});

const callerOf = (index: number): Caller => ({
  keyHash: index.toString(16).padStart(64, '0'),
  keyAlias: `tenant-${index}`,
  userId: `user-${index}`,
  teamId: `team-${index % 1_000}`,
});

const recorder = (options: Partial<RecorderOptions> = {}): MetricsRecorder =>
  new MetricsRecorder({ version: '1.2.3', hidePersonalData: false, processMetrics: false, ...options });

function linesOf(text: string, name: string, ...parts: readonly string[]): readonly string[] {
  return text.split('\n').filter((line) => line.startsWith(`${name}{`) && parts.every((part) => line.includes(part)));
}

function sum(text: string, name: string, ...parts: readonly string[]): number {
  return linesOf(text, name, ...parts).reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' '))), 0);
}

/** Reads a text as a scrape does; measures computing time, and the longest time without a turn of the event loop. */
async function scrape(metrics: MetricsRecorder) {
  return read(metrics.write());
}

async function read(text: AsyncIterable<string>) {
  let bytes = 0;
  let longestMs = 0;
  const parts: string[] = [];
  const before = process.cpuUsage();
  let turn = process.cpuUsage();
  let isReading = true;
  const watch = (): void => {
    const { user, system } = process.cpuUsage(turn);
    longestMs = Math.max(longestMs, (user + system) / 1_000);
    turn = process.cpuUsage();
    if (isReading) setImmediate(watch);
  };
  setImmediate(watch);
  for await (const part of text) {
    bytes += Buffer.byteLength(part);
    parts.push(part);
  }
  isReading = false;
  const { user, system } = process.cpuUsage(before);
  return { text: parts.join(''), bytes, spentMs: (user + system) / 1_000, longestMs };
}

describe('metrics of many keys and names', () => {
  test('10,000 keys and 100,000 made-up names take less than 5 MB, and 100 ms in slices of 10 ms', async (context) => {
    const metrics = recorder({ endUserLabel: true });
    const callers = Array.from({ length: 10_000 }, (_, index) => callerOf(index));
    for (let index = 0; index < 100_000; index++) {
      const model = `made-up-${index}-${'x'.repeat(200)}`;
      const attempts = [{ ...ATTEMPT, model, modelLabel: 'or/*', startedMs: 0, durationMs: 400, firstByteMs: 60 }];
      const caller = callers[index % callers.length];
      metrics.take(settled({ caller, requestedModel: model, group: 'or/*', attempts }));
      if (index % 2 === 0) metrics.take(settled({ caller, endUser: `customer-${index}-${'x'.repeat(200)}` }));
      else metrics.take(settled({ caller, requestedModel: model, group: undefined, attempts: [], status: 400 }));
    }
    metrics.readBudgets(() => ({
      budgets: callers.map(({ keyHash, keyAlias = '' }) => ({
        ...({ kind: 'key', labels: { hashed_api_key: keyHash, api_key_alias: keyAlias } } as const),
        ...{ max: 10, remaining: 5, hoursLeft: 3, seenAtMs: 0 },
      })),
      rates: [],
    }));
    await scrape(metrics);
    const runs = [await scrape(metrics), await scrape(metrics), await scrape(metrics)];
    const best = runs.reduce((a, b) => (a.spentMs < b.spentMs ? a : b));
    const longestMs = Math.min(...runs.map((run) => run.longestMs));
    context.diagnostic(
      `${(best.bytes / 1e6).toFixed(2)} MB in ${best.spentMs.toFixed(0)} ms of computing time; longest slice ${longestMs.toFixed(1)} ms`,
    );
    assert.ok(best.bytes < 5_000_000, `${best.bytes} bytes`);
    assert.ok(best.spentMs < 100, `${best.spentMs} ms`);
    assert.ok(longestMs < 10, `${longestMs} ms`);
    assert.ok(!best.text.includes('made-up'));
    assert.equal(sum(best.text, 'litellm_proxy_total_requests_metric_total'), 200_000);
  });

  test('the metrics of four workers are joined in slices of 10 ms', async (context) => {
    const workers = Array.from({ length: 4 }, (_, worker) => {
      const metrics = recorder();
      for (let index = 0; index < 3_000; index++) metrics.take(settled({ caller: callerOf(worker * 500 + index) }));
      return metrics;
    });
    const snapshots = await Promise.all(workers.map((metrics) => metrics.snapshot()));
    const joined = async function* (): AsyncGenerator<string> {
      yield* writeSnapshot(await mergeSnapshots(snapshots));
    };
    await read(joined());
    let run = await read(joined());
    // Another process may have the core in the middle of a slice: the least of several runs is what the slices are.
    for (let tries = 1; run.longestMs >= 10 && tries < 20; tries++) run = await read(joined());
    context.diagnostic(`longest slice ${run.longestMs.toFixed(1)} ms`);
    assert.ok(run.longestMs < 10, `${run.longestMs} ms`);
    assert.equal(sum(run.text, 'litellm_proxy_total_requests_metric_total'), 12_000);
  });

  test('no label is longer than 64 characters or holds control characters, and long ones stay apart', async () => {
    const metrics = recorder({ endUserLabel: true });
    for (const end of ['a', 'b']) {
      const name = `${'n'.repeat(300)}${end}`;
      const hostile = `\u001b[31m\u0000\u202e"\\\n${'\u0007'.repeat(100)}${end}`;
      const attempts = [
        { ...ATTEMPT, deploymentId: name, apiBase: `https://${name}`, model: name, startedMs: 0, durationMs: 1 },
      ];
      const caller: Caller = { keyHash: name, keyAlias: hostile, userId: name, teamId: hostile, teamAlias: name };
      metrics.take(settled({ caller, attempts, requestedModel: name, group: name, endUser: hostile, route: name }));
    }
    const text = await textOf(metrics.write());
    for (const [, value = ''] of text.matchAll(/[{,][a-z_]+="((?:[^"\\]|\\.)*)"/g)) {
      assert.ok(value.replace(/\\(.)/g, '$1').length <= 64, value);
    }
    assert.match(text, /^[ -~\n]*$/);
    assert.equal(linesOf(text, 'litellm_requests_metric_total').length, 2);
  });

  test('histograms tell keys apart on request only', async () => {
    for (const histogramsPerKey of [false, true]) {
      const metrics = recorder({ histogramsPerKey });
      for (let index = 0; index < 3; index++) metrics.take(settled({ caller: callerOf(index) }));
      const text = await textOf(writeSnapshot(await mergeSnapshots([await metrics.snapshot()])));
      for (const name of ['litellm_request_total_latency_metric_count', 'litellm_overhead_latency_metric_count']) {
        assert.equal(linesOf(text, name).length, histogramsPerKey ? 3 : 1);
        assert.equal(sum(text, name), 3);
      }
      assert.equal(linesOf(text, 'litellm_requests_metric_total').length, 3);
    }
  });

  test('the busiest keys get the labels, and no count without labels of keys ever falls', async () => {
    const metrics = recorder({ topKeys: 2 });
    const ask = (key: number, startedAtMs: number, times: number): void => {
      for (let round = 0; round < times; round++) {
        metrics.take(settled({ caller: { ...callerOf(key), teamId: 'team' }, startedAtMs, dropped: 1 }));
      }
    };
    ask(1, 0, 10);
    ask(2, 0, 3);
    ask(3, 0, 100);
    const before = await textOf(metrics.write());
    assert.equal(sum(before, 'litellm_requests_metric_total', 'tenant-1"'), 10);
    assert.equal(sum(before, 'litellm_requests_metric_total', 'api_key_alias="other"', 'team="team"'), 100);
    ask(1, DAY_MS / 2, 1);
    const ranked = await textOf(metrics.write());
    ask(3, DAY_MS / 2, 5);
    const after = await textOf(metrics.write());
    assert.equal(sum(after, 'litellm_requests_metric_total', 'tenant-3"'), 5);
    assert.equal(sum(after, 'litellm_requests_metric_total', 'tenant-1"'), 11);
    assert.equal(sum(after, 'litellm_requests_metric_total', 'tenant-2"'), 0);
    assert.equal(sum(ranked, 'sluice_dropped_fields_total'), 114);
    assert.equal(sum(after, 'sluice_dropped_fields_total'), 119);
    assert.equal(sum(after, 'litellm_request_total_latency_metric_count'), 119);
  });

  test('the series of a key that was silent for a day expire', async () => {
    const metrics = recorder();
    metrics.take(settled({ caller: callerOf(1), startedAtMs: 0 }));
    metrics.take(settled({ caller: callerOf(2), startedAtMs: 0 }));
    await textOf(metrics.write());
    metrics.take(settled({ caller: callerOf(2), startedAtMs: DAY_MS + 1 }));
    const text = await textOf(metrics.write());
    assert.equal(sum(text, 'litellm_requests_metric_total', 'tenant-1"'), 0);
    assert.equal(sum(text, 'litellm_requests_metric_total', 'tenant-2"'), 2);
    assert.match(text, /^sluice_metric_series 1$/m);
  });
});
