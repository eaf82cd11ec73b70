import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { adoptLeftBehind, type LeftBehind } from '../../../test/support/adopt.ts';
import { ledgerRow } from '../../../test/support/ledger-rows.ts';
import { systemClock } from '../../core/clock.ts';
import { DatabaseUnavailableError } from '../contracts/directory.ts';
import type { ClosedEntry, JournalTrouble, OpenEntry } from '../contracts/journal.ts';
import type { LedgerRow } from '../contracts/ledger.ts';
import { takeFileLock } from '../sqlite/file-lock.ts';
import { FileJournal, type FileJournalOptions } from './file-journal.ts';
import { lineOf, openText } from './record.ts';

/** Keeps what is written by attempt id, and is unavailable as a test wants. */
class TestLedger {
  readonly rows = new Map<string, LedgerRow>();
  readonly batches: number[] = [];
  isAway = false;
  refuses: (row: LedgerRow) => boolean = () => false;
  #isWriting = false;

  async write(rows: readonly LedgerRow[]): Promise<void> {
    assert.equal(this.#isWriting, false, 'two writes at once');
    this.#isWriting = true;
    await wait(1);
    this.#isWriting = false;
    if (this.isAway) throw new DatabaseUnavailableError('unreachable', 'away');
    if (rows.some(this.refuses)) throw new Error('refused');
    this.batches.push(rows.length);
    for (const row of rows) if (!this.rows.has(row.attemptId)) this.rows.set(row.attemptId, row);
  }
}

function newFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-journal-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

let instances = 0;

function openJournal(context: TestContext, folder: string, options: Partial<FileJournalOptions> = {}) {
  const ledger = new TestLedger();
  const troubles: JournalTrouble[] = [];
  instances += 1;
  const instanceId = `instance-${instances}`;
  const journal = new FileJournal({
    folder,
    instanceId,
    ledger,
    takeLock: takeFileLock,
    clock: systemClock,
    fsync: false,
    onTrouble: (trouble) => troubles.push(trouble),
    everyMs: 5,
    ...options,
  });
  context.after(() => journal.end().catch(() => undefined));
  return { journal, ledger, troubles, own: join(folder, instanceId) };
}

const opened = (callId: string): OpenEntry => ({
  callId,
  hold: 7_000n,
  row: ledgerRow(callId, { status: 'orphan', cost: 7_000n, hold: 7_000n }),
});

/** A request that a provider got. */
function begin(journal: FileJournal, entry: OpenEntry): void {
  journal.open(entry);
  journal.sent(entry.callId);
}

const closed = (callId: string): ClosedEntry => ({
  callId,
  rows: [ledgerRow(callId), ledgerRow(callId, { attemptId: `${callId}/1`, attempt: 1, status: 'failure' })],
  settlement: {
    id: callId,
    nowMs: 1,
    cost: 12_345_678_901_234_567_890n,
    inputTokens: 3,
    outputTokens: 4,
    charges: [{ account: 'provider:maker', window: 'ever', startsAtMs: 0, cost: 99n }],
  },
});

/** What somebody who finds the folder books. The journals' owners must be gone. */
async function adopt(
  folder: string,
  options: Partial<Pick<Parameters<typeof adoptLeftBehind>[0], 'partSize' | 'isInLedger' | 'tellAgainMs'>> = {},
) {
  const parts: LeftBehind[] = [];
  const damaged: number[] = [];
  const adopted = await adoptLeftBehind({
    folder,
    takeLock: takeFileLock,
    clock: systemClock,
    book: async (left) => void parts.push(left),
    onDamaged: (_path, lines) => damaged.push(lines),
    ...options,
  });
  return {
    adopted,
    parts,
    damaged,
    closed: parts.flatMap((part) => part.closed),
    orphans: parts.flatMap((part) => part.orphans),
    unsent: parts.flatMap((part) => part.unsent),
  };
}

/** Ends a journal as a kill would that comes when a turn is over: nothing is flushed, the lock is free. */
function abandon(folder: string): { readonly takeLock: FileJournalOptions['takeLock']; die(): Promise<void> } {
  let release = (): void => undefined;
  return {
    takeLock: (path) => {
      const lock = takeFileLock(path);
      if (lock !== undefined && path.startsWith(folder)) release = () => lock.release();
      return lock;
    },
    die: async () => {
      await nextTurn();
      release();
    },
  };
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!holds()) {
    if (performance.now() > deadline) assert.fail('not within five seconds');
    await wait(2);
  }
}

