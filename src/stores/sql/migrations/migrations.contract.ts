/**
 * What every database must do with migrations, as tests. Each released level of the schema has a fixture: rows as that level
 * wrote them, which today's code must read after migrating up. A new migration adds a fixture here for the level it leaves.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Kysely, sql } from 'kysely';
import { makeKey } from '../../contracts/directory.contract.ts';
import type { NoTables, SqlConnection } from '../connection.ts';
import { sqlDirectory } from '../directory/sql-directory.ts';
import { SqlImports } from '../imports/sql-imports.ts';
import { SqlLedger } from '../ledger/sql-ledger.ts';
import { MigrationError, migrate } from '../migrate.ts';
import { SqlRecordings } from '../recordings/sql-recordings.ts';
import { SqlConversations } from '../responses/sql-conversations.ts';
import { SqlResponses } from '../responses/sql-responses.ts';
import { MIGRATIONS } from './index.ts';
import type { Migration } from './migration.ts';

/** Opens the same new database as often as it is called. */
export interface MigratedDatabase {
  open(): Promise<SqlConnection>;
  close(): Promise<void>;
}

/** What a level of the schema holds, written as it was then, and what today's code must make of it. */
interface Fixture {
  readonly level: number;
  fill(database: Kysely<NoTables>): Promise<void>;
  check(connection: SqlConnection): Promise<void>;
}

const KEY_DATA =
  '{"hash":"h1","name":"sk-...ab","alias":"first","models":["m"],"blocked":false,"keyType":"default","rotationCount":0,' +
  '"maxBudget":"9007199254740993","createdAtMs":5,"updatedAtMs":6,"metadata":{"a":1},"further":{},"teamId":"t1"}';

