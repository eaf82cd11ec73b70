import type { Directory } from '../../contracts/directory.ts';
import type { SqlConnection } from '../connection.ts';
import { auditLogOf } from './audit-log.ts';
import { membersOf } from './members.ts';
import { notesOf } from './notes.ts';
import { objectsOf } from './objects.ts';
import { DirectoryWriter, type Tell } from './writing.ts';

/** The directory on an open, migrated database; `tell` hears of every change once it is committed. */
export function sqlDirectory(connection: SqlConnection, tell: Tell = () => undefined): Directory {
  const writer = new DirectoryWriter(connection, tell);
  return {
    ...objectsOf(connection, writer),
    ...membersOf(connection, writer),
    ...auditLogOf(connection, writer),
    ...notesOf(connection),
  };
}
