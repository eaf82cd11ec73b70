/**
 * S15: an upstream that flaps for a minute. Run four times as fast, with the first cooldown to match; in full with
 * `SLUICE_FULL_RELIABILITY=1`, under the default one. The longest cooldown cannot be configured, so the recovery is in real time.
 */
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { journey } from './journey.ts';
import { type Answer, assertServed, inWorld, PLAIN } from './world.ts';

const IS_FULL = process.env.SLUICE_FULL_RELIABILITY === '1';
const FACTOR = IS_FULL ? 1 : 4;
const FLAPS_MS = 60_000 / FACTOR;
const BACK_WITHIN_MS = 30_000;
const EVERY_MS = 4_000 / FACTOR;
const AT_ONCE = 20;
const PHASE = 5 / FACTOR;
/** The default is 5 s. */
const ROUTER = IS_FULL ? {} : { cooldown_time: 5 / FACTOR };

journey(
  'S15',
  IS_FULL ? 'in full' : 'four times as fast',
  () =>
    inWorld(
      { ...PLAIN, router: ROUTER, faults: { west: `flap-${60 / FACTOR}-${PHASE}-${PHASE}` } },
      async ({ ask, attempts }) => {
        const since = Date.now();
        let asked = 0;
        const answers: Promise<Answer>[] = [];
        const atWestNow = () => attempts().filter(({ deployment }) => deployment === 'west');
        const isBack = () => atWestNow().find(({ atMs, request }) => atMs > FLAPS_MS && request.status === 200);
        const askBatch = (): void => {
          asked += AT_ONCE;
          for (let count = 0; count < AT_ONCE; count += 1) answers.push(ask({ stream: count % 2 === 0 }));
        };
        for (let batch = 0; batch * EVERY_MS < FLAPS_MS + BACK_WITHIN_MS && isBack() === undefined; batch += 1) {
          await wait(Math.max(0, since + batch * EVERY_MS - Date.now()));
          askBatch();
        }
        await Promise.all(answers);
        askBatch();
        for (const answer of await Promise.all(answers)) assertServed(answer);

        const atWest = atWestNow();
        const refused = atWest.filter(({ request }) => request.status === 503);
        assert.ok(refused.length > 0, 'it flapped');
        assert.ok(atWest.length <= asked * 1.2, `${atWest.length} attempts for ${asked} requests`);
        assert.ok(refused.length <= asked / 4, `${refused.length} attempts at a provider that was down`);
        const back = isBack();
        assert.ok(back !== undefined && back.atMs <= FLAPS_MS + BACK_WITHIN_MS, `back at ${back?.atMs} ms`);
        // Back is back: the last of them all went to the primary.
        const last = attempts().slice(-AT_ONCE);
        assert.deepEqual(new Set(last.map(({ deployment }) => deployment)), new Set(['west']));
      },
    ),
  IS_FULL ? 150_000 : 40_000,
);
