import type { Directory } from '../../contracts/directory.ts';
import type { SqlConnection } from '../connection.ts';
import { auditLogOf } from './audit-log.ts';
import { membersOf } from './members.ts';
import { notesOf } from './notes.ts';
import { objectsOf } from './objects.ts';
import { DirectoryWriter, type OnChanged } from './writing.ts';

/** The directory in a migrated database; `onChanged` is called after each change is committed. */
export function sqlDirectory(connection: SqlConnection, onChanged: OnChanged = () => undefined): Directory {
  const writer = new DirectoryWriter(connection, onChanged);
  return {
    ...objectsOf(connection, writer),
    ...membersOf(connection, writer),
    ...auditLogOf(connection, writer),
    ...notesOf(connection),
  };
}
