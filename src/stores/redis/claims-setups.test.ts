import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { makeAuthority } from '../../../test/support/certificates.ts';
import { ensureDebianPackage } from '../../../test/support/debian.ts';
import { freePort, startTestRedis, startTestSentinel, type TestRedis } from '../../../test/support/redis.ts';
import { ever, TestInstance, TestLedger } from '../../../test/support/shared-claims.ts';
import { defined } from '../../core/defined.ts';
import type { ClaimAccount } from '../contracts/claims.ts';
import type { RedisAddress } from './link.ts';

const QUICK = { beatMs: 50, leaseMs: 600, keptMs: 5_000 };
const KEY: ClaimAccount = { id: 'key:k', money: [ever(1_000n)], requestsPerMinute: 100, parallelRequests: 10 };
const LOCAL: RedisAddress = { host: '127.0.0.1', port: 0, database: 0, isTls: false };

async function withRedis(body: (redis: TestRedis) => Promise<void>, ...options: string[]): Promise<void> {
  const redis = await startTestRedis(...options);
  try {
    await body(redis);
  } finally {
    redis.thaw();
    await redis.close();
  }
}

async function withInstance(address: RedisAddress, body: (instance: TestInstance) => Promise<void>): Promise<void> {
  const instance = new TestInstance(address.port, new TestLedger(), { address, times: QUICK });
  try {
    await body(instance);
  } finally {
    await instance.close();
  }
}

