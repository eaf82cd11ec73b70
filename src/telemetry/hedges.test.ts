import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textOf } from '../../test/support/text-of.ts';
import { mergeSnapshots, writeSnapshot } from './exposition.ts';
import { MetricsRecorder } from './recorder.ts';
import { requestLineJson, requestLineText } from './request-line.ts';
import { type AttemptFacts, hedgeOutcome, lastAttempt, type SettledExchange } from './settled.ts';

const attempt = (deploymentId: string, facts: Partial<AttemptFacts> = {}): AttemptFacts => ({
  deploymentId,
  provider: 'openai',
  model: 'gpt-4o',
  apiBase: 'https://api.openai.com',
  status: 200,
  startedMs: 0,
  durationMs: 100,
  ...facts,
});
const FIRST_WON = [attempt('west'), attempt('east', { hedge: true, lost: true })];
const HEDGE_WON = [attempt('west', { lost: true }), attempt('east', { hedge: true })];
const HEDGE_FAILED = [attempt('west'), attempt('east', { hedge: true, failure: 'upstream_overloaded', status: 529 })];

const settled = (attempts: readonly AttemptFacts[]): SettledExchange => ({
  callId: 'call-1',
  route: '/v1/chat/completions',
  path: '/v1/chat/completions',
  caller: undefined,
  requestedModel: 'chat',
  group: 'chat',
  askedGroup: 'chat',
  endUser: undefined,
  lane: 'relay',
  laneReason: 'same-format',
  stream: true,
  attempts,
  status: 200,
  outcome: 'success',
  error: undefined,
  usage: undefined,
  cost: undefined,
  unpriced: false,
  dropped: 0,
  startedAtMs: 0,
  durationMs: 200,
  firstByteMs: 120,
  overheadMs: 1,
});

test('an attempt that lost counts for no deployment; a hedge that failed has lost', () => {
  assert.equal(lastAttempt(FIRST_WON)?.deploymentId, 'west');
  assert.equal(lastAttempt(HEDGE_WON)?.deploymentId, 'east');
  assert.deepEqual([FIRST_WON, HEDGE_WON, HEDGE_FAILED].map(hedgeOutcome), ['lost', 'won', 'lost']);
  assert.equal(hedgeOutcome([attempt('west'), attempt('east')]), undefined);
});

test('hedges are counted by outcome, also over several processes, and a loser is no answer of its deployment', async () => {
  const recorders = [FIRST_WON, HEDGE_WON, HEDGE_WON].map((attempts) => {
    const recorder = new MetricsRecorder({ version: '1', hidePersonalData: false, processMetrics: false });
    recorder.take(settled(attempts));
    return recorder;
  });
  const text = await textOf(
    writeSnapshot(await mergeSnapshots(await Promise.all(recorders.map((each) => each.snapshot())))),
  );
  assert.match(text, /^sluice_hedges_total\{outcome="won"\} 2$/m);
  assert.match(text, /^sluice_hedges_total\{outcome="lost"\} 1$/m);
  const calls = text.split('\n').filter((line) => line.startsWith('litellm_deployment_total_requests_total{'));
  assert.equal(
    calls.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0),
    3,
  );
});

test('the log names who answered, and how the hedge ended', () => {
  const line = JSON.parse(requestLineJson(settled(HEDGE_WON), '2026-01-01T00:00:00.000Z', true)) as object;
  assert.deepEqual({ ...line, deployment: 'east', hedge: 'won', attempts: 2 }, line);
  assert.match(requestLineText(settled(FIRST_WON), '2026-01-01T00:00:00.000Z', true), /2 attempts, hedge lost/);
  assert.doesNotMatch(requestLineJson(settled([attempt('west')]), '2026-01-01T00:00:00.000Z', true), /hedge/);
});
