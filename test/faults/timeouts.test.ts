/** Each time limit acts when it should: per deployment, and from the router's settings. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import type { TestGateway } from '../support/gateway.ts';
import { ask, assertClearFailure, assertWhole, faultConfig, onlyLine, startFaultGateway } from './support.ts';

/** Earliest and latest, around the limit: the watch ticks every 50 ms, and a busy machine is late. */
const EARLY_MS = 60;
const LATE_MS = 450;

const SIMULATED = { api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' };
const entry = (name: string, model: string, limits: JsonObject): JsonObject => ({
  model_name: name,
  litellm_params: { model: `openai/${model}`, ...SIMULATED, ...limits },
});

interface Case {
  readonly what: string;
  readonly model: string;
  readonly limits: JsonObject;
  readonly stream: boolean;
  /** When the failure must come; undefined: the answer must be whole. */
  readonly failsAtMs: number | undefined;
}

const CASES: readonly Case[] = [
  {
    what: 'timeout bounds a whole answer',
    model: 'gpt-4o+fault-hang',
    limits: { timeout: 0.8 },
    stream: false,
    failsAtMs: 800,
  },
  {
    what: 'timeout bounds a whole answer that drips',
    model: 'gpt-4o+fault-drip-40',
    limits: { timeout: 0.8 },
    stream: false,
    failsAtMs: 800,
  },
  {
    what: 'timeout bounds a stream until its first piece',
    model: 'gpt-4o+fault-hang',
    limits: { timeout: 0.8 },
    stream: true,
    failsAtMs: 800,
  },
  {
    what: 'timeout does not cut a stream that goes on',
    model: 'gpt-4o+tokens-30+latency-10-50',
    limits: { timeout: 0.7 },
    stream: true,
    failsAtMs: undefined,
  },
  {
    what: 'stream_timeout is for streams',
    model: 'gpt-4o+fault-hang',
    limits: { timeout: 5, stream_timeout: 0.6 },
    stream: true,
    failsAtMs: 600,
  },
  {
    what: 'stream_timeout leaves whole answers alone',
    model: 'gpt-4o+latency-900-0',
    limits: { timeout: 5, stream_timeout: 0.4 },
    stream: false,
    failsAtMs: undefined,
  },
  {
    what: 'ttft_timeout counts from the request to the first byte of the body',
    model: 'gpt-4o+fault-first-token-after-5',
    limits: { timeout: 5, ttft_timeout: 0.7 },
    stream: true,
    failsAtMs: 700,
  },
  {
    what: 'ttft_timeout wins over stream_timeout',
    model: 'gpt-4o+fault-hang',
    limits: { timeout: 5, stream_timeout: 3, ttft_timeout: 0.5 },
    stream: true,
    failsAtMs: 500,
  },
  {
    what: 'ttft_timeout leaves whole answers alone',
    model: 'gpt-4o+latency-900-0',
    limits: { timeout: 5, ttft_timeout: 0.3 },
    stream: false,
    failsAtMs: undefined,
  },
  {
    what: 'stream_idle_timeout bounds a silence in the middle',
    model: 'gpt-4o+fault-stall-after-5',
    limits: { timeout: 5, stream_idle_timeout: 0.6 },
    stream: true,
    failsAtMs: 600,
  },
  {
    what: 'stream_idle_timeout leaves a slow stream alone',
    model: 'gpt-4o+tokens-8+latency-10-300',
    limits: { timeout: 5, stream_idle_timeout: 0.9 },
    stream: true,
    failsAtMs: undefined,
  },
];

const ROUTER_CASES: readonly Case[] = [
  { what: 'timeout', model: 'gpt-4o+fault-hang', limits: {}, stream: false, failsAtMs: 1_200 },
  { what: 'ttft_timeout', model: 'gpt-4o+fault-hang', limits: {}, stream: true, failsAtMs: 700 },
  { what: 'stream_idle_timeout', model: 'gpt-4o+fault-stall-after-5', limits: {}, stream: true, failsAtMs: 500 },
];

describe('time limits', { concurrency: 2, timeout: 60_000 }, () => {
  let gateway: TestGateway;
  let routed: TestGateway;
  before(async () => {
    const entries = CASES.map(({ model, limits }, at) => entry(`case-${at}`, model, limits));
    const usual = { router_settings: { timeout: 20, connect_timeout: 1 } };
    gateway = await startFaultGateway({ config: faultConfig(entries, usual) });
    const router_settings = { timeout: 1.2, stream_timeout: 5, ttft_timeout: 0.7, stream_idle_timeout: 0.5 };
    routed = await startFaultGateway({ config: faultConfig([], { router_settings }) });
  });
  after(async () => {
    await Promise.all([gateway.close(), routed.close()]);
  });

  async function check(at: TestGateway, group: string, { stream, failsAtMs }: Case): Promise<void> {
    const since = performance.now();
    const seen = await ask(at, 'openai', group, stream);
    const tookMs = performance.now() - since;
    if (failsAtMs === undefined) {
      assertWhole(seen);
      return;
    }
    assertClearFailure(seen);
    assert.ok(tookMs > failsAtMs - EARLY_MS && tookMs < failsAtMs + LATE_MS, `${Math.round(tookMs)} ms`);
    const line = await onlyLine(at, seen.callId);
    assert.equal(line.error, 'upstream_timeout');
    if (seen.status !== 200) assert.equal(seen.status, 408);
    assert.equal(
      at.simulator.requests.find(({ model }) => group.endsWith(model))?.outcome ?? 'aborted-by-client',
      'aborted-by-client',
    );
  }

  CASES.forEach((row, at) => {
    test(`a deployment's own: ${row.what}`, () => check(gateway, `case-${at}`, row));
  });
  for (const row of ROUTER_CASES) test(`of the router: ${row.what}`, () => check(routed, `oai/${row.model}`, row));
});
