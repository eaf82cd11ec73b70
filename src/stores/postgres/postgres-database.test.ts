import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { sql } from 'kysely';
import { startTestPostgres, type TestPostgres } from '../../../test/support/postgres.ts';
import { DatabaseUnavailableError } from '../contracts/directory.ts';
import type { Ledger } from '../contracts/ledger.ts';
import type { SqlConnection } from '../sql/connection.ts';
import { retryConflicts, SqlError } from '../sql/sql-error.ts';
import { openPostgres } from './open-postgres.ts';
import { openPostgresDatabase } from './postgres-database.ts';

const makeLedger = (): Ledger => ({}) as Ledger;

let postgres: TestPostgres;
before(async () => {
  postgres = await startTestPostgres('max_connections=12', 'superuser_reserved_connections=0');
});
after(() => postgres.close());

const isAway =
  (...reasons: DatabaseUnavailableError['reason'][]) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof DatabaseUnavailableError, String(error));
    assert.ok(reasons.includes(error.reason), `${error.reason}: ${error.message}`);
    return true;
  };

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await holds())) {
    if (performance.now() > deadline) assert.fail(what);
    await wait(50);
  }
}

/** As the tests of the directory's own do, on a pool that is closed in the end. */
async function withPool(body: (connection: SqlConnection) => Promise<void>): Promise<void> {
  const connection = openPostgres({ url: await postgres.makeDatabase(), poolSize: 4 });
  try {
    await body(connection);
  } finally {
    await connection.close();
  }
}

test('columns of money are bigint whatever stands in them, and all other integers are numbers', () =>
  withPool(async ({ write }) => {
    await sql`create table sums (cost_pico bigint, cost_micro bigint, tokens bigint, part real, text text)`.execute(
      write,
    );
    await sql`insert into sums values (${2n ** 63n - 1n}, 3, 5, 0.5, 'x'), (null, -1, 1, null, null)`.execute(write);
    const { rows } = await sql`select sums.*, sum(cost_micro) over () as all_micro, avg(tokens) over () as mean,
      count(*) over () as rows from sums order by tokens desc`.execute(write);
    assert.deepEqual(rows, [
      { cost_pico: 2n ** 63n - 1n, cost_micro: 3n, tokens: 5, part: 0.5, text: 'x', all_micro: 2n, mean: 3, rows: 2 },
      { cost_pico: null, cost_micro: -1n, tokens: 1, part: null, text: null, all_micro: 2n, mean: 3, rows: 2 },
    ]);
  }));

test('a refused statement says its code and column, and no value', () =>
  withPool(async ({ write }) => {
    await sql`create table people (id text not null primary key, amount bigint)`.execute(write);
    await sql`create unique index people_unique_amount on people (amount)`.execute(write);
    await sql`insert into people values ('one', 1)`.execute(write);
    const refused = async (statement: ReturnType<typeof sql>): Promise<SqlError> => {
      const error = await statement.execute(write).then(
        () => assert.fail('was taken'),
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof SqlError, String(error));
      assert.doesNotMatch(`${error.message}${error.stack}`, /secret/);
      return error;
    };
    const taken = await refused(sql`insert into people values (${'secret'}, 1)`);
    assert.deepEqual([taken.kind, taken.code, taken.column], ['unique', '23505', 'amount']);
    assert.equal((await refused(sql`insert into people values ('one', 2)`)).column, 'id');
    assert.equal((await refused(sql`insert into people values ('two', ${'secret'})`)).kind, 'other');
    assert.equal((await refused(sql`insert into people values (${'secret\0'}, 3)`)).kind, 'other');
  }));

test('of two transactions that lock each other out one is tried again, and both are done', { timeout: 30_000 }, () =>
  withPool(async ({ write }) => {
    await sql`create table pair (id text primary key, n bigint not null)`.execute(write);
    await sql`insert into pair values ('a', 0), ('b', 0)`.execute(write);
    let runs = 0;
    const both = Promise.withResolvers<void>();
    const crossing = (first: string, second: string): Promise<void> =>
      retryConflicts(() =>
        write.transaction().execute(async (transaction) => {
          await sql`update pair set n = n + 1 where id = ${first}`.execute(transaction);
          if (++runs === 2) both.resolve();
          await both.promise;
          await sql`update pair set n = n + 1 where id = ${second}`.execute(transaction);
        }),
      );
    await Promise.all([crossing('a', 'b'), crossing('b', 'a')]);
    // On a slow machine they may meet once more.
    assert.ok(runs >= 3, `${runs} runs`);
    const { rows } = await sql`select sum(n) as n from pair`.execute(write);
    assert.deepEqual(rows, [{ n: 4 }]);
  }),
);