test('What is closed is in the ledger soon, and nothing is left behind by a journal that ended', async (context) => {
  const folder = newFolder(context);
  const { journal, ledger, troubles } = openJournal(context, folder);
  for (let index = 0; index < 1_200; index += 1) {
    begin(journal, opened(`call-${index}`));
    if (index % 3 === 0) journal.drop(`call-${index}`);
    else journal.close(closed(`call-${index}`));
  }
  assert.equal(journal.waiting, 800);
  await until(() => journal.waiting === 0);
  assert.equal(ledger.rows.size, 1_600);
  assert.deepEqual(ledger.rows.get('call-1/0'), ledgerRow('call-1'));
  assert.ok(ledger.batches.every((rows) => rows <= 1_000));
  await journal.end();
  assert.deepEqual(readdirSync(folder), []);
  assert.deepEqual(troubles, []);
});

test('What a dead process left is found as it was written: closed ones, and open ones with the hold they had last', async (context) => {
  const folder = newFolder(context);
  const life = abandon(folder);
  const { journal, ledger } = openJournal(context, folder, { takeLock: life.takeLock });
  ledger.isAway = true;
  for (const callId of ['a', 'b', 'c', 'd']) begin(journal, opened(callId));
  journal.hold('b', 8_000n);
  journal.close(closed('a'));
  journal.drop('c');
  assert.equal((await adopt(folder)).adopted, 0, 'its owner lives');
  await life.die();
  const left = await adopt(folder);
  assert.deepEqual(left.closed, [closed('a')]);
  assert.deepEqual(left.orphans, [
    { ...opened('b'), hold: 8_000n, row: { ...opened('b').row, cost: 8_000n, hold: 8_000n } },
    opened('d'),
  ]);
  assert.deepEqual(readdirSync(folder), []);
});

