/** Reads a file that objects move in, a line at a time. */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { JsonObject } from '../../core/json.ts';
import type { MovedRow } from '../../stores/contracts/moved.ts';
import { FileFault, type Header, objectOf, readCheck, readHeader } from './header.ts';
import { type ReadObject, readLine } from './lines.ts';

/** More than any line that is written. */
const MOST_BYTES_OF_LINE = 256 * 1024 * 1024;
const BYTES_AT_ONCE = 256 * 1024;

interface Line {
  readonly number: number;
  /** With its line feed. */
  readonly bytes: Buffer;
}

/** What a whole file is known to hold. */
interface Verified {
  readonly header: Header;
  readonly lines: number;
  /** Keys by the hash that their spend is counted under, if that is not their own. */
  readonly rotated: ReadonlyMap<string, string>;
}

/** An open file. Both ways of reading it read the same bytes, also if another file gets its name meanwhile. */
export class MovingFile {
  readonly #handle: FileHandle;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  static async open(path: string): Promise<MovingFile> {
    return new MovingFile(await open(path, 'r'));
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  /** Reads all of it, and throws a FileFault that names the line if something is wrong anywhere. */
  async verify(onProgress?: (lines: number) => void): Promise<Verified> {
    const hash = createHash('sha256');
    const rotated = new Map<string, string>();
    let header: Header | undefined;
    let checked = 0;
    let last = 0;
    let isEnded = false;
    for await (const { number, bytes } of this.#lines()) {
      if (isEnded) throw new FileFault(`Line ${number} is behind the end of the file: it was changed.`);
      const line = parse(number, bytes);
      const check = readCheck(line);
      if (header === undefined) header = readHeader(line);
      else if (check === undefined) {
        const read = readAt(number, line);
        if (read.kind === 'key' && 'value' in read && read.value.accountHash !== undefined)
          rotated.set(read.value.accountHash, read.id);
      } else {
        if (check.lines !== last || check.sha256 !== hash.copy().digest('hex')) {
          throw new FileFault(
            `Something between line ${checked + 1} and line ${number} was changed or lost: the checksum is another.`,
          );
        }
        checked = number;
        isEnded = check.isEnd;
      }
      hash.update(bytes);
      last = number;
      if (number % 10_000 === 0) onProgress?.(number);
    }
    if (header === undefined) throw new FileFault('The file is empty.');
    if (!isEnded) throw new FileFault(`The file was cut: it ends behind line ${last}, without its last line.`);
    return { header, lines: last, rotated };
  }

  /** Objects and rows, in parts of one kind. */
  async *parts(): AsyncGenerator<{ readonly objects: readonly ReadObject[] } | { readonly rows: readonly MovedRow[] }> {
    let open: (ReadObject | MovedRow)[] = [];
    for await (const { number, bytes } of this.#lines()) {
      const line = parse(number, bytes);
      if (number === 1 || readCheck(line) !== undefined) continue;
      const read = readAt(number, line);
      if (open.length >= LINES_AT_ONCE || (open[0] !== undefined && open[0].kind !== read.kind)) {
        yield partOf(open);
        open = [];
      }
      open.push(read);
    }
    if (open.length > 0) yield partOf(open);
  }

  async *#lines(): AsyncGenerator<Line> {
    let rest: Buffer[] = [];
    let restBytes = 0;
    let position = 0;
    let number = 0;
    for (;;) {
      const { bytesRead, buffer } = await this.#handle.read(Buffer.alloc(BYTES_AT_ONCE), 0, BYTES_AT_ONCE, position);
      position += bytesRead;
      if (bytesRead === 0) break;
      let from = 0;
      for (let at = buffer.indexOf(10, from); at !== -1 && at < bytesRead; at = buffer.indexOf(10, from)) {
        rest.push(buffer.subarray(from, at + 1));
        number += 1;
        yield { number, bytes: Buffer.concat(rest) };
        rest = [];
        restBytes = 0;
        from = at + 1;
      }
      rest.push(buffer.subarray(from, bytesRead));
      restBytes += bytesRead - from;
      if (number === 0 && restBytes > BYTES_AT_ONCE) {
        throw new FileFault('Line 1 is not the header of a file that sluice export wrote.');
      }
      if (restBytes > MOST_BYTES_OF_LINE) throw new FileFault(`Line ${number + 1} is too long to be one of an export.`);
    }
    if (restBytes === 0) return;
    if (number === 0) throw new FileFault('Line 1 is not the header of a file that sluice export wrote.');
    throw new FileFault(`The file was cut: line ${number + 1}, its last, is not whole.`);
  }
}

/** As many as are written in one transaction. */
const LINES_AT_ONCE = 500;

function parse(number: number, bytes: Buffer): JsonObject {
  const line = objectOf(bytes.toString('utf8'));
  if (line !== undefined) return line;
  if (number > 1) throw new FileFault(`Line ${number} is damaged: it is no JSON object.`);
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
  throw new FileFault(
    isPacked
      ? 'The file is packed: unpack it first (gzip -d).'
      : 'Line 1 is not the header of a file that sluice export wrote.',
  );
}

function readAt(number: number, line: JsonObject): ReadObject | MovedRow {
  try {
    return readLine(line);
  } catch (error) {
    throw new FileFault(`Line ${number} ${error instanceof Error ? error.message : String(error)}.`);
  }
}

function partOf(
  read: readonly (ReadObject | MovedRow)[],
): { readonly objects: readonly ReadObject[] } | { readonly rows: readonly MovedRow[] } {
  const objects = read.filter((each): each is ReadObject => 'value' in each);
  return objects.length > 0 ? { objects } : { rows: read.filter((each): each is MovedRow => !('value' in each)) };
}
