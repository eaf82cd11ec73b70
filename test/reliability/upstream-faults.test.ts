/** The upstream's faults F5 to F13 and F15 to F28 with a fallback configured: who answered, which attempts were made, what was booked. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { PROVIDER_KEY } from '../support/gateway.ts';
import { journey } from './journey.ts';
import { type Answer, assertClearError, assertServed, inWorld, PLAIN, type Setup, type World } from './world.ts';

/**
 * What it must lead to, and how often the provider that fails may be called for that: `west 3` is an attempt and two retries.
 * `goes on`: the client has some words already, and the fallback says the rest. `told`: an error, or a whole answer. `broken off`:
 * the same, but what came may break the client's library before the error is read.
 */
type Verdict = 'west answers' | `west ${1 | 3}, fallback answers` | 'fallback goes on' | 'told' | 'broken off';

interface Play {
  readonly id: string;
  readonly fault: string;
  readonly whole?: Verdict;
  readonly stream?: Verdict;
}

const RETRIED = { whole: 'west 3, fallback answers', stream: 'west 3, fallback answers' } as const;
const LEFT = { whole: 'west 1, fallback answers', stream: 'west 1, fallback answers' } as const;
const WELL = { whole: 'west answers', stream: 'west answers' } as const;
const TOLD = { whole: 'told', stream: 'told' } as const;
const CUT = { whole: 'west 3, fallback answers', stream: 'fallback goes on' } as const;

const PLAYS: readonly Play[] = [
  { id: 'F5', fault: 'reset-before-headers', ...RETRIED },
  { id: 'F5', fault: 'close-before-headers', ...RETRIED },
  { id: 'F6', fault: 'reset-after-headers', ...RETRIED },
  { id: 'F7', fault: 'reset-after-10', ...CUT },
  { id: 'F8', fault: 'fin-after-10', ...CUT },
  { id: 'F8', fault: 'end-after-10', ...CUT },
  { id: 'F9', fault: 'hang', ...LEFT },
  { id: 'F10', fault: 'stall-after-10', whole: 'west 1, fallback answers', stream: 'fallback goes on' },
  { id: 'F11', fault: 'drip', ...LEFT },
  { id: 'F13', fault: 'hang', ...LEFT },
  // Events without data are left out: the client's library breaks on them, from any provider (test/faults/framing.test.ts).
  { id: 'F15', fault: 'split-1+crlf+bom+comments+multi-line+no-trailing-newline', stream: 'west answers' },
  { id: 'F15', fault: 'split-3+cr+no-space', stream: 'west answers' },
  { id: 'F16', fault: 'malformed-chunk', ...CUT },
  { id: 'F17', fault: 'huge-event-10', whole: 'west 3, fallback answers', stream: 'broken off' },
  { id: 'F18', fault: 'error-in-200', ...RETRIED },
  { id: 'F18', fault: 'html-in-200', ...RETRIED },
  { id: 'F18', fault: 'empty-200', ...RETRIED },
  { id: 'F19', fault: 'error-event', stream: 'fallback goes on' },
  ...['2', 'date-2', 'ms-1500', 'reset-2'].map((form) => ({ id: 'F20', fault: `429-retry-after-${form}`, ...RETRIED })),
  ...['6', 'past', 'negative', 'huge', 'garbage'].map((form) => ({
    id: 'F20',
    fault: `429-retry-after-${form}`,
    ...LEFT,
  })),
  ...['529', '503', '409'].map((status) => ({ id: 'F21', fault: status, ...RETRIED })),
  { id: 'F21', fault: '408', ...LEFT },
  ...['413', '418', '451'].map((status) => ({ id: 'F21', fault: status, ...TOLD })),
  { id: 'F22', fault: 'length-short', whole: 'west 3, fallback answers', stream: 'told' },
  { id: 'F22', fault: 'length-long', whole: 'west 3, fallback answers', stream: 'told' },
  { id: 'F22', fault: 'chunked-garbage', ...RETRIED },
  { id: 'F22', fault: '1xx-flood', ...RETRIED },
  { id: 'F22', fault: '101', ...RETRIED },
  ...['gzip', 'br', 'deflate', 'zstd'].map((coding) => ({ id: 'F23', fault: coding, ...WELL })),
  { id: 'F23', fault: 'gzip-corrupt', whole: 'west 3, fallback answers', stream: 'broken off' },
  { id: 'F23', fault: 'gzip-double', ...RETRIED },
  { id: 'F23', fault: 'gzip-bomb', whole: 'west 3, fallback answers', stream: 'told' },
  { id: 'F24', fault: 'header-bomb', ...RETRIED },
  { id: 'F25', fault: 'redirect-301', ...TOLD },
  { id: 'F25', fault: 'redirect-307', ...TOLD },
  { id: 'F26', fault: 'usage-negative+finish-unknown', ...TOLD },
  { id: 'F26', fault: 'usage-huge', ...WELL },
  { id: 'F26', fault: 'usage-missing', whole: 'told', stream: 'told' },
  { id: 'F27', fault: 'indices-duplicate', ...TOLD },
  { id: 'F27', fault: 'indices-shuffled', ...TOLD },
  { id: 'F28', fault: 'infinite', whole: 'west 3, fallback answers', stream: 'told' },
];

/** Short, so that silence ends soon. */
const LIMITS = { timeout: 3, ttft_timeout: 1, stream_idle_timeout: 1 };
/** For faults that no time limit is meant to end: unpacking 100 MB takes seconds on a busy machine. */
const PATIENT = { timeout: 30, ttft_timeout: 30, stream_idle_timeout: 30 };

