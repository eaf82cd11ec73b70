/** Retries of clients and of the gateway together must not finish off an upstream that is down, nor touch another one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runStorm } from './storm.ts';

const SECONDS = 10;
/** Three further attempts a second are always allowed, and ten seconds' worth of them may be saved up. */
const FLOOR = 3 * (SECONDS + 10);
const NOISE_MS = 15;

test('storm: the upstream fails 50 requests a second, all of them', { timeout: 80_000 }, async (context) => {
  const result = await runStorm({ errorPercent: 100, seconds: SECONDS, perSecond: 50 });
  const { asked, reachedGateway, reachedUpstream, served, calmBeforeMs, calmDuringMs } = result;
  context.diagnostic(JSON.stringify(result));
  assert.ok(reachedUpstream <= 1.2 * reachedGateway + FLOOR, `${reachedUpstream} for ${reachedGateway} requests`);
  assert.ok(calmDuringMs <= calmBeforeMs * 1.1 + NOISE_MS, `${calmBeforeMs} ms before, ${calmDuringMs} ms in it`);
  assert.equal(served, 0);
  // The breaker spares it most of what the clients try.
  assert.ok(reachedUpstream <= asked / 2, `${reachedUpstream} at an upstream that is down`);
});
