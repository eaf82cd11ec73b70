/** HTTPS that the gateway itself serves: its certificate, its limits, and the command line that asks it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as connectSecurely } from 'node:tls';
import { startSimulator } from '../../simulator/start.ts';
import { CONFIG_ENV, MASTER_KEY as PROCESS_KEY, simulatorFor, writeConfig } from '../cli/simulated-config.ts';
import { runSluice, SluiceProcess, temporaryFolder } from '../cli/sluice-process.ts';
import { makeAuthority, type TestAuthority, type TestCertificate } from '../support/certificates.ts';
import { startTestGateway } from '../support/gateway.ts';
import { httpsCall } from '../support/https-call.ts';

let authority: TestAuthority;
let first: TestCertificate;
let second: TestCertificate;

before(() => {
  authority = makeAuthority();
  first = authority.issue('first');
  // As an operator's: it names a distant host.
  second = authority.issue('second', 'DNS:gateway.example.com,IP:127.0.0.1');
});
after(() => authority.remove());

const CHAT = { model: 'm', messages: [{ role: 'user', content: 'Hello' }] };
const fingerprintOf = ({ cert }: TestCertificate): string => new X509Certificate(cert).fingerprint256;

const configOf = (settings: object): string =>
  JSON.stringify({
    model_list: [
      {
        model_name: 'm',
        litellm_params: {
          model: 'openai/gpt-4o-mini',
          api_base: 'os.environ/SIMULATOR_URL',
          api_key: 'os.environ/PROVIDER_KEY',
        },
      },
    ],
    general_settings: { master_key: 'os.environ/TEST_MASTER_KEY', ...settings },
  });

const PAIR = () => ({ ssl_certfile_path: first.certificateFile, ssl_keyfile_path: first.keyFile });

test('requests, streams and health checks are answered over TLS 1.2 and 1.3, and not below nor in plain HTTP', async () => {
  const gateway = await startTestGateway({ config: configOf(PAIR()) });
  const ask = (path: string, body?: object, tls = {}) =>
    httpsCall(gateway.url + path, { ca: authority.ca, ...tls }, gateway.masterKey, body);
  try {
    assert.match(gateway.url, /^https:/);
    const answer = await ask('/v1/chat/completions', CHAT);
    assert.deepEqual([answer.status, answer.protocol], [200, 'TLSv1.3'], answer.text);
    const stream = await ask('/v1/chat/completions', { ...CHAT, stream: true }, { maxVersion: 'TLSv1.2' });
    assert.match(stream.text, /data: \[DONE\]\n\n$/);
    assert.equal(stream.protocol, 'TLSv1.2');
    for (const path of ['/health/liveliness', '/health/readiness']) assert.equal((await ask(path)).status, 200);
    await assert.rejects(ask('/health/liveliness', undefined, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }));
    await assert.rejects(fetch(`${gateway.url.replace('https', 'http')}/health/liveliness`));
    // Neither stopped it.
    assert.equal((await ask('/v1/chat/completions', CHAT)).status, 200);
  } finally {
    await gateway.close();
  }
});

test('an address with too many connections gets 503 over TLS', async () => {
  const gateway = await startTestGateway({ config: configOf({ ...PAIR(), max_connections_per_address: 2 }) });
  const { port, url, masterKey } = gateway;
  const open = [1, 2].map(() => connectSecurely({ host: '127.0.0.1', port, ca: authority.ca }));
  try {
    await Promise.all(open.map((socket) => once(socket, 'secureConnect')));
    const refused = await httpsCall(`${url}/v1/chat/completions`, { ca: authority.ca }, masterKey, CHAT);
    assert.equal(refused.status, 503, refused.text);
    for (const socket of open) socket.destroy();
    await wait(100);
    const served = await httpsCall(`${url}/v1/chat/completions`, { ca: authority.ca }, masterKey, CHAT);
    assert.equal(served.status, 200, served.text);
  } finally {
    for (const socket of open) socket.destroy();
    await gateway.close();
  }
});

test('a handshake that does not end is cut off, and a connection that finished it is not', async () => {
  const limits = { headersMs: 600, requestMs: 60_000, checkEveryMs: 100_000 };
  const gateway = await startTestGateway({ config: configOf(PAIR()), limits });
  const { port } = gateway;
  const silent = connect({ host: '127.0.0.1', port });
  const half = connect({ host: '127.0.0.1', port });
  const whole = connectSecurely({ host: '127.0.0.1', port, ca: authority.ca });
  try {
    half.on('error', () => undefined).write(Buffer.from('1603010200', 'hex'));
    await once(whole, 'secureConnect');
    const closed = Promise.all([once(silent.resume(), 'close'), once(half.resume(), 'close')]);
    assert.ok(await Promise.race([closed.then(() => true), wait(10_000)]), 'still open');
    assert.equal(whole.destroyed, false);
  } finally {
    for (const socket of [silent, half, whole]) socket.destroy();
    await gateway.close();
  }
});

test('files that cannot be served stop the start, and the message says what to do', async (t) => {
  const sharedSimulator = await startSimulator();
  t.after(() => sharedSimulator.close());
  const encrypted = join(authority.folder, 'encrypted.key');
  execFileSync('openssl', ['pkcs8', '-topk8', '-in', first.keyFile, '-out', encrypted, '-passout', 'pass:secret-1']);
  const notPem = join(authority.folder, 'not.pem');
  writeFileSync(notPem, 'nothing');
  const certificate = { ssl_certfile_path: first.certificateFile };
  for (const [settings, words] of [
    [
      { ssl_certfile_path: '/nowhere/cert.pem' },
      /ssl_certfile_path names the certificate to serve, \/nowhere\/cert\.pem, that cannot be read \(ENOENT\); name PEM files/,
    ],
    [{ ssl_certfile_path: notPem }, /holds no certificate in PEM/],
    [certificate, /that TLS cannot use/],
    [{ ...certificate, ssl_keyfile_path: second.keyFile }, /that TLS cannot use/],
    [{ ...certificate, ssl_keyfile_path: authority.folder }, /that cannot be read \(EISDIR\)/],
    [{ ...certificate, ssl_keyfile_path: encrypted }, /that TLS cannot use.*ssl_keyfile_password/],
    [{ ssl_keyfile_path: first.keyFile }, /ssl_keyfile_path needs ssl_certfile_path/],
    [{ ssl_ciphers: 'HIGH' }, /ssl_ciphers needs ssl_certfile_path/],
    [{ ...PAIR(), ssl_ciphers: 'NO-SUCH-CIPHER' }, /that TLS cannot use/],
    [{ ssl_certfile_path: 'os.environ/NOT_SET' }, /NOT_SET/],
    [{ ssl_certfile_paht: first.bothFile }, /did you mean|ssl_certfile_path/i],
  ] as const) {
    await assert.rejects(
      startTestGateway({ sharedSimulator, config: configOf(settings) }),
      words,
      JSON.stringify(settings),
    );
  }
  for (const settings of [
    { ssl_certfile_path: first.bothFile },
    { ...certificate, ssl_keyfile_path: encrypted, ssl_keyfile_password: 'os.environ/KEY_PASSWORD' },
    { ...PAIR(), ssl_ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' },
  ]) {
    const env = { KEY_PASSWORD: 'secret-1' };
    const gateway = await startTestGateway({ sharedSimulator, config: configOf(settings), env });
    const answer = await httpsCall(`${gateway.url}/health/liveliness`, { ca: authority.ca }, gateway.masterKey);
    await gateway.close();
    assert.equal(answer.status, 200);
  }
});

interface Served {
  readonly sluice: SluiceProcess;
  readonly url: string;
  readonly cwd: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** A process that serves HTTPS with files of its own, named by a flag and a variable. */
