import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '../core/clock.ts';
import { CallPermit } from './call-permit.ts';
import { postJson } from './post-json.ts';
import { Upstream } from './upstream.ts';

/** A name server on which these names lead somewhere. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  'good.test': ['127.0.0.1'],
  'metadata.test': ['169.254.169.254'],
  'mixed.test': ['127.0.0.1', '169.254.170.2'],
  'mapped.test': ['::ffff:169.254.169.254'],
  'hex.test': ['::ffff:a9fe:a9fe'],
  'six.test': ['fe80::1'],
  'aws.test': ['fd00:ec2::254'],
  'alibaba.test': ['100.100.100.200'],
  'azure.test': ['168.63.129.16'],
};
const lookup: LookupFunction = (name, options, callback) => {
  const all = (NAMES[name] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  if (options.all === true) callback(null, all);
  else callback(null, all[0]?.address ?? '', all[0]?.family);
};

test('a host name that leads to a link-local or metadata address is refused when a connection is made', async (t) => {
  const server = createServer((_request, response) => response.end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const upstream = new Upstream({ clock: systemClock, connectTimeoutMs: 500, lookup });
  t.after(async () => {
    await upstream.close();
    server.close();
  });
  const post = (name: string) => postJson(upstream, new CallPermit(), `http://${name}:${port}/`, '{}', {});
  assert.deepEqual(await post('good.test'), { status: 200 });
  for (const name of Object.keys(NAMES).filter((each) => each !== 'good.test')) {
    const outcome = await post(name);
    assert.ok(
      'fault' in outcome && /link-local.*allow_link_local_api_base/.test(outcome.fault),
      `${name}: ${JSON.stringify(outcome)}`,
    );
    assert.doesNotMatch(JSON.stringify(outcome), /169\.254|fe80/);
  }
  // The switch holds at once, for names as for addresses that are written out.
  upstream.configure({ mayBeLinkLocal: true });
  assert.deepEqual(await post('mixed.test'), { status: 200 });
  upstream.configure({});
  assert.ok('fault' in (await post('metadata.test')));
});
