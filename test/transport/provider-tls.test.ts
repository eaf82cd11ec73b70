/** Certificates on the way to providers and webhooks: which are trusted, and which the gateway shows. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Simulator } from '../../simulator/contract.ts';
import { startSimulator } from '../../simulator/start.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { CallPermit } from '../../src/upstream/call-permit.ts';
import { postJson } from '../../src/upstream/post-json.ts';
import { Upstream } from '../../src/upstream/upstream.ts';
import { ask, MASTER_KEY as PROCESS_KEY } from '../cli/simulated-config.ts';
import { SluiceProcess, temporaryFolder } from '../cli/sluice-process.ts';
import { makeAuthority, type TestAuthority, type TestCertificate, WEAK_KEY } from '../support/certificates.ts';
import { ONE_ATTEMPT } from '../support/default-config.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { startTlsFront, type TlsFront } from '../support/tls-front.ts';

let authority: TestAuthority;
let other: TestAuthority;
let client: TestCertificate;
let stranger: TestCertificate;
let simulator: Simulator;
/** Wants no certificate. */
let front: TlsFront;
/** Answers only those who show one that the authority signed. */
let mutual: TlsFront;
let misnamed: TlsFront;

before(async () => {
  [authority, other] = [makeAuthority('One'), makeAuthority('Another')];
  client = authority.issue('client');
  stranger = other.issue('stranger');
  simulator = await startSimulator();
  const port = Number(new URL(simulator.url).port);
  const certificate = authority.issue('provider');
  front = await startTlsFront(port, certificate);
  mutual = await startTlsFront(port, { ...certificate, ca: authority.ca, requestCert: true, rejectUnauthorized: true });
  misnamed = await startTlsFront(port, authority.issue('misnamed', 'DNS:elsewhere.test'));
});

after(async () => {
  await Promise.all([front.close(), mutual.close(), misnamed.close()]);
  await simulator.close();
  authority.remove();
  other.remove();
});

const baseOf = ({ port }: TlsFront): string => {
  const { pathname } = new URL(simulator.url);
  return `https://127.0.0.1:${port}${pathname === '/' ? '' : pathname}`;
};

const configOf = (at: TlsFront, global: JsonObject, own: JsonObject = {}): string =>
  JSON.stringify({
    model_list: [
      {
        model_name: 'm',
        litellm_params: {
          model: 'openai/gpt-4o-mini',
          api_base: baseOf(at),
          api_key: 'os.environ/PROVIDER_KEY',
          ...own,
        },
      },
    ],
    router_settings: ONE_ATTEMPT,
    litellm_settings: global,
    general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
  });

const statusOf = async (gateway: TestGateway): Promise<number> => {
  const messages = [{ role: 'user', content: 'Hello' }];
  const response = await gateway.post('/v1/chat/completions', { model: 'm', messages });
  await response.text();
  return response.status;
};

async function statusWith(config: string, env: Readonly<Record<string, string>> = {}): Promise<number> {
  const gateway = await startTestGateway({ sharedSimulator: simulator, config, env });
  try {
    return await statusOf(gateway);
  } finally {
    await gateway.close();
  }
}

const FAILED = 500;

test('ssl_verify: true, false and a file of authorities, for all and for one deployment, in the file and the environment', async () => {
  assert.equal(await statusWith(configOf(front, {})), FAILED);
  assert.equal(await statusWith(configOf(front, { ssl_verify: true })), FAILED);
  assert.equal(await statusWith(configOf(front, { ssl_verify: false })), 200);
  assert.equal(await statusWith(configOf(front, { ssl_verify: authority.caFile })), 200);
  assert.equal(await statusWith(configOf(front, { ssl_verify: other.caFile })), FAILED);
  assert.equal(await statusWith(configOf(front, { ssl_verify: false }, { ssl_verify: true })), FAILED);
  assert.equal(await statusWith(configOf(front, {}, { ssl_verify: false })), 200);
  assert.equal(await statusWith(configOf(front, {}, { ssl_verify: authority.caFile })), 200);
  assert.equal(await statusWith(configOf(front, {}), { SSL_VERIFY: 'False' }), 200);
  assert.equal(await statusWith(configOf(front, {}), { SSL_CERT_FILE: authority.caFile }), 200);
  assert.equal(await statusWith(configOf(front, { ssl_verify: true }), { SSL_CERT_FILE: authority.caFile }), 200);
});

test('a certificate for another host is refused, even of a trusted authority', async () => {
  assert.equal(await statusWith(configOf(misnamed, { ssl_verify: authority.caFile })), FAILED);
});

test('ssl_security_level takes a server whose key is weak, and a text that OpenSSL does not know stops the start', async () => {
  const certificate = authority.issue('weak', undefined, WEAK_KEY);
  const weak = await startTlsFront(Number(new URL(simulator.url).port), {
    ...certificate,
    ciphers: 'DEFAULT@SECLEVEL=0',
  });
  try {
    const trust = { ssl_verify: authority.caFile };
    assert.equal(await statusWith(configOf(weak, trust)), FAILED);
    assert.equal(await statusWith(configOf(weak, { ...trust, ssl_security_level: 'DEFAULT@SECLEVEL=1' })), 200);
    const own = configOf(weak, { ssl_security_level: 'DEFAULT@SECLEVEL=1' }, trust);
    assert.equal(await statusWith(own), 200);
    assert.equal(await statusWith(configOf(weak, trust), { SSL_SECURITY_LEVEL: 'DEFAULT@SECLEVEL=1' }), 200);
    await assert.rejects(statusWith(configOf(weak, { ssl_security_level: 'NO SUCH CIPHER' })), /ssl_security_level/);
  } finally {
    await weak.close();
  }
});

