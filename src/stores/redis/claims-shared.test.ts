import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startTestRedis, type TestRedis } from '../../../test/support/redis.ts';
import { ever, TestInstance, TestLedger } from '../../../test/support/shared-claims.ts';
import { startTcpProxy, type TcpProxy } from '../../../test/support/tcp-proxy.ts';
import type { ClaimAccount, OrphanedClaim } from '../contracts/claims.ts';
import type { RedisClaimsOptions } from './claims.ts';

const QUICK = { beatMs: 50, leaseMs: 600, keptMs: 5_000 };

interface World {
  readonly redis: TestRedis;
  readonly ledger: TestLedger;
  join(more?: Partial<RedisClaimsOptions>, port?: number): Promise<TestInstance>;
  /** A wire to Redis that can be cut. */
  wire(): Promise<TcpProxy>;
}

async function inWorld(body: (world: World) => Promise<void>, ...options: string[]): Promise<void> {
  const redis = await startTestRedis(...options);
  const ledger = new TestLedger();
  const instances: TestInstance[] = [];
  const wires: TcpProxy[] = [];
  try {
    await body({
      redis,
      ledger,
      async join(more = {}, port = redis.port) {
        const instance = new TestInstance(port, ledger, { times: QUICK, ...more });
        instances.push(instance);
        await instance.becomes(true);
        return instance;
      },
      async wire() {
        const wire = await startTcpProxy(redis.port);
        wires.push(wire);
        return wire;
      },
    });
  } finally {
    redis.thaw();
    for (const instance of instances) await instance.close();
    for (const wire of wires) await wire.close();
    await redis.close();
  }
}

async function allTold(instances: readonly TestInstance[]): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (instances.some(({ claims }) => claims.undelivered > 0) && performance.now() < deadline) await wait(20);
  for (const { claims } of instances) assert.deepEqual([claims.open, claims.undelivered], [0, 0]);
}

/** What Redis and the ledger say at last: the same, and nothing held. */
async function agrees(instance: TestInstance, account: ClaimAccount, spent: bigint): Promise<void> {
  const deadline = performance.now() + 5_000;
  for (;;) {
    const [state] = await instance.claims.read(account.id, account.money);
    const inLedger = await instance.ledger.spent(account.id);
    const isSame = state?.spent === spent && state.held === 0n && state.exposed === 0n && inLedger === spent;
    if (isSame) return;
    if (performance.now() > deadline) assert.deepEqual([state, inLedger], [{ spent, held: 0n, exposed: 0n }, spent]);
    await wait(20);
  }
}

for (const count of [2, 4]) {
  test(`of 2,000 requests at once over ${count} instances exactly those are granted that the budget pays`, async () => {
    await inWorld(async ({ join, ledger }) => {
      const instances = await Promise.all(Array.from({ length: count }, () => join()));
      const team: ClaimAccount = { id: 'team:t', money: [ever(5_000_000_000_000n)] };
      const key: ClaimAccount = { id: 'key:k', money: [ever(9_000_000_000_000n)], parallelRequests: 10_000 };
      const granted = await Promise.all(
        Array.from({ length: 2_000 }, (_, index) => {
          const instance = instances[index % count] ?? assert.fail();
          return instance.send(`r${index}`, [key, team], 10_000_000_000n, 10_000_000_000n);
        }),
      );
      const lost = instances.flatMap(({ statuses }) => statuses);
      // A machine that has other work to do may starve Redis for 150 ms. Then each decides alone for a while.
      assert.deepEqual(
        lost.filter(({ reason }) => reason !== 'no answer within 150 ms'),
        [],
      );
      const passed = granted.filter(Boolean).length;
      if (lost.length === 0) assert.equal(passed, 500);
      const [first] = instances;
      await agrees(first ?? assert.fail(), team, BigInt(passed) * 10_000_000_000n);
      assert.equal(ledger.rows.size, passed);
      await allTold(instances);
    });
  });
}

