import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '../../src/core/clock.ts';
import type { Database } from '../../src/stores/contracts/database.ts';
import { Retention, type RetentionOptions } from '../../src/stores/retention.ts';
import { SqlLedger } from '../../src/stores/sql/ledger/sql-ledger.ts';
import { openSqliteDatabase } from '../../src/stores/sqlite/sqlite-database.ts';
import { ledgerRow } from '../support/ledger-rows.ts';
import { eventually } from './tenants.ts';

const WITHIN = { timeout: 30_000 };
const DAY_MS = 86_400_000;

async function openDatabase(t: TestContext): Promise<Database> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-retention-'));
  const database = await openSqliteDatabase({
    path: join(folder, 'sluice.db'),
    makeLedger: (connection) => new SqlLedger(connection),
  });
  t.after(async () => {
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return database;
}

async function fill({ ledger, directory }: Database, names = { old: 'old', young: 'young' }): Promise<void> {
  const nowMs = Date.now();
  for (const [callId, age] of [
    [names.old, 40],
    [names.young, 1],
  ] as const) {
    const atMs = nowMs - age * DAY_MS;
    await ledger.write([ledgerRow(callId, { startedAtMs: atMs, endedAtMs: atMs, cost: 5n, accounts: ['team:t1'] })]);
    const entry = { id: callId, atMs, changedBy: 'ada', keyHash: '', table: 'keys', objectId: callId } as const;
    await directory.record({ ...entry, action: 'created' });
    await directory.setNote(`alert/${callId}`, new Date(nowMs + (age > 2 ? -1 : 1) * DAY_MS).toISOString());
  }
}

type Pruned = Parameters<RetentionOptions['onPruned']>[0];

function start(
  database: Database,
  more: Partial<RetentionOptions>,
): { readonly retention: Retention; readonly pruned: Pruned[] } {
  const pruned: Pruned[] = [];
  const retention = new Retention({
    database,
    clock: systemClock,
    ledgerRetentionMs: undefined,
    auditRetentionMs: undefined,
    datedNotes: 'alert/',
    onPruned: (deleted) => pruned.push(deleted),
    onFault: (what, error) => assert.fail(`${what}: ${error}`),
    firstAfterMs: 5,
    everyMs: 100,
    ...more,
  });
  return { retention, pruned };
}

test('what is older than it is to be kept is deleted, and its spend stays in the sums', WITHIN, async (t) => {
  const database = await openDatabase(t);
  await fill(database);
  const { retention, pruned } = start(database, { ledgerRetentionMs: 30 * DAY_MS, auditRetentionMs: 30 * DAY_MS });
  t.after(() => retention.stop());
  await eventually(() => pruned.length > 0, 'old rows are deleted');
  assert.deepEqual(pruned, [{ ledgerRows: 1, auditEntries: 1 }]);
  const rows = await database.ledger.find({}, { limit: 10, offset: 0 });
  assert.deepEqual(
    rows.map(({ callId }) => callId),
    ['young'],
  );
  assert.deepEqual(
    (await database.directory.audit({}, { limit: 10, offset: 0 })).map(({ id }) => id),
    ['young'],
  );
  assert.equal((await database.ledger.totals(['team:t1'])).get('team:t1'), 10n);
  await fill(database, { old: 'old-too', young: 'young-too' });
  await eventually(() => pruned.length > 1, 'it is done again');
});

test('the words of requests go with their rows, and those of younger ones stay', WITHIN, async (t) => {
  const database = await openDatabase(t);
  const nowMs = Date.now();
  for (const [callId, age] of [
    ['old', 40],
    ['young', 1],
  ] as const) {
    const atMs = nowMs - age * DAY_MS;
    const texts = { request: `{"messages":"asked by ${callId}"}`, answer: `told to ${callId}` };
    await database.ledger.write([ledgerRow(callId, { startedAtMs: atMs, endedAtMs: atMs, texts })]);
  }
  const words = async (callId: string) => {
    const [row] = await database.ledger.find({ callId }, { limit: 1, offset: 0 });
    return row?.texts?.answer;
  };
  assert.deepEqual([await words('old'), await words('young')], ['told to old', 'told to young']);
  const { retention, pruned } = start(database, { ledgerRetentionMs: 30 * DAY_MS });
  t.after(() => retention.stop());
  await eventually(() => pruned.length > 0, 'old rows are deleted');
  assert.deepEqual([await words('old'), await words('young')], [undefined, 'told to young']);
});

test('without a limit of age everything is kept but notes of what is over', WITHIN, async (t) => {
  const database = await openDatabase(t);
  await fill(database);
  const { retention, pruned } = start(database, {});
  t.after(() => retention.stop());
  await eventually(async () => (await database.directory.note('alert/old')) === undefined, 'the note is deleted');
  assert.notEqual(await database.directory.note('alert/young'), undefined);
  assert.equal(await database.ledger.count({}), 2);
  assert.equal(await database.directory.countAudit({}), 2);
  assert.deepEqual(pruned, []);
});

test('of several instances one does the work, and nothing is deleted after the end', WITHIN, async (t) => {
  const database = await openDatabase(t);
  await fill(database);
  const limits = { ledgerRetentionMs: 30 * DAY_MS, everyMs: 3_600_000 };
  const first = start(database, { ...limits });
  await eventually(() => first.pruned.length === 1, 'the first deletes');
  await fill(database, { old: 'old-too', young: 'young-too' });
  const second = start(database, { ...limits });
  const ended = start(database, { ...limits, everyMs: 1, firstAfterMs: 60 });
  await ended.retention.stop();
  await wait(150);
  assert.deepEqual([second.pruned, ended.pruned], [[], []]);
  await Promise.all([first.retention.stop(), second.retention.stop()]);
});
