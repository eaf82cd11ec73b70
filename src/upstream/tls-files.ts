import { readFileSync } from 'node:fs';
import { getCACertificates } from 'node:tls';

/** A file of TLS settings that cannot be read. */
export class TlsFileError extends Error {
  override readonly name = 'TlsFileError';
}

/** How a provider's certificate is checked, and which one the gateway shows. */
export interface TlsSettings {
  readonly isVerified: boolean;
  /** The only authorities that are trusted; absent: those that Node.js trusts. */
  readonly caFile?: string;
  /** The client certificate; the file may hold its key too. */
  readonly certificateFile?: string;
  readonly keyFile?: string;
  /** What OpenSSL takes, with the security level in it. */
  readonly ciphers?: string;
}

/** The same, as a TLS connection takes it. */
export interface TlsFiles {
  readonly rejectUnauthorized?: boolean;
  readonly ca?: string[];
  readonly cert?: string;
  readonly key?: string;
  readonly ciphers?: string;
  /** The authorities by which an `https:` proxy is checked. */
  readonly proxyAuthorities: { readonly ca?: string[] };
}

/** Reads the files of some settings. Throws an error that says which cannot be read. */
export function readTlsFiles(settings: TlsSettings | undefined): TlsFiles {
  if (settings === undefined) return { proxyAuthorities: {} };
  const { isVerified, caFile, certificateFile, keyFile = certificateFile, ciphers } = settings;
  // `NODE_EXTRA_CA_CERTS` adds to every list.
  const authorities = caFile === undefined ? {} : { ca: [read(caFile), ...getCACertificates('extra')] };
  return {
    ...authorities,
    rejectUnauthorized: isVerified,
    ...(certificateFile !== undefined && { cert: read(certificateFile) }),
    ...(keyFile !== undefined && { key: read(keyFile) }),
    ...(ciphers !== undefined && { ciphers }),
    proxyAuthorities: authorities,
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new TlsFileError(`the file ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
