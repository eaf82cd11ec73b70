/** Deletes objects with everything that belongs to them. */
import { randomUUID } from 'node:crypto';
import type { AuditEntry, AuditOfFollower, Changed, Kinds, Search } from '../../contracts/directory.ts';
import { decodeObject } from '../../contracts/object-text.ts';
import type { SqlConnection } from '../connection.ts';
import { eraseResponses } from '../responses/response-table.ts';
import { KINDS, type KindOfObject } from './kinds.ts';
import { conditionsOf, isOneOf } from './search.ts';
import type { AnyObjectTables } from './tables.ts';
import { addAudit, type DirectoryTransaction, type Written } from './writing.ts';

/** What is deleted with an object: objects of other kinds that name it. */
const GOES_WITH: Readonly<
  Partial<Record<keyof Kinds, readonly (readonly [keyof Kinds, keyof Search & `${string}Ids`])[]>>
> = {
  organization: [
    ['team', 'organizationIds'],
    ['key', 'organizationIds'],
  ],
  team: [['key', 'teamIds']],
  user: [['key', 'userIds']],
};

/** The memberships that end with an object. */
const MEMBERSHIPS = {
  organization: [['organization_members', 'organization_id']],
  team: [['team_members', 'team_id']],
  user: [
    ['team_members', 'user_id'],
    ['organization_members', 'user_id'],
  ],
} as const;

/** LiteLLM's names of tables, as its audit log has them. */
const AUDIT_TABLES: Readonly<Partial<Record<keyof Kinds, string>>> = {
  team: 'LiteLLM_TeamTable',
  key: 'LiteLLM_VerificationToken',
};

/**
 * Deletes objects; what is deleted with them gets audit entries too, derived from the entry of the object it belonged
 * to.
 */
export async function deleteObjects<Kind extends keyof Kinds>(
  database: SqlConnection['kind'],
  transaction: DirectoryTransaction,
  kind: Kind,
  ids: readonly string[],
  audit: (value: Kinds[Kind]) => AuditEntry,
  auditOfFollower?: AuditOfFollower,
): Promise<Written<Kinds[Kind][]>> {
  const changed: Changed[] = [];
  const values = await take(database, transaction, kind, { ids });
  for (const value of values) {
    const entry = audit(value);
    await addAudit(transaction, [entry]);
    await deleteFollowers(database, transaction, { kind, id: idOf(kind, value) }, entry, changed, auditOfFollower);
  }
  return { result: values, changed };
}

async function deleteFollowers(
  database: SqlConnection['kind'],
  transaction: DirectoryTransaction,
  gone: Changed,
  entry: AuditEntry,
  changed: Changed[],
  auditOfFollower: AuditOfFollower | undefined,
): Promise<void> {
  changed.push(gone);
  for (const [kind, word] of GOES_WITH[gone.kind] ?? []) {
    for (const value of await take(database, transaction, kind, { [word]: [gone.id] })) {
      const id = idOf(kind, value);
      const own: AuditEntry = {
        ...entry,
        id: randomUUID(),
        table: AUDIT_TABLES[kind] ?? kind,
        objectId: id,
        before: { ...auditOfFollower?.(kind, value).before, deleted_with: `${gone.kind} ${gone.id}` },
      };
      await addAudit(transaction, [own]);
      await deleteFollowers(database, transaction, { kind, id }, own, changed, auditOfFollower);
    }
  }
  if (gone.kind === 'key' || gone.kind === 'team' || gone.kind === 'user') {
    await eraseResponses(transaction, gone.kind, gone.id);
  }
  if (gone.kind !== 'organization' && gone.kind !== 'team' && gone.kind !== 'user') return;
  for (const [table, column] of MEMBERSHIPS[gone.kind]) {
    await transaction
      .deleteFrom(table)
      .where(isOneOf(database, column, [gone.id]))
      .execute();
  }
}

async function take<Kind extends keyof Kinds>(
  database: SqlConnection['kind'],
  transaction: DirectoryTransaction,
  kind: Kind,
  search: Search,
): Promise<Kinds[Kind][]> {
  const how = KINDS[kind] as KindOfObject<Kinds[Kind]>;
  let query = transaction.withTables<AnyObjectTables>().deleteFrom(how.table);
  for (const condition of conditionsOf(database, how as KindOfObject<never>, search)) query = query.where(condition);
  const rows = await query.returning('data').execute();
  return rows.map(({ data }) => decodeObject<Kinds[Kind]>(data));
}

function idOf<Kind extends keyof Kinds>(kind: Kind, value: Kinds[Kind]): string {
  return (KINDS[kind] as KindOfObject<Kinds[Kind]>).id(value);
}