test('a client certificate is shown, for all and for one deployment; without one the provider refuses', async () => {
  const trust = { ssl_verify: authority.caFile };
  const pair = { ssl_certificate: client.certificateFile, ssl_certificate_key: client.keyFile };
  assert.equal(await statusWith(configOf(mutual, trust)), FAILED);
  assert.equal(await statusWith(configOf(mutual, { ...trust, ...pair })), 200);
  assert.equal(await statusWith(configOf(mutual, { ...trust, ssl_certificate: client.bothFile })), 200);
  assert.equal(await statusWith(configOf(mutual, trust, pair)), 200);
  assert.equal(await statusWith(configOf(mutual, trust), { SSL_CERTIFICATE: client.bothFile }), 200);
  assert.equal(await statusWith(configOf(mutual, { ...trust, ssl_certificate: stranger.bothFile })), FAILED);
});

test('a reload takes over other settings, and what the files hold now', async () => {
  const file = join(authority.folder, 'rotating.pem');
  copyFileSync(other.caFile, file);
  const config = configOf(front, { ssl_verify: file });
  const gateway = await startTestGateway({ sharedSimulator: simulator, config });
  try {
    assert.equal(await statusOf(gateway), FAILED);
    copyFileSync(authority.caFile, file);
    gateway.reload(config);
    assert.equal(await statusOf(gateway), 200);
    gateway.reload(configOf(front, {}));
    assert.equal(await statusOf(gateway), FAILED);
    gateway.reload(configOf(front, {}, { ssl_verify: false }));
    assert.equal(await statusOf(gateway), 200);
  } finally {
    await gateway.close();
  }
});

test('a replaced file of authorities is used without a reload', async (t) => {
  const cwd = temporaryFolder(t);
  const file = join(cwd, 'authorities.pem');
  copyFileSync(other.caFile, file);
  const config = join(cwd, 'config.yaml');
  writeFileSync(config, configOf(front, {}, { ssl_verify: file }));
  const env = { PROVIDER_KEY: 'any', TEST_MASTER_KEY: PROCESS_KEY };
  const args = ['--config', config, '--host', '127.0.0.1', '--port', '0'];
  const sluice = new SluiceProcess(t, { cwd, args, env });
  const url = await sluice.url();
  const status = async (): Promise<number> => (await ask(url, 'm')).status;
  assert.equal(await status(), FAILED);
  copyFileSync(authority.caFile, file);
  await sluice.until('a reload', ({ stdout }) => /Configuration reloaded/.test(stdout) || undefined);
  assert.equal(await status(), 200);
});

test('files that cannot be used stop the start, and the message names setting and file', async () => {
  const notPem = join(authority.folder, 'not.pem');
  writeFileSync(notPem, 'nothing');
  for (const [settings, words] of [
    [
      { ssl_verify: '/nowhere/ca.pem' },
      /ssl_verify names a file of authorities, \/nowhere\/ca\.pem, that cannot be read/,
    ],
    [{ ssl_verify: notPem }, /that holds no certificate in PEM/],
    [{ ssl_verify: 7 }, /ssl_verify must be true, false, or the path/],
    [{ ssl_certificate: client.certificateFile }, /ssl_certificate names a client certificate/],
    [{ ssl_certificate: client.certificateFile, ssl_certificate_key: stranger.keyFile }, /that TLS cannot use/],
    [{ ssl_certificate_key: client.keyFile }, /needs ssl_certificate/],
  ] as const) {
    await assert.rejects(statusWith(configOf(front, settings)), words);
    await assert.rejects(statusWith(configOf(front, {}, settings)), words);
  }
});

test('webhooks are posted under the same settings', async () => {
  const settings = { isVerified: true, caFile: authority.caFile, certificateFile: client.bothFile };
  for (const tls of [settings, undefined]) {
    const upstream = new Upstream({ clock: systemClock, connectTimeoutMs: 2_000, ...(tls !== undefined && { tls }) });
    const outcome = await postJson(upstream, new CallPermit(), `${baseOf(mutual)}/hook`, '{}', {});
    assert.equal('status' in outcome, tls !== undefined);
    await upstream.close();
  }
});

test('NODE_EXTRA_CA_CERTS adds an authority, beside a file of authorities too', async () => {
  const module = (path: string): string => JSON.stringify(pathToFileURL(join(import.meta.dirname, path)).href);
  for (const tls of [undefined, { isVerified: true, caFile: other.caFile }]) {
    const script = `
      import { Upstream } from ${module('../../src/upstream/upstream.ts')};
      import { systemClock } from ${module('../../src/core/clock.ts')};
      import { CallPermit } from ${module('../../src/upstream/call-permit.ts')};
      import { postJson } from ${module('../../src/upstream/post-json.ts')};
      const upstream = new Upstream({ clock: systemClock, connectTimeoutMs: 2000, tls: ${JSON.stringify(tls)} });
      console.log(JSON.stringify(await postJson(upstream, new CallPermit(), ${JSON.stringify(baseOf(front))}, '{}', {})));
      await upstream.close();`;
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: authority.caFile },
      timeout: 30_000,
    });
    assert.match(stdout, /"status"/, stderr);
  }
});
