import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { ensureDebianPackage } from '../../test/support/debian.ts';
import { textOf } from '../../test/support/text-of.ts';
import { mergeSnapshots, writeSnapshot } from './exposition.ts';
import { SERIES_METRICS } from './metrics.ts';
import { MetricsRecorder, type RecorderOptions } from './recorder.ts';
import { LATENCY_BUCKETS } from './series.ts';
import type { AttemptFacts, Caller, SettledExchange } from './settled.ts';

const caller: Caller = { keyHash: 'abcdef0123456789', keyAlias: 'shop', userId: 'ada@example.com', teamId: 'retail' };

const attempt = (facts: Partial<AttemptFacts> = {}): AttemptFacts => ({
  deploymentId: 'first',
  provider: 'openai',
  model: 'gpt-4o-2026',
  apiBase: 'https://api.example.com',
  status: 200,
  startedMs: 0,
  durationMs: 400,
  firstByteMs: 60,
  ...facts,
});

const settled = (facts: Partial<SettledExchange> = {}): SettledExchange => ({
  callId: 'call-1',
  route: '/v1/chat/completions',
  path: '/v1/chat/completions',
  caller,
  requestedModel: 'fast',
  group: 'gpt-4o',
  askedGroup: 'gpt-4o',
  endUser: 'customer-7',
  lane: 'relay',
  laneReason: 'same-format',
  stream: true,
  attempts: [attempt()],
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

const recorder = (options: Partial<RecorderOptions> = {}) =>
  new MetricsRecorder({ version: '1.2.3', hidePersonalData: false, processMetrics: false, ...options });

/** The sum of all samples of a metric whose line holds every one of the given parts. */
function sum(text: string, name: string, ...parts: string[]): number {
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) => parts.every((part) => line.includes(part)))
    .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

/** LiteLLM's label sets, written down here a second time on purpose: the page of metrics must not drift from what dashboards query. */
const K = ['hashed_api_key', 'api_key_alias'];
const T = ['team', 'team_alias'];
const D = ['litellm_model_name', 'model_id', 'api_base', 'api_provider'];
const C = ['client_ip', 'user_agent'];
const tokens = ['end_user', ...K, 'model', ...T, 'user', 'user_email', 'requested_model', 'model_id'];
const LITELLM: Record<string, readonly string[]> = {
  litellm_proxy_total_requests_metric_total: [
    ...['end_user', ...K, 'requested_model', ...T, 'user', 'status_code', 'user_email', 'route', ...C, 'model_id'],
  ],
  litellm_proxy_failed_requests_metric_total: [
    ...['end_user', ...K, 'requested_model', ...T, 'user', 'user_email', 'exception_status', 'exception_class'],
    ...['route', ...C, 'model_id'],
  ],
  litellm_requests_metric_total: ['end_user', ...K, 'model', ...T, 'user', 'user_email', ...C, 'model_id'],
  litellm_spend_metric_total: ['end_user', ...K, 'model', ...T, 'user', 'user_email', ...C, 'model_id'],
  litellm_total_tokens_metric_total: tokens,
  litellm_input_tokens_metric_total: tokens,
  litellm_output_tokens_metric_total: tokens,
  litellm_input_cached_tokens_metric_total: tokens,
  litellm_input_cache_creation_tokens_metric_total: tokens,
  litellm_cache_hits_metric_total: ['end_user', ...K, 'model', ...T, 'user', 'model_id'],
  litellm_cache_misses_metric_total: ['end_user', ...K, 'model', ...T, 'user', 'model_id'],
  litellm_cached_tokens_metric_total: ['end_user', ...K, 'model', ...T, 'user', 'model_id'],
  litellm_input_audio_tokens_metric_total: tokens,
  litellm_output_reasoning_tokens_metric_total: tokens,
  litellm_output_audio_tokens_metric_total: tokens,
  litellm_request_total_latency_metric: ['end_user', ...K, 'requested_model', ...T, 'user', 'model', 'model_id'],
  litellm_llm_api_latency_metric: ['model', ...K, ...T, 'requested_model', 'end_user', 'user', 'model_id'],
  litellm_llm_api_time_to_first_token_metric: ['model', ...K, ...T, 'requested_model', 'end_user', 'user', 'model_id'],
  litellm_overhead_latency_metric: [
    ...['model_group', 'api_provider', 'api_base', 'litellm_model_name', ...K, 'model_id'],
  ],
  litellm_deployment_total_requests_total: ['requested_model', ...D, ...K, ...T, ...C],
  litellm_deployment_success_responses_total: ['requested_model', ...D, ...K, ...T, ...C],
  litellm_deployment_failure_responses_total: [
    ...['requested_model', ...D, 'exception_status', 'exception_class', ...K, ...T, ...C],
  ],
  litellm_deployment_successful_fallbacks_total: [
    ...['requested_model', 'fallback_model', 'exception_status', 'exception_class', ...K, ...T, ...C, 'model_id'],
  ],
  litellm_deployment_failed_fallbacks_total: [
    ...['requested_model', 'fallback_model', 'exception_status', 'exception_class', ...K, ...T, ...C, 'model_id'],
  ],
  litellm_deployment_latency_per_output_token: [...D, ...K, ...T],
  litellm_llm_api_failed_requests_metric_total: ['end_user', ...K, 'model', ...T, 'user', 'model_id'],
};

describe('metrics', () => {
  test("carry LiteLLM's names and labels", () => {
    const ours = SERIES_METRICS.filter((metric) => metric.name.startsWith('litellm_'));
    assert.deepEqual(
      Object.fromEntries(ours.map((metric) => [metric.name, [...metric.labels].sort()])),
      Object.fromEntries(Object.entries(LITELLM).map(([name, labels]) => [name, [...labels].sort()])),
    );
  });

  test("use LiteLLM's buckets", () => {
    const steps = Array.from({ length: 19 }, (_, index) => 1 + index / 2);
    const expected = [0.005, 0.00625, 0.0125, 0.025, 0.05, 0.1, 0.5, ...steps, 15, 20, 25, 30, 60, 120, 180, 240, 300];
    assert.deepEqual(LATENCY_BUCKETS, expected);
  });

  test('are what promtool takes for well-formed', async () => {
    const promtool = ensureDebianPackage('prometheus', 'promtool');
    const metrics = recorder({ processMetrics: true });
    metrics.take(settled());
    metrics.take(settled({ group: 'odd "name"\\\n', requestedModel: 'odd "name"\\\n' }));
    metrics.take(settled({ outcome: 'failure', status: 429, error: 'rate_limited', attempts: [], usage: undefined }));
    const result = spawnSync(promtool, ['check', 'metrics'], {
      input: await textOf(metrics.write()),
      encoding: 'utf8',
    });
    assert.equal(result.status, 0, `${result.stdout}${result.stderr}`);
  });

  test('count volume, tokens, spend and time of a successful request', async () => {
    const metrics = recorder();
    metrics.take(settled());
    metrics.take(settled());
    const text = await textOf(metrics.write());
    assert.equal(sum(text, 'litellm_proxy_total_requests_metric_total', 'status_code="200"'), 2);
    assert.equal(sum(text, 'litellm_requests_metric_total', 'model="gpt-4o-2026"', 'team="retail"'), 2);
    assert.equal(sum(text, 'litellm_spend_metric_total'), 0.003);
    assert.equal(sum(text, 'litellm_total_tokens_metric_total'), 240);
    assert.equal(sum(text, 'litellm_input_cached_tokens_metric_total'), 128);
    assert.equal(sum(text, 'litellm_output_reasoning_tokens_metric_total'), 16);
    assert.equal(sum(text, 'litellm_request_total_latency_metric_count'), 2);
    assert.ok(Math.abs(sum(text, 'litellm_request_total_latency_metric_sum') - 0.82) < 1e-9);
    assert.equal(sum(text, 'litellm_llm_api_latency_metric_bucket', 'le="0.1"'), 0);
    assert.equal(sum(text, 'litellm_llm_api_latency_metric_bucket', 'le="0.5"'), 2);
    assert.equal(sum(text, 'litellm_llm_api_latency_metric_bucket', 'le="1.0"'), 2);
    assert.equal(sum(text, 'litellm_llm_api_latency_metric_bucket', 'le="+Inf"'), 2);
    assert.equal(sum(text, 'litellm_llm_api_time_to_first_token_metric_bucket', 'le="0.1"'), 2);
    assert.equal(sum(text, 'litellm_overhead_latency_metric_bucket', 'le="0.005"'), 0);
    assert.equal(sum(text, 'litellm_overhead_latency_metric_bucket', 'le="0.00625"'), 2);
    assert.equal(sum(text, 'litellm_deployment_latency_per_output_token_bucket', 'le="0.025"'), 2);
    assert.equal(sum(text, 'litellm_proxy_failed_requests_metric_total'), 0);
    assert.equal(sum(text, 'sluice_lane_total', 'lane="relay"', 'reason="same-format"'), 2);
    assert.equal(sum(text, 'sluice_build_info', 'version="1.2.3"'), 1);
  });

  test('count a value that lies on a bound into the bucket of that bound', async () => {
    const metrics = recorder();
    for (const durationMs of [5, 300_000, 300_001]) metrics.take(settled({ durationMs }));
    const text = await textOf(metrics.write());
    assert.equal(sum(text, 'litellm_request_total_latency_metric_bucket', 'le="0.005"'), 1);
    assert.equal(sum(text, 'litellm_request_total_latency_metric_bucket', 'le="240.0"'), 1);
    assert.equal(sum(text, 'litellm_request_total_latency_metric_bucket', 'le="300.0"'), 2);
    assert.equal(sum(text, 'litellm_request_total_latency_metric_bucket', 'le="+Inf"'), 3);
  });

  test('count every attempt at its deployment, and the failure under its class', async () => {
    const metrics = recorder();
    const silent = attempt({ deploymentId: 'second', failure: 'upstream_timeout' });
    delete silent.status;
    metrics.take(settled({ attempts: [attempt({ failure: 'upstream_rate_limit', status: 429 }), attempt()] }));
    metrics.take(
      settled({
        attempts: [silent],
        outcome: 'failure',
        status: 408,
        error: 'upstream_timeout',
        usage: undefined,
        cost: undefined,
      }),
    );
    const text = await textOf(metrics.write());
    assert.equal(sum(text, 'litellm_deployment_total_requests_total', 'model_id="first"'), 2);
    assert.equal(sum(text, 'litellm_deployment_success_responses_total', 'model_id="first"'), 1);
    assert.equal(
      sum(
        text,
        'litellm_deployment_failure_responses_total',
        'exception_class="Openai.RateLimitError"',
        'exception_status="429"',
      ),
      1,
    );
    assert.equal(sum(text, 'litellm_deployment_failure_responses_total', 'exception_class="Openai.Timeout"'), 1);
    assert.equal(sum(text, 'litellm_proxy_failed_requests_metric_total', 'exception_status="408"'), 1);
    assert.equal(sum(text, 'litellm_proxy_total_requests_metric_total'), 2);
    assert.equal(sum(text, 'litellm_deployment_state', 'model_id="first"'), 0);
    assert.equal(sum(text, 'litellm_deployment_state', 'model_id="second"'), 1);
  });

  test('show the state the breaker sets, and forget deployments a reload removed', async () => {
    const metrics = recorder();
    metrics.take(settled());
    metrics.setDeploymentState(attempt(), 2);
    assert.equal(sum(await textOf(metrics.write()), 'litellm_deployment_state', 'model_id="first"'), 2);
    metrics.keepDeployments(new Set());
    assert.ok(!(await textOf(metrics.write())).includes('litellm_deployment_state{'));
  });

  test('a client that left is counted as such, and not as a failure', async () => {
    const metrics = recorder();
    const left = attempt();
    delete left.status;
    metrics.take(settled({ outcome: 'client-gone', status: 499, error: 'client_gone', attempts: [left] }));
    const text = await textOf(metrics.write());
    assert.equal(sum(text, 'sluice_client_disconnects_total'), 1);
    assert.equal(sum(text, 'litellm_proxy_failed_requests_metric_total'), 0);
    assert.equal(sum(text, 'litellm_deployment_total_requests_total'), 0);
    assert.equal(sum(text, 'litellm_total_tokens_metric_total'), 120);
  });

  test('a model name that is not a configured group never becomes a label', async () => {
    const metrics = recorder();
    for (const requestedModel of ['evil-1', 'evil-2']) {
      metrics.take(
        settled({
          requestedModel,
          group: undefined,
          askedGroup: undefined,
          attempts: [],
          outcome: 'failure',
          status: 400,
          error: 'unknown_model',
        }),
      );
    }
    const text = await textOf(metrics.write());
    assert.ok(!text.includes('evil'));
    assert.equal(sum(text, 'litellm_proxy_failed_requests_metric_total', 'requested_model="other"'), 2);
  });

  test('the end user is a label only on request, and personal data can be left out', async () => {
    const plain = recorder();
    plain.take(settled());
    assert.ok(!(await textOf(plain.write())).includes('customer-7'));
    assert.ok((await textOf(plain.write())).includes('user="ada@example.com"'));
    const wanted = recorder({ endUserLabel: true });
    wanted.take(settled());
    assert.ok((await textOf(wanted.write())).includes('end_user="customer-7"'));
    const hidden = recorder({ endUserLabel: true, hidePersonalData: true });
    hidden.take(settled());
    const text = await textOf(hidden.write());
    assert.ok(!text.includes('customer-7') && !text.includes('ada@'));
  });

  test('a reload that hides personal data takes it out of what was counted, and no count is lost', async () => {
    const metrics = recorder({ endUserLabel: true });
    metrics.take(settled());
    metrics.configure({ hidePersonalData: true, endUserLabel: true });
    metrics.take(settled());
    const text = await textOf(metrics.write());
    assert.ok(!text.includes('customer-7') && !text.includes('ada@'));
    assert.equal(sum(text, 'litellm_requests_metric_total', 'user="None"'), 2);
  });

  test('stay bounded: further sets of labels are counted together, and one key cannot take all the room', async () => {
    const metrics = recorder({ maxSeries: 100 });
    for (let index = 0; index < 500; index++)
      metrics.take(settled({ group: `g${index}`, requestedModel: `g${index}` }));
    for (let index = 0; index < 40; index++) metrics.take(settled({ caller: { keyHash: `other-key-${index}` } }));
    const text = await textOf(metrics.write());
    assert.equal(sum(text, 'litellm_proxy_total_requests_metric_total'), 540);
    assert.equal(sum(text, 'litellm_proxy_total_requests_metric_total', 'requested_model="other"'), 475);
    assert.equal(sum(text, 'sluice_metric_series_overflow_total'), 475);
    assert.equal(sum(text, 'litellm_requests_metric_total', 'hashed_api_key="other-key-39"'), 1);
    assert.ok(sum(text, 'sluice_metric_series') <= 101);
  });

  test('a caller that is built again with the same facts goes on in the same series', async () => {
    const metrics = recorder();
    metrics.take(settled({ caller: { ...caller } }));
    metrics.take(settled({ caller: { ...caller } }));
    const lines = (await textOf(metrics.write()))
      .split('\n')
      .filter((line) => line.startsWith('litellm_requests_metric_total{'));
    assert.equal(lines.length, 1);
  });

  test('of several workers add up to what one process would have counted', async () => {
    const [one, two, both] = [recorder(), recorder(), recorder()];
    const first = settled();
    const second = settled({ stream: false, durationMs: 2000, caller: { keyHash: 'ffff' } });
    one.take(first);
    both.take(first);
    for (const request of [first, second]) {
      two.take(request);
      both.take(request);
    }
    for (const metrics of [one, two, both]) metrics.read('litellm_in_flight_requests', () => 1);
    one.setDeploymentState(attempt(), 2);
    both.setDeploymentState(attempt(), 2);
    const snapshots = [await one.snapshot(), await two.snapshot()].map((snapshot) =>
      JSON.parse(JSON.stringify(snapshot)),
    );
    const merged = await textOf(writeSnapshot(await mergeSnapshots(snapshots)));
    const byLine = (text: string) =>
      text
        .split('\n')
        .filter((line) => !line.startsWith('#'))
        .sort();
    const expected = (await textOf(both.write()))
      .replace('litellm_in_flight_requests 1', 'litellm_in_flight_requests 2')
      .replace('sluice_metric_series 2', 'sluice_metric_series 3');
    assert.deepEqual(byLine(merged), byLine(expected));
  });

  test('of several workers say that Redis works only where it works for all, and nothing where there is none', async () => {
    const workers = [recorder(), recorder(), recorder()];
    for (const [index, worker] of workers.entries()) worker.read('sluice_redis_up', () => (index === 1 ? 0 : 1));
    const all = await Promise.all(workers.map((worker) => worker.snapshot()));
    assert.match(await textOf(writeSnapshot(await mergeSnapshots(all))), /^sluice_redis_up 0$/m);
    assert.match(
      await textOf(writeSnapshot(await mergeSnapshots([all[0], all[2]].filter((each) => each !== undefined)))),
      /^sluice_redis_up 1$/m,
    );
    assert.doesNotMatch(await textOf(recorder().write()), /sluice_redis_up/);
  });

  test("of several workers hold Node's own metrics once", async () => {
    const workers = [recorder({ processMetrics: true }), recorder({ processMetrics: true })];
    const text = await textOf(
      writeSnapshot(await mergeSnapshots(await Promise.all(workers.map((worker) => worker.snapshot())))),
    );
    assert.equal(text.match(/^process_resident_memory_bytes /gm)?.length, 1);
  });

  test('a scrape of many series lets other work run meanwhile', async () => {
    const metrics = recorder({ maxSeries: 20_000, topKeys: 3_000 });
    for (let key = 0; key < 3000; key++) metrics.take(settled({ caller: { keyHash: `key-${key}` } }));
    let turns = 0;
    const watch = setInterval(() => turns++, 1);
    await textOf(metrics.write());
    clearInterval(watch);
    assert.ok(turns > 10, `${turns} turns`);
  });
});
