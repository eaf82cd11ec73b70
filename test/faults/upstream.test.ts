/** Every way a provider can fail, through the front door: both clients, whole and streamed, relayed and translated. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { TestGateway } from '../support/gateway.ts';
import {
  ask,
  assertClearFailure,
  assertWhole,
  type ClientKind,
  looksWhole,
  metric,
  onlyLine,
  type Seen,
  startFaultGateway,
} from './support.ts';

/** What a fault must lead to: a clear failure, a whole answer, or either but never half an answer that looks whole. */
type Verdict = 'fails' | 'whole' | 'either';

interface Row {
  readonly fault: string;
  readonly whole: Verdict;
  readonly stream: Verdict;
  /** Another verdict for a stream that is relayed: its bytes go through as they are. */
  readonly relayed?: Verdict;
  /** Another verdict for a stream of Anthropic's, whose answers are whole at `message_stop` and not before. */
  readonly anthropic?: Verdict;
}

const ROWS: readonly Row[] = [
  { fault: 'reset-before-headers', whole: 'fails', stream: 'fails' },
  { fault: 'close-before-headers', whole: 'fails', stream: 'fails' },
  { fault: 'reset-after-headers', whole: 'fails', stream: 'fails' },
  { fault: 'reset-after-10-of-40', whole: 'fails', stream: 'fails' },
  { fault: 'fin-after-10-of-40', whole: 'fails', stream: 'fails' },
  { fault: 'end-after-10-of-40', whole: 'fails', stream: 'fails' },
  { fault: 'no-done', whole: 'whole', stream: 'whole', anthropic: 'fails' },
  { fault: 'no-done-open', whole: 'whole', stream: 'whole', anthropic: 'fails' },
  { fault: 'hang', whole: 'fails', stream: 'fails' },
  { fault: 'headers-after-20', whole: 'fails', stream: 'fails' },
  { fault: 'first-token-after-20', whole: 'fails', stream: 'fails' },
  { fault: 'stall-after-5', whole: 'fails', stream: 'fails' },
  { fault: 'drip-0', whole: 'whole', stream: 'whole' },
  { fault: 'malformed-chunk', whole: 'fails', stream: 'fails', relayed: 'either' },
  { fault: 'error-event', whole: 'whole', stream: 'fails' },
  { fault: 'error-in-200', whole: 'fails', stream: 'fails' },
  { fault: 'html-in-200', whole: 'fails', stream: 'fails' },
  { fault: 'empty-200', whole: 'fails', stream: 'fails' },
  { fault: 'length-short', whole: 'fails', stream: 'either' },
  { fault: 'length-long', whole: 'fails', stream: 'either' },
  { fault: 'chunked-garbage', whole: 'fails', stream: 'fails' },
  { fault: '1xx-flood', whole: 'fails', stream: 'fails' },
  { fault: '1xx-flood-3', whole: 'whole', stream: 'whole' },
  { fault: '101', whole: 'fails', stream: 'fails' },
  { fault: 'gzip', whole: 'whole', stream: 'whole' },
  { fault: 'br', whole: 'whole', stream: 'whole' },
  { fault: 'deflate', whole: 'whole', stream: 'whole' },
  { fault: 'zstd', whole: 'whole', stream: 'whole' },
  { fault: 'gzip-double', whole: 'fails', stream: 'fails' },
  { fault: 'gzip-corrupt', whole: 'fails', stream: 'fails' },
  { fault: 'gzip-bomb', whole: 'fails', stream: 'fails' },
  { fault: 'header-bomb', whole: 'fails', stream: 'fails' },
  { fault: 'header-flood', whole: 'either', stream: 'either' },
  { fault: 'redirect-301', whole: 'fails', stream: 'fails' },
  { fault: 'redirect-302', whole: 'fails', stream: 'fails' },
  { fault: 'redirect-307', whole: 'fails', stream: 'fails' },
  { fault: 'redirect-308', whole: 'fails', stream: 'fails' },
  { fault: 'huge-event-1', whole: 'whole', stream: 'whole' },
  { fault: 'huge-event-10', whole: 'fails', stream: 'fails' },
  { fault: 'usage-missing', whole: 'whole', stream: 'whole' },
  { fault: 'usage-negative', whole: 'whole', stream: 'whole' },
  { fault: 'usage-huge', whole: 'whole', stream: 'whole' },
  { fault: 'usage-nan', whole: 'fails', stream: 'either' },
  { fault: 'finish-unknown', whole: 'either', stream: 'either' },
  { fault: 'indices-duplicate', whole: 'whole', stream: 'either' },
  { fault: 'indices-shuffled', whole: 'whole', stream: 'either' },
  { fault: 'infinite', whole: 'fails', stream: 'fails' },
  { fault: '500', whole: 'fails', stream: 'fails' },
  { fault: '502', whole: 'fails', stream: 'fails' },
  { fault: '529', whole: 'fails', stream: 'fails' },
  { fault: '429-retry-after-negative', whole: 'fails', stream: 'fails' },
  { fault: '429-retry-after-huge', whole: 'fails', stream: 'fails' },
  { fault: '429-retry-after-garbage', whole: 'fails', stream: 'fails' },
  { fault: '418', whole: 'fails', stream: 'fails' },
  { fault: '451', whole: 'fails', stream: 'fails' },
];

