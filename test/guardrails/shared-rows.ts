import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../../../shared/data/guard');

/** The reason for which a test that reads `../shared/data/guard` is skipped; false if the folder is there. */
export const sharedIsAbsent: string | false = existsSync(FOLDER) ? false : '../shared/data/guard is absent';

/** The rows of one of its files. */
export function sharedRows<Row>(file: string): Row[] {
  return readFileSync(join(FOLDER, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}
