import { escapeId, unescapeId } from '../../../core/escape-id.ts';
import type { DirectoryTransaction } from '../directory/writing.ts';

// A type and not an interface: Kysely takes only what can be read as a record.
type Tables = {
  import_runs: { id: string; source: string; begun_at: number; ended_at: number | null };
  import_entries: { run_id: string; position: number; kind: string; id: string; data: string };
  imported: { source: string; kind: string; id: string; seen: string };
};

/** The tables of imports, and those of spend that they add to. */
export type ImportTables = Tables & {
  account_resets: { account: string; at: number };
};

/** One statement after another on the tables of imports. */
export const importsOf = (connection: Pick<DirectoryTransaction, 'withTables'>) =>
  connection.withTables<ImportTables>();

/** The id of a membership: both of its ends. */
export const memberId = (groupId: string, userId: string): string => `${escapeId(groupId)}/${escapeId(userId)}`;

/** Both ends of a membership. */
export function endsOf(id: string): { readonly groupId: string; readonly userId: string } {
  const [groupId = '', userId = ''] = id.split('/').map(unescapeId);
  return { groupId, userId };
}
