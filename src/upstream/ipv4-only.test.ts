import assert from 'node:assert/strict';
import type { LookupFunction } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '../core/clock.ts';
import { CallPermit } from './call-permit.ts';
import { postJson } from './post-json.ts';
import { Upstream } from './upstream.ts';

test('a host name is looked up for IPv4 addresses alone if that is wanted, and for both families otherwise', async () => {
  for (const isIpv4Only of [true, false]) {
    const families: unknown[] = [];
    const lookup: LookupFunction = (_name, options, callback) => {
      families.push(options.family);
      callback(new Error('no such host'), []);
    };
    const upstream = new Upstream({ clock: systemClock, connectTimeoutMs: 500, lookup, isIpv4Only });
    await postJson(upstream, new CallPermit(), 'http://somewhere.test/', '{}', {});
    assert.equal(families[0], isIpv4Only ? 4 : undefined);
    await upstream.close();
  }
});
