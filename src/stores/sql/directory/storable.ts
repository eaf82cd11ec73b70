/** Which texts a column can hold, the same in both databases: what one refuses the other must not take. */
import { InvalidValueError } from '../../contracts/directory.ts';

/** Indexes of Postgres take 2,704 bytes a row, of up to two such columns. */
const MOST_BYTES = 1_000;

/** Whether a text can stand in an indexed column, and so whether it is worth to be looked for. */
export function isStorable(text: string): boolean {
  return reasonAgainst(text) === undefined;
}

/** Throws an InvalidValueError that names the field. */
export function refuseUnstorable(field: string, text: string | undefined): void {
  const reason = text === undefined ? undefined : reasonAgainst(text);
  if (reason !== undefined) throw new InvalidValueError(field, `${field} ${reason}.`);
}

function reasonAgainst(text: string): string | undefined {
  if (text.includes('\0')) return 'contains a NUL character';
  if (!text.isWellFormed()) return 'is no well-formed Unicode: it contains half of a surrogate pair';
  if (text.length > MOST_BYTES || Buffer.byteLength(text) > MOST_BYTES) return `is longer than ${MOST_BYTES} bytes`;
  return undefined;
}