test('a minute is counted over all instances, and slides', async () => {
  let rateNowMs = 1_700_000_000_500;
  await inWorld(async ({ join }) => {
    const options = { rateClockMs: () => rateNowMs };
    const [one, two] = [await join(options), await join(options)];
    const key: ClaimAccount = { id: 'key:k', money: [], requestsPerMinute: 3, tokensPerMinute: 100 };
    assert.equal(await one.send('a', [key], 0n, 0n), true);
    rateNowMs += 30_000;
    assert.equal(await two.send('b', [key], 0n, 0n), true);
    assert.equal(await one.send('c', [key], 0n, 0n), true);
    const refused = await two.claim('d', [key], 0n);
    assert.ok(refused.kind === 'refused');
    assert.deepEqual([refused.refusal.limit, refused.refusal.retryAfterMs], ['requests', 30_500]);
    rateNowMs += 30_499;
    assert.equal(await two.send('d', [key], 0n, 0n), false);
    rateNowMs += 1;
    assert.equal(await two.send('d', [key], 0n, 0n), true);
    assert.equal(await two.send('e', [key], 0n, 0n), false);
    rateNowMs += 31_000;
    assert.equal(await two.send('e', [key], 0n, 0n), true);
    assert.equal(await one.send('f', [key], 0n, 0n), true);
    assert.equal(await one.send('g', [key], 0n, 0n), false, 'd is counted still');
    rateNowMs += 600_000;
    assert.equal(await one.send('h', [key], 0n, 0n), true);
  });
});

test('a frozen Redis holds requests for a second, in case it is a hiccup, and none after it; each instance spends its part', async () => {
  await inWorld(async ({ join, redis, ledger }) => {
    const [one, two] = [await join(), await join()];
    await wait(150);
    const key: ClaimAccount = { id: 'key:k', money: [ever(1_000n)] };
    assert.equal(await one.send('a', [key], 100n, 100n), true);
    assert.equal(await two.send('b', [key], 100n, 100n), true);
    assert.equal(await one.send('c', [key], 100n, 100n), true);
    assert.equal(await two.send('d', [key], 0n, 0n), true);
    assert.equal(await one.send('e', [key], 0n, 0n), true);
    redis.freeze();
    const sinceMs = performance.now();
    const first = await one.claim('frozen', [key], 100n);
    assert.equal(first.kind, 'granted');
    assert.ok(performance.now() - sinceMs < 200, `${performance.now() - sinceMs} ms`);
    await one.claim('more0', [key], 100n);
    assert.ok(performance.now() - sinceMs < 1_400, `${performance.now() - sinceMs} ms`);
    const rates: ClaimAccount = { id: 'key:rates', money: [], requestsPerMinute: 100 };
    const againMs = performance.now();
    assert.equal((await one.claim('without money', [rates], 0n)).kind, 'granted');
    for (let index = 1; index < 50; index += 1) await one.claim(`more${index}`, [key], 100n);
    assert.ok(performance.now() - againMs < 50, `${performance.now() - againMs} ms for 50`);
    // 700 are left for two: 350 each.
    assert.equal(one.claims.open, 4);
    await two.claim('frozen too', [key], 100n);
    for (let index = 0; index < 50; index += 1) await two.claim(`other${index}`, [key], 100n);
    assert.equal(two.claims.open, 3);
    await wait(300);
    assert.equal(ledger.asked, 1);
    for (const id of ['frozen', 'more0', 'more1']) await one.settle(id, [key], 90n);
    await one.settle('without money', [rates], 0n);
    redis.thaw();
    await Promise.all([one.becomes(true), two.becomes(true)]);
    const [state] = await two.claims.read(key.id, key.money);
    assert.deepEqual(state, { spent: 570n, held: 300n, exposed: 0n });
    for (const id of ['frozen too', 'other0', 'other1']) await two.settle(id, [key], 100n);
    await agrees(one, key, 870n);
    assert.equal(await two.send('last', [key], 130n, 130n), true);
    assert.equal(await one.send('too much', [key], 1n, 1n), false);
  });
});