test('a server with too many clients is named', { timeout: 30_000 }, async () => {
  const url = await postgres.makeDatabase();
  const crowd = openPostgres({ url, poolSize: 20 });
  const waiting = Array.from({ length: 20 }, () =>
    sql`select pg_sleep(0.5)`.execute(crowd.write).then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
  const refused = (await Promise.all(waiting)).filter((error) => error !== undefined);
  assert.ok(refused.length > 0);
  for (const error of refused) {
    isAway('crowded')(error);
    assert.match(String(error), /too many clients/);
  }
  assert.equal((await sql`select 1`.execute(crowd.read)).rows.length, 1);
  await crowd.close();
});

test('no connection of the pool becoming free is named', { timeout: 30_000 }, async () => {
  const connection = openPostgres({ url: await postgres.makeDatabase(), poolSize: 1 });
  const long = sql`select pg_sleep(7)`.execute(connection.write);
  await wait(100);
  await assert.rejects(sql`select 1`.execute(connection.read), isAway('crowded'));
  assert.equal(await connection.ping(), true);
  await long;
  await connection.close();
});

test('a server that dies is named at once, and used again when it is back', { timeout: 60_000 }, async () => {
  const url = await postgres.makeDatabase();
  const database = await openPostgresDatabase({ url, poolSize: 3, makeLedger });
  await database.directory.setNote('a', 'kept');
  const sleeping = openPostgres({ url, poolSize: 1 });
  const cut = assert.rejects(sql`select pg_sleep(20)`.execute(sleeping.write), isAway('unreachable'));
  await wait(100);
  await postgres.kill();
  await cut;
  const begun = performance.now();
  await assert.rejects(database.directory.note('a'), isAway('unreachable'));
  await assert.rejects(database.directory.setNote('a', 'b'), isAway('unreachable'));
  assert.equal(await database.ping(), false);
  assert.ok(performance.now() - begun < 1_000);
  await postgres.start();
  assert.equal(await database.ping(), true);
  await until(async () => (await database.directory.note('a').catch(() => undefined)) === 'kept', 'used again');
  await sleeping.close();
  await database.close();
});

test('a server that is unavailable at the start is migrated when it comes', { timeout: 60_000 }, async () => {
  const url = await postgres.makeDatabase();
  await postgres.kill();
  await assert.rejects(openPostgresDatabase({ url, poolSize: 2, makeLedger }), isAway('unreachable'));
  const onUnusable = (): void => assert.fail('it is usable');
  const database = await openPostgresDatabase({ url, poolSize: 2, makeLedger, onUnusable });
  await assert.rejects(database.directory.note('a'), isAway('unreachable'));
  assert.equal(await database.ping(), false);
  await postgres.start();
  await assert.rejects(database.directory.note('a'), isAway('unreachable'));
  await until(() => database.ping(), 'it comes');
  await database.directory.setNote('a', 'b');
  assert.equal(await database.directory.note('a'), 'b');
  await database.close();
});

test('a server that is frozen is found out within two seconds, and then at once', { timeout: 30_000 }, async () => {
  const connection = openPostgres({ url: await postgres.makeDatabase(), poolSize: 2 });
  assert.equal(await connection.ping(), true);
  const ask = (): Promise<unknown> => sql`select 1`.execute(connection.read);
  await Promise.all([ask(), ask()]);
  postgres.freeze();
  try {
    let begun = performance.now();
    const away = isAway('timeout', 'unreachable');
    await Promise.all([assert.rejects(ask(), away), assert.rejects(ask(), away), assert.rejects(ask(), away)]);
    assert.ok(performance.now() - begun < 2_500, `${performance.now() - begun} ms`);
    begun = performance.now();
    assert.equal(await connection.ping(), false);
    assert.ok(performance.now() - begun < 1_000);
    begun = performance.now();
    await assert.rejects(ask(), away);
    assert.ok(performance.now() - begun < 200, `${performance.now() - begun} ms`);
  } finally {
    postgres.thaw();
  }
  await until(() => connection.ping(), 'it answers again');
  await ask();
  await connection.close();
});

test('a statement that takes long on a server that is there is waited for', { timeout: 30_000 }, () =>
  withPool(async ({ read }) => {
    assert.equal((await sql`select pg_sleep(2.5)`.execute(read)).rows.length, 1);
  }),
);

test('a server that is read-only is named', { timeout: 30_000 }, async () => {
  const url = await postgres.makeDatabase();
  const database = await openPostgresDatabase({ url, poolSize: 2, makeLedger });
  await database.directory.setNote('a', 'b');
  await database.close();
  const standby = openPostgres({ url: `${url}?options=-c%20default_transaction_read_only%3Don`, poolSize: 1 });
  await assert.rejects(sql`delete from notes`.execute(standby.write), isAway('read-only'));
  assert.equal((await sql`select name from notes`.execute(standby.read)).rows.length, 1);
  await standby.close();
});

test('one instance is alone until it goes, and again after its connection was lost', { timeout: 60_000 }, async () => {
  const url = await postgres.makeDatabase();
  const one = await openPostgresDatabase({ url, poolSize: 2, makeLedger });
  const two = await openPostgresDatabase({ url, poolSize: 2, makeLedger });
  assert.equal(await one.beAlone(), true);
  assert.equal(await one.beAlone(), true);
  assert.equal(await two.beAlone(), false);
  await postgres.kill();
  await postgres.start();
  const probe = openPostgres({ url, poolSize: 1 });
  const holders = async (): Promise<number> => {
    const { rows } = await sql<{ count: number }>`select count(*) as count from pg_locks
      where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`.execute(
      probe.read,
    );
    return rows[0]?.count ?? 0;
  };
  await until(async () => (await holders().catch(() => 0)) === 1, 'taken again');
  assert.equal(await two.beAlone(), false);
  await one.close();
  await until(() => two.beAlone(), 'taken by the other');
  await probe.close();
  await two.close();
});

test('a wrong password or database is named without its address', async () => {
  const url = await postgres.makeDatabase();
  for (const wrong of [url.replace(/test_\d+$/, 'absent'), url.replace('sluice@', 'nobody:secret@')]) {
    await assert.rejects(openPostgresDatabase({ url: wrong, poolSize: 1, makeLedger }), (error) => {
      assert.doesNotMatch(String(error), /secret|nobody|absent/);
      return isAway('unreachable')(error);
    });
  }
});
