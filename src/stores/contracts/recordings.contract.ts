/** What every store of recordings has to do. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SqlConnection } from '../sql/connection.ts';
import { migrate } from '../sql/migrate.ts';
import { SqlRecordings } from '../sql/recordings/sql-recordings.ts';
import type { Recording } from './recordings.ts';

const recording = (number: number, more: Partial<Recording> = {}): Recording => ({
  ...{ callId: `call-${number}`, startedAtMs: 1_000 * number, keyHash: 'h1', sealed: 'x'.repeat(100) },
  ...{ userId: undefined, teamId: undefined, organizationId: undefined },
  ...more,
});

/** Runs the contract. */
export function testRecordings(name: string, open: () => Promise<SqlConnection>): void {
  describe(`Recordings in ${name}`, () => {
    const withStore = async (use: (store: SqlRecordings) => Promise<void>): Promise<void> => {
      const connection = await open();
      try {
        await migrate(connection);
        await use(new SqlRecordings(connection));
      } finally {
        await connection.close();
      }
    };

    it('gives back what was added, once for each id', () =>
      withStore(async (store) => {
        assert.equal(await store.isEmpty(), true);
        const first = recording(1, { userId: 'u', teamId: 't', organizationId: 'o' });
        await store.add([first]);
        await store.add([{ ...first, sealed: 'other' }, recording(2)]);
        assert.equal(await store.isEmpty(), false);
        assert.deepEqual(await store.get('call-1'), first);
        assert.deepEqual(await store.get('call-2'), recording(2));
        assert.equal(await store.get('call-3'), undefined);
      }));

    it('erases what belongs to a key, a user, a team or an organisation, and nothing else', () =>
      withStore(async (store) => {
        const all = [
          recording(1, { keyHash: 'h9' }),
          recording(2, { userId: 'u' }),
          recording(3, { teamId: 't' }),
          recording(4, { organizationId: 'o' }),
          recording(5),
        ];
        await store.add(all);
        await store.erase('key', 'h9');
        await store.erase('user', 'u');
        await store.erase('team', 't');
        await store.erase('organization', 'o');
        const left = await Promise.all(all.map(({ callId }) => store.get(callId)));
        assert.deepEqual(
          left.map((found) => found?.callId),
          [undefined, undefined, undefined, undefined, 'call-5'],
        );
      }));

    it('keeps to its age and its bytes: the oldest go first', () =>
      withStore(async (store) => {
        const many = Array.from({ length: 1_200 }, (_, number) => recording(number));
        for (let from = 0; from < many.length; from += 100) await store.add(many.slice(from, from + 100));
        assert.equal(await store.prune(10_000, 1e9), 10);
        assert.equal(await store.get('call-9'), undefined);
        assert.notEqual(await store.get('call-10'), undefined);
        assert.equal(await store.prune(0, 1_000), 1_180);
        assert.equal(await store.get('call-1189'), undefined);
        assert.notEqual(await store.get('call-1190'), undefined);
        assert.equal(await store.prune(0, 1_000), 0);
      }));
  });
}
