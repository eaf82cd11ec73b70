/**
 * `npm run audit`: asks the package registry for known vulnerabilities of what the lock file names. Exits 0 if there are none, 1 if
 * there are, and 2 if the registry gave no answer: then nothing is known, and nothing counts as passed.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { auditOutcome } from './audit-outcome.ts';

const { values } = parseArgs({
  options: {
    /** Development dependencies too. */
    all: { type: 'boolean', default: false },
  },
});

const scope = values.all ? [] : ['--omit=dev'];
const asked = spawnSync('npm', ['audit', '--json', ...scope], {
  cwd: join(import.meta.dirname, '..'),
  encoding: 'utf8',
  timeout: 120_000,
  shell: process.platform === 'win32',
});
const { exitCode, text } = auditOutcome(asked.stdout ?? '', asked.error?.message ?? asked.stderr ?? '');
process.stdout.write(`${text}\n`);
process.exitCode = exitCode;
