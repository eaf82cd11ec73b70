/** Exports the database that a configuration names to a file. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { GatewayConfig } from '../config/gateway-config.ts';
import { systemClock } from '../core/clock.ts';
import { type Written, writeExport } from '../moving/file/write-file.ts';
import type { Log } from '../telemetry/log.ts';
import { openDatabase } from './open-stores.ts';

/** The note that names a database in all files made from it. */
export const EXPORT_NOTE = 'export/source';

/** What is exported, and where to. */
interface WantedExport {
  readonly config: GatewayConfig;
  readonly dataFolder: string;
  readonly log: Log;
  readonly path: string;
  readonly hasLedger: boolean;
  readonly release: string;
  readonly onProgress: (lines: number) => void;
}

/** Writes the file, as of one moment, whatever serves from the database meanwhile. */
export async function runExport(wanted: WantedExport): Promise<Written> {
  const { config, dataFolder, log, path, hasLedger, release, onProgress } = wanted;
  const file = join(dataFolder, 'sluice.db');
  if (config.stores.databaseUrl === undefined && !existsSync(file)) {
    throw new Error(`There is no database to export: the configuration names none, and ${file} does not exist.`);
  }
  const database = await openDatabase({ config, dataFolder, log });
  try {
    const { directory } = database;
    await directory.noteOnce(EXPORT_NOTE, randomUUID());
    const source = (await directory.note(EXPORT_NOTE)) ?? '';
    const madeAt = new Date(systemClock.nowMs()).toISOString();
    return await database.exports.snapshot((snapshot) =>
      writeExport({ snapshot, path, header: { release, madeAt, source, hasLedger }, onProgress }),
    );
  } finally {
    await database.close();
  }
}
