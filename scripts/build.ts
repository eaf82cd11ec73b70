/** `npm run build`: makes dist/, the JavaScript that is published. A checkout runs without it. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

rmSync(join(root, 'dist'), { recursive: true, force: true });
const compiler = join(root, 'node_modules', '.bin', 'tsc');
const done = spawnSync(compiler, ['--project', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
  shell: process.platform === 'win32',
});
process.exitCode = done.status ?? 1;