test('Lines of one turn are written together, with the next mark or when the turn is over, in their order', async (context) => {
  const folder = newFolder(context);
  const { journal, own } = openJournal(context, folder);
  const path = join(own, '00000001.log');
  const lines = (): string[] =>
    [...readFileSync(path, 'utf8').matchAll(/^.{8} \{"(open|sent|closed|dropped)":"(\w)"/gm)].map(([, ...words]) =>
      words.join(' '),
    );
  for (const callId of ['a', 'b']) begin(journal, opened(callId));
  journal.close(closed('a'));
  journal.open(opened('c'));
  assert.deepEqual(lines(), ['open a', 'sent a', 'open b', 'sent b']);
  assert.equal(journal.sent('c'), true);
  const withMark = ['open a', 'sent a', 'open b', 'sent b', 'closed a', 'open c', 'sent c'];
  assert.deepEqual(lines(), withMark);
  journal.drop('c');
  journal.close(closed('b'));
  assert.deepEqual(lines(), withMark);
  await nextTurn();
  assert.deepEqual(lines(), [...withMark, 'dropped c', 'closed b']);
});

test('A kill before the turn is over books what was over in it as broken off, and nothing twice', async (context) => {
  const folder = newFolder(context);
  const life = abandon(folder);
  const { journal, own } = openJournal(context, folder, { takeLock: life.takeLock });
  for (const callId of ['a', 'b']) begin(journal, opened(callId));
  journal.open(opened('unsent'));
  journal.close(closed('a'));
  // What a kill would leave at this moment.
  const copy = newFolder(context);
  cpSync(own, join(copy, basename(own)), { recursive: true });
  const left = await adopt(copy);
  assert.deepEqual([left.closed, left.orphans, left.unsent], [[], [opened('a'), opened('b')], []]);
  await life.die();
  const later = await adopt(folder);
  assert.deepEqual([later.closed, later.orphans, later.unsent], [[closed('a')], [opened('b')], ['unsent']]);
});

test('A request that no provider got costs nothing, and one that a provider got costs what it can have done until the end', async (context) => {
  const folder = newFolder(context);
  const life = abandon(folder);
  const sentAtMs = Date.now() - 10_000;
  const { journal, ledger } = openJournal(context, folder, {
    takeLock: life.takeLock,
    clock: { nowMs: () => sentAtMs, monotonicMs: () => 0 },
  });
  ledger.isAway = true;
  const paced = (callId: string): OpenEntry => ({
    callId,
    hold: 1_000_000n,
    row: ledgerRow(callId, { status: 'orphan', cost: 1_000_000n, hold: 1_000_000n }),
    pace: { fixed: 500n, perSecond: 100n },
  });
  journal.open(paced('unsent'));
  begin(journal, paced('sent'));
  begin(journal, {
    ...paced('cheap'),
    hold: 900n,
    row: ledgerRow('cheap', { status: 'orphan', cost: 900n, hold: 900n }),
  });
  begin(journal, paced('grown'));
  journal.hold('grown', 2_000_000n);
  await life.die();
  const left = await adopt(folder);
  assert.deepEqual(left.unsent, ['unsent']);
  const costs = new Map(left.orphans.map(({ callId, row }) => [callId, [row.cost ?? 0n, row.hold]]));
  const [cost = 0n, hold] = costs.get('sent') ?? [];
  // It was under way for ten seconds, and 1.75 seconds are added for what came after the last line.
  assert.ok(cost >= 500n + 1_175n && cost < 500n + 1_175n + 500n, `${cost}`);
  assert.equal(hold, 1_000_000n);
  assert.deepEqual(costs.get('cheap'), [900n, 900n]);
  assert.deepEqual(costs.get('grown'), [2_000_000n, 2_000_000n]);
});

test('A process with requests under way shows that it lives, so that what they cost at most is known', async (context) => {
  const folder = newFolder(context);
  const { journal, own } = openJournal(context, folder);
  journal.open(opened('a'));
  await nextTurn();
  const size = (): number => readFileSync(join(own, '00000001.log')).length;
  const before = size();
  await wait(700);
  assert.ok(size() > before);
  journal.drop('a');
  await nextTurn();
  const after = size();
  await wait(600);
  assert.equal(size(), after, 'nothing is written while nothing is under way');
});

test('A request in a journal of an older version, which wrote no marks, counts as sent', async (context) => {
  const folder = newFolder(context);
  mkdirSync(join(folder, 'old'));
  const line = openText(opened('a')).replace(',"marked":true', '');
  writeFileSync(join(folder, 'old', '00000001.log'), lineOf(line));
  const left = await adopt(folder);
  assert.deepEqual([left.orphans, left.unsent], [[opened('a')], []]);
});

test('A mark goes with its request when old files are deleted', async (context) => {
  const folder = newFolder(context);
  const life = abandon(folder);
  const { journal, own } = openJournal(context, folder, { takeLock: life.takeLock, segmentBytes: 2_000 });
  begin(journal, opened('long'));
  for (let index = 0; index < 50; index += 1) {
    begin(journal, opened(`call-${index}`));
    journal.close(closed(`call-${index}`));
  }
  await journal.flush();
  for (let tries = 0; readdirSync(own).includes('00000001.log'); tries += 1) {
    assert.ok(tries < 200, 'the first file is deleted');
    await wait(10);
  }
  await life.die();
  const left = await adopt(folder);
  assert.deepEqual([left.orphans, left.unsent], [[opened('long')], []]);
});

test('What is in the ledger is not found again', async (context) => {
  const folder = newFolder(context);
  const life = abandon(folder);
  const { journal, ledger } = openJournal(context, folder, { takeLock: life.takeLock });
  begin(journal, opened('a'));
  journal.close(closed('a'));
  await journal.flush();
  ledger.isAway = true;
  journal.close(closed('b'));
  await life.die();
  assert.deepEqual((await adopt(folder)).closed, [closed('b')]);
});

test('What the ledger lost although it was delivered is found again, without its settlement, unless it is old', async (context) => {
  const folder = newFolder(context);
  const life = abandon(folder);
  const { journal, ledger } = openJournal(context, folder, { takeLock: life.takeLock });
  const nowMs = Date.now();
  const ended = (callId: string, endedAtMs: number): ClosedEntry => {
    const { settlement, ...entry } = closed(callId);
    const rows = entry.rows.map((row) => ({ ...row, endedAtMs }));
    return settlement === undefined ? { ...entry, rows } : { ...entry, rows, settlement };
  };
  journal.close(ended('old', nowMs - 100_000));
  journal.close(ended('a', nowMs));
  journal.close(ended('b', nowMs));
  await journal.flush();
  ledger.isAway = true;
  journal.close(ended('c', nowMs));
  await life.die();
  const asked: string[] = [];
  const isInLedger = async (callId: string): Promise<boolean> => {
    asked.push(callId);
    return false;
  };
  const left = await adopt(folder, { isInLedger, tellAgainMs: 50_000 });
  assert.deepEqual(asked, ['b']);
  assert.deepEqual(
    left.closed.map(({ callId, settlement }) => [callId, settlement !== undefined]),
    [
      ['a', false],
      ['b', false],
      ['c', true],
    ],
  );
});

test('An ending whose claim was settled first stands twice in the journal: it is found once, and not at all if the ledger has it', async (context) => {
  const folder = newFolder(context);
  const life = abandon(folder);
  const { journal, ledger } = openJournal(context, folder, { takeLock: life.takeLock });
  journal.close(closed('told'), Promise.resolve());
  await until(() => ledger.rows.has('told/0'));
  ledger.isAway = true;
  journal.close(closed('settled'), Promise.resolve());
  journal.close(closed('settling'), new Promise(() => undefined));
  await until(() => journal.waiting === 2);
  await wait(5);
  await life.die();
  const ids = (await adopt(folder)).closed.map(({ callId }) => callId);
  assert.deepEqual(ids.sort(), ['settled', 'settling']);
});

test('What could not be booked is found again by the next look', async (context) => {
  const folder = newFolder(context);
  const life = abandon(folder);
  const { journal, ledger } = openJournal(context, folder, { takeLock: life.takeLock });
  ledger.isAway = true;
  for (let index = 0; index < 25; index += 1) journal.close(closed(`call-${index}`));
  await life.die();
  const booked: string[] = [];
  const look = (fails: boolean) =>
    adoptLeftBehind({
      folder,
      takeLock: takeFileLock,
      clock: systemClock,
      partSize: 10,
      book: async (left) => {
        if (fails && booked.length > 0) throw new Error('away');
        booked.push(...left.closed.map(({ callId }) => callId));
      },
      onDamaged: () => assert.fail(),
    });
  await assert.rejects(look(true), /away/);
  assert.equal(booked.length, 10);
  assert.equal(await look(false), 1);
  assert.equal(new Set(booked).size, 25);
});

test('A line that was only half written is dropped, a damaged one is reported, and all others are read', async (context) => {
  const folder = newFolder(context);
  const life = abandon(folder);
  const { journal, ledger, own } = openJournal(context, folder, { takeLock: life.takeLock });
  ledger.isAway = true;
  for (const callId of ['a', 'b', 'c']) journal.close(closed(callId));
  await life.die();
  const path = join(own, '00000001.log');
  const bytes = readFileSync(path);
  bytes[bytes.indexOf('\n') + 100] = 0x21;
  writeFileSync(path, bytes);
  appendFileSync(path, '0badc0de {"closed":"half');
  const left = await adopt(folder);
  assert.deepEqual(
    left.closed.map(({ callId }) => callId),
    ['a', 'c'],
  );
  assert.deepEqual(left.damaged, [1]);
});

test('A line whose checksum is right and that says what no version writes is reported as damaged, and all others are read', async (context) => {
  const folder = newFolder(context);
  const life = abandon(folder);
  const { journal, ledger, own } = openJournal(context, folder, { takeLock: life.takeLock });
  ledger.isAway = true;
  for (const callId of ['a', 'b']) journal.close(closed(callId));
  await life.die();
  const odd = [
    ...[
      '{',
      'null',
      '[]',
      '"x"',
      '1',
      '{"held":"a","hold":"x"}',
      '{"open":"o","row":{"cost":"1.5"}}',
      '{"open":"p","row":null}',
    ],
    ...[
      '{"closed":"c","number":3,"rows":[{}]}',
      '{"closed":"d","number":4,"rows":7}',
      '{"closed":"e","number":5,"rows":[null]}',
    ],
    ...[
      '{"closed":"f","number":6,',
      '{"closed":7,"number":7,"rows":[]}',
      '{"open":"q",',
      `{"open":"r","row":${'['.repeat(10_000)}}`,
    ],
    '{"closed":"g","number":0,"rows":[],"settlement":{"cost":"x"}}',
  ];
  appendFileSync(join(own, '00000001.log'), odd.map(lineOf).join(''));
  const left = await adopt(folder);
  assert.deepEqual(
    left.closed.map(({ callId }) => callId),
    ['a', 'b'],
  );
  assert.equal(
    left.damaged.reduce((sum, lines) => sum + lines, 0),
    odd.length,
  );
});

test('A journal cut at any byte gives every record that is whole before it', async (context) => {
  const folder = newFolder(context);
  const life = abandon(folder);
  const { journal, ledger, own } = openJournal(context, folder, { takeLock: life.takeLock });
  ledger.isAway = true;
  const callIds = ['a', 'ü-é-漢', 'c"\\\n'];
  for (const callId of callIds) journal.close(closed(callId));
  const bytes = readFileSync(join(own, '00000001.log'));
  await life.die();
  rmSync(own, { recursive: true });
  for (let length = 0; length <= bytes.length; length += 41) {
    mkdirSync(own);
    writeFileSync(join(own, '00000001.log'), bytes.subarray(0, length));
    const whole = bytes.subarray(0, length).toString('latin1').split('\n').length - 1;
    const left = await adopt(folder);
    assert.deepEqual(
      left.closed.map(({ callId }) => callId),
      callIds.slice(0, whole),
    );
    assert.deepEqual(left.damaged, []);
  }
});

test('While the database is unavailable memory stays bounded, and all of it comes to the ledger in order when it is back', async (context) => {
  const folder = newFolder(context);
  const { journal, ledger, troubles } = openJournal(context, folder, { mostHeld: 50, segmentBytes: 100_000 });
  ledger.isAway = true;
  for (let index = 0; index < 1_000; index += 1) {
    begin(journal, opened(`call-${index}`));
    journal.close(closed(`call-${index}`));
  }
  await until(() => troubles.length > 0);
  assert.deepEqual(
    troubles.map(({ kind }) => kind),
    ['unavailable'],
  );
  assert.equal(journal.waiting, 1_000);
  assert.ok(journal.heldInMemory <= 500, `${journal.heldInMemory}`);
  await assert.rejects(journal.flush());
  ledger.isAway = false;
  await journal.flush();
  assert.deepEqual(
    [...ledger.rows.keys()],
    Array.from({ length: 1_000 }, (_, index) => [`call-${index}/0`, `call-${index}/1`]).flat(),
  );
});

test('Files go when all that is in them is in the ledger; a request under way for long is carried on', async (context) => {
  const folder = newFolder(context);
  const life = abandon(folder);
  const { journal, ledger, own } = openJournal(context, folder, { segmentBytes: 20_000, takeLock: life.takeLock });
  begin(journal, opened('long'));
  journal.hold('long', 9_000n);
  for (let round = 0; round < 10; round += 1) {
    for (let index = 0; index < 20; index += 1) {
      begin(journal, opened(`call-${round}-${index}`));
      journal.close(closed(`call-${round}-${index}`));
    }
    await journal.flush();
    await until(() => readdirSync(own).length <= 2);
  }
  assert.ok(!readdirSync(own).includes('00000001.log'));
  ledger.isAway = true;
  await life.die();
  const left = await adopt(folder);
  assert.deepEqual(
    left.orphans.map(({ callId, hold }) => [callId, hold]),
    [['long', 9_000n]],
  );
  assert.deepEqual(left.closed, []);
});

test('a request that is over and not settled yet keeps its end when its file goes, and has it once if the file is still there', async (context) => {
  const folder = newFolder(context);
  const life = abandon(folder);
  const { journal, own } = openJournal(context, folder, { segmentBytes: 20_000, takeLock: life.takeLock });
  begin(journal, opened('settling'));
  journal.close(closed('settling'), new Promise(() => undefined));
  const first = join(own, '00000001.log');
  let before = readFileSync(first);
  for (let round = 0; existsSync(first); round += 1) {
    before = readFileSync(first);
    for (let index = 0; index < 20; index += 1) journal.close(closed(`call-${round}-${index}`));
    await journal.flush();
  }
  await life.die();
  // Killed between the copy and the end of the file.
  const copy = newFolder(context);
  cpSync(folder, copy, { recursive: true });
  writeFileSync(join(copy, basename(own), '00000001.log'), before);
  for (const found of [folder, copy]) {
    const left = await adopt(found);
    assert.deepEqual(left.orphans, []);
    assert.deepEqual(left.closed, [closed('settling')]);
  }
});

test('One entry that the database refuses holds up no other, and is kept', async (context) => {
  const folder = newFolder(context);
  const { journal, ledger, troubles } = openJournal(context, folder);
  ledger.refuses = ({ callId }) => callId === 'bad';
  for (const callId of ['a', 'bad', 'c']) journal.close(closed(callId));
  await until(() => journal.waiting === 0);
  assert.deepEqual([...ledger.rows.keys()], ['a/0', 'a/1', 'c/0', 'c/1']);
  assert.ok(troubles.some(({ kind }) => kind === 'refused'));
  const kept = readdirSync(folder).find((name) => name.startsWith('refused-')) ?? '';
  assert.match(readFileSync(join(folder, kept), 'utf8'), /"closed":"bad"/);
});

test('A name that another process has is refused', (context) => {
  const folder = newFolder(context);
  openJournal(context, folder, { instanceId: 'same' });
  assert.throws(() => openJournal(context, folder, { instanceId: 'same' }), /Another process/);
});

test('A full disk is said by name and once, half-written lines are taken back, and what was closed meanwhile is not lost', async (context) => {
  const folder = newFolder(context);
  const life = abandon(folder);
  const { journal, ledger, troubles } = openJournal(context, folder, { takeLock: life.takeLock, everyMs: 20 });
  ledger.isAway = true;
  // A limit on the size of files acts as a full disk does: it takes a part of a line, and then nothing.
  const limitFiles = (bytes: string) =>
    assert.equal(spawnSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`]).status, 0);
  begin(journal, opened('a'));
  limitFiles('3000');
  try {
    begin(journal, opened('b'));
    for (const callId of ['c', 'd']) {
      journal.open(opened(callId));
      assert.equal(journal.sent(callId), false);
    }
    assert.match(String(troubles[0]?.reason), /JournalFullError.*(?:no space left|EFBIG)/);
    journal.close(closed('a'));
    journal.drop('b');
    assert.equal(journal.waiting, 1);
    await until(() => troubles.some(({ kind }) => kind === 'unavailable'));
  } finally {
    limitFiles('unlimited');
  }
  begin(journal, opened('e'));
  await wait(100);
  await life.die();
  const left = await adopt(folder);
  assert.deepEqual(left.closed, [closed('a')]);
  assert.deepEqual(
    left.orphans.map(({ callId }) => callId),
    ['e'],
  );
  assert.deepEqual(left.damaged, []);
  assert.deepEqual(troubles.map(({ kind }) => kind).sort(), ['full', 'unavailable']);
});

test('While the disk is full what is closed still goes to the ledger', async (context) => {
  const folder = newFolder(context);
  const life = abandon(folder);
  const { journal, ledger } = openJournal(context, folder, { takeLock: life.takeLock });
  const limitFiles = (bytes: string) =>
    assert.equal(spawnSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`]).status, 0);
  begin(journal, opened('a'));
  limitFiles('1200');
  try {
    journal.close(closed('a'));
    await until(() => ledger.rows.size === 2);
    assert.equal(journal.waiting, 0);
  } finally {
    limitFiles('unlimited');
  }
  await wait(50);
  await life.die();
  assert.deepEqual((await adopt(folder)).parts, [], 'the open line has its end');
});