const setupOf = (fault: string): Setup => ({
  ...PLAIN,
  router: fault.startsWith('gzip') ? PATIENT : LIMITS,
  general: { max_response_size_mb: 2 },
  faults: { west: fault },
});

describe('with a fallback', { concurrency: 6 }, () => {
  for (const { id, fault, ...verdicts } of PLAYS) {
    for (const kind of ['whole', 'stream'] as const) {
      const verdict = verdicts[kind];
      if (verdict === undefined) continue;
      journey(id, `${fault}, ${kind}: ${verdict}`, () =>
        inWorld(setupOf(fault), async (world) => {
          const answer = await world.ask({ stream: kind === 'stream' });
          judge(verdict, answer, world.way());
          await checkBooks(verdict, answer, world, REFUSED.test(fault));
          checkNothingLeaked(world);
        }),
      );
    }
  }

  journey('F12', 'the request is sent again at once on a fresh connection, which counts as a retry', () =>
    inWorld({ ...PLAIN, faults: { west: 'stale-socket' } }, async ({ ask, way, books }) => {
      let sentAgain = 0;
      for (let count = 0; count < 4; count += 1) {
        const answer = await ask({ stream: count % 2 === 1 });
        assertServed(answer);
        assert.ok(answer.tookMs < 1_000, `${answer.tookMs} ms`);
        const retries = Number(answer.headers.get('x-litellm-attempted-retries'));
        assert.equal((await books(answer)).attempts, 1 + retries);
        sentAgain += retries;
      }
      assert.ok(sentAgain >= 1);
      assert.deepEqual([...new Set(way())], ['west']);
    }),
  );

  journey('F12', 'a connection that breaks while the provider thinks is a failure like any other', () =>
    inWorld(PLAIN, async ({ ask, way, books, gateway }) => {
      assertServed(await ask());
      gateway.simulator.script({ match: { deployment: 'west' }, fault: 'hang-1.2+reset-before-headers', times: 1 });
      const answer = await ask();
      assertServed(answer);
      assert.deepEqual(way(), ['west', 'west', 'west']);
      assert.equal((await books(answer)).attempts, 2);
    }),
  );
});

function judge(verdict: Verdict, answer: Answer, way: readonly string[]): void {
  switch (verdict) {
    case 'west answers':
      assertServed(answer);
      assert.deepEqual(way, ['west']);
      return;
    case 'west 1, fallback answers':
      assertServed(answer);
      assert.deepEqual(way, ['west', 'east']);
      return;
    case 'west 3, fallback answers':
      assertServed(answer);
      assert.deepEqual(way, ['west', 'west', 'west', 'east']);
      return;
    case 'fallback goes on':
      assertServed(answer);
      assert.deepEqual(way, ['west', 'east']);
      return;
    case 'broken off':
      if (answer.error === undefined) assertServed(answer);
      else assert.equal(answer.finish, undefined);
      return;
    case 'told':
      assert.ok(way.length <= 4, way.join());
      if (answer.error !== undefined) assertClearError(answer);
      else assert.ok(answer.finish !== undefined && answer.text.length > 0, 'a whole answer');
  }
}

/** Faults that are a refusal, which no provider bills. */
const REFUSED = /^(?:[345]\d\d$|429|error-in-200|redirect)/;

async function checkBooks(
  verdict: Verdict,
  answer: Answer,
  { books, way, gateway }: World,
  isRefused: boolean,
): Promise<void> {
  const line = await books(answer);
  // A client that cannot read what came before the break leaves; whether the gateway sees the break before that is a race.
  const hasLeft = verdict === 'broken off' && answer.error instanceof SyntaxError && line.outcome === 'client-gone';
  if (!hasLeft) assert.equal(line.outcome, answer.error === undefined ? 'success' : 'failure');
  assert.equal(line.attempts, way().length);
  if (answer.error !== undefined) return;
  assert.equal(line.deployment, way().at(-1));
  const input = Number(line.input_tokens);
  const output = Number(line.output_tokens);
  // What a provider wrote beyond measure counts as it was read, before it was cut off.
  const most = isRefused ? 10_000 : 1_000_000;
  assert.ok(input >= 0 && input < 10_000 && output >= 0 && output < most, `${input} and ${output} tokens`);
  assert.ok(Number(line.cost_usd) > 0 && Number(line.cost_usd) < (isRefused ? 1 : 10), String(line.cost_usd));
  if (!verdict.endsWith('fallback answers')) return;
  // What the provider refused costs nothing; what it had read and did not answer is estimated, and paid beside the answer.
  const billed = gateway.simulator.stats().models['claude-sonnet-4-5'];
  assert.ok(billed !== undefined);
  const { prompt_tokens: told = 0, completion_tokens: said = 0 } = answer.usage ?? {};
  assert.deepEqual([told, said], [billed.promptTokens, billed.completionTokens]);
  const expected = (Number(told) * 3 + Number(said) * 15) / 1e6;
  if (!isRefused) {
    assert.ok(input >= Number(told) && output >= Number(said) && Number(line.cost_usd) > expected - 1e-9);
    return;
  }
  assert.deepEqual([input, output], [told, said]);
  assert.ok(Math.abs(Number(line.cost_usd) - expected) < 1e-9, `${line.cost_usd}, not ${expected}`);
}

function checkNothingLeaked({ gateway }: World): void {
  const { requests } = gateway.simulator;
  assert.deepEqual(
    requests.filter(({ path }) => path.includes('_redirected')),
    [],
    'no redirect is followed',
  );
  const bodies = requests.filter(({ rawBody }) => rawBody.includes(PROVIDER_KEY));
  assert.deepEqual(bodies, []);
}