test('while Redis is unavailable an account is open, closed or shared as it is configured', async () => {
  await inWorld(async ({ join, redis, ledger }) => {
    const one = await join();
    await redis.kill();
    await one.becomes(false);
    ledger.write('before', ['key:share'], 60n);
    const account = (id: string, whenAway: 'open' | 'closed' | 'share'): ClaimAccount => ({
      id,
      money: [ever(100n)],
      whenAway,
    });
    const closed = await one.claim('a', [account('key:closed', 'closed')], 1n);
    assert.ok(closed.kind === 'refused');
    assert.deepEqual([closed.refusal.isStoreUnavailable, closed.refusal.account], [true, 'key:closed']);
    assert.equal((await one.claim('b', [account('key:open', 'open')], 100_000n)).kind, 'granted');
    assert.equal((await one.claim('c', [account('key:share', 'share')], 41n)).kind, 'refused');
    assert.equal((await one.claim('d', [account('key:share', 'share')], 40n)).kind, 'granted');
    ledger.isAway = true;
    const unknown = await one.claim('e', [account('key:other', 'share')], 1n);
    assert.equal(unknown.kind === 'refused' && unknown.refusal.isStoreUnavailable, true);
    ledger.isAway = false;
    await one.settle('b', [account('key:open', 'open')], 50n);
    await redis.start();
    await one.becomes(true);
    await one.settle('d', [account('key:share', 'share')], 30n);
    await agrees(one, account('key:share', 'share'), 90n);
    await agrees(one, account('key:open', 'open'), 50n);
  });
});

for (const disaster of [
  'emptied',
  'killed and started empty',
  'frozen for a second',
  'behind a wire that is cut',
] as const) {
  test(`under load, Redis is ${disaster}: afterwards every cost counts once`, { timeout: 60_000 }, async (t) => {
    await inWorld(async ({ join, redis, wire }) => {
      const wires = await Promise.all([wire(), wire()]);
      const instances = await Promise.all(wires.map(({ port }) => join({}, port)));
      const key: ClaimAccount = { id: 'key:k', money: [ever(10n ** 15n)], requestsPerMinute: 1_000_000 };
      const small: ClaimAccount = { id: 'team:small', money: [ever(3_000_000n)] };
      let isOver = false;
      let spent = 0n;
      let ofSmall = 0n;
      let number = 0;
      const sends = async (instance: TestInstance): Promise<void> => {
        while (!isOver) {
          number += 1;
          const id = `r${number}`;
          const [hold, cost] = [2_000n, BigInt(Math.floor(Math.random() * 2_000))];
          const isSmall = number % 4 === 0;
          if (await instance.send(id, isSmall ? [key, small] : [key], hold, cost)) {
            spent += cost;
            if (isSmall) ofSmall += cost;
          }
          await wait(1);
        }
      };
      t.after(() => {
        isOver = true;
      });
      const load = instances.flatMap((instance) => Array.from({ length: 20 }, () => sends(instance)));
      for (let round = 0; round < 2; round += 1) {
        await wait(500);
        if (disaster === 'emptied') await redis.command('FLUSHALL');
        else if (disaster === 'killed and started empty') {
          await redis.kill();
          await wait(200);
          await redis.start();
        } else if (disaster === 'frozen for a second') {
          redis.freeze();
          await wait(500);
          redis.thaw();
        } else {
          wires[round]?.mute();
          await wait(300);
          wires[round]?.restore();
        }
        await Promise.all(instances.map((instance) => instance.becomes(true)));
      }
      await wait(300);
      isOver = true;
      await Promise.all(load);
      await wait(200);
      const [first] = instances;
      await agrees(first ?? assert.fail(), key, spent);
      await agrees(first ?? assert.fail(), small, ofSmall);
      assert.ok(ofSmall <= 3_000_000n, `${ofSmall} of 3,000,000`);
      assert.ok(number > 500, `${number} requests`);
      await allTold(instances);
      for (const { orphans } of instances) assert.deepEqual(orphans, []);
    });
  });
}