const FIXTURES: readonly Fixture[] = [
  {
    level: 1,
    async fill(database) {
      await sql`insert into keys (id, alias, alias_search, team_id, created_at, updated_at, data)
        values ('h1', 'first', 'first', 't1', 5, 6, ${KEY_DATA})`.execute(database);
      await sql`insert into team_members (team_id, user_id, created_at, data)
        values ('t1', 'u1', 5, '{"teamId":"t1","userId":"u1","role":"admin","createdAtMs":5,"maxBudget":"7"}')`.execute(
        database,
      );
      await sql`insert into audit (id, at, changed_by, key_hash, action, object_table, object_id, data)
        values ('a1', 5, 'admin', 'h0', 'created', 'keys', 'h1', '{"after":{"x":1}}')`.execute(database);
      await sql`insert into notes (name, value) values ('alert/1', '"sent"')`.execute(database);
    },
    async check(connection) {
      const directory = sqlDirectory(connection);
      const { hash: _, ...rest } = makeKey('any', {
        name: 'sk-...ab',
        alias: 'first',
        models: ['m'],
        maxBudget: 9_007_199_254_740_993n,
        createdAtMs: 5,
        updatedAtMs: 6,
        metadata: { a: 1 },
        teamId: 't1',
      });
      assert.deepEqual(await directory.findKey('h1', 10), { ...rest, hash: 'h1' });
      const member = { teamId: 't1', userId: 'u1', role: 'admin', createdAtMs: 5, maxBudget: 7n };
      assert.deepEqual(await directory.teamsOf('u1'), [member]);
      assert.deepEqual((await directory.auditEntry('a1'))?.after, { x: 1 });
      assert.equal(await directory.note('alert/1'), 'sent');
    },
  },
  {
    level: 2,
    async fill(database) {
      await sql`insert into ledger (attempt_id, started_at, ended_at, key_hash, team_id, status, cost_pico, accounts, data)
        values ('c1/0', 900000, 900005, 'h1', 't1', 'success', 9007199254740993, '["key:h1"]',
          '{"callId":"c1","attempt":0,"requestedCost":"12","hold":"5","inputTokens":3,"outputTokens":4,"tags":[]}')`.execute(
        database,
      );
      await sql`insert into account_spend (account, bucket, cost_micro, cost_pico)
        values ('key:h1', 900000, 9007199254, 740993)`.execute(database);
      await sql`insert into account_totals (account, cost_micro, cost_pico) values ('key:h1', 9007199254, 740993)`.execute(
        database,
      );
    },
    async check(connection) {
      const ledger = new SqlLedger(connection);
      const cost = 9_007_199_254_740_993n;
      const [row] = await ledger.find({ keyHash: 'h1' }, { limit: 5, offset: 0 });
      assert.deepEqual([row?.callId, row?.cost, row?.requestedCost, row?.hold], ['c1', cost, 12n, 5n]);
      assert.deepEqual(await ledger.totals(['key:h1']), new Map([['key:h1', cost]]));
      assert.equal(await ledger.spent('key:h1', 0), cost);
    },
  },
  {
    level: 3,
    async fill(database) {
      await sql`insert into responses (scope, id, created_at, expires_at, running_until, key_hash, team_id, bytes, data)
        values ('team:t1', 'resp_1', 5, 9007199254740993, 7, 'h1', 't1', 2, '{}')`.execute(database);
    },
    async check(connection) {
      const stored = await new SqlResponses(connection).get('team:t1', 'resp_1', 9);
      assert.deepEqual([stored?.createdAtMs, stored?.runningUntilMs, stored?.data], [5, 7, '{}']);
    },
  },
  {
    level: 4,
    async fill(database) {
      await sql`insert into conversations (scope, id, created_at, used_at, expires_at, next_position, key_hash, bytes, data)
        values ('key:h1', 'conv_1', 5, 6, 9007199254740993, 1, 'h1', 2, '{}')`.execute(database);
      await sql`insert into conversation_items (scope, conversation_id, position, id, key_hash, bytes, data)
        values ('key:h1', 'conv_1', 0, 'msg_1', 'h1', 2, '{}')`.execute(database);
      await sql`insert into response_items (scope, id, response_id) values ('team:t1', 'msg_2', 'resp_1')`.execute(
        database,
      );
      await sql`insert into response_events (scope, response_id, first, data) values ('team:t1', 'resp_1', 0, '[]')`.execute(
        database,
      );
    },
    async check(connection) {
      const conversations = new SqlConversations(connection);
      assert.equal((await conversations.get('key:h1', 'conv_1', 9))?.createdAtMs, 5);
      assert.deepEqual(await conversations.items('key:h1', 'conv_1'), [{ id: 'msg_1', data: '{}' }]);
      const responses = new SqlResponses(connection);
      assert.equal((await responses.holdersOf('team:t1', ['msg_2'], 9)).get('msg_2'), 'resp_1');
      const events = await responses.events('team:t1', 'resp_1', { from: 0, mostBatches: 9, nowMs: 9 });
      assert.deepEqual(events?.batches, [{ first: 0, data: '[]' }]);
    },
  },
  {
    level: 5,
    async fill(database) {
      await sql`insert into import_runs (id, source, begun_at, ended_at) values ('r1', 'litellm a/public', 5, 6)`.execute(
        database,
      );
      await sql`insert into import_entries (run_id, position, kind, id, data) values ('r1', 0, 'tag', 'lab', '{"made":5}')`.execute(
        database,
      );
      await sql`insert into imported (source, kind, id, seen) values ('litellm a/public', 'tag', 'lab', '{}')`.execute(
        database,
      );
    },
    async check(connection) {
      const imports = new SqlImports(connection);
      const run = { id: 'r1', source: 'litellm a/public', begunAtMs: 5, endedAtMs: 6 };
      assert.deepEqual(await imports.runs(), [run]);
      assert.deepEqual([...(await imports.seen(run.source, 'tag', ['lab', 'other']))], [['lab', '{}']]);
    },
  },
  {
    level: 6,
    async fill(database) {
      await sql`insert into ledger (attempt_id, started_at, ended_at, key_hash, status, accounts, answer_id, data)
        values ('c2/0', 900000, 900005, 'h2', 'success', '[]', 'chatcmpl-2',
          '{"callId":"c2","attempt":0,"answerId":"chatcmpl-2","inputTokens":3,"outputTokens":4,"tags":[]}')`.execute(
        database,
      );
    },
    async check(connection) {
      const found = await new SqlLedger(connection).find({ requestId: 'chatcmpl-2' }, { limit: 5, offset: 0 });
      assert.deepEqual(
        found.map(({ callId, answerId }) => [callId, answerId]),
        [['c2', 'chatcmpl-2']],
      );
    },
  },
  {
    level: 7,
    async fill(database) {
      await sql`insert into credentials (id, created_at, updated_at, data) values ('east', 5, 6,
        '{"name":"east","values":{"api_key":{"$sealed":"s2:x"}},"info":{"a":1},"createdAtMs":5,"updatedAtMs":6,"metadata":{},"further":{}}')`.execute(
        database,
      );
    },
    async check(connection) {
      const credential = await sqlDirectory(connection).get('credential', 'east');
      assert.deepEqual([credential?.values, credential?.info], [{ api_key: { $sealed: 's2:x' } }, { a: 1 }]);
    },
  },
  {
    level: 8,
    async fill(database) {
      await sql`insert into daily_savings values
        ('2025-12-01', 'h1', '', 't1', '', '', 'm', 'g', 'p', 'model', 2, 9007199254, 740993, 1, 970000)`.execute(
        database,
      );
    },
    async check(connection) {
      assert.deepEqual(await new SqlLedger(connection).savings({ teamId: 't1' }, ['mechanism']), [
        { by: { mechanism: 'model' }, attempts: 2, saved: 9_007_199_254_740_993n, rated: 1, quality: 0.97 },
      ]);
    },
  },
  {
    level: 9,
    async fill(database) {
      await sql`insert into recordings values ('call', 1, 'h1', null, 't1', null, 6, 'sealed')`.execute(database);
    },
    async check(connection) {
      assert.equal((await new SqlRecordings(connection).get('call'))?.sealed, 'sealed');
    },
  },
];

