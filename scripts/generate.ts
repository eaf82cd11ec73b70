/** `npm run generate`: writes every generated page and file. */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

for (const path of globSync('scripts/generate-*.ts', { cwd: root }).sort()) {
  const done = spawnSync(process.execPath, [join(root, path), ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
  });
  if (done.status !== 0) process.exitCode = 1;
}
