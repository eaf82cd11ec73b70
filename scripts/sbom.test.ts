import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { billOfMaterials, readBillOfMaterials } from './sbom.ts';

const root = join(import.meta.dirname, '..');

interface Bill {
  readonly bomFormat: string;
  readonly components: readonly {
    readonly 'bom-ref': string;
    readonly purl: string;
    readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
    readonly licenses?: readonly object[];
  }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

test('the bill of materials lists every runtime dependency with its hash, and no development dependency', () => {
  const bill: Bill = JSON.parse(readBillOfMaterials(root));
  const manifest: { dependencies: Record<string, string>; devDependencies: Record<string, string> } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  const listed = new Set(bill.components.map(({ purl }) => purl));
  const purl = ([name, version]: [string, string]) => `pkg:npm/${name.replace('@', '%40')}@${version}`;
  for (const each of Object.entries(manifest.dependencies)) assert.ok(listed.has(purl(each)), `${each[0]} is listed`);
  // A development dependency may be one that a runtime dependency needs as well.
  const lock: { packages: Record<string, { dev?: boolean }> } = JSON.parse(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
  );
  const onlyDev = Object.entries(manifest.devDependencies).filter(
    ([name]) => lock.packages[`node_modules/${name}`]?.dev,
  );
  assert.ok(onlyDev.length > 10);
  for (const each of onlyDev) assert.ok(!listed.has(purl(each)), `${each[0]} is not`);
  for (const { purl: of, hashes } of bill.components) {
    assert.equal(hashes?.[0]?.alg, 'SHA-512', of);
    assert.match(hashes?.[0]?.content ?? '', /^[0-9a-f]{128}$/, of);
  }
});

test('every reference in the bill leads to a component, and each one but optional ones is needed by another', () => {
  const bill: Bill = JSON.parse(readBillOfMaterials(root));
  const refs = new Set(bill.components.map((component) => component['bom-ref']));
  const needed = new Set(bill.dependencies.flatMap(({ dependsOn }) => dependsOn));
  for (const ref of needed) assert.ok(refs.has(ref), ref);
  assert.deepEqual(
    [...refs].filter((ref) => !needed.has(ref)),
    [],
  );
});

test('a dependency is found in the nearest folder above, as Node.js finds it', () => {
  const bill = billOfMaterials({
    '': { name: 'own', version: '1.0.0', dependencies: { a: '1', b: '2' } },
    'node_modules/a': { version: '1.0.0', dependencies: { b: '1' }, license: '(MIT OR Apache-2.0)' },
    'node_modules/a/node_modules/b': { version: '1.5.0' },
    'node_modules/b': { version: '2.0.0', license: 'MIT' },
    'node_modules/tool': { version: '9.0.0', dev: true },
  }) as Bill;
  assert.deepEqual(
    bill.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]),
    [
      ['pkg:npm/own@1.0.0', ['pkg:npm/a@1.0.0', 'pkg:npm/b@2.0.0']],
      ['pkg:npm/a@1.0.0', ['pkg:npm/b@1.5.0']],
      ['pkg:npm/b@1.5.0', []],
      ['pkg:npm/b@2.0.0', []],
    ],
  );
  assert.deepEqual(bill.components[0]?.licenses, [{ expression: '(MIT OR Apache-2.0)' }]);
});

test('the same lock file makes the same bill', () => {
  assert.equal(readBillOfMaterials(root), readBillOfMaterials(root));
});