test('Flushing ends while more is closed all the time, and has brought what was closed before', async (context) => {
  const folder = newFolder(context);
  const { journal, ledger } = openJournal(context, folder, { everyMs: 100_000 });
  let calls = 0;
  const traffic = setInterval(() => {
    for (let index = 0; index < 3; index += 1) journal.close(closed(`call-${calls++}`));
  });
  context.after(() => clearInterval(traffic));
  for (let index = 0; index < 1_100; index += 1) journal.close(closed(`before-${index}`));
  await journal.flush();
  assert.ok([...Array(1_100).keys()].every((index) => ledger.rows.has(`before-${index}/0`)));
  assert.ok(ledger.batches.length <= 4, `${ledger.batches}`);
});

test('A journal that has ended takes nothing more, and leaves what is under way to the next process', async (context) => {
  const folder = newFolder(context);
  const { journal, ledger } = openJournal(context, folder);
  begin(journal, opened('a'));
  await journal.end();
  journal.open(opened('b'));
  assert.equal(journal.sent('b'), false);
  journal.close(closed('a'));
  assert.equal(ledger.rows.size, 0);
  assert.deepEqual((await adopt(folder)).orphans, [opened('a')]);
});

test('Waiting for the disk changes nothing but how long it takes', async (context) => {
  const folder = newFolder(context);
  const life = abandon(folder);
  const { journal, ledger } = openJournal(context, folder, { takeLock: life.takeLock, fsync: true });
  ledger.isAway = true;
  for (const callId of ['a', 'b']) begin(journal, opened(callId));
  journal.close(closed('a'));
  await life.die();
  const left = await adopt(folder);
  assert.deepEqual([left.closed, left.orphans], [[closed('a')], [opened('b')]]);
});

