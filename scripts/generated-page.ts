import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** Writes a generated file, or with `--check` only says whether it is what would be written. `path` is from the root. */
export function writeGenerated(path: string, content: string): void {
  const file = join(root, path);
  const isFresh = existsSync(file) && readFileSync(file, 'utf8') === content;
  if (process.argv.includes('--check')) {
    if (isFresh) return;
    process.stdout.write(`${path} is stale: run npm run generate\n`);
    process.exitCode = 1;
    return;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  process.stdout.write(`${path} ${isFresh ? 'is unchanged' : 'is written'}\n`);
}
