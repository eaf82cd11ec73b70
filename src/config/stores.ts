/** Reads where objects, the ledger and the journal are kept: `general_settings.database_…`, LiteLLM's `DATABASE_…` variables. */
import { defined } from '../core/defined.ts';
import { DEFAULT_STORES } from './defaults.ts';
import { durationMs } from './durations.ts';
import type { StoreConfig } from './money-config.ts';
import type { ReadingContext, Section } from './section.ts';
import type { Environment } from './variables.ts';

/** The stores of a configuration. */
export function readStores(
  general: Section,
  own: Section,
  environment: Environment,
  context: ReadingContext,
): StoreConfig {
  return {
    ...defined({ databaseUrl: databaseUrl(general, environment, context) }),
    databasePoolSize: general.number('database_connection_pool_limit') ?? DEFAULT_STORES.databasePoolSize,
    ...defined({
      ledgerRetentionMs: durationMs(general.text('maximum_spend_logs_retention_period') ?? ''),
      auditRetentionMs: durationMs(general.text('maximum_audit_logs_retention_period') ?? ''),
    }),
    journalFsync: own.flag('journal_fsync') ?? DEFAULT_STORES.journalFsync,
    serveWithoutJournal: own.flag('serve_without_journal') ?? DEFAULT_STORES.serveWithoutJournal,
    withoutRows: general.flag('disable_spend_logs') ?? DEFAULT_STORES.withoutRows,
  };
}

const WANTED = 'postgresql://USER:PASSWORD@HOST:PORT/DATABASE; without one, an SQLite file in the data folder is used';

function databaseUrl(general: Section, environment: Environment, context: ReadingContext): string | undefined {
  const written = general.text('database_url');
  const url = written ?? fromEnvironment(environment);
  if (url === undefined || isPostgres(url)) return url;
  // The value may hold a password, so that only its scheme is told.
  const scheme = /^[a-z][a-z0-9+.-]*(?=:)/i.exec(url)?.[0];
  const found = scheme === undefined ? 'is no URL' : `begins with ${scheme}:`;
  if (written !== undefined) {
    const message = `general_settings.database_url must be ${WANTED}; this one ${found}`;
    context.findings.add('error', 'wrong-type', general.placeOf('database_url'), message);
  } else {
    // It may be another program's: no reason not to start, and none to be silent.
    const message = `the variable DATABASE_URL is not used: it must be ${WANTED}; this one ${found}`;
    context.findings.add('warning', 'wrong-type', undefined, message);
  }
  return undefined;
}

function isPostgres(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^postgres(ql)?:$/.test(url.protocol) && (url.hostname !== '' || url.searchParams.has('host'));
}

/** `DATABASE_URL`, or the parts that LiteLLM puts one together from. */
function fromEnvironment(environment: Environment): string | undefined {
  const variable = (name: string): string | undefined => environment[`DATABASE_${name}`] || undefined;
  const url = variable('URL');
  if (url !== undefined) return url;
  const [host, user, password, name] = ['HOST', 'USERNAME', 'PASSWORD', 'NAME'].map(variable);
  if (host === undefined || user === undefined || password === undefined || name === undefined) return undefined;
  const address = variable('PORT') === undefined ? host : `${host}:${variable('PORT')}`;
  return `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${address}/${encodeURIComponent(name)}`;
}