test('what is still being settled is on the disk at once, and in the ledger only once that is done', async (context) => {
  const folder = newFolder(context);
  const { journal, ledger } = openJournal(context, folder);
  const gate = Promise.withResolvers<void>();
  const entries = ['settling', 'plain'].map((callId): ClosedEntry => ({ callId, rows: [ledgerRow(callId)] }));
  for (const { callId, rows } of entries)
    journal.open({ callId, hold: 5n, row: { ...(rows[0] as LedgerRow), status: 'orphan' } });
  const [settling, plain] = entries as [ClosedEntry, ClosedEntry];
  journal.close(settling, gate.promise);
  journal.close(plain);
  await journal.flush();
  assert.deepEqual([...ledger.rows.keys()], ['plain/0'], 'a flush does not wait for it');
  assert.equal(journal.waiting, 1);

  // What another process would find had this one died now.
  const copy = newFolder(context);
  const [own = ''] = readdirSync(folder).filter((name) => !name.includes('.'));
  mkdirSync(join(copy, own));
  for (const name of readdirSync(join(folder, own))) {
    writeFileSync(join(copy, own, name), readFileSync(join(folder, own, name)));
  }
  const found: LeftBehind[] = [];
  await adoptLeftBehind({
    folder: copy,
    takeLock: takeFileLock,
    clock: systemClock,
    book: async (left) => void found.push(left),
    onDamaged: () => assert.fail('nothing is damaged'),
  });
  assert.ok(found.flatMap(({ closed }) => closed).some(({ callId }) => callId === 'settling'));
  assert.deepEqual(
    found.flatMap(({ orphans }) => orphans),
    [],
  );

  gate.resolve();
  await wait(5);
  await journal.flush();
  assert.deepEqual([...ledger.rows.keys()], ['plain/0', 'settling/0']);
  assert.equal(journal.waiting, 0);
  await journal.end();
});