for (const [age, keptMs] of [
  ['older than what is sent again', 150],
  ['a moment old', 5_000],
] as const) {
  test(`a Redis that comes back with a copy ${age} misses nothing`, async () => {
    await inWorld(async ({ join, redis }) => {
      const times = { ...QUICK, keptMs };
      const instances = [await join({ times }), await join({ times })];
      const [one = assert.fail(), two = assert.fail()] = instances;
      const key: ClaimAccount = { id: 'key:k', money: [ever(1_000n)] };
      assert.equal(await one.send('a', [key], 100n, 100n), true);
      await wait(100);
      await redis.command('SAVE');
      assert.equal(await one.send('b', [key], 100n, 100n), true);
      assert.equal(await two.send('c', [key], 100n, 100n), true);
      assert.equal((await two.claim('open', [key], 50n)).kind, 'granted');
      await wait(keptMs === 150 ? 500 : 20);
      await redis.kill();
      await Promise.all(instances.map((instance) => instance.becomes(false)));
      await redis.start();
      await Promise.all(instances.map((instance) => instance.becomes(true)));
      assert.equal((await one.claim('too much', [key], 651n)).kind, 'refused');
      await two.settle('open', [key], 50n);
      await agrees(one, key, 350n);
      await allTold(instances);
    });
  });
}

test('claims of an instance that died are booked at their holds, once, and a late settlement books the difference', async () => {
  await inWorld(async ({ join, wire, ledger }) => {
    const cable = await wire();
    const lost = await join({}, cable.port);
    const others = [await join(), await join()];
    const key: ClaimAccount = { id: 'key:k', money: [ever(1_000n)], parallelRequests: 5 };
    for (const id of ['a', 'b', 'c']) assert.equal((await lost.claim(id, [key], 100n)).kind, 'granted');
    cable.cut();
    const orphans = () => others.flatMap((other) => other.orphans);
    const deadline = performance.now() + 5_000;
    while (orphans().length < 3 && performance.now() < deadline) await wait(20);
    await wait(300);
    assert.deepEqual(
      orphans()
        .map(({ id, hold }) => [id, hold])
        .sort(),
      [
        ['a', 100n],
        ['b', 100n],
        ['c', 100n],
      ],
    );
    const [one] = others;
    await agrees(one ?? assert.fail(), key, 300n);
    assert.deepEqual(
      [...ledger.rows.values()].map(({ isOrphan }) => isOrphan),
      [true, true, true],
    );
    await lost.settle('a', [key], 70n);
    cable.restore();
    await lost.becomes(true);
    await lost.settle('b', [key], 250n);
    await lost.settle('b', [key], 250n);
    await lost.claims.cancel('c', Date.now());
    ledger.write('c', ['key:k'], 0n);
    await agrees(one ?? assert.fail(), key, 320n);
    assert.equal(lost.orphans.length, 0);
    await lost.close();
  });
});

test('an orphan comes with when it was sent and with the last sign of life, and counts what it is booked at', async () => {
  await inWorld(async ({ join, wire, redis }) => {
    const cable = await wire();
    const lost = await join({}, cable.port);
    const orphans: OrphanedClaim[] = [];
    const costs = new Map([
      ['sent', 30n],
      ['unsent', 0n],
      ['grown', 120n],
      ['late', 40n],
    ]);
    const one = await join({
      onOrphan: (orphan) => {
        orphans.push(orphan);
        return costs.get(orphan.id) ?? assert.fail();
      },
    });
    const key: ClaimAccount = { id: 'key:k', money: [ever(1_000n)] };
    for (const id of costs.keys()) assert.equal((await lost.claim(id, [key], 100n)).kind, 'granted');
    const beganMs = Date.now();
    lost.claims.sent('sent');
    assert.equal(lost.claims.aboutToSend('late'), undefined, 'a young claim is not waited for');
    await wait(700);
    await (lost.claims.aboutToSend('late') ?? assert.fail('an old one is'));
    assert.equal(lost.claims.aboutToSend('late'), undefined, 'once');
    await lost.claims.extend('grown', { hold: 110n, exposure: 10n, nowMs: Date.now() });
    lost.claims.sent('ended');
    await wait(400);
    cable.cut();
    const cutMs = Date.now();
    while (orphans.length < 4 && Date.now() < cutMs + 5_000) await wait(20);
    const byId = new Map(orphans.map((orphan) => [orphan.id, orphan]));
    const sentAt = (id: string): number => (byId.get(id)?.sentAtMs ?? Number.NaN) - beganMs;
    assert.ok(sentAt('sent') >= -5 && sentAt('sent') < 600, `sent after ${sentAt('sent')} ms`);
    assert.ok(sentAt('late') >= 690 && sentAt('late') < 1_300, `late after ${sentAt('late')} ms`);
    assert.deepEqual([byId.get('unsent')?.sentAtMs, byId.get('grown')?.hasGrown], [undefined, true]);
    for (const { aliveAtMs = 0, hasGrown, id, claimedAtMs } of orphans) {
      assert.ok(aliveAtMs > cutMs - 700 && aliveAtMs <= cutMs + 50, `alive ${aliveAtMs - cutMs} ms before the cut`);
      assert.equal(hasGrown, id === 'grown');
      assert.ok(Math.abs(claimedAtMs - beganMs) < 2_000);
    }
    assert.deepEqual([byId.get('grown')?.hold, byId.get('grown')?.exposure], [110n, 10n]);
    const spent = async (): Promise<bigint | undefined> => (await one.claims.read(key.id, key.money))[0]?.spent;
    const deadline = performance.now() + 2_000;
    while ((await spent()) !== 190n && performance.now() < deadline) await wait(20);
    assert.equal(await spent(), 190n);
    cable.restore();
    await lost.becomes(true);
    // It was not dead after all: what is true takes the place of what was booked, also for one that was never sent.
    await lost.settle('unsent', [key], 25n);
    await lost.settle('sent', [key], 5n);
    assert.equal(await spent(), 190n);
    await lost.claims.cancel('late', Date.now());
    await lost.settle('grown', [key], 1n);
    assert.equal(await spent(), 31n);
    assert.equal(await redis.command('KEYS', '*:w:*'), '*0\r\n', 'no mark is left');
    await lost.close();
  });
});

