/** Reads how connections to providers and webhooks are made: TLS settings and proxies. */
import { readFileSync } from 'node:fs';
import { defined } from '../core/defined.ts';
import type { JsonValue } from '../core/json.ts';
import type { Place } from './config-node.ts';
import type { ConnectionTls, ProxyConfig } from './gateway-config.ts';
import { pemProblem } from './pem-problem.ts';
import type { ReadingContext } from './reading-context.ts';
import type { Section } from './section.ts';

type TlsName = 'ssl_verify' | 'ssl_certificate' | 'ssl_certificate_key';

/** A section with the settings of `CONNECTION_TLS`. */
interface TlsSection<Name extends string = TlsName> extends Pick<Section, 'path' | 'context'> {
  has(name: Name): boolean;
  effective(name: Name): unknown;
  placeOf(name: Name): Place | undefined;
}

/** The TLS settings of all connections; undefined if nothing sets any. */
export function readConnectionTls(litellm: TlsSection<TlsName | 'ssl_security_level'>): ConnectionTls | undefined {
  const tls = readTls(litellm, caFileFromEnvironment(litellm.context));
  const ciphers = litellm.effective('ssl_security_level') as string | undefined;
  if (ciphers === undefined) return tls;
  if (pemProblem(() => ({ ciphers })) !== undefined) {
    const message = `${litellm.path}.ssl_security_level must be a list of ciphers as OpenSSL writes it, such as DEFAULT@SECLEVEL=1`;
    litellm.context.findings.add('error', 'wrong-type', litellm.placeOf('ssl_security_level'), message);
    return tls;
  }
  return { isVerified: true, ...tls, ciphers };
}

/** The TLS settings of one deployment, those of all connections filled in; undefined if it has none of its own. */
export function readDeploymentTls(params: TlsSection, usual: ConnectionTls | undefined): ConnectionTls | undefined {
  const names = ['ssl_verify', 'ssl_certificate', 'ssl_certificate_key'] as const;
  return names.some((name) => params.has(name)) ? readTls(params, usual) : undefined;
}

function readTls(section: TlsSection, usual: Partial<ConnectionTls> | undefined): ConnectionTls | undefined {
  const { isVerified = true, caFile } = readVerify(section) ?? usual ?? {};
  const ownCertificate = section.effective('ssl_certificate') as string | undefined;
  const certificateFile = ownCertificate ?? usual?.certificateFile;
  const keyFile =
    (section.effective('ssl_certificate_key') as string | undefined) ??
    (ownCertificate === undefined ? usual?.keyFile : undefined);
  if (keyFile !== undefined && certificateFile === undefined) {
    const message = `${section.path}.ssl_certificate_key needs ssl_certificate, the certificate that the key belongs to`;
    section.context.findings.add('error', 'missing-key', section.placeOf('ssl_certificate_key'), message);
    return undefined;
  }
  checkCertificate(section, certificateFile, keyFile);
  if (isVerified && caFile === undefined && certificateFile === undefined && usual === undefined) return undefined;
  return { isVerified, ...defined({ caFile, certificateFile, keyFile, ciphers: usual?.ciphers }) };
}

/** What `ssl_verify` says; undefined if it is left out. */
function readVerify(section: TlsSection): Pick<ConnectionTls, 'isVerified' | 'caFile'> | undefined {
  const { findings } = section.context;
  const written = section.effective('ssl_verify') as JsonValue | undefined;
  if (written === undefined) return undefined;
  const word = typeof written === 'string' ? written.trim() : written;
  if (word === true || (typeof word === 'string' && /^(true|yes|on|1)$/i.test(word))) {
    return { isVerified: true, ...defined({ caFile: caFileFromEnvironment(section.context)?.caFile }) };
  }
  if (word === false || (typeof word === 'string' && /^(false|no|off|0)$/i.test(word))) {
    const message = `${section.path}.ssl_verify is off: anyone on the way to the provider can read and change the traffic`;
    findings.add('warning', 'unchecked-certificates', section.placeOf('ssl_verify'), message);
    return { isVerified: false };
  }
  if (typeof word !== 'string' || word === '') {
    const message = `${section.path}.ssl_verify must be true, false, or the path of a file with authorities in PEM`;
    findings.add('error', 'wrong-type', section.placeOf('ssl_verify'), message);
    return undefined;
  }
  const problem = pemProblem(() => ({ ca: readFileSync(word, 'utf8') }));
  if (problem !== undefined) {
    const message = `${section.path}.ssl_verify names a file of authorities, ${word}, ${problem}`;
    findings.add('error', 'unreadable-file', section.placeOf('ssl_verify'), message);
  }
  return { isVerified: true, caFile: word };
}

function checkCertificate(section: TlsSection, certificateFile: string | undefined, keyFile: string | undefined): void {
  if (certificateFile === undefined) return;
  const problem = pemProblem(() => ({
    cert: readFileSync(certificateFile, 'utf8'),
    key: readFileSync(keyFile ?? certificateFile, 'utf8'),
  }));
  if (problem === undefined) return;
  const files = keyFile === undefined ? certificateFile : `${certificateFile} with the key ${keyFile}`;
  const message = `${section.path}.ssl_certificate names a client certificate, ${files}, ${problem}`;
  section.context.findings.add('error', 'unreadable-file', section.placeOf('ssl_certificate'), message);
}

/** The file that `SSL_CERT_FILE` names; undefined if it cannot be used. */
export function usableCaFile(context: ReadingContext): string | undefined {
  const caFile = context.variable('SSL_CERT_FILE');
  const isUsable = caFile !== undefined && pemProblem(() => ({ ca: readFileSync(caFile, 'utf8') })) === undefined;
  return isUsable ? caFile : undefined;
}

/** The file that `SSL_CERT_FILE` names. It may be there for another program: one that cannot be used is a warning. */
function caFileFromEnvironment(context: ReadingContext): { readonly caFile: string } | undefined {
  const caFile = context.variable('SSL_CERT_FILE');
  if (caFile === undefined) return undefined;
  const problem = pemProblem(() => ({ ca: readFileSync(caFile, 'utf8') }));
  if (problem === undefined) return { caFile };
  const message = `the variable SSL_CERT_FILE is not used: it names a file, ${caFile}, ${problem}`;
  context.findings.add('warning', 'unreadable-file', undefined, message);
  return undefined;
}

/** The proxies that the environment names, in the variables that curl reads. */
export function readProxies(context: ReadingContext): ProxyConfig | undefined {
  const [http, https] = ['HTTP_PROXY', 'HTTPS_PROXY'].map(
    (name) => proxyFrom(name, context) ?? proxyFrom('ALL_PROXY', context),
  );
  if (http === undefined && https === undefined) return undefined;
  return { ...defined({ http, https }), except: either('NO_PROXY', context) ?? '' };
}

function proxyFrom(name: string, context: ReadingContext): string | undefined {
  const written = either(name, context);
  if (written === undefined) return undefined;
  const address = written.includes('://') ? written : `http://${written}`;
  const url = URL.parse(address);
  if (url !== null && /^https?:$/.test(url.protocol) && url.hostname !== '') return address;
  // The value may hold a password.
  const message = `the variable ${name} must name a proxy as http://USER:PASSWORD@HOST:PORT or https://HOST:PORT; other kinds, such as SOCKS, are not served`;
  context.findings.add('error', 'wrong-type', undefined, message);
  return undefined;
}

const either = (name: string, context: ReadingContext): string | undefined =>
  context.variable(name.toLowerCase()) ?? context.variable(name);
