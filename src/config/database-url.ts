/** Reads where the database is: `general_settings.database_url`, or LiteLLM's `DATABASE_…` variables. */
import type { Section } from './section.ts';
import type { GENERAL_SETTINGS } from './settings/general-settings.ts';
import type { Environment } from './variables.ts';

const WANTED = 'postgresql://USER:PASSWORD@HOST:PORT/DATABASE; without one, an SQLite file in the data folder is used';

/** The address of the database; undefined: an SQLite file in the data folder. */
export function databaseUrl(general: Section<typeof GENERAL_SETTINGS>): string | undefined {
  const { environment, findings } = general.context;
  const written = general.get('database_url');
  const url = written ?? fromEnvironment(environment);
  if (url === undefined || isPostgres(url)) return url;
  // The value may hold a password, so only its scheme is shown.
  const scheme = /^[a-z][a-z0-9+.-]*(?=:)/i.exec(url)?.[0];
  const found = scheme === undefined ? 'is no URL' : `begins with ${scheme}:`;
  if (written !== undefined) {
    const message = `general_settings.database_url must be ${WANTED}; this one ${found}`;
    findings.add('error', 'wrong-type', general.placeOf('database_url'), message);
  } else {
    // It may be another program's: no reason not to start, and none to be silent.
    const message = `the variable DATABASE_URL is not used: it must be ${WANTED}; this one ${found}`;
    findings.add('warning', 'wrong-type', undefined, message);
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
