import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const source = join(import.meta.dirname, '..', '..', 'src');

/** Runs a program with a log and the end on uncaught exceptions set up as in a start. */
function run(code: string): {
  status: number | null;
  lines: { level: string; msg: string; error?: { message: string } }[];
} {
  const program = `
    import { createLogger } from '${source}/telemetry/log.ts';
    import { endOnUncaught } from '${source}/cli/signals.ts';
    const config = { logLevel: 'info', logFormat: 'json', hidePersonalData: false };
    const log = createLogger(config, { stdout: process.stdout });
    endOnUncaught((error) => log.app.fatal({ error }, 'uncaught'));
    log.app.info({}, 'before');
    setInterval(() => {}, 1000);
    ${code}`;
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  return {
    status,
    lines: stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  };
}

for (const [what, code] of [
  ['an exception', "setTimeout(() => { throw new Error('boom'); }, 10);"],
  ['a rejection', "Promise.reject(new Error('boom'));"],
] as const) {
  test(`${what} that is not caught is logged after what came before, and the exit code is 1`, () => {
    const { status, lines } = run(code);
    assert.equal(status, 1);
    assert.deepEqual(
      lines.map(({ level, msg }) => [level, msg]),
      [
        ['info', 'before'],
        ['fatal', 'uncaught'],
      ],
    );
    assert.equal(lines[1]?.error?.message, 'boom');
  });
}
