/** What every directory must do, as tests: `testDirectory('sqlite', …)`. */
import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type AuditEntry,
  type Changed,
  ConflictError,
  type Directory,
  InvalidValueError,
  type Key,
  type Kinds,
  type Search,
  type SortColumn,
  type Team,
  type User,
} from './directory.ts';

/** One instance on a test's database, and what it told others. */
export interface TestInstance {
  readonly directory: Directory;
  readonly told: Changed[];
}

/** A database for one test; every instance that joins sees the same. */
export interface TestDirectory {
  join(): Promise<TestInstance>;
  close(): Promise<void>;
}

const NOW_MS = 1_800_000_000_000;
const PAGE = { limit: 100, offset: 0 };
const STORED = { createdAtMs: NOW_MS, updatedAtMs: NOW_MS, metadata: {}, further: {} } as const;

/** SHA-256 in hex, as a key has it. */
export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A key with nothing that needs not be. */
export function makeKey(text: string, further: Partial<Key> = {}): Key {
  return {
    ...STORED,
    hash: hashOf(text),
    name: 'sk-...test',
    models: [],
    blocked: false,
    keyType: 'default',
    rotationCount: 0,
    ...further,
  };
}

const makeTeam = (id: string, further: Partial<Team> = {}): Team => ({
  ...STORED,
  id,
  models: [],
  blocked: false,
  memberPermissions: [],
  ...further,
});

const makeUser = (id: string, further: Partial<User> = {}): User => ({
  ...STORED,
  id,
  role: 'internal_user',
  models: [],
  blocked: false,
  ...further,
});

/** An entry of the audit log. */
export const entry = (further: Partial<AuditEntry> = {}): AuditEntry => ({
  id: randomUUID(),
  atMs: NOW_MS,
  changedBy: 'admin',
  keyHash: hashOf('admin'),
  action: 'created',
  table: 'objects',
  objectId: 'any',
  ...further,
});

/** One object of each kind with everything in it that a kind may have. */
const WHOLE: { readonly [Kind in keyof Kinds]: Kinds[Kind] } = {
  organization: { ...STORED, id: 'o1', alias: 'Ärzte', models: ['a', 'b*'], blocked: true, maxBudget: 1n },
  team: makeTeam('t1', {
    alias: 'Team',
    organizationId: 'o1',
    tags: ['x'],
    modelAliases: { a: 'b' },
    memberDefaults: { maxBudget: 5_000_000_000_000n, rpmLimit: 5, modelMaxBudget: { m: { max: 3n } } },
    memberPermissions: ['/key/generate'],
    metadata: { deep: { list: [1, 'zwei', null, true] } },
  }),
  user: makeUser('u1', { email: 'One@Example.com', alias: 'One', softBudget: 12n }),
  customer: {
    ...STORED,
    id: 'c1',
    alias: 'Customer',
    blocked: false,
    allowedModelRegion: 'eu',
    defaultModel: 'm',
    budgetId: 'b1',
  },
  key: makeKey('whole', {
    alias: 'whole',
    userId: 'u1',
    teamId: 't1',
    organizationId: 'o1',
    maxBudget: 2n ** 80n,
    softBudget: 0n,
    budgetDuration: '30d',
    budgetLimits: [{ max: 9_007_199_254_740_993n, duration: '1d' }, { max: 7n }],
    modelMaxBudget: { 'gpt*': { max: 1n, duration: '1h' }, ['__proto__']: { max: 2n } },
    tempBudgetIncrease: { amount: 123n, untilMs: NOW_MS + 1 },
    modelRpmLimit: { a: 1 },
    budgetAnchorMs: NOW_MS,
    createdBy: 'somebody',
    expiresAtMs: NOW_MS + 5,
    allowedRoutes: ['/v1/*'],
    autoRotate: { everyMs: 5, nextAtMs: NOW_MS + 9 },
    lastUsedAtMs: NOW_MS,
  }),
  budget: { ...STORED, id: 'b1', maxBudget: 4n, tpmLimit: 9 },
  tag: { ...STORED, name: 'tag one', description: 'text', models: ['m'], maxBudget: 4n },
  model: {
    ...STORED,
    id: 'm1',
    modelName: 'group',
    litellmParams: { model: 'openai/x', maxBudget: 5 },
    modelInfo: { id: 'm1' },
    blocked: false,
  },
  credential: {
    ...STORED,
    name: 'east/one',
    values: { api_key: { $sealed: 's2:x' }, api_base: 'https://east.test' },
    info: { description: 'Ost' },
  },
};

