/** `sluice export`. */
import { resolve } from 'node:path';
import { runExport } from '../../gateway/run-export.ts';
import { writeError, writeOut } from '../terminal.ts';
import { packageVersion } from '../version.ts';
import type { ExportFlags } from './file-flags.ts';
import { moneyLines, moneyOf } from './file-report.ts';
import { targetOf } from './import-target.ts';
import { Progress } from './progress.ts';

/** Runs it; resolves to the exit code. */
export async function exportToFile(path: string, flags: ExportFlags, env: NodeJS.ProcessEnv): Promise<number> {
  // Like a dry run it needs no master key: what is sealed stays sealed.
  const target = targetOf(flags.config, env, true);
  if (target === undefined) return 2;
  const progress = new Progress();
  try {
    const { counts, sums } = await runExport({
      ...target,
      path: resolve(path),
      hasLedger: flags.ledger === true,
      release: packageVersion(),
      onProgress: (lines) => progress.show('Written:', lines),
    });
    progress.end();
    if (flags.json === true) {
      writeOut(`${JSON.stringify({ file: path, counts, sums: moneyOf(sums) })}\n`);
      return 0;
    }
    const lines = Object.entries(counts).map(
      ([kind, count]) => `  ${kind.replace('_', ' ').padEnd(22)}${count.toLocaleString('en-US')}\n`,
    );
    writeOut(`Exported to ${path}:\n${lines.join('')}${moneyLines([['in the database', sums]])}`);
    writeError(
      'The file holds hashes of keys, names and limits, and secrets only as they are sealed. Keep it as you keep a backup.\n',
    );
    return 0;
  } finally {
    progress.end();
    await target.log.close();
  }
}
