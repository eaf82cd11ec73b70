import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { CompiledQuery, sql } from 'kysely';
import { DatabaseUnavailableError } from '../contracts/directory.ts';
import type { SqlConnection } from '../sql/connection.ts';
import { SqlError } from '../sql/sql-error.ts';
import { openSqlite } from './open-sqlite.ts';
import { SqliteThread } from './sqlite-thread.ts';

/** Counts to a number the slow way. */
const countTo = (last: number) =>
  sql<{
    count: number;
  }>`with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${last}) select count(*) as count from numbers`;

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-sqlite-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function openFile(t: TestContext): Promise<SqlConnection> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-sqlite-'));
  const connection = await openSqlite({ path: join(folder, 'test.db') });
  t.after(async () => {
    await connection.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return connection;
}

const isAway = (reason: DatabaseUnavailableError['reason']) => (error: unknown) => {
  assert.ok(error instanceof DatabaseUnavailableError, String(error));
  assert.equal(error.reason, reason);
  return true;
};

test('a long report holds up neither the event loop nor a write', async (t) => {
  const connection = await openFile(t);
  await sql`create table small (id integer primary key)`.execute(connection.write);
  let turns = 0;
  const timer = setInterval(() => turns++, 5);
  const begun = performance.now();
  let isReportDone = false;
  const report = countTo(3_000_000)
    .execute(connection.read)
    .then(({ rows }) => {
      isReportDone = true;
      return rows;
    });
  await sql`insert into small values (1)`.execute(connection.write);
  assert.equal(isReportDone, false);
  assert.deepEqual(await report, [{ count: 3_000_000 }]);
  clearInterval(timer);
  const possible = (performance.now() - begun) / 5;
  assert.ok(turns > possible / 4, `${turns} of ${Math.round(possible)} turns`);
});

test('transactions never mix, and a reader sees none that is not over', async (t) => {
  const { write, read } = await openFile(t);
  await sql`create table steps (id integer primary key, who text)`.execute(write);
  const order: string[] = [];
  const steps = (who: string): Promise<void> =>
    write.transaction().execute(async (transaction) => {
      for (let index = 0; index < 3; index++) {
        await sql`insert into steps (who) values (${who})`.execute(transaction);
        order.push(who);
        assert.equal((await sql`select 1 from steps where who = ${who}`.execute(read)).rows.length, 0);
        await wait(2);
      }
    });
  await Promise.all([steps('a'), steps('b'), steps('c')]);
  assert.equal(order.join(''), 'aaabbbccc');
  const failing = write.transaction().execute(async (transaction) => {
    await sql`insert into steps (who) values ('d')`.execute(transaction);
    throw new RangeError('no');
  });
  await assert.rejects(failing, RangeError);
  const { rows } = await sql<{ count: number }>`select count(*) as count from steps`.execute(read);
  assert.deepEqual(rows, [{ count: 9 }]);
});

test('columns of money are bigint whatever stands in them, and all other integers are numbers', async (t) => {
  const { write } = await openFile(t);
  await sql`create table sums (cost_pico bigint, cost_micro bigint, tokens bigint, part real, text text)`.execute(
    write,
  );
  const values = [2n ** 63n - 1n, 3n, 5, 0.5, 'x'] as const;
  await sql`insert into sums values (${sql.join(values)})`.execute(write);
  await sql`insert into sums values (null, -1, ${true}, null, null)`.execute(write);
  const { rows } = await sql`select *, sum(cost_micro) over () as all_micro from sums`.execute(write);
  assert.deepEqual(rows, [
    { cost_pico: 2n ** 63n - 1n, cost_micro: 3n, tokens: 5, part: 0.5, text: 'x', all_micro: 2n },
    { cost_pico: null, cost_micro: -1n, tokens: 1, part: null, text: null, all_micro: 2n },
  ]);
});

test('a refused statement says its code and column, and no value', async (t) => {
  const { write } = await openFile(t);
  await sql`create table people (id text not null primary key, email text unique)`.execute(write);
  await sql`insert into people values ('one', 'secret@x')`.execute(write);
  const refused = async (statement: ReturnType<typeof sql>): Promise<SqlError> => {
    const error = await statement.execute(write).then(
      () => assert.fail('was taken'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof SqlError, String(error));
    assert.doesNotMatch(`${error.message}${error.stack}`, /secret/);
    return error;
  };
  const taken = await refused(sql`insert into people values ('two', ${'secret@x'})`);
  assert.deepEqual([taken.kind, taken.code, taken.column], ['unique', 'SQLITE_CONSTRAINT_UNIQUE', 'email']);
  const same = await refused(sql`insert into people values ('one', ${'secret'})`);
  assert.deepEqual([same.kind, same.code, same.column], ['unique', 'SQLITE_CONSTRAINT_PRIMARYKEY', 'id']);
  assert.equal((await refused(sql`insert into people values (null, ${'secret'})`)).kind, 'constraint');
  assert.equal((await refused(sql`select nothing from people where id = ${'secret'}`)).kind, 'other');
});

test('a full disk is named, and writing goes on when there is room', async (t) => {
  const { write, read } = await openFile(t);
  await sql`create table texts (text text)`.execute(write);
  await write.executeQuery(CompiledQuery.raw('pragma max_page_count = 20'));
  const fill = (): Promise<unknown> =>
    write.transaction().execute(async (transaction) => {
      for (let index = 0; index < 40; index++) {
        await sql`insert into texts values (${'x'.repeat(4_000)})`.execute(transaction);
      }
    });
  await assert.rejects(fill(), isAway('full'));
  const rows = async (): Promise<unknown> => (await sql`select count(*) as count from texts`.execute(read)).rows;
  assert.deepEqual(await rows(), [{ count: 0 }]);
  await write.executeQuery(CompiledQuery.raw('pragma max_page_count = 1000'));
  await fill();
  assert.deepEqual(await rows(), [{ count: 40 }]);
});

test('what cannot be written, opened or read is named', async (t) => {
  const folder = folderFor(t);
  const connection = await openFile(t);
  await assert.rejects(sql`create table any (id text)`.execute(connection.read), isAway('read-only'));
  await assert.rejects(openSqlite({ path: join(folder, 'missing', 'test.db') }), isAway('unreachable'));
  writeFileSync(join(folder, 'no.db'), 'this is no database, and longer than a header is'.repeat(10));
  await assert.rejects(openSqlite({ path: join(folder, 'no.db') }), isAway('broken'));
});

test('another process that writes for too long is named', async (t) => {
  const path = join(folderFor(t), 'test.db');
  const [one, two] = [await openSqlite({ path }), await openSqlite({ path })];
  t.after(() => Promise.all([one.close(), two.close()]));
  await sql`create table any (id text)`.execute(one.write);
  const { promise: isOver, resolve: end } = Promise.withResolvers<void>();
  const { promise: isBegun, resolve: begun } = Promise.withResolvers<void>();
  const long = one.write.transaction().execute(async () => {
    begun();
    await isOver;
  });
  await isBegun;
  await assert.rejects(sql`insert into any values ('x')`.execute(two.write), isAway('busy'));
  end();
  await long;
  await sql`insert into any values ('x')`.execute(two.write);
});

test('a statement that takes too long is given up, a transaction with it, and the next one finds a new thread', async (t) => {
  const folder = folderFor(t);
  const thread = new SqliteThread({ path: join(folder, 'test.db'), isReadOnly: false, answerWithinMs: 1_500 });
  await thread.open();
  t.after(() => thread.close());
  const { generation } = thread;
  const { sql: text, parameters } = CompiledQuery.raw(
    'with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < 90000000) select max(n) from numbers',
  );
  const slow = { ...CompiledQuery.raw(text), parameters };
  const small = CompiledQuery.raw('select 1 as one');
  const both = [thread.execute(slow, generation), thread.execute(small, generation)];
  for (const given of await Promise.allSettled(both)) {
    assert.ok(given.status === 'rejected' && isAway('timeout')(given.reason));
  }
  await assert.rejects(thread.execute(small, generation), isAway('broken'));
  await thread.revive();
  assert.deepEqual((await thread.execute(small, thread.generation)).rows, [{ one: 1 }]);
});

test('closing lets what was asked finish, and what is asked later is refused', async () => {
  const connection = await openSqlite({ path: ':memory:' });
  const asked = countTo(200_000).execute(connection.read);
  await wait(10);
  await connection.close();
  assert.deepEqual((await asked).rows, [{ count: 200_000 }]);
  await assert.rejects(sql`select 1`.execute(connection.read));
  assert.equal(await connection.ping(), false);
});

test('threads without work end, a look still finds the file, and the next statements find new ones', async (t) => {
  const connection = await openSqlite({ path: join(folderFor(t), 'test.db'), restAfterMs: 20 });
  t.after(() => connection.close());
  await sql`create table steps (id integer primary key)`.execute(connection.write);
  for (let round = 1; round <= 3; round += 1) {
    // A transaction keeps its thread while it has no statement for it.
    await connection.write.transaction().execute(async (transaction) => {
      await sql`insert into steps values (${round * 2})`.execute(transaction);
      await wait(60);
      await sql`insert into steps values (${round * 2 + 1})`.execute(transaction);
    });
    await wait(100);
    assert.equal(await connection.ping(), true);
    const { rows } = await sql<{ count: number }>`select count(*) as count from steps`.execute(connection.read);
    assert.deepEqual(rows, [{ count: round * 2 }]);
  }
});
