/** Imports a file that `sluice export` wrote into the database that a configuration names. */
import { systemClock } from '../core/clock.ts';
import { newCallId } from '../core/ids.ts';
import type { Header } from '../moving/file/header.ts';
import { type FileImport, importFile } from '../moving/file/import.ts';
import { MovingFile } from '../moving/file/read-file.ts';
import type { Report } from '../moving/report.ts';
import { readDeclared } from '../tenancy/declared.ts';
import { chargeAccounts } from './charge-imported.ts';
import { makeSeal } from './make-seal.ts';
import { EXPORT_NOTE } from './run-export.ts';
import { declaredIn, type ImportTarget, onTarget } from './run-import.ts';

/** What is imported, and how. */
interface WantedImport {
  readonly path: string;
  readonly isDry: boolean;
  readonly isResealing: boolean;
  readonly report: Report;
  /** Called when the whole file was read and found to be in order, before anything is written. */
  readonly onVerified: (header: Header) => void;
  readonly onProgress: (what: 'checked' | 'imported', lines: number) => void;
}

/** What an import did. */
interface FileImportResult extends FileImport {
  /** Undefined for a dry run. */
  readonly runId?: string;
  /** Whether all money is now what it was with what the file adds; undefined if gateways may have spent meanwhile. */
  readonly isExact?: boolean;
}

/** Checks the whole file, then imports it. Nothing is written if the file is damaged anywhere. */
export async function runFileImport(target: ImportTarget, wanted: WantedImport): Promise<FileImportResult> {
  const { config, env, masterKey } = target;
  const { isDry, isResealing, report, onVerified, onProgress } = wanted;
  const file = await MovingFile.open(wanted.path);
  try {
    const { header, rotated } = await file.verify((lines) => onProgress('checked', lines));
    onVerified(header);
    return await onTarget(target, isDry, async ({ database, stores }) => {
      if ((await database.directory.note(EXPORT_NOTE)) === header.source) {
        throw new Error(
          'The file was exported from this very database. Name the configuration of the one to import it into.',
        );
      }
      // With Redis gateways may go on serving, but two imports at once would not see what the other brings.
      if (!isDry && config.redis !== undefined && !(await database.beAlone())) {
        throw new Error('Another import into this database is under way, or an instance without Redis serves from it.');
      }
      const runId = newCallId(systemClock.nowMs());
      const done = await importFile({
        file,
        source: header.source,
        imports: database.imports,
        isDeclared: declaredIn(readDeclared(config), config),
        seal: makeSeal(env, masterKey),
        ...{ isResealing, isDry, runId, report, clock: systemClock },
        onProgress: (lines) => onProgress('imported', lines),
        ...(stores !== undefined &&
          config.redis !== undefined && {
            charge: (spent) => chargeAccounts(spent, { stores, config, clock: systemClock }, rotated),
          }),
      });
      if (isDry) return done;
      return { ...done, runId, ...(config.redis === undefined && { isExact: isExact(done) }) };
    });
  } finally {
    await file.close();
  }
}

function isExact({ before, added, after }: FileImport): boolean {
  return (['spend', 'totals', 'activity', 'ledger'] as const).every(
    (name) => before[name] + added[name] === after[name],
  );
}