/** Passes connections on to a port of this machine, each only after a while. */
async function startSlowToAccept(targetPort: number, afterMs: number) {
  const server = createServer((near) => {
    near.on('error', () => undefined);
    setTimeout(() => {
      const far = connect(targetPort, '127.0.0.1');
      far.on('error', () => near.destroy());
      near.pipe(far).pipe(near);
    }, afterMs);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

async function works(instance: TestInstance, id = 'works'): Promise<void> {
  await instance.becomes(true, 10_000);
  assert.equal(await instance.send(id, [KEY], 10n, 10n), true);
  await wait(20);
  assert.equal(instance.claims.undelivered, 0);
}

test('it asks the sentinels which Redis is the master, before each connection', async () => {
  await withRedis(async (first) => {
    await withRedis(async (second) => {
      const sentinel = await startTestSentinel(first.port, 'mymaster', 'sentinels only');
      try {
        const sentinels = {
          serviceName: 'mymaster',
          nodes: [
            { host: '127.0.0.1', port: await freePort() },
            { host: '127.0.0.1', port: sentinel.port },
          ],
          password: 'sentinels only',
        };
        await withInstance({ ...LOCAL, port: 1, sentinels }, async (instance) => {
          await works(instance);
          assert.match(await first.command('EXISTS', 'sluice:{claims}:epoch'), /^:1/);
          await sentinel.close();
          const moved = await startTestSentinel(second.port, 'mymaster', 'sentinels only');
          try {
            sentinels.nodes.push({ host: '127.0.0.1', port: moved.port });
            await first.kill();
            await instance.becomes(false);
            await works(instance, 'at the new master');
            assert.match(await second.command('EXISTS', 'sluice:{claims}:epoch'), /^:1/);
          } finally {
            await moved.close();
          }
        });
      } finally {
        await sentinel.close().catch(() => undefined);
      }
    });
  });
});

test('in a Redis Cluster all claims go to the node that has their slot', async () => {
  const options = ['--cluster-enabled', 'yes', '--cluster-require-full-coverage', 'no'];
  const clustered = (body: (redis: TestRedis) => Promise<void>) => withRedis(body, ...options);
  await clustered(async (first) => {
    await clustered(async (second) => {
      await second.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
      await first.command('CLUSTER', 'MEET', '127.0.0.1', String(second.port));
      const deadline = performance.now() + 10_000;
      while (!(await first.command('GET', 'sluice:{claims}:epoch')).startsWith('-MOVED')) {
        if (performance.now() > deadline) assert.fail('the nodes do not meet');
        await wait(50);
      }
      await withInstance({ ...LOCAL, port: first.port }, async (instance) => {
        await works(instance);
        assert.deepEqual(instance.statuses, []);
      });
      const startupNodes = [{ host: '127.0.0.1', port: second.port }];
      await withInstance({ ...LOCAL, port: await freePort(), startupNodes }, (instance) => works(instance));
    });
  });
});

test('with TLS it trusts the authority of the file, and no certificate that it does not know', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-tls-'));
  const [caFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=redis.test`.split(
    ' ',
  );
  const made = spawnSync(ensureDebianPackage('openssl', 'openssl'), [
    ...words,
    '-addext',
    'subjectAltName=DNS:redis.test',
    '-keyout',
    keyFile,
    '-out',
    caFile,
  ]);
  assert.equal(made.status, 0, String(made.stderr));
  const port = await freePort();
  const tlsOptions = ['--tls-port', String(port), '--tls-cert-file', caFile, '--tls-key-file', keyFile];
  try {
    await withRedis(
      async () => {
        const address = { ...LOCAL, port, isTls: true, password: 'let-in' };
        const trusted = { caFile, isVerified: true, isHostChecked: false };
        await withInstance({ ...address, tls: trusted }, (instance) => works(instance));
        await withInstance({ ...address, tls: { isVerified: false, isHostChecked: true } }, (one) => works(one));
        const slow = await startSlowToAccept(port, 300);
        await withInstance({ ...address, port: slow.port, tls: trusted }, async (instance) => {
          await works(instance);
          assert.deepEqual(instance.statuses, [], 'it is used, although it takes 300 ms to connect');
        });
        await withInstance({ ...address, port: slow.port, tls: trusted, connectTimeoutMs: 200 }, async (instance) => {
          await wait(400);
          assert.equal(instance.claims.isUp, false, 'the limit is that of the configuration');
        });
        slow.close();
        for (const tls of [undefined, { ...trusted, isHostChecked: true }]) {
          await withInstance({ ...address, ...defined({ tls }) }, async (instance) => {
            await wait(400);
            assert.equal(instance.claims.isUp, false);
            assert.match(instance.statuses[0]?.reason ?? '', /certificate|altnames/i);
          });
        }
      },
      ...tlsOptions,
      ...['--tls-ca-cert-file', caFile, '--tls-auth-clients', 'no', '--requirepass', 'let-in'],
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a Redis that wants a client certificate gets it, read again for each connection', async () => {
  const [authority, other] = [makeAuthority('One'), makeAuthority('Another')];
  const server = authority.issue('redis');
  const [shown, stranger] = [authority.issue('client'), other.issue('stranger')];
  const port = await freePort();
  try {
    await withRedis(
      async () => {
        const usual = { caFile: authority.caFile, isVerified: true, isHostChecked: true };
        const at = (tls: RedisAddress['tls']): RedisAddress => ({ ...LOCAL, port, isTls: true, ...defined({ tls }) });
        const pair = { certificateFile: shown.certificateFile, keyFile: shown.keyFile };
        await withInstance(at({ ...usual, ...pair }), (instance) => works(instance));
        await withInstance(at({ ...usual, certificateFile: shown.bothFile }), (instance) => works(instance));
        const replaced = join(authority.folder, 'replaced.pem');
        copyFileSync(stranger.bothFile, replaced);
        for (const tls of [usual, { ...usual, certificateFile: replaced }]) {
          await withInstance(at(tls), async (instance) => {
            await wait(400);
            assert.equal(instance.claims.isUp, false);
            if (!('certificateFile' in tls)) return;
            copyFileSync(shown.bothFile, replaced);
            await works(instance);
          });
        }
      },
      ...['--tls-port', String(port), '--tls-cert-file', server.certificateFile, '--tls-key-file', server.keyFile],
      ...['--tls-ca-cert-file', authority.caFile, '--tls-auth-clients', 'yes'],
    );
  } finally {
    for (const one of [authority, other]) one.remove();
  }
});

test('a user with the rights that the guide names for claims is enough', async () => {
  const guide = readFileSync(join(import.meta.dirname, '../../../docs/guides/routing.md'), 'utf8');
  const rights = ['@connection', 'evalsha'].flatMap((first) =>
    (new RegExp(`\`(\\+${first}[^\`]+)\``).exec(guide)?.[1] ?? '').split(/\s+/),
  );
  assert.ok(rights.length > 35, 'the guide names them');
  const user = ['sluice', 'on', '>let-in', '~sluice:*', '&sluice:*', '-@all', ...rights];
  await withRedis(
    async ({ port }) => {
      await withInstance({ ...LOCAL, port, username: 'sluice', password: 'let-in' }, async (instance) => {
        await works(instance);
        assert.equal((await instance.claim('a', [KEY], 10n)).kind, 'granted');
        await instance.claims.extend('a', { hold: 20n, exposure: 0n, nowMs: Date.now() });
        await instance.claims.cancel('a', Date.now());
        await instance.claims.correct(KEY.id, 'ever', 5n);
        await instance.claims.invalidations.publish([{ kind: 'key', id: 'k' }]);
        assert.deepEqual(await instance.claims.read(KEY.id, KEY.money), [{ spent: 5n, held: 0n, exposed: 0n }]);
        await wait(150);
        assert.deepEqual([instance.statuses, instance.claims.isUp], [[], true]);
      });
    },
    '--user',
    ...user,
  );
});

