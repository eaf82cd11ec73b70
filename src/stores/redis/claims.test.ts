import assert from 'node:assert/strict';
import { after } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startTestRedis, type TestRedis } from '../../../test/support/redis.ts';
import { systemClock } from '../../core/clock.ts';
import { type MakeClaims, testClaims } from '../contracts/claims.contract.ts';
import { testClaimsAgainstModel } from '../contracts/claims.model.contract.ts';
import { RedisClaims, type RedisClaimsOptions } from './claims.ts';
import type { RedisStatus } from './link.ts';

let shared: Promise<TestRedis> | undefined;
const redisOfAll = (): Promise<TestRedis> => (shared ??= startTestRedis());
after(async () => (await shared)?.close());

function instanceOf({ port }: Pick<TestRedis, 'port'>, more: Partial<RedisClaimsOptions> = {}) {
  const statuses: RedisStatus[] = [];
  const claims = new RedisClaims({
    address: { host: '127.0.0.1', port, database: 0, isTls: false },
    clock: systemClock,
    random: Math.random,
    seed: () => 0n,
    onStatus: (status) => statuses.push(status),
    ...more,
  });
  const becomes = async (isUp: boolean, withinMs = 5_000): Promise<void> => {
    const deadline = performance.now() + withinMs;
    while (claims.isUp !== isUp) {
      if (performance.now() > deadline) assert.fail(`not ${isUp ? 'up' : 'down'} within ${withinMs} ms`);
      await wait(5);
    }
  };
  return { claims, statuses, becomes };
}

const make: MakeClaims = async (seed) => {
  const redis = await redisOfAll();
  const { claims, becomes, statuses } = instanceOf(redis, { seed });
  await becomes(true);
  return {
    claims,
    close: async () => {
      await claims.close();
      assert.deepEqual(statuses, [], 'no connection was lost on the way');
    },
  };
};

testClaims('redis', make);
testClaimsAgainstModel('redis', make, { runs: 100 });
