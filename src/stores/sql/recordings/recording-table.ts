/** The table of recordings, and what the directory does to it when owners change. */
import type { RecordingOwner } from '../../contracts/recordings.ts';
import type { DirectoryTransaction } from '../directory/writing.ts';

/** The table. */
export type RecordingTable = {
  recordings: {
    call_id: string;
    started_at: number;
    key_hash: string;
    user_id: string | null;
    team_id: string | null;
    organization_id: string | null;
    bytes: number;
    sealed: string;
  };
};

/** The column that names an owner. */
export const OWNERS = {
  key: 'key_hash',
  user: 'user_id',
  team: 'team_id',
  organization: 'organization_id',
} as const satisfies Record<RecordingOwner, string>;

/** Erases what was recorded of an owner, in the transaction that deletes it. */
export async function eraseRecordings(
  transaction: DirectoryTransaction,
  owner: RecordingOwner,
  id: string,
): Promise<void> {
  await transaction.withTables<RecordingTable>().deleteFrom('recordings').where(OWNERS[owner], '=', id).execute();
}

/** Gives the recordings of a key to the key that takes its place. */
export async function moveRecordings(transaction: DirectoryTransaction, from: string, to: string): Promise<void> {
  const tables = transaction.withTables<RecordingTable>();
  await tables.updateTable('recordings').set({ key_hash: to }).where('key_hash', '=', from).execute();
}
