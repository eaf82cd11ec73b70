/**
 * `npm run build`: makes dist/: the JavaScript that is published, and what it is made of (sbom.cdx.json). A checkout runs without
 * it.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readBillOfMaterials } from './sbom.ts';

const root = join(import.meta.dirname, '..');

rmSync(join(root, 'dist'), { recursive: true, force: true });
const compiler = join(root, 'node_modules', '.bin', 'tsc');
const done = spawnSync(compiler, ['--project', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
  shell: process.platform === 'win32',
});
// What the compiler does not know: the weights of guardrails.
for (const file of globSync('src/**/*.weights', { cwd: root })) cpSync(join(root, file), join(root, 'dist', file));
writeFileSync(join(root, 'dist', 'sbom.cdx.json'), readBillOfMaterials(root));
process.exitCode = done.status ?? 1;