const KIND_NAMES = Object.keys(WHOLE) as (keyof Kinds)[];
const idOf = (kind: keyof Kinds): string =>
  kind === 'key'
    ? WHOLE.key.hash
    : kind === 'tag' || kind === 'credential'
      ? WHOLE[kind].name
      : WHOLE[kind as 'team'].id;

/** Declares the tests. */
export function testDirectory(name: string, makeDirectory: () => Promise<TestDirectory>): void {
  const behaves = (does: string, body: (instance: TestInstance, database: TestDirectory) => Promise<void>): void => {
    test(`${name}: ${does}`, { timeout: 60_000 }, async () => {
      const database = await makeDirectory();
      try {
        await body(await database.join(), database);
      } finally {
        await database.close();
      }
    });
  };

  behaves(
    'an object of every kind is given back as it was put in, with every amount of money exact',
    async ({ directory, told }) => {
      for (const kind of KIND_NAMES) {
        const id = idOf(kind);
        assert.equal(await directory.get(kind, id), undefined);
        await directory.create(kind, WHOLE[kind] as never, entry());
        assert.deepEqual(await directory.get(kind, id), WHOLE[kind]);
        assert.deepEqual(await directory.getMany(kind, [id, 'other', id]), [WHOLE[kind]]);
        assert.deepEqual(await directory.list(kind, {}, PAGE), [WHOLE[kind]]);
        assert.equal(await directory.count(kind, {}), 1);
      }
      assert.deepEqual(
        told,
        KIND_NAMES.map((kind) => ({ kind, id: idOf(kind) })),
      );
    },
  );

  behaves(
    'what is taken is refused by its field and leaves nothing behind, its audit entry neither',
    async ({ directory, told }) => {
      await directory.create('key', makeKey('one', { alias: 'mine' }), entry());
      await directory.create('user', makeUser('u1', { email: 'a@b.c' }), entry());
      for (const kind of ['organization', 'team', 'customer', 'budget', 'tag', 'model', 'credential'] as const) {
        await directory.create(kind, WHOLE[kind] as never, entry());
        await assert.rejects(directory.create(kind, WHOLE[kind] as never, entry()), (error) => {
          assert.ok(error instanceof ConflictError, String(error));
          assert.equal(error.field, kind === 'tag' || kind === 'credential' ? 'name' : 'id');
          return true;
        });
      }
      const before = [await directory.countAudit({}), told.length];
      const refused: [() => Promise<unknown>, string][] = [
        [() => directory.create('key', makeKey('one'), entry()), 'hash'],
        [() => directory.create('key', makeKey('two', { alias: 'mine' }), entry()), 'alias'],
        [() => directory.create('user', makeUser('u1'), entry()), 'id'],
        [() => directory.create('user', makeUser('u2', { email: 'A@B.c' }), entry()), 'email'],
      ];
      for (const [write, field] of refused) {
        await assert.rejects(write(), (error) => {
          assert.ok(error instanceof ConflictError, String(error));
          assert.equal(error.field, field);
          assert.doesNotMatch(error.message, /mine|u1|a@b/i);
          return true;
        });
      }
      assert.deepEqual([await directory.countAudit({}), told.length], before);
      assert.equal(await directory.get('key', hashOf('two')), undefined);
      await directory.create('key', makeKey('three'), entry());
      await directory.create('key', makeKey('four'), entry());
      await assert.rejects(
        directory.update(
          'key',
          hashOf('four'),
          (key) => ({ ...key, alias: 'mine' }),
          () => entry(),
        ),
        (error) => error instanceof ConflictError && error.field === 'alias',
      );
      assert.equal((await directory.get('key', hashOf('four')))?.alias, undefined);
    },
  );

  behaves('of updates at once on two instances none is lost', async ({ directory }, database) => {
    const other = (await database.join()).directory;
    await directory.create('team', makeTeam('t1', { maxBudget: 0n }), entry());
    const add = (at: Directory): Promise<Team | undefined> =>
      at.update(
        'team',
        't1',
        (team) => ({ ...team, maxBudget: (team.maxBudget ?? 0n) + 1n }),
        () => entry({ action: 'updated', objectId: 't1' }),
      );
    await Promise.all(Array.from({ length: 40 }, (_, index) => add(index % 2 === 0 ? directory : other)));
    assert.equal((await directory.get('team', 't1'))?.maxBudget, 40n);
    assert.equal(await other.countAudit({ objectId: 't1', action: 'updated' }), 40);
  });

  behaves(
    'an update that throws changes nothing, and one of what is not there is not called',
    async ({ directory }) => {
      await directory.create('team', makeTeam('t1', { alias: 'was' }), entry());
      const audits = await directory.countAudit({});
      const failing = directory.update(
        'team',
        't1',
        () => {
          throw new RangeError('no');
        },
        () => entry(),
      );
      await assert.rejects(failing, RangeError);
      const lateFailing = directory.update(
        'team',
        't1',
        (team) => ({ ...team, alias: 'is' }),
        () => {
          throw new RangeError('no');
        },
      );
      await assert.rejects(lateFailing, RangeError);
      assert.equal((await directory.get('team', 't1'))?.alias, 'was');
      assert.equal(await directory.countAudit({}), audits);
      const missing = await directory.update(
        'team',
        't2',
        () => assert.fail('called'),
        () => assert.fail('called'),
      );
      assert.equal(missing, undefined);
      await assert.rejects(
        directory.update(
          'team',
          't1',
          (team) => ({ ...team, id: 't2' }),
          () => entry(),
        ),
      );
    },
  );

  behaves(
    'a rotated key is found by its new hash, and by the old one until its grace ends',
    async ({ directory, told }) => {
      await directory.create('key', makeKey('old', { alias: 'stays' }), entry());
      await directory.create('key', makeKey('other'), entry());
      told.length = 0;
      const rotated = await directory.rotateKey(
        hashOf('old'),
        (key) => ({
          ...key,
          hash: hashOf('new'),
          previousHash: key.hash,
          previousUntilMs: NOW_MS + 100,
          rotationCount: key.rotationCount + 1,
        }),
        (before, after) => entry({ action: 'rotated', objectId: `${before.hash} ${after.hash}` }),
      );
      assert.equal(rotated?.rotationCount, 1);
      assert.deepEqual(await directory.findKey(hashOf('new'), NOW_MS), rotated);
      assert.deepEqual(await directory.findKey(hashOf('old'), NOW_MS + 99), rotated);
      assert.equal(await directory.findKey(hashOf('old'), NOW_MS + 100), undefined);
      assert.equal(await directory.get('key', hashOf('old')), undefined);
      assert.equal(await directory.count('key', { alias: 'stays' }), 1);
      assert.deepEqual(told, [
        { kind: 'key', id: hashOf('old') },
        { kind: 'key', id: hashOf('new') },
      ]);
      await assert.rejects(
        directory.rotateKey(
          hashOf('new'),
          (key) => ({ ...key, hash: hashOf('other') }),
          () => entry(),
        ),
        (error) => error instanceof ConflictError && error.field === 'hash',
      );
      assert.equal(
        await directory.rotateKey(
          hashOf('nobody'),
          (key) => key,
          () => entry(),
        ),
        undefined,
      );
    },
  );

  behaves('keys that are due for rotation are found, the longest overdue first', async ({ directory }) => {
    for (const [text, nextAtMs] of [
      ['a', 30],
      ['b', 10],
      ['c', 20],
      ['d', 31],
    ] as const) {
      await directory.create('key', makeKey(text, { autoRotate: { everyMs: 1, nextAtMs } }), entry());
    }
    await directory.create('key', makeKey('e'), entry());
    const due = await directory.keysToRotate(30, 2);
    assert.deepEqual(
      due.map(({ hash }) => hash),
      [hashOf('b'), hashOf('c')],
    );
    assert.equal((await directory.keysToRotate(30, 10)).length, 3);
  });

  behaves(
    'with an organisation go its teams, their keys and all memberships, each with an audit entry',
    async ({ directory, told }) => {
      await directory.create('organization', { ...WHOLE.organization, id: 'o1' }, entry());
      await directory.create('team', makeTeam('t1', { organizationId: 'o1' }), entry());
      await directory.create('team', makeTeam('t2'), entry());
      await directory.create('user', makeUser('u1'), entry());
      await directory.create('key', makeKey('of team', { teamId: 't1', userId: 'u1' }), entry());
      await directory.create('key', makeKey('of organisation', { organizationId: 'o1' }), entry());
      await directory.create('key', makeKey('stays', { teamId: 't2' }), entry());
      const since = { role: 'user', createdAtMs: NOW_MS } as const;
      await directory.putTeamMember({ ...since, teamId: 't1', userId: 'u1' }, entry());
      await directory.putTeamMember({ ...since, teamId: 't2', userId: 'u1' }, entry());
      await directory.putOrganizationMember(
        { organizationId: 'o1', userId: 'u1', role: 'org_admin', createdAtMs: NOW_MS },
        entry(),
      );
      told.length = 0;
      const deleted = await directory.delete('organization', ['o1', 'o9'], ({ id }) =>
        entry({ action: 'deleted', objectId: id, changedBy: 'deleter' }),
      );
      assert.deepEqual(deleted, [{ ...WHOLE.organization, id: 'o1' }]);
      assert.deepEqual(
        (await directory.list('key', {}, PAGE)).map(({ hash }) => hash),
        [hashOf('stays')],
      );
      assert.deepEqual(
        (await directory.list('team', {}, PAGE)).map(({ id }) => id),
        ['t2'],
      );
      assert.deepEqual(
        (await directory.teamsOf('u1')).map(({ teamId }) => teamId),
        ['t2'],
      );
      assert.deepEqual(await directory.organizationsOf('u1'), []);
      const audits = await directory.audit({ changedBy: 'deleter', action: 'deleted' }, PAGE);
      const gone = ['o1', 't1', hashOf('of team'), hashOf('of organisation')].sort();
      assert.deepEqual(audits.map(({ objectId }) => objectId).sort(), gone);
      assert.deepEqual(told.map(({ id }) => id).sort(), gone);
      told.length = 0;
      await directory.delete('user', ['u1'], ({ id }) => entry({ action: 'deleted', objectId: id }));
      assert.deepEqual(await directory.teamMembers('t2'), []);
      assert.deepEqual(told, [{ kind: 'user', id: 'u1' }]);
    },
  );

  behaves('members are put, replaced, listed from both ends and removed', async ({ directory, told }) => {
    const member = { teamId: 't1', userId: 'u1', role: 'user', createdAtMs: NOW_MS, maxBudget: 2n ** 70n } as const;
    await directory.putTeamMember(member, entry());
    assert.deepEqual(told, [
      { kind: 'team', id: 't1' },
      { kind: 'user', id: 'u1' },
    ]);
    assert.deepEqual(await directory.teamMember('t1', 'u1'), member);
    await directory.putTeamMember({ ...member, role: 'admin' }, entry());
    assert.deepEqual(await directory.teamMembers('t1'), [{ ...member, role: 'admin' }]);
    assert.deepEqual(await directory.teamsOf('u1'), [{ ...member, role: 'admin' }]);
    assert.deepEqual(await directory.teamsOf('t1'), []);
    assert.equal(await directory.removeTeamMember('t1', 'u2', entry()), false);
    assert.equal(await directory.removeTeamMember('t1', 'u1', entry()), true);
    assert.equal(await directory.teamMember('t1', 'u1'), undefined);
    const belongs = { organizationId: 'o1', userId: 'u1', role: 'org_admin', createdAtMs: NOW_MS } as const;
    await directory.putOrganizationMember(belongs, entry());
    await directory.putOrganizationMember({ ...belongs, softBudget: 1n }, entry());
    assert.deepEqual(await directory.organizationMembers('o1'), [{ ...belongs, softBudget: 1n }]);
    assert.deepEqual(await directory.organizationsOf('u1'), [{ ...belongs, softBudget: 1n }]);
    assert.equal(await directory.removeOrganizationMember('o1', 'u1', entry()), true);
    assert.equal(await directory.removeOrganizationMember('o1', 'u1', entry()), false);
    assert.equal(await directory.countAudit({}), 6);
  });

  behaves(
    'pages are cut without gap or double, in every order and the same in every database',
    async ({ directory }) => {
      const aliases = ['b', undefined, 'B', 'ä', 'a', undefined, 'Z', '~'];
      for (const [index, alias] of aliases.entries()) {
        const team = makeTeam(`t${index}`, {
          createdAtMs: NOW_MS + (index % 3),
          updatedAtMs: NOW_MS - index,
          ...(alias === undefined ? {} : { alias }),
        });
        await directory.create('team', team, entry());
      }
      const pagesOf = async (options: {
        sortBy?: 'alias' | 'id' | 'updatedAt';
        descending?: boolean;
      }): Promise<string> => {
        const ids: string[] = [];
        for (let offset = 0; ; offset += 3) {
          const page = await directory.list('team', {}, { limit: 3, offset, ...options });
          ids.push(...page.map(({ id }) => id.slice(1)));
          if (page.length < 3) return ids.join('');
        }
      };
      assert.equal(await pagesOf({}), '03614725');
      assert.equal(await pagesOf({ descending: true }), '52741630');
      assert.equal(await pagesOf({ sortBy: 'alias' }), '15264073');
      assert.equal(await pagesOf({ sortBy: 'alias', descending: true }), '37046251');
      assert.equal(await pagesOf({ sortBy: 'updatedAt' }), '76543210');
      assert.equal(await pagesOf({ sortBy: 'id', descending: true }), '76543210');
    },
  );

  behaves('a search holds all that is asked, and knows who belongs to what', async ({ directory }) => {
    await directory.create('team', makeTeam('t1', { alias: 'one', organizationId: 'o1', budgetId: 'b1' }), entry());
    await directory.create('team', makeTeam('t2', { alias: 'two', organizationId: 'o1' }), entry());
    await directory.create('user', makeUser('u1', { email: 'One@Example.com', role: 'proxy_admin' }), entry());
    await directory.create('user', makeUser('u2'), entry());
    await directory.putTeamMember({ teamId: 't1', userId: 'u1', role: 'user', createdAtMs: NOW_MS }, entry());
    await directory.putOrganizationMember(
      { organizationId: 'o1', userId: 'u2', role: 'internal_user', createdAtMs: NOW_MS },
      entry(),
    );
    for (const [text, teamId, userId] of [
      ['a', 't1', 'u1'],
      ['b', 't1', 'u2'],
      ['c', 't2', 'u1'],
    ] as const) {
      await directory.create('key', makeKey(text, { teamId, userId, alias: text }), entry());
    }
    await directory.create('model', WHOLE.model, entry());
    const teams = async (search: Parameters<Directory['list']>[1]): Promise<string> =>
      (await directory.list('team', search, PAGE)).map(({ id }) => id).join();
    const users = async (search: Parameters<Directory['list']>[1]): Promise<string> =>
      (await directory.list('user', search, PAGE)).map(({ id }) => id).join();
    const keys = async (search: Parameters<Directory['list']>[1]): Promise<string> => {
      const found = (await directory.list('key', search, PAGE)).map(({ alias }) => alias).sort();
      assert.equal(await directory.count('key', search), found.length);
      return found.join('');
    };
    assert.equal(await teams({ organizationId: 'o1' }), 't1,t2');
    assert.equal(await teams({ organizationIds: ['o1', 'o2'], ids: ['t2'] }), 't2');
    assert.equal(await teams({ userId: 'u1' }), 't1');
    assert.equal(await teams({ budgetId: 'b1' }), 't1');
    assert.equal(await teams({ alias: 'two' }), 't2');
    assert.equal(await teams({ ids: [] }), '');
    assert.equal(await users({ email: 'oNE@example.COM' }), 'u1');
    assert.equal(await users({ role: 'internal_user' }), 'u2');
    assert.equal(await users({ teamIds: ['t1', 't2'] }), 'u1');
    assert.equal(await users({ organizationId: 'o1' }), 'u2');
    assert.equal(await keys({ teamId: 't1' }), 'ab');
    assert.equal(await keys({ teamIds: ['t1', 't2'], userId: 'u1' }), 'ac');
    assert.equal(await keys({ userIds: [] }), '');
    assert.equal(await keys({ teamId: 't1', userIds: ['u2', "' or 1=1 --"] }), 'b');
    assert.equal((await directory.list('model', { modelName: 'group' }, PAGE)).length, 1);
    await assert.rejects(directory.list('budget', { email: 'x' }, PAGE), /cannot be searched by email/);
    await assert.rejects(directory.count('model', { aliasContains: 'x' }), /no alias/);
  });

  behaves('keys are found by whether they are over, and by their access groups', async ({ directory }) => {
    const make = async (alias: string, more: Partial<Key>) =>
      await directory.create('key', makeKey(alias, { alias, ...more }), entry());
    await make('over', { expiresAtMs: NOW_MS - 1 });
    await make('at the end', { expiresAtMs: NOW_MS, further: { access_group_ids: ['night', "o'clock"] } });
    await make('in time', { expiresAtMs: NOW_MS + 1, further: { access_group_ids: ['day'] } });
    await make('for ever', {});
    const found = async (search: Parameters<Directory['list']>[1]): Promise<string[]> => {
      const keys = await directory.list('key', search, { ...PAGE, sortBy: 'alias' });
      assert.equal(await directory.count('key', search), keys.length);
      return keys.map(({ alias }) => alias ?? '');
    };
    assert.deepEqual(await found({ expiry: { atMs: NOW_MS, isOver: true } }), ['at the end', 'over']);
    assert.deepEqual(await found({ expiry: { atMs: NOW_MS, isOver: false } }), ['for ever', 'in time']);
    assert.deepEqual(await found({ accessGroup: 'night' }), ['at the end']);
    assert.deepEqual(await found({ accessGroup: "o'clock", expiry: { atMs: NOW_MS, isOver: false } }), []);
    assert.deepEqual(await found({ accessGroup: 'd' }), []);
  });

  behaves('a part of an alias is found in any case, and wildcards mean themselves', async ({ directory }) => {
    const aliases = ['100%', '100 percent', 'a_b', 'aXb', 'back\\slash', 'ÄRZTE', "o'clock"];
    for (const alias of aliases) await directory.create('key', makeKey(alias, { alias }), entry());
    const found = async (aliasContains: string): Promise<string[]> =>
      (await directory.list('key', { aliasContains }, { ...PAGE, sortBy: 'alias' })).map(({ alias }) => alias ?? '');
    assert.deepEqual(await found('0%'), ['100%']);
    assert.deepEqual(await found('A_B'), ['a_b']);
    assert.deepEqual(await found('k\\S'), ['back\\slash']);
    assert.deepEqual(await found('ärz'), ['ÄRZTE']);
    assert.deepEqual(await found("'"), ["o'clock"]);
    assert.deepEqual(await found('100'), ['100 percent', '100%']);
    assert.equal((await found('')).length, aliases.length);
  });

  behaves('lists are sorted by budget, address and role', async ({ directory }) => {
    const users = [
      { id: 'a', maxBudget: 900n, email: 'z@x', role: 'internal_user' },
      { id: 'b', role: 'proxy_admin' },
      { id: 'c', maxBudget: 10_000_000_000_000_000n, email: 'A@x', role: 'internal_user' },
      { id: 'd', maxBudget: 1_000n, email: 'm@x', role: 'proxy_admin' },
    ] as const;
    for (const { id, ...rest } of users) await directory.create('user', makeUser(id, rest), entry());
    const ids = async (sortBy: SortColumn, descending: boolean): Promise<string> =>
      (await directory.list('user', {}, { ...PAGE, sortBy, descending })).map(({ id }) => id).join('');
    assert.equal(await ids('maxBudget', false), 'badc');
    assert.equal(await ids('maxBudget', true), 'cdab');
    assert.equal(await ids('email', false), 'bcda');
    assert.equal(await ids('email', true), 'adcb');
    assert.equal(await ids('role', false), 'acbd');
    await assert.rejects(directory.list('team', {}, { ...PAGE, sortBy: 'email' }), /cannot be sorted by email/);
    await assert.rejects(directory.list('model', {}, { ...PAGE, sortBy: 'spend' }), /spend nothing/);
  });

  behaves('a part of an alias, an address or an id is found', async ({ directory }) => {
    await directory.create('user', makeUser('Abc/1', { alias: 'Zoë', email: 'Q@Example.com' }), entry());
    await directory.create('key', makeKey('k1', { alias: 'k2' }), entry());
    const found = async (search: Search): Promise<number> => directory.count('user', search);
    assert.equal(await found({ contains: 'ZOË' }), 1);
    assert.equal(await found({ contains: 'BC/' }), 1);
    assert.equal(await found({ contains: 'q@ex' }), 1);
    assert.equal(await found({ contains: '%' }), 0);
    assert.equal(await found({ emailContains: 'EXAMPLE' }), 1);
    assert.equal(await found({ emailContains: 'zoë' }), 0);
    assert.equal(await directory.count('key', { contains: 'K2' }), 1);
    assert.equal(await directory.count('key', { contains: 'k1' }), 0, 'never by a part of a hash');
  });

  behaves('the audit log is searched, counted, paged and pruned', async ({ directory }) => {
    for (let index = 0; index < 6; index++) {
      const further: Partial<AuditEntry> = {
        id: `a${index}`,
        atMs: NOW_MS + index * 10,
        action: index % 2 === 0 ? 'created' : 'updated',
        table: index < 3 ? 'keys' : 'teams',
        objectId: `x${index}`,
        ...(index === 5 ? { before: { was: '1' }, after: { is: ['2', null] } } : {}),
      };
      await directory.create('budget', { ...STORED, id: `b${index}` }, entry(further));
    }
    const ids = async (...[search, options]: Parameters<Directory['audit']>): Promise<string> =>
      (await directory.audit(search, options)).map(({ id }) => id).join();
    assert.equal(await ids({}, { ...PAGE, descending: true }), 'a5,a4,a3,a2,a1,a0');
    assert.equal(await ids({}, { limit: 2, offset: 1 }), 'a1,a2');
    assert.equal(await ids({ action: 'created', table: 'keys' }, PAGE), 'a0,a2');
    assert.equal(await ids({ fromMs: NOW_MS + 10, toMs: NOW_MS + 30 }, PAGE), 'a1,a2');
    assert.equal(await ids({ objectId: "x0' or '1'='1" }, PAGE), '');
    assert.equal(await directory.countAudit({ table: 'teams' }), 3);
    const whole = await directory.auditEntry('a5');
    assert.deepEqual(whole?.before, { was: '1' });
    assert.deepEqual(whole?.after, { is: ['2', null] });
    assert.equal(whole?.atMs, NOW_MS + 50);
    assert.equal((await directory.auditEntry('a0'))?.before, undefined);
    assert.equal(await directory.auditEntry('none'), undefined);
    assert.equal(await directory.pruneAudit(NOW_MS + 30), 3);
    assert.equal(await ids({}, PAGE), 'a3,a4,a5');
  });

  behaves('notes that are over are deleted, and no others', async ({ directory }) => {
    const times = { 'alert/a': '2026-01-01T00:00:00.000Z', 'alert/b': '2026-03-01T00:00:00.000Z', 'alert/c': 'ever' };
    for (const [name, value] of Object.entries(times)) await directory.setNote(name, value);
    await directory.setNote('alerts', '2026-01-01T00:00:00.000Z');
    for (let count = 0; count < 1_100; count++)
      await directory.setNote(`alert/old/${count}`, '2025-12-31T00:00:00.000Z');
    assert.equal(await directory.pruneNotes('alert/', '2026-02-01T00:00:00.000Z'), 1_101);
    assert.equal(await directory.pruneNotes('alert/', '2026-02-01T00:00:00.000Z'), 0);
    const left = await Promise.all(['alert/a', 'alert/b', 'alert/c', 'alerts'].map((name) => directory.note(name)));
    assert.deepEqual(left, [undefined, times['alert/b'], 'ever', '2026-01-01T00:00:00.000Z']);
  });

  behaves('a note is set once by one of many, and later by anyone', async ({ directory }, database) => {
    const other = (await database.join()).directory;
    assert.equal(await directory.note('alert/1'), undefined);
    const won = await Promise.all(
      [directory, other, directory, other].map((at, index) => at.noteOnce('alert/1', String(index))),
    );
    assert.equal(won.filter(Boolean).length, 1);
    assert.equal(await other.note('alert/1'), String(won.indexOf(true)));
    await other.setNote('alert/1', 'a\0b \ud800');
    assert.equal(await directory.note('alert/1'), 'a\0b \ud800');
    await directory.setNote('alert/2', 'x'.repeat(10_000));
    assert.equal((await other.note('alert/2'))?.length, 10_000);
  });

  behaves(
    'whatever text stands in any field comes back as it was, or is refused by its name',
    async ({ directory }) => {
      const nasty = fc.oneof(
        fc.constantFrom(
          "'; drop table keys; --",
          '" or ""="',
          '$1 ? :a @b',
          '\\',
          '%_',
          'a\0b',
          '\ud800',
          '{"$ne":1}',
          '😀'.repeat(300),
          'x'.repeat(10_000),
          '__proto__',
          '',
        ),
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc.string({ unit: 'grapheme', maxLength: 40 }),
        fc.string({ maxLength: 1_200 }),
      );
      let number = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(nasty, { minLength: 9, maxLength: 9 }), async (texts) => {
          const [id, alias, userId, teamId, budgetId, name, further, model, changedBy] = texts as [
            string,
            string,
            string,
            string,
            string,
            string,
            string,
            string,
            string,
          ];
          const text = `${++number}`;
          const key = makeKey(text, {
            hash: `${text} ${id}`,
            alias: `${text} ${alias}`,
            userId,
            teamId,
            budgetId,
            name,
            models: [model],
            metadata: { [`k${name}`]: further },
            modelMaxBudget: { [model]: { max: 5n } },
          });
          try {
            await directory.create('key', key, entry({ changedBy, after: { [`k${model}`]: name } }));
          } catch (error) {
            assert.ok(error instanceof InvalidValueError, String(error));
            const refused = [key.hash, userId, teamId, budgetId, key.alias ?? '', changedBy];
            const isReason = (value: string, index: number): boolean =>
              value.includes('\0') || !value.isWellFormed() || Buffer.byteLength(value) > (index < 4 ? 256 : 1_000);
            assert.ok(refused.some(isReason), `${error.message} for ${JSON.stringify(refused)}`);
            // Short texts, such as `name`, may stand in the words of the message by chance.
            for (const value of refused) assert.ok(value.length < 12 || !error.message.includes(value), error.message);
            assert.equal(await directory.findKey(key.hash, NOW_MS), undefined);
            assert.deepEqual(
              await directory.list('key', { alias: key.alias ?? '', userId, teamIds: [teamId, 'x'] }, PAGE),
              [],
            );
            return;
          }
          assert.deepEqual(await directory.findKey(key.hash, NOW_MS), key);
          const search = { alias: key.alias ?? '', aliasContains: alias, userId, teamIds: [teamId, 'x'], budgetId };
          assert.deepEqual(await directory.list('key', search, PAGE), [key]);
        }),
        { numRuns: 150 },
      );
      assert.equal(await directory.count('key', {}), await directory.countAudit({}));
    },
  );

  behaves('what no column can hold is not found, and never an error', async ({ directory }) => {
    for (const id of ['a\0b', '\udc00', 'x'.repeat(10_000)]) {
      assert.equal(await directory.get('team', id), undefined);
      assert.deepEqual(await directory.getMany('team', [id, id]), []);
      assert.equal(await directory.findKey(id, NOW_MS), undefined);
      assert.equal(await directory.count('key', { aliasContains: id }), 0);
      assert.equal(await directory.count('user', { email: id, teamIds: [id] }), 0);
      assert.deepEqual(await directory.teamMembers(id), []);
      assert.equal(await directory.teamMember(id, id), undefined);
      assert.deepEqual(await directory.organizationsOf(id), []);
      assert.deepEqual(await directory.audit({ objectId: id }, PAGE), []);
      assert.equal(await directory.auditEntry(id), undefined);
      assert.equal(await directory.note(id), undefined);
      assert.deepEqual(await directory.delete('team', [id], () => entry()), []);
      assert.equal(await directory.removeTeamMember(id, id, entry()), false);
      assert.equal(
        await directory.update(
          'team',
          id,
          (team) => team,
          () => entry(),
        ),
        undefined,
      );
    }
  });
}