const upTo = (level: number): readonly Migration[] => MIGRATIONS.slice(0, level);

/** Everything the database says of its tables and indexes. */
async function schemaOf({ kind, read }: SqlConnection): Promise<unknown> {
  const query =
    kind === 'sqlite'
      ? sql`select type, name, tbl_name, sql from sqlite_master order by type, name`
      : sql`select table_name, column_name, data_type, is_nullable, collation_name from information_schema.columns
          where table_schema = 'public' order by table_name, column_name`;
  return (await query.execute(read)).rows;
}

/** Declares the tests. */
export function testMigrations(name: string, makeDatabase: () => Promise<MigratedDatabase>): void {
  const behaves = (does: string, body: (database: MigratedDatabase) => Promise<void>): void => {
    test(`${name}: ${does}`, { timeout: 60_000 }, async () => {
      const database = await makeDatabase();
      try {
        await body(database);
      } finally {
        await database.close();
      }
    });
  };

  for (const [index] of MIGRATIONS.entries()) {
    const level = index + 1;
    behaves(
      `a database at level ${level} comes up with all it holds, and is then as a new one is`,
      async (database) => {
        const connection = await database.open();
        assert.equal(await migrate(connection, upTo(level)), level);
        const fixtures = FIXTURES.filter((fixture) => fixture.level <= level);
        assert.equal(fixtures.at(-1)?.level, level, 'a level without a fixture is not tested');
        for (const { fill } of fixtures) await fill(connection.write);
        assert.equal(await migrate(connection), MIGRATIONS.length - level);
        for (const { check } of fixtures) await check(connection);
        const fresh = await makeDatabase();
        try {
          const other = await fresh.open();
          await migrate(other);
          assert.deepEqual(await schemaOf(connection), await schemaOf(other));
        } finally {
          await fresh.close();
        }
      },
    );
  }

  behaves('of many starters at once each step is taken by one', async (database) => {
    const connections = await Promise.all([1, 2, 3, 4, 5, 6].map(() => database.open()));
    const steps = await Promise.all(connections.map((connection) => migrate(connection)));
    assert.equal(
      steps.reduce((sum, count) => sum + count, 0),
      MIGRATIONS.length,
    );
  });

  behaves('a step that fails leaves nothing of itself, and the next start takes it whole', async (database) => {
    const connection = await database.open();
    await migrate(connection);
    const before = await schemaOf(connection);
    const version = MIGRATIONS.length + 1;
    const step = (statement: string): readonly Migration[] => [
      ...MIGRATIONS,
      { version, name: 'further', statements: ['CREATE TABLE further (id TEXT NOT NULL PRIMARY KEY)', statement] },
    ];
    await assert.rejects(migrate(connection, step('CREATE TABLE further (id TEXT)')));
    assert.deepEqual(await schemaOf(connection), before);
    assert.equal(await migrate(connection, step('CREATE INDEX further_id ON further (id)')), 1);
  });

  behaves('a database that a newer version made is refused, naming both versions', async (database) => {
    const connection = await database.open();
    const version = MIGRATIONS.length + 1;
    const newer: Migration = { version, name: 'later', statements: ['CREATE TABLE later (id TEXT NOT NULL)'] };
    await migrate(connection, [...MIGRATIONS, newer]);
    await assert.rejects(migrate(connection), (error) => {
      assert.ok(error instanceof MigrationError);
      assert.match(error.message, new RegExp(`version ${version}.*up to ${MIGRATIONS.length}`));
      return true;
    });
  });

  behaves('a database whose steps had another text is refused', async (database) => {
    const connection = await database.open();
    const [first, ...rest] = MIGRATIONS;
    assert.ok(first !== undefined);
    const changed = { ...first, statements: [...first.statements, 'CREATE TABLE of_another (id TEXT NOT NULL)'] };
    await migrate(connection, [changed, ...rest]);
    await assert.rejects(migrate(connection), (error) => {
      assert.ok(error instanceof MigrationError);
      assert.match(error.message, /schema version 1 \("directory"\) is not the one/);
      return true;
    });
  });
}
