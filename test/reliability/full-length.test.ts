/** Scenarios in their true lengths, with `SLUICE_FULL_RELIABILITY=1` only: under the guide's limits, and under the defaults. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { journey } from './journey.ts';
import { assertServed, inWorld, PLAIN } from './world.ts';

/** As the guide to reliability says them. */
const GUIDE = { timeout: 60, ttft_timeout: 15, stream_idle_timeout: 30 };
const LONGEST_MS = 150_000;

describe('in full', {
  concurrency: 8,
  skip: process.env.SLUICE_FULL_RELIABILITY === '1' ? false : 'needs SLUICE_FULL_RELIABILITY=1',
}, () => {
  for (const stream of [false, true]) {
    const body = () =>
      inWorld({ ...PLAIN, router: GUIDE, faults: { west: 's06' } }, async ({ ask, way }) => {
        const answer = await ask({ stream });
        assertServed(answer);
        assert.deepEqual(way(), ['west', 'east']);
        assert.ok(answer.tookMs < 100_000, `${answer.tookMs} ms`);
      });
    journey('S06', `under the guide’s limits, ${stream ? 'streamed' : 'whole'}`, body, LONGEST_MS);
  }

  const s07 = () =>
    inWorld({ ...PLAIN, router: GUIDE, faults: { west: 's07' } }, async ({ ask, way }) => {
      const answer = await ask({ stream: true });
      assertServed(answer);
      assert.deepEqual(way(), ['west', 'east']);
      assert.ok(answer.tookMs < 18_000, `${answer.tookMs} ms`);
    });
  journey('S07', 'under the guide’s limits', s07, LONGEST_MS);

  for (const [id, fault, longestMs] of [
    ['S06', 's06', 100_000],
    ['S07', 's07', 15_000],
  ] as const) {
    const body = () =>
      inWorld({ ...PLAIN, faults: { west: fault } }, async ({ ask, way }) => {
        const answer = await ask({ stream: true });
        assertServed(answer);
        assert.deepEqual(way(), ['west', 'east']);
        assert.ok(answer.tookMs < longestMs, `${answer.tookMs} ms`);
      });
    journey(id, 'under the default limits', body, LONGEST_MS);
  }

  for (const [what, router] of [
    ['the guide’s limits', GUIDE],
    ['the default ones', {}],
  ] as const) {
    const body = () =>
      inWorld({ ...PLAIN, router, faults: { west: 's09' } }, async ({ ask, gateway }) => {
        const answer = await ask({ stream: true });
        assertServed(answer);
        assert.ok(answer.tookMs < 45_000, `${answer.tookMs} ms`);
        gateway.simulator.reset();
        assertServed(await ask({ stream: true }));
      });
    journey('S09', `under ${what}`, body, LONGEST_MS);
  }
});
