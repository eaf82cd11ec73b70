/** Reads the certificate that the gateway itself shows to its clients. */
import { readFileSync } from 'node:fs';
import { defined } from '../core/defined.ts';
import type { ServedTls } from './gateway-config.ts';
import { pemProblem } from './pem-problem.ts';
import type { Section } from './section.ts';
import type { SERVED_TLS } from './settings/served-tls.ts';

/** What TLS is served with; undefined if the gateway serves plain HTTP. */
export function readServedTls(general: Section<typeof SERVED_TLS>): ServedTls | undefined {
  const certificateFile = general.effective('ssl_certfile_path');
  const keyFile = general.effective('ssl_keyfile_path');
  const { findings } = general.context;
  if (certificateFile === undefined) {
    // Half of it means HTTPS: a plain port would show keys and prompts to all on the way.
    const half = keyFile !== undefined ? 'ssl_keyfile_path' : general.has('ssl_ciphers') ? 'ssl_ciphers' : undefined;
    const message = `${half} needs ssl_certfile_path, the certificate to serve HTTPS with`;
    if (half !== undefined) findings.add('error', 'missing-key', general.placeOf(half), message);
    return undefined;
  }
  const tls = servedTls(certificateFile, keyFile, {
    keyPassword: general.effective('ssl_keyfile_password'),
    ciphers: general.effective('ssl_ciphers'),
  });
  const problem = servedTlsProblem(tls);
  if (problem !== undefined) findings.add('error', 'unreadable-file', general.placeOf('ssl_certfile_path'), problem);
  return tls;
}

/** The settings as the server takes them; without a key file the key is in the certificate's. */
export function servedTls(
  certificateFile: string,
  keyFile: string | undefined,
  more: { readonly [Name in 'keyPassword' | 'ciphers']: ServedTls[Name] | undefined },
): ServedTls {
  return { certificateFile, keyFile: keyFile ?? certificateFile, ...defined({ ...more }) };
}

/** Why TLS cannot be served with some files, and what to do; undefined if it can. */
export function servedTlsProblem({ certificateFile, keyFile, keyPassword, ciphers }: ServedTls): string | undefined {
  const problem = pemProblem(() => ({
    cert: readFileSync(certificateFile, 'utf8'),
    key: readFileSync(keyFile, 'utf8'),
    ...defined({ passphrase: keyPassword, ciphers }),
  }));
  if (problem === undefined) return undefined;
  const files = keyFile === certificateFile ? certificateFile : `${certificateFile} with the key ${keyFile}`;
  const hint =
    'name PEM files that the gateway may read: a certificate with its chain, and the key that belongs to it, with ssl_keyfile_password if it is encrypted';
  return `ssl_certfile_path names the certificate to serve, ${files}, ${problem}; ${hint}`;
}
