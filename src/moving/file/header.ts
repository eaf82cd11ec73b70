/** The first line of a file that objects move in, and its check lines. */
import { isJsonObject, type JsonObject } from '../../core/json.ts';

/** The newest form of the file that this release writes and reads. */
export const FORMAT = 1;

/** What a file says of itself. */
export interface Header {
  readonly format: number;
  /** The release that wrote it. */
  readonly release: string;
  readonly madeAt: string;
  /** The database it was made from, which stays the same from file to file. */
  readonly source: string;
  readonly hasLedger: boolean;
  /** Ids of the keys that secrets of stored models are sealed under. */
  readonly sealKeys: readonly string[];
}

/** A file that cannot be imported, and where it is at fault. */
export class FileFault extends Error {
  override readonly name = 'FileFault';
}

/** The header as a line. */
export function headerLine({ format, release, madeAt, source, hasLedger, sealKeys }: Header): string {
  return JSON.stringify({
    sluice_export: format,
    release,
    made_at: madeAt,
    source,
    holds: hasLedger ? ['objects', 'spend', 'ledger', 'changes'] : ['objects', 'spend'],
    sealed_under: sealKeys,
  });
}

/** Reads the first line. Throws a FileFault. */
export function readHeader(line: JsonObject | undefined): Header {
  const format = line?.sluice_export;
  if (line === undefined || typeof format !== 'number') {
    throw new FileFault('Line 1 is not the header of a file that sluice export wrote.');
  }
  const { release, made_at, source, holds, sealed_under } = line;
  const by = typeof release === 'string' ? release.slice(0, 40) : 'an unknown one';
  if (format > FORMAT) {
    throw new FileFault(
      `Line 1: the file is of format ${format}, written by release ${by}. This release reads up to ${FORMAT}: import it with that ` +
        'release or a later one.',
    );
  }
  if (typeof source !== 'string' || source === '' || !Array.isArray(holds) || !Array.isArray(sealed_under)) {
    throw new FileFault('Line 1 is damaged: the header lacks something.');
  }
  return {
    format,
    release: by,
    source,
    madeAt: typeof made_at === 'string' ? made_at.slice(0, 40) : 'an unknown time',
    hasLedger: holds.includes('ledger'),
    sealKeys: sealed_under.filter((id) => typeof id === 'string'),
  };
}

/** A line that says what all lines before it add up to. */
interface Check {
  /** How many lines are before it. */
  readonly lines: number;
  /** SHA-256 of their bytes, in hex. */
  readonly sha256: string;
  /** Nothing follows. */
  readonly isEnd: boolean;
}

/** The check as a line. */
export function checkLine({ lines, sha256, isEnd }: Check): string {
  return JSON.stringify({ kind: isEnd ? 'end' : 'check', lines, sha256 });
}

/** Reads such a line; undefined if it is another. */
export function readCheck(line: JsonObject): Check | undefined {
  const { kind, lines, sha256 } = line;
  if ((kind !== 'end' && kind !== 'check') || typeof lines !== 'number' || typeof sha256 !== 'string') return undefined;
  return { lines, sha256, isEnd: kind === 'end' };
}

/** A line as an object; undefined if it is not one. */
export function objectOf(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value as JsonObject) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}
