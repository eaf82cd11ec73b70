/** Certificates for tests, made by openssl: an authority, and what it signs. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate and its key, as files. */
export interface TestCertificate {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Both in one file. */
  readonly bothFile: string;
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority in a folder of its own. */
export interface TestAuthority {
  readonly folder: string;
  readonly caFile: string;
  readonly ca: string;
  /** Signs a certificate for host names and addresses (`DNS:provider.test,IP:127.0.0.1`). */
  issue(name: string, subjects?: string, newKey?: readonly string[]): TestCertificate;
  remove(): void;
}

/** A key that OpenSSL's usual security level refuses. */
export const WEAK_KEY = ['-newkey', 'rsa:1024', '-nodes', '-days', '2'];
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];

/** Makes an authority. */
export function makeAuthority(name = 'Test authority'): TestAuthority {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-certificates-'));
  const caFile = join(folder, 'ca.pem');
  const caKey = join(folder, 'ca.key');
  openssl('req', '-x509', ...NEW_KEY, '-subj', `/CN=${name}`, '-keyout', caKey, '-out', caFile);
  return {
    folder,
    caFile,
    ca: readFileSync(caFile, 'utf8'),
    issue(subject, subjects = 'DNS:provider.test,DNS:localhost,IP:127.0.0.1', newKey = NEW_KEY) {
      const [certificateFile, keyFile, bothFile] = ['pem', 'key', 'both.pem'].map((end) =>
        join(folder, `${subject}.${end}`),
      ) as [string, string, string];
      const signed = ['-CA', caFile, '-CAkey', caKey, '-addext', `subjectAltName=${subjects}`];
      const leaf = ['-addext', 'basicConstraints=critical,CA:false'];
      openssl(
        'req',
        '-x509',
        ...newKey,
        '-subj',
        `/CN=${subject}`,
        ...signed,
        ...leaf,
        '-keyout',
        keyFile,
        '-out',
        certificateFile,
      );
      const [cert, key] = [readFileSync(certificateFile, 'utf8'), readFileSync(keyFile, 'utf8')];
      writeFileSync(bothFile, cert + key);
      return { certificateFile, keyFile, bothFile, cert, key };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function openssl(...argv: readonly string[]): void {
  execFileSync('openssl', argv, { stdio: 'pipe' });
}