test('an orphan whose booking failed is reported again', async () => {
  await inWorld(async ({ join, wire }) => {
    const cable = await wire();
    const lost = await join({}, cable.port);
    let fails = 1;
    const booked: string[] = [];
    await join({
      onOrphan: async ({ id, hold }) => {
        if (fails-- > 0) throw new Error('the ledger is unavailable');
        booked.push(id);
        return hold;
      },
    });
    await lost.claim('a', [{ id: 'key:k', money: [ever(1_000n)] }], 100n);
    cable.cut();
    await wait(2_500);
    assert.deepEqual(booked, ['a']);
    await lost.close();
  });
});

test('a key that is revoked at one instance is refused at all others with their next claim', async () => {
  await inWorld(async ({ join, redis }) => {
    const [one, two] = [await join(), await join()];
    const heard: unknown[] = [];
    two.claims.invalidations.onChange((changed) => heard.push(changed));
    const key: ClaimAccount = { id: 'key:k', money: [ever(1_000n)] };
    assert.equal(await two.send('a', [key], 1n, 1n), true);
    await one.claims.invalidations.publish([{ kind: 'key', id: 'k' }]);
    await wait(20);
    assert.deepEqual(heard, [[{ kind: 'key', id: 'k' }]]);
    assert.equal(await two.send('b', [key], 1n, 1n), true, 'what was heard is no news');
    // No one is notified, as if the message was lost.
    const changes = JSON.stringify([{ kind: 'team', id: 't' }]);
    const next = Number((await redis.command('INCR', 'sluice:{claims}:gen')).slice(1));
    await redis.command('LPUSH', 'sluice:{claims}:changes', `${next} other ${changes}`);
    const stale = await two.claim('c', [key], 1n);
    assert.equal(stale.kind === 'refused' && stale.refusal.isStale, true);
    assert.deepEqual(heard.at(-1), [{ kind: 'team', id: 't' }]);
    assert.equal(await two.send('c', [key], 1n, 1n), true);
  });
});

test('news of the time when an instance was cut off reach it before its next claim', async () => {
  await inWorld(async ({ join, wire }) => {
    const cable = await wire();
    const [one, two] = [await join(), await join({}, cable.port)];
    const heard: unknown[] = [];
    two.claims.invalidations.onChange((changed) => heard.push(changed));
    cable.cut();
    await two.becomes(false);
    await one.claims.invalidations.publish([{ kind: 'key', id: 'k' }]);
    await two.claims.invalidations.publish([{ kind: 'team', id: 'own' }]);
    cable.restore();
    await two.becomes(true);
    await two.claim('a', [], 0n);
    assert.ok(
      heard.some((changed) => JSON.stringify(changed).includes('"k"')),
      JSON.stringify(heard),
    );
    await two.close();
  });
});
