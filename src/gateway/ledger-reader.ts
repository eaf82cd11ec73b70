/** The ledger of a configured database, for commands that read it beside a running gateway. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LedgerSource } from '../billing/sources.ts';
import type { GatewayConfig } from '../config/gateway-config.ts';
import type { Database } from '../stores/contracts/database.ts';
import { rowsInOrder } from '../stores/contracts/rows-in-order.ts';
import type { Log } from '../telemetry/log.ts';
import { openDatabase } from './open-stores.ts';

/** Which database. */
interface Wanted {
  readonly config: GatewayConfig;
  readonly dataFolder: string;
  readonly log: Log;
}

/** Opens it, whatever serves from it meanwhile. Throws if there is none: a new one would be compared as an empty ledger. */
export async function openLedger(
  wanted: Wanted,
): Promise<{ readonly ledger: LedgerSource; readonly database: Database }> {
  const file = join(wanted.dataFolder, 'sluice.db');
  if (wanted.config.stores.databaseUrl === undefined && !existsSync(file))
    throw new Error(`There is no ledger to read: the configuration names no database, and ${file} does not exist.`);
  const database = await openDatabase(wanted);
  return { database, ledger: ledgerSource(database.ledger) };
}

/** A ledger as it is read for comparisons. */
function ledgerSource(ledger: Database['ledger']): LedgerSource {
  return {
    rows: (fromMs, toMs) => rowsInOrder(ledger, { fromMs, toMs }),
    sums: (fromDate, toDate, provider) => ledger.activity({ fromDate, toDate, provider }, ['date', 'model']),
  };
}
