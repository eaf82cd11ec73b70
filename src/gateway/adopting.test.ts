import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { ledgerRow } from '../../test/support/ledger-rows.ts';
import { systemClock } from '../core/clock.ts';
import type { Ledger, LedgerRow } from '../stores/contracts/ledger.ts';
import { closedText, deliveredText, lineOf } from '../stores/journal/record.ts';
import { Undelivered } from '../stores/journal/undelivered.ts';
import { MemoryClaims } from '../stores/memory/claims.ts';
import type { Log } from '../telemetry/log.ts';
import { Adopting } from './adopting.ts';

/** Three requests, of which the ledger should have the first. */
function journalLeftBehind(context: TestContext): string {
  const dataFolder = mkdtempSync(join(tmpdir(), 'sluice-adopting-'));
  context.after(() => rmSync(dataFolder, { recursive: true, force: true }));
  const folder = join(dataFolder, 'journal', 'dead');
  mkdirSync(folder, { recursive: true });
  const endedAtMs = Date.now();
  const closed = [1, 2, 3].map((number) => {
    const callId = `call-${number}`;
    const row = ledgerRow(callId, { accounts: ['platform'], cost: 7n, startedAtMs: endedAtMs, endedAtMs });
    return closedText({ callId, rows: [row] }, number);
  });
  writeFileSync(join(folder, '00000001.log'), [...closed, deliveredText(1)].map(lineOf).join(''));
  return dataFolder;
}

test('a start does not wait for a journal that takes long to read, and what needs its sums does', async (context) => {
  const wasRead = Promise.withResolvers<void>();
  const written: LedgerRow[] = [];
  // Reading ends with a look into the ledger, which decides here how long it takes.
  const ledger = {
    find: async () => {
      await wasRead.promise;
      return [ledgerRow('call-1')];
    },
    write: async (rows: readonly LedgerRow[]) => void written.push(...rows),
  } as unknown as Ledger;
  const undelivered = new Undelivered();
  const seed = (account: string, { startsAtMs }: { readonly startsAtMs: number }) =>
    undelivered.spent(account, startsAtMs, undefined, async () => BigInt(written.length) * 7n);
  const claims = new MemoryClaims({ clock: systemClock, seed });
  const app = { info: () => undefined, error: (words: { error: unknown }) => assert.ifError(words.error) };
  const adopting = new Adopting({
    ...{ dataFolder: journalLeftBehind(context), ledger, claims, undelivered, clock: systemClock },
    ...{ log: { app } as unknown as Log, onTrouble: () => assert.fail('no line is damaged'), tellAgainMs: 60_000 },
  });
  context.after(() => adopting.stop());

  await adopting.start();
  let isAnswered = false;
  const reading = claims.read('platform', [{ window: 'ever', startsAtMs: 0 }]).finally(() => (isAnswered = true));
  await wait(50);
  assert.equal(isAnswered, false, 'what was spent is unknown until the journal is read');
  wasRead.resolve();
  assert.deepEqual(await reading, [{ spent: 14n, held: 0n, exposed: 0n }]);
});
