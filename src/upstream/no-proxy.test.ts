import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readNoProxy } from './no-proxy.ts';

const CASES: readonly [list: string, host: string, port: number, isIn: boolean][] = [
  ['', 'a.test', 443, false],
  ['*', 'a.test', 443, true],
  ['b.test, *', '10.0.0.1', 80, true],
  ['*:8080', 'a.test', 443, false],
  ['a.test', 'a.test', 443, true],
  ['a.test', 'A.TEST.', 443, true],
  ['a.test', 'deep.a.test', 443, true],
  ['.a.test', 'deep.a.test', 443, true],
  ['.a.test', 'a.test', 443, true],
  ['*.a.test', 'deep.a.test', 443, true],
  ['a.test', 'nota.test', 443, false],
  ['a.test', 'a.test.evil', 443, false],
  ['a.test:443', 'a.test', 443, true],
  ['a.test:443', 'a.test', 8443, false],
  ['10.0.0.0/8', '10.255.1.2', 80, true],
  ['10.0.0.0/8', '11.0.0.1', 80, false],
  ['10.0.0.0/8', 'ten.test', 80, false],
  ['10.0.0.0/8:81', '10.0.0.1', 80, false],
  ['10.0.0.0/', '10.0.0.0', 80, false],
  ['10.0.0.0/33', '10.0.0.0', 80, false],
  ['192.168.1.7', '192.168.1.7', 80, true],
  ['192.168.1.7', '192.168.1.70', 80, false],
  ['fd00::/8', '[fd12::1]', 443, true],
  ['fd00::/8', 'fe80::1', 443, false],
  ['::1', '[0:0:0:0:0:0:0:1]', 443, true],
  ['[::1]:443', '::1', 443, true],
  ['[::1]:443', '::1', 80, false],
  [' a.test\t,,b.test ', 'b.test', 80, true],
];

for (const [list, host, port, isIn] of CASES) {
  test(`NO_PROXY "${list}": ${host}:${port} is ${isIn ? 'called directly' : 'called through the proxy'}`, () => {
    assert.equal(readNoProxy(list)(host, port), isIn);
  });
}