/** Client, provider group and whether the two speak the same format. */
const PAIRS: readonly (readonly [ClientKind, string, boolean])[] = [
  ['openai', 'oai/gpt-4o', true],
  ['anthropic', 'ant/claude-sonnet-4-5', true],
  ['openai', 'ant/claude-sonnet-4-5', false],
  ['anthropic', 'oai/gpt-4o', false],
  ['openai', 'gem/gemini-2.5-pro', false],
];

/** A hang, on any machine: `drip-0` and `infinite` are tens of thousands of writes, seconds even on a quick one. */
const LONGEST_MS = 60_000;

describe('upstream faults', { timeout: 290_000 }, () => {
  let gateway: TestGateway;
  let asked = 0;
  before(async () => {
    gateway = await startFaultGateway();
  });
  after(() => gateway.close());

  describe('each ends in a whole answer or a clear failure', { concurrency: 4 }, () => {
    for (const row of ROWS) {
      for (const [client, group, isRelayed] of PAIRS) {
        for (const stream of [false, true]) {
          const kind = `${stream ? 'stream' : 'whole'}, ${client} client over ${group.split('/')[0]}`;
          test(`${row.fault}: ${kind}`, { timeout: LONGEST_MS }, async () => {
            asked += 1;
            const seen = await ask(gateway, client, `${group}+fault-${row.fault}`, stream);
            judge(verdictOf(row, group, stream, isRelayed), seen);
            await checkBooks(gateway, seen, stream);
          });
        }
      }
    }
  });

  test('afterwards the gateway lives, each request was counted once, and no call is left open', async () => {
    const seen = await ask(gateway, 'openai', 'oai/gpt-4o', true);
    assertWhole(seen);
    await onlyLine(gateway, seen.callId);
    assert.equal(await metric(gateway, 'litellm_proxy_total_requests_metric_total'), asked + 1);
    assert.equal(await metric(gateway, 'litellm_in_flight_requests'), 0);
    const { requests } = gateway.simulator;
    const redirected = requests.filter(({ path }) => path.includes('_redirected'));
    assert.deepEqual(redirected, [], 'no redirect was followed');
    const pending = requests.filter(({ outcome }) => outcome === 'pending').map(({ model }) => model);
    assert.deepEqual(pending, []);
  });
});

function verdictOf(row: Row, group: string, stream: boolean, isRelayed: boolean): Verdict {
  if (!stream) return row.whole;
  return (isRelayed ? row.relayed : undefined) ?? (group.startsWith('ant/') ? row.anthropic : undefined) ?? row.stream;
}

function judge(verdict: Verdict, seen: Seen): void {
  if (verdict === 'whole') assertWhole(seen);
  else if (verdict === 'fails') assertClearFailure(seen);
  else if (!looksWhole(seen)) {
    // Bytes that were relayed may be broken by themselves; a client's parser says so. They only must not end like an answer.
    assert.ok(seen.status !== 200 || seen.text.length > 0);
  }
}

async function checkBooks(gateway: TestGateway, seen: Seen, stream: boolean): Promise<void> {
  assert.ok(seen.callId !== '', 'the answer carries its call id');
  const line = await onlyLine(gateway, seen.callId);
  assert.equal(line.stream, stream);
  assert.notEqual(line.error, 'internal', 'not a fault of the gateway');
  if (line.outcome === 'success') {
    assert.equal(typeof line.input_tokens, 'number', 'what was answered is accounted');
    assert.ok(Number(line.input_tokens) >= 0 && Number(line.output_tokens) >= 0);
    assert.ok(Number(line.input_tokens) < 1e6 && Number(line.output_tokens) < 1e9);
  } else {
    assert.equal(line.outcome, 'failure');
    assert.ok(typeof line.error === 'string' && line.error.startsWith('upstream_'), String(line.error));
    // What a client got before the break is settled by estimate.
    if (seen.status === 200) assert.equal(line.usage_estimated, true);
  }
}
