/** `sluice import FILE`. */
import { runFileImport } from '../../gateway/run-file-import.ts';
import type { ImportTarget } from '../../gateway/run-import.ts';
import type { Header } from '../../moving/file/header.ts';
import { writeError, writeOut } from '../terminal.ts';
import type { FileImportFlags } from './file-flags.ts';
import { moneyLines, moneyOf } from './file-report.ts';
import { exitCodeOf, renderSummary, reportOf } from './import-report.ts';
import { targetOf, undoLast } from './import-target.ts';
import { Progress } from './progress.ts';

const UNDO = 'sluice import --undo';

/** Runs it; resolves to the exit code. */
export async function importFromFile(
  path: string | undefined,
  flags: FileImportFlags,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  if (path === undefined && flags.undo === undefined) {
    writeError('Say what is imported: a file that sluice export wrote, or litellm.\n');
    return 2;
  }
  const isDry = flags.apply !== true && flags.undo === undefined;
  const target = targetOf(flags.config, env, isDry);
  if (target === undefined) return 2;
  try {
    if (flags.undo !== undefined) return await undoLast(target, flags.undo);
    return await importAll(target, path ?? '', flags, isDry);
  } finally {
    await target.log.close();
  }
}

async function importAll(target: ImportTarget, path: string, flags: FileImportFlags, isDry: boolean): Promise<number> {
  const progress = new Progress();
  const report = reportOf(flags);
  try {
    const { runId, summary, rows, before, added, after, isExact } = await runFileImport(target, {
      path,
      isDry,
      isResealing: flags.reseal === true,
      report: (line) => {
        progress.end();
        return report(line);
      },
      onVerified: (header) => {
        progress.end();
        if (flags.json !== true) writeOut(introductionOf(header));
      },
      onProgress: (what, lines) => progress.show(what === 'checked' ? 'Checked:' : 'Imported:', lines),
    });
    progress.end();
    if (flags.json === true) {
      const sums = { before: moneyOf(before), added: moneyOf(added), after: moneyOf(after) };
      writeOut(`${JSON.stringify({ summary, rows, sums, run: runId ?? null })}\n`);
    } else {
      writeOut(renderSummary(summary, runId, UNDO));
      for (const [kind, { added: some, same }] of Object.entries(rows)) {
        const name = ROWS.get(kind) ?? kind;
        writeOut(`  ${name.padEnd(22)}${some.toLocaleString('en-US')} new, ${same.toLocaleString('en-US')} the same\n`);
      }
      writeOut(
        moneyLines([
          ['before', before],
          ['added', added],
          ['after', after],
        ]),
      );
    }
    if (isExact === false) {
      writeError(
        `The sums are not what they were with what the file adds. Take the import back (${UNDO}) and report this.\n`,
      );
      return 1;
    }
    return exitCodeOf(summary);
  } finally {
    progress.end();
  }
}

const ROWS: ReadonlyMap<string, string> = new Map([
  ['spend', 'days of accounts'],
  ['total', 'totals of accounts'],
  ['reset', 'resets of accounts'],
  ['activity', 'sums by day'],
  ['savings', 'savings by day'],
  ['attempt', 'attempts without rows'],
  ['ledger', 'rows of the ledger'],
  ['change', 'log of changes'],
]);

function introductionOf({ release, madeAt, hasLedger, sealKeys }: Header): string {
  const keys = sealKeys.length === 0 ? '' : `, secrets sealed under ${sealKeys.join(', ')}`;
  return `Written by release ${release} at ${madeAt}, ${hasLedger ? 'with' : 'without'} the ledger${keys}. The file is whole.\n`;
}
