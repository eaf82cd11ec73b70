import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { DatabaseUnavailableError } from '../contracts/directory.ts';
import type { Ledger } from '../contracts/ledger.ts';
import { openSqliteDatabase } from './sqlite-database.ts';

// The ledger has tests of its own; here only that it is made on the open database.
const NO_LEDGER = {} as Ledger;
const makeLedger = (): Ledger => NO_LEDGER;

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-database-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A process that opens the database at a path and then does something with it. */
function startProcess(folder: string, path: string, body: string): ReturnType<typeof spawn> {
  const script = join(folder, 'process.ts');
  const module = pathToFileURL(join(import.meta.dirname, 'sqlite-database.ts')).href;
  writeFileSync(
    script,
    `import { openSqliteDatabase } from '${module}';
    const database = await openSqliteDatabase({ path: ${JSON.stringify(path)}, makeLedger: () => ({}) });
    ${body}`,
  );
  return spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function outputOf(child: ReturnType<typeof spawn>): Promise<string> {
  let output = '';
  child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  await once(child, 'close');
  return output;
}

test('its file is made with its folder, and for no other user to read', async (t) => {
  const path = join(folderFor(t), 'data', 'deep', 'sluice.db');
  const database = await openSqliteDatabase({ path, makeLedger });
  assert.equal(database.ledger, NO_LEDGER);
  assert.equal(await database.ping(), true);
  await database.directory.setNote('a', 'b');
  for (const file of [path, `${path}-wal`]) assert.equal(statSync(file).mode & 0o077, 0, file);
  await database.close();
  assert.equal(await database.ping(), false);
});

test('a path that cannot be made is named', async (t) => {
  const folder = folderFor(t);
  writeFileSync(join(folder, 'file'), '');
  const opening = openSqliteDatabase({ path: join(folder, 'file', 'sluice.db'), makeLedger });
  await assert.rejects(
    opening,
    (error) => error instanceof DatabaseUnavailableError && error.message.includes('sluice.db'),
  );
});

test('one instance is alone on a database until it closes it', async (t) => {
  const path = join(folderFor(t), 'sluice.db');
  const one = await openSqliteDatabase({ path, makeLedger });
  const two = await openSqliteDatabase({ path, makeLedger });
  assert.equal(await one.beAlone(), true);
  assert.equal(await one.beAlone(), true);
  assert.equal(await two.beAlone(), false);
  await two.directory.setNote('from', 'two');
  assert.equal(await one.directory.note('from'), 'two');
  await one.close();
  assert.equal(await two.beAlone(), true);
  await two.close();
});

test('an instance that is killed is alone no more', { timeout: 30_000 }, async (t) => {
  const folder = folderFor(t);
  const path = join(folder, 'sluice.db');
  const child = startProcess(folder, path, 'console.log(await database.beAlone()); setInterval(() => {}, 1000);');
  const [said] = await once(child.stdout ?? assert.fail(), 'data');
  assert.equal(String(said).trim(), 'true');
  const database = await openSqliteDatabase({ path, makeLedger });
  assert.equal(await database.beAlone(), false);
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  assert.equal(await database.beAlone(), true);
  await database.close();
});

test('an open database keeps no process alive, but an answer that is awaited does', { timeout: 30_000 }, async (t) => {
  const folder = folderFor(t);
  const body = `await database.directory.setNote('a', 'kept');
    console.log(await database.directory.note('a'));`;
  assert.equal((await outputOf(startProcess(folder, join(folder, 'sluice.db'), body))).trim(), 'kept');
});

test('two processes that write at once lose nothing', { timeout: 60_000 }, async (t) => {
  const folder = folderFor(t);
  const path = join(folder, 'sluice.db');
  const database = await openSqliteDatabase({ path, makeLedger });
  const stored = { createdAtMs: 1, updatedAtMs: 1, metadata: {}, further: {} };
  const audit = { atMs: 1, changedBy: 'a', keyHash: 'k', action: 'updated', table: 'b', objectId: 'b1' } as const;
  await database.directory.create('budget', { ...stored, id: 'b1', maxBudget: 0n }, { ...audit, id: 'first' });
  const body = `let turns = 0;
    const add = () => database.directory.update('budget', 'b1',
      (budget) => ({ ...budget, maxBudget: budget.maxBudget + 1n }),
      () => ({ ...${JSON.stringify(audit)}, id: process.pid + '/' + ++turns }));
    await Promise.all(Array.from({ length: 100 }, add));`;
  await Promise.all([1, 2].map(() => outputOf(startProcess(folder, path, body))));
  assert.equal((await database.directory.get('budget', 'b1'))?.maxBudget, 200n);
  assert.equal(await database.directory.countAudit({}), 201);
  await database.close();
});
