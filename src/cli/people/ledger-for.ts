/** The ledger that a command reads: that of the configured database, or that of a gateway at an address. */
import type { LedgerSource } from '../../billing/sources.ts';
import { openLedger } from '../../gateway/ledger-reader.ts';
import type { ImportTarget } from '../../gateway/run-import.ts';
import type { Database } from '../../stores/contracts/database.ts';
import { asker } from '../ask-running.ts';
import { readArguments } from '../read-arguments.ts';
import { remoteLedger } from '../remote-ledger.ts';
import { readServedFacts } from '../served-facts.ts';

/** Where flags say that a gateway runs. */
interface PlaceFlags {
  readonly config?: readonly string[];
  readonly host?: string;
  readonly port?: string;
  readonly sslCertfilePath?: string;
}

/** Opens it. */
export async function ledgerFor(
  flags: PlaceFlags,
  target: Pick<ImportTarget, 'config' | 'dataFolder' | 'log'>,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly ledger: LedgerSource; readonly database: Database | undefined; close(): Promise<void> }> {
  if (flags.host === undefined && flags.port === undefined) {
    const { ledger, database } = await openLedger(target);
    return { ledger, database, close: () => database.close() };
  }
  const given = (name: string, value: string | undefined): readonly string[] =>
    value === undefined ? [] : [`--${name}`, value];
  const args = readArguments(
    [
      ...(flags.config ?? []).flatMap((file) => ['--config', file]),
      ...given('host', flags.host),
      ...given('port', flags.port),
      ...given('ssl_certfile_path', flags.sslCertfilePath),
    ],
    env,
  );
  const ask = asker(args, env, await readServedFacts(args, env));
  return { ledger: remoteLedger(ask), database: undefined, close: async () => undefined };
}
