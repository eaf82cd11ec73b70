/** What a directory of 100,000 keys must do, as a test that measures. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { hashOf, makeKey } from '../../contracts/directory.contract.ts';
import type { SqlConnection } from '../connection.ts';
import { migrate } from '../migrate.ts';
import { KINDS, rowOf } from './kinds.ts';
import { sqlDirectory } from './sql-directory.ts';
import type { DirectoryTables } from './tables.ts';

const FEW = 1_000;
const MANY = 100_000;
const BATCH = 1_000;
const LOOKUPS = 500;

/** Declares the test; `open` gives an empty database that is closed by the test. */
export function testManyKeys(name: string, open: () => Promise<SqlConnection>): void {
  test(`${name}: a key among 100,000 is found as fast as one among 1,000, and pages use indexes`, {
    timeout: 240_000,
  }, async (t) => {
    const connection = await open();
    try {
      await migrate(connection);
      const directory = sqlDirectory(connection);
      const nameOf = (index: number): string => `key ${index}`;
      const fill = async (from: number, to: number): Promise<void> => {
        for (let start = from; start < to; start += BATCH) {
          const rows = Array.from({ length: Math.min(BATCH, to - start) }, (_, offset) => {
            const index = start + offset;
            const further = { alias: nameOf(index), teamId: `team ${index % 1_000}`, createdAtMs: index };
            return rowOf(KINDS.key, makeKey(nameOf(index), further)) as DirectoryTables['keys'];
          });
          await connection.write.withTables<DirectoryTables>().insertInto('keys').values(rows).execute();
        }
        if (connection.kind === 'postgres') await sql`analyze`.execute(connection.write);
      };
      const medianOf = async (work: (index: number) => Promise<unknown>, count: number): Promise<number> => {
        const times: number[] = [];
        for (let index = 0; index < LOOKUPS; index++) {
          const begun = performance.now();
          await work((index * 7_919) % count);
          times.push(performance.now() - begun);
        }
        times.sort((a, b) => a - b);
        return times[LOOKUPS / 2] ?? Number.NaN;
      };
      const find = async (index: number): Promise<void> => {
        const key = await directory.findKey(hashOf(nameOf(index)), 0);
        assert.equal(key?.alias, nameOf(index));
      };
      const miss = async (index: number): Promise<void> => {
        assert.equal(await directory.findKey(hashOf(`no ${index}`), 0), undefined);
      };
      const page = async (index: number): Promise<void> => {
        const options = { limit: 25, offset: 50, descending: true };
        assert.equal((await directory.list('key', { teamId: `team ${index % 1_000}` }, options)).length, 25);
      };
      const newest = async (): Promise<void> => {
        const keys = await directory.list('key', {}, { limit: 25, offset: 100, descending: true });
        assert.equal(keys[0]?.createdAtMs, MANY - 101);
      };
      const byAlias = async (): Promise<void> => {
        const keys = await directory.list('key', {}, { limit: 25, offset: 1, sortBy: 'alias' });
        assert.equal(keys[0]?.alias, nameOf(1));
      };
      await fill(0, FEW);
      await medianOf(find, FEW);
      const few = await medianOf(find, FEW);
      await fill(FEW, MANY);
      const many = await medianOf(find, MANY);
      const missed = await medianOf(miss, MANY);
      const paged = await medianOf(page, MANY);
      const newestMs = await medianOf(newest, MANY);
      const aliasMs = await medianOf(byAlias, MANY);
      const microseconds = (ms: number): string => `${Math.round(ms * 1_000)} µs`;
      t.diagnostic(
        `${name}: findKey ${microseconds(few)} of 1,000, ${microseconds(many)} of 100,000, ${microseconds(missed)} for none; ` +
          `pages of 25: of a team ${microseconds(paged)}, newest ${microseconds(newestMs)}, by alias ${microseconds(aliasMs)}`,
      );
      assert.ok(many < few * 4 + 0.2, `${many} ms of many, ${few} ms of few`);
      // Reading or sorting 100,000 rows takes 30 ms and more.
      for (const ms of [missed, paged, newestMs, aliasMs]) assert.ok(ms < 15, `${ms} ms`);
    } finally {
      await connection.close();
    }
  });
}
