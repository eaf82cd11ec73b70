/** Reads where the database is: `general_settings.database_url`, or LiteLLM's `DATABASE_…` variables. */
import { readFileSync } from 'node:fs';
import { pemProblem } from './pem-problem.ts';
import type { Section } from './section.ts';
import type { GENERAL_SETTINGS } from './settings/general-settings.ts';
import type { Environment } from './variables.ts';

const WANTED = 'postgresql://USER:PASSWORD@HOST:PORT/DATABASE; without one, an SQLite file in the data folder is used';

/** The address of the database; undefined: an SQLite file in the data folder. */
export function databaseUrl(general: Section<typeof GENERAL_SETTINGS>): string | undefined {
  const { environment, findings } = general.context;
  const written = general.get('database_url');
  const url = written ?? fromEnvironment(environment);
  if (url === undefined) return undefined;
  if (isPostgres(url)) {
    const problem = tlsProblem(new URL(url).searchParams);
    const place = written === undefined ? undefined : general.placeOf('database_url');
    if (problem !== undefined) findings.add('error', 'unreadable-file', place, `the database's address ${problem}`);
    return url;
  }
  // The value may hold a password, so only its scheme is shown.
  const scheme = /^[a-z][a-z0-9+.-]*(?=:)/i.exec(url)?.[0];
  const found = scheme === undefined ? 'is not a URL' : `begins with ${scheme}:`;
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

const TLS_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];

/** Why the address asks for TLS that cannot be had, as the end of a sentence. Names no more of it than modes and files. */
function tlsProblem(parameters: URLSearchParams): string | undefined {
  const [mode, ca, cert, key] = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey'].map(
    (name) => parameters.get(name) ?? undefined,
  );
  if (mode !== undefined && !TLS_MODES.includes(mode))
    return `has an sslmode that must be one of ${TLS_MODES.join(', ')}`;
  if (mode === 'verify-ca' && ca === undefined)
    return 'has sslmode=verify-ca, which needs sslrootcert, a file of authorities';
  if ((cert === undefined) !== (key === undefined)) return 'needs sslcert and sslkey together';
  const caProblem = ca === undefined ? undefined : pemProblem(() => ({ ca: readFileSync(ca, 'utf8') }));
  if (caProblem !== undefined) return `names authorities in sslrootcert, ${ca}, ${caProblem}`;
  if (cert === undefined || key === undefined) return undefined;
  const problem = pemProblem(() => ({ cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }));
  return problem && `names a client certificate in sslcert, ${cert} with the key ${key}, ${problem}`;
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
