/** Whose spend each caller sees. Everything is asked over HTTP of a real database. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { hashKey } from '../../src/tenancy/hash-key.ts';
import { keyOf, type ManagementServer, PEOPLE, type Person, spendRow, startManagement } from './sqlite-server.ts';

let server: ManagementServer;
before(async () => {
  server = await startManagement();
  const people = Object.keys(PEOPLE) as Person[];
  await server.context.ledger.write(people.map((person) => spendRow(person, { callId: `of-${person}` })));
});
after(() => server.close());

/** Whose requests stand in the rows that somebody gets. */
async function seenBy(as: string, query = ''): Promise<string[]> {
  const { status, body } = await server.get(`/spend/logs${query}`, as);
  assert.equal(status, 200, JSON.stringify(body));
  return (body as JsonObject[]).map(({ request_id }) => String(request_id).replace('of-', '')).sort();
}

const key = (person: Person): string => hashKey(keyOf(person));

describe('Rows of spend', () => {
  it('are all shown to those who see everything', async () => {
    for (const as of ['master', 'paul', 'pia']) assert.deepEqual(await seenBy(as), Object.keys(PEOPLE).sort());
  });

  it('are those of its organisations for an admin of organisations', async () => {
    assert.deepEqual(await seenBy('olga'), ['ivan', 'tina']);
    assert.deepEqual(await seenBy('otto'), ['tom']);
    assert.deepEqual(await seenBy('olga', '?team_id=t1'), ['ivan', 'tina']);
    assert.deepEqual(await seenBy('olga', '?organization_id=o1&user_id=ivan'), ['ivan']);
  });

  it('are those of its teams for an admin of teams', async () => {
    assert.deepEqual(await seenBy('tina'), ['ivan', 'tina']);
    assert.deepEqual(await seenBy('tom'), ['tom']);
    assert.deepEqual(await seenBy('tina', `?api_key=${key('ivan')}`), ['ivan']);
  });

  it('are its own for everybody else, also where a team is named', async () => {
    assert.deepEqual(await seenBy('ivan'), ['ivan']);
    assert.deepEqual(await seenBy('ivan', '?team_id=t1'), ['ivan']);
    assert.deepEqual(await seenBy('vera'), ['vera']);
    assert.deepEqual(await seenBy('bare'), ['bare']);
    assert.deepEqual(await seenBy('bare', `?api_key=${keyOf('bare')}`), ['bare']);
  });

  it('of others are refused in the same words, be they there or not', async () => {
    const refused: [Person, string][] = [
      ['olga', '?organization_id=o2'],
      ['olga', '?team_id=t2'],
      ['olga', '?team_id=nowhere'],
      ['olga', `?api_key=${key('tom')}`],
      ['olga', '?api_key=nobody'],
      ['tina', '?team_id=t2'],
      ['tina', `?api_key=${key('tom')}`],
      ['tina', '?organization_id=o1'],
      ['ivan', '?user_id=tina'],
      ['ivan', '?team_id=t2'],
      ['ivan', `?api_key=${key('tina')}`],
      ['ivan', '?team_id=t1&user_id=tina'],
      ['vera', '?user_id=ivan'],
      ['bare', '?user_id=ivan'],
      ['bare', `?api_key=${key('ivan')}`],
    ];
    for (const alias of ['key of tina', 'nobody']) {
      const { status } = await server.get(`/spend/logs/v2?key_alias=${encodeURIComponent(alias)}`, 'ivan');
      assert.equal(status, 403, alias);
    }
    const words = new Set<string>();
    for (const [as, query] of refused) {
      for (const path of ['/spend/logs', '/spend/logs/v2', '/spend/summary']) {
        const { status, body } = await server.get(path + query, as);
        assert.equal(status, 403, `${as} asked ${path}${query}`);
        words.add(JSON.stringify(body));
      }
    }
    assert.equal(words.size, 1);
  });

  it('of others never come through a further condition', async () => {
    assert.deepEqual(await seenBy('ivan', '?request_id=of-tina'), []);
    assert.deepEqual(await seenBy('olga', '?user_id=tom'), []);
    assert.deepEqual(await seenBy('tina', '?user_id=tom'), []);
    const { body } = await server.get('/spend/logs/v2?request_id=of-tom', 'ivan');
    assert.equal((body as JsonObject).total, 0);
  });
});

describe('Sums of spend', () => {
  const paths = [
    '/spend/keys',
    '/spend/users',
    '/spend/summary?group_by=user',
    '/spend/summary?group_by=key',
    '/global/spend/keys',
    '/global/activity/model',
    '/spend/logs?start_date=2026-03-10&end_date=2026-03-10',
  ];
  it('show no data of others', async () => {
    for (const as of ['ivan', 'tina', 'olga', 'bare', 'vera'] as const) {
      for (const path of paths) {
        const { status, body } = await server.get(path, as);
        assert.equal(status, 200, path);
        for (const other of ['tom', 'otto', 'paul']) {
          const text = JSON.stringify(body);
          assert.ok(
            !text.includes(`"${other}"`) && !text.includes(key(other as Person)),
            `${as} sees ${other} in ${path}`,
          );
        }
      }
    }
  });

  it('are those of the caller', async () => {
    const of = async (as: string): Promise<number> => {
      const { body } = await server.get('/spend/summary?group_by=day', as);
      return Number(((body as JsonObject).total as JsonObject).attempts);
    };
    assert.equal(await of('master'), Object.keys(PEOPLE).length);
    assert.equal(await of('olga'), 2);
    assert.equal(await of('tina'), 2);
    assert.equal(await of('ivan'), 1);
    assert.equal(await of('bare'), 1);
  });

  it('over everything are for those who see everything', async () => {
    for (const as of ['olga', 'tina', 'ivan', 'vera', 'bare']) {
      for (const path of ['/global/spend', '/provider/budgets', '/audit']) {
        assert.equal((await server.get(path, as)).status, 403, `${as} ${path}`);
      }
    }
    const { body } = await server.get('/global/spend', 'pia');
    assert.deepEqual(body, { spend: 0.0405, max_budget: 0 });
  });
});
