import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makeAuthority } from '../support/certificates.ts';
import { loadText } from './load-text.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/guides/routing.md'), 'utf8');
const blocks = [...page.matchAll(/^## (.+)$|^```yaml\n([\s\S]*?)^```$/gm)];
const env = {
  ...Object.fromEntries([...page.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => [name ?? '', `value of ${name}`])),
  REDIS_URL: 'rediss://user:password@redis.internal:6379/0',
};

const authority = makeAuthority();
after(() => authority.remove());

let heading = '';
let examples = 0;
for (const [, title, text] of blocks) {
  if (title !== undefined) heading = title;
  if (text === undefined) continue;
  examples += 1;
  test(`routing guide, "${heading}", example ${examples}: loads, finds nothing wrong, and all of it is in effect`, () => {
    const { config, findings } = loadText(text.replaceAll('/etc/ssl/redis-ca.pem', authority.caFile), { env });
    // A fragment without models is fine, as is naming groups of the reader's own file in it.
    const wrong = findings.filter(({ code }) => code !== 'empty-model-list');
    const known = /^model_list:/m.test(text) ? wrong : wrong.filter(({ code }) => code !== 'unknown-group');
    assert.deepEqual(known, []);
    assert.deepEqual(config?.notYetInEffect, []);
  });
}

test('the guide has its examples, and speaks of no setting that the reference does not know', () => {
  assert.ok(examples >= 8, String(examples));
  const reference = readFileSync(join(import.meta.dirname, '../../docs/reference/config.md'), 'utf8');
  for (const [, name] of page.matchAll(/`([a-z]+(?:_[a-z]+)+)(?::[^`]*)?`/g)) {
    const isControl = ['disable_fallbacks', 'request_timeout', 'total_timeout'].includes(name ?? '');
    assert.ok(isControl || reference.includes(`\`${name}\``), `${name} is not in the reference`);
  }
});
