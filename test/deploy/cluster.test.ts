/** `npm run cluster -- --check`: what two gateways behind Nginx promise together, proven on this machine. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const SCRIPT = join(import.meta.dirname, '..', '..', 'scripts', 'cluster.ts');

test('two gateways behind Nginx hold what one does, whatever fails', { timeout: 290_000 }, async (context) => {
  const { code, output } = await new Promise<{ code: number; output: string }>((resolve) => {
    execFile(process.execPath, [SCRIPT, '--check'], { timeout: 280_000 }, (error, stdout, stderr) => {
      resolve({
        code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1,
        output: stdout + stderr,
      });
    });
  });
  for (const line of output.trimEnd().split('\n')) context.diagnostic(line);
  assert.equal(code, 0, output);
  assert.match(output, /\n(\d+) of \1 checks hold\n$/);
});
