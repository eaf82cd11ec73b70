/** Which texts a column can store, the same in both databases: what one refuses the other must refuse too. */
import { InvalidValueError } from '../../contracts/directory.ts';

/** An entry of an index in Postgres has at most 2,704 bytes; two such texts fit. */
const MOST_BYTES = 1_000;
/** An index of the ledger's sums has eight ids and names in each entry. */
const MOST_BYTES_OF_ID = 256;

/** Whether an indexed column can store a text; if not, a search for it finds nothing. */
export function isStorable(text: string): boolean {
  return reasonAgainst(text, MOST_BYTES) === undefined;
}

/** Throws an InvalidValueError that names the field. */
export function refuseUnstorable(field: string, text: string | undefined): void {
  refuse(field, text, MOST_BYTES);
}

/** The same for an id, or a name that serves as one. */
export function refuseUnstorableId(field: string, id: string | undefined): void {
  refuse(field, id, MOST_BYTES_OF_ID);
}

function refuse(field: string, text: string | undefined, mostBytes: number): void {
  const reason = text === undefined ? undefined : reasonAgainst(text, mostBytes);
  if (reason !== undefined) throw new InvalidValueError(field, `${field} ${reason}.`);
}

function reasonAgainst(text: string, mostBytes: number): string | undefined {
  if (text.includes('\0')) return 'contains a NUL character';
  if (!text.isWellFormed()) return 'is not well-formed Unicode: it contains half of a surrogate pair';
  if (text.length > mostBytes || Buffer.byteLength(text) > mostBytes) return `is longer than ${mostBytes} bytes`;
  return undefined;
}
