/** Every `sslmode` and client certificates, at a Postgres that speaks TLS. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { makeAuthority } from '../../../test/support/certificates.ts';
import { startTestPostgres } from '../../../test/support/postgres.ts';
import { openPostgres } from './open-postgres.ts';

/** Whether the connection is encrypted; rejects if there is none. */
async function isEncrypted(url: string): Promise<boolean> {
  const connection = openPostgres({ url, poolSize: 1 });
  try {
    const query = sql<{ ssl: boolean }>`select ssl from pg_stat_ssl where pid = pg_backend_pid()`;
    const { rows } = await query.execute(connection.read);
    assert.equal(await connection.ping(), true);
    return rows[0]?.ssl === true;
  } finally {
    await connection.close();
  }
}

test('sslmode, sslrootcert, sslcert and sslkey mean what they mean to every client of Postgres', async (t) => {
  const [authority, other] = [makeAuthority('One'), makeAuthority('Another')];
  const folder = mkdtempSync(join(tmpdir(), 'sluice-postgres-tls-'));
  t.after(() => {
    for (const one of [authority, other]) one.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  // It names localhost, and not 127.0.0.1.
  const server = authority.issue('server', 'DNS:localhost');
  const [cert, key] = [join(folder, 'server.pem'), join(folder, 'server.key')];
  cpSync(server.certificateFile, cert);
  cpSync(server.keyFile, key);
  writeFileSync(join(folder, 'ca.pem'), authority.ca);
  writeFileSync(join(folder, 'hba'), 'hostssl all shown all cert\nhost all sluice all trust\n');
  for (const [path, mode] of [
    [folder, 0o755],
    [key, 0o600],
  ] as const)
    chmodSync(path, mode);
  if (process.getuid?.() === 0) execFileSync('chown', ['-R', 'postgres', folder]);
  const files = [`ssl_cert_file=${cert}`, `ssl_key_file=${key}`, `ssl_ca_file=${join(folder, 'ca.pem')}`];
  const postgres = await startTestPostgres('ssl=on', ...files, `hba_file=${join(folder, 'hba')}`);
  t.after(() => postgres.close());
  const address = (query: string, host = '127.0.0.1', user = 'sluice') =>
    `postgresql://${user}@${host}:${postgres.port}/postgres?${query}`;
  const [trusted, untrusted] = [`&sslrootcert=${authority.caFile}`, `&sslrootcert=${other.caFile}`];

  assert.equal(await isEncrypted(address('sslmode=disable')), false);
  for (const [query, host] of [
    ['sslmode=require', '127.0.0.1'],
    ['sslmode=no-verify', '127.0.0.1'],
    [`sslmode=require${trusted}`, '127.0.0.1'],
    [`sslmode=verify-ca${trusted}`, '127.0.0.1'],
    [`sslmode=verify-full${trusted}`, 'localhost'],
  ] as const) {
    assert.equal(await isEncrypted(address(query, host)), true, query);
  }
  for (const query of [
    `sslmode=require${untrusted}`,
    `sslmode=verify-ca${untrusted}`,
    `sslmode=verify-full${untrusted}`,
    'sslmode=verify-full',
    `sslmode=verify-full${trusted}`,
  ]) {
    await assert.rejects(isEncrypted(address(query)), query);
  }

  await sql`create role shown login`.execute(openOnce(t, postgres.url));
  const shown = authority.issue('shown');
  const pair = `&sslcert=${shown.certificateFile}&sslkey=${shown.keyFile}`;
  assert.equal(await isEncrypted(address(`sslmode=verify-ca${trusted}${pair}`, '127.0.0.1', 'shown')), true);
  await assert.rejects(isEncrypted(address(`sslmode=verify-ca${trusted}`, '127.0.0.1', 'shown')));
});

function openOnce(t: { after: (close: () => Promise<void>) => void }, url: string) {
  const connection = openPostgres({ url, poolSize: 1 });
  t.after(() => connection.close());
  return connection.write;
}