test('a Redis that may drop counters is warned about once', async () => {
  await withRedis(
    async (redis) => {
      await withInstance({ ...LOCAL, port: redis.port }, async (instance) => {
        await works(instance);
        await redis.command('CLIENT', 'KILL', 'TYPE', 'normal');
        await wait(300);
        await works(instance, 'again');
        assert.equal(instance.warnings.length, 1);
        assert.match(instance.warnings[0] ?? '', /allkeys-lru/);
      });
    },
    '--maxmemory',
    '100mb',
    '--maxmemory-policy',
    'allkeys-lru',
  );
});

test('scripts that Redis forgot, a full memory and a read-only replica lose nothing', async () => {
  await withRedis(async (redis) => {
    await withInstance({ ...LOCAL, port: redis.port }, async (instance) => {
      await works(instance);
      await redis.command('SCRIPT', 'FLUSH');
      await works(instance, 'after the flush');
      assert.deepEqual(instance.statuses, []);
      await redis.command('CONFIG', 'SET', 'maxmemory', '1');
      assert.equal(await instance.send('while full', [KEY], 10n, 10n), true);
      assert.equal(instance.claims.isUp, false);
      await redis.command('CONFIG', 'SET', 'maxmemory', '0');
      await instance.becomes(true);
      await redis.command('REPLICAOF', '127.0.0.1', '1');
      assert.equal(await instance.send('while a replica', [KEY], 10n, 10n), true);
      assert.equal(instance.claims.isUp, false);
      await redis.command('REPLICAOF', 'NO', 'ONE');
      await instance.becomes(true);
      await wait(50);
      assert.deepEqual(await instance.claims.read(KEY.id, KEY.money), [{ spent: 40n, held: 0n, exposed: 0n }]);
    });
  });
});

test('time in which our own process is busy does not count as a silence of Redis, and a true silence does', async () => {
  await withRedis(async (redis) => {
    await withInstance({ ...LOCAL, port: redis.port }, async (instance) => {
      await works(instance);
      const closed: ClaimAccount = { id: 'key:closed', money: [ever(1_000n)], whenAway: 'closed' };
      await redis.command('CLIENT', 'PAUSE', '900');
      const claiming = instance.claim('while busy', [closed], 10n);
      const untilMs = performance.now() + 1_000;
      while (performance.now() < untilMs) {
        for (const blockedMs = performance.now() + 100; performance.now() < blockedMs; );
        await nextTurn();
      }
      assert.equal((await claiming).kind, 'granted');
      assert.deepEqual(instance.statuses, []);

      redis.freeze();
      const sinceMs = performance.now();
      assert.equal((await instance.claim('while frozen', [closed], 10n)).kind, 'refused');
      assert.equal(instance.claims.isUp, false);
      assert.ok(performance.now() - sinceMs < 5_000);
    });
  });
});