async function serve(context: TestContext, ...flags: string[]): Promise<Served> {
  const cwd = temporaryFolder(context);
  const [certificateFile, keyFile] = [join(cwd, 'served.pem'), join(cwd, 'served.key')];
  copyFileSync(first.certificateFile, certificateFile);
  copyFileSync(first.keyFile, keyFile);
  const config = writeConfig(cwd, await simulatorFor(context), { m: 'gpt-4o', slow: 'gpt-4o+tokens-60+latency-50-50' });
  const args = ['--config', config, '--host', '127.0.0.1', '--port', '0', '--ssl_certfile_path', certificateFile];
  const env = { ...CONFIG_ENV, SSL_KEYFILE_PATH: keyFile };
  const sluice = new SluiceProcess(context, { cwd, args: [...args, ...flags], env });
  return { sluice, url: await sluice.url(), cwd, certificateFile, keyFile };
}

async function shows(url: string, wanted: string): Promise<boolean> {
  for (let look = 0; look < 100; look += 1) {
    const { fingerprint } = await httpsCall(`${url}/health/liveliness`, { ca: authority.ca }, PROCESS_KEY);
    if (fingerprint === wanted) return true;
    await wait(100);
  }
  return false;
}

for (const flags of [[], ['--num_workers', '2', '--unshared-limits']]) {
  const who = flags.length === 0 ? 'one process' : 'workers';
  test(`${who}: a replaced certificate is shown without a restart, and a stream on the old one goes on`, async (t) => {
    const { sluice, url, certificateFile, keyFile } = await serve(t, ...flags);
    assert.match(url, /^https:/);
    assert.ok(await shows(url, fingerprintOf(first)));
    const stream = httpsCall(`${url}/v1/chat/completions`, { ca: authority.ca }, PROCESS_KEY, {
      ...CHAT,
      model: 'slow',
      stream: true,
    });
    // Between the two, certificate and key do not go together.
    copyFileSync(second.certificateFile, certificateFile);
    await sluice.until('the error', ({ stdout }) => /The configuration has errors/.test(stdout) || undefined);
    assert.ok(await shows(url, fingerprintOf(first)));
    copyFileSync(second.keyFile, keyFile);
    assert.ok(await shows(url, fingerprintOf(second)));
    assert.match((await stream).text, /data: \[DONE\]\n\n$/);
  });
}

test('the command line asks a gateway that serves HTTPS, and no other server', async (t) => {
  const { url, cwd, certificateFile } = await serve(t);
  const port = new URL(url).port;
  const run = (certificate: string | undefined, ...args: string[]) =>
    runSluice(t, {
      cwd,
      env: { ...CONFIG_ENV, LITELLM_MASTER_KEY: PROCESS_KEY, ...(certificate && { SSL_CERTFILE_PATH: certificate }) },
      args: ['--host', '127.0.0.1', '--port', port, ...args],
    });
  for (const args of [['--test', '--model', 'm'], ['--health'], ['spend']]) {
    const { code, stdout, stderr } = await run(certificateFile, ...args);
    assert.equal(code, 0, stdout + stderr);
  }
  const other = await run(second.certificateFile, '--health');
  assert.equal(other.code, 1);
  assert.match(other.stderr, /shows another certificate/);
  const plain = await run(undefined, '--health');
  assert.equal(plain.code, 1);
  assert.match(plain.stderr, /If it serves HTTPS/);
});
