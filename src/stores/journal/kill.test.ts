import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { adoptLeftBehind, type LeftBehind } from '../../../test/support/adopt.ts';
import { systemClock } from '../../core/clock.ts';
import { SqlLedger } from '../sql/ledger/sql-ledger.ts';
import { migrate } from '../sql/migrate.ts';
import { takeFileLock } from '../sqlite/file-lock.ts';
import { openSqlite } from '../sqlite/open-sqlite.ts';

const WRITER = join(import.meta.dirname, '../../../test/support/journal-writer.ts');

function newFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-kill-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function startWriter(context: TestContext, folder: string, id: string, ledger: string) {
  const notes = join(folder, `notes-${id}`);
  const child = spawn(process.execPath, [WRITER, join(folder, 'journal'), id, notes, ledger], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  context.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return {
    child,
    notes,
    async kill() {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** What a writer noted: call ids by what it was about to do, or had done. */
function readNotes(path: string): ReadonlyMap<string, ReadonlySet<string>> {
  const notes = new Map<string, Set<string>>();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const [what = '', callId = ''] = line.split(' ');
    notes.set(what, (notes.get(what) ?? new Set()).add(callId));
  }
  return notes;
}

async function adopt(folder: string, write: (left: LeftBehind) => Promise<void> = async () => undefined) {
  const closed: string[] = [];
  const orphans: string[] = [];
  let damaged = 0;
  const adopted = await adoptLeftBehind({
    folder: join(folder, 'journal'),
    takeLock: takeFileLock,
    clock: systemClock,
    book: async (left) => {
      await write(left);
      closed.push(...left.closed.map(({ callId }) => callId));
      orphans.push(...left.orphans.map(({ callId }) => callId));
    },
    onDamaged: (_path, lines) => {
      damaged += lines;
    },
  });
  return { adopted, closed, orphans, damaged };
}

/** Says that nothing the journal took is lost or doubled. */
function checkBooks(
  notesPath: string,
  left: { readonly closed: readonly string[]; readonly orphans: readonly string[] },
) {
  const notes = readNotes(notesPath);
  const said = (what: string): ReadonlySet<string> => notes.get(what) ?? new Set();
  const ledgerPath = `${notesPath}.ledger`;
  const inLedger = existsSync(ledgerPath) ? readFileSync(ledgerPath, 'utf8').split('\n') : [];
  const closed = new Set(left.closed);
  const orphans = new Set(left.orphans);
  assert.equal(closed.size, left.closed.length, 'a closed one is found once');
  assert.equal(orphans.size, left.orphans.length, 'an orphan is found once');
  const booked = new Set([...inLedger, ...closed]);
  for (const callId of said('closed')) {
    assert.ok(booked.has(callId), `${callId} was closed`);
    assert.ok(!orphans.has(callId), `${callId} was closed, and is no orphan`);
  }
  for (const callId of closed) assert.ok(said('closing').has(callId));
  for (const callId of orphans) {
    assert.ok(said('opening').has(callId) && !booked.has(callId) && !said('dropped').has(callId), callId);
  }
  for (const callId of said('opened')) {
    if (said('dropping').has(callId) || said('closing').has(callId)) continue;
    assert.ok(orphans.has(callId), `${callId} was under way`);
  }
}

for (const isLedgerUp of [false, true]) {
  const database = isLedgerUp ? 'there' : 'away';
  test(`Fifteen kills at random moments lose and double nothing; the database is ${database}`, {
    timeout: 60_000,
  }, async (context) => {
    const folder = newFolder(context);
    let closings = 0;
    for (let round = 0; round < 15; round += 1) {
      const writer = await startWriter(context, folder, `writer-${round}`, isLedgerUp ? 'file' : 'none');
      await wait(Math.random() * 120);
      await writer.kill();
      const left = await adopt(folder);
      assert.equal(left.adopted, 1);
      assert.equal(left.damaged, 0);
      checkBooks(writer.notes, left);
      closings += readNotes(writer.notes).get('closed')?.size ?? 0;
    }
    assert.ok(closings > 100, `${closings} requests were closed`);
    assert.deepEqual(readdirSync(join(folder, 'journal')), []);
  });
}

test('Of two processes in one folder only the dead one is adopted, and a frozen one is not dead', {
  timeout: 30_000,
}, async (context) => {
  const folder = newFolder(context);
  const [frozen, killed] = await Promise.all([
    startWriter(context, folder, 'frozen', 'file'),
    startWriter(context, folder, 'killed', 'file'),
  ]);
  await wait(50);
  frozen.child.kill('SIGSTOP');
  await killed.kill();
  const left = await adopt(folder);
  assert.equal(left.adopted, 1);
  checkBooks(killed.notes, left);
  const before = readFileSync(frozen.notes).length;
  frozen.child.kill('SIGCONT');
  await wait(50);
  assert.ok(readFileSync(frozen.notes).length > before, 'it goes on');
  await frozen.kill();
  const [first, second] = await Promise.all([adopt(folder), adopt(folder)]);
  assert.equal(first.adopted + second.adopted, 1, 'one of two looks adopts it');
  checkBooks(frozen.notes, first.adopted === 1 ? first : second);
});

test('Kills while an SQLite database is written leave each attempt in it once, and its sums equal to its rows', {
  timeout: 60_000,
}, async (context) => {
  const folder = newFolder(context);
  const path = join(folder, 'sluice.db');
  const connection = await openSqlite({ path });
  context.after(() => connection.close());
  await migrate(connection);
  const ledger = new SqlLedger(connection);
  let expected = 0n;
  for (let round = 0; round < 8; round += 1) {
    const writer = await startWriter(context, folder, `writer-${round}`, path);
    await wait(Math.random() * 300);
    await writer.kill();
    const write = ({ closed, orphans }: LeftBehind) =>
      ledger.write([...closed.flatMap(({ rows }) => rows), ...orphans.map(({ row }) => row)]);
    const left = await adopt(folder, write);
    const notes = readNotes(writer.notes);
    const orphans = new Set(left.orphans);
    for (const callId of notes.get('closed') ?? []) assert.ok(!orphans.has(callId), callId);
    const all = await ledger.find({}, { limit: 1_000_000, offset: 0 });
    expected = all.reduce((sum, row) => sum + (row.cost ?? 0n), 0n);
    const known = new Set(all.map(({ callId }) => callId));
    for (const callId of notes.get('closed') ?? []) assert.ok(known.has(callId), `${callId} was closed`);
    for (const row of all.filter(({ status }) => status !== 'orphan')) assert.equal(row.cost, 3n);
    assert.equal(await ledger.spent('platform', 0), expected);
    assert.equal((await ledger.totals(['platform'])).get('platform') ?? 0n, expected);
    assert.equal((await ledger.activity({}, []))[0]?.attempts ?? 0, all.length);
  }
  assert.ok(expected > 100n);
});
