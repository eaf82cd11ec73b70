import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { RULES } from '../scripts/architecture/rules.ts';
import { readSource } from '../scripts/architecture/source-file.ts';
import { checkArchitecture, renderBrokenRules } from '../scripts/check-architecture.ts';

const root = join(import.meta.dirname, '..');

test('the tree keeps every architecture rule', () => {
  const broken = checkArchitecture(root);
  assert.equal(broken.length, 0, `\n${renderBrokenRules(broken)}`);
});

/** For each rule: files that break it, and what the report says of them. */
const BAD: Readonly<Record<string, { readonly files: Readonly<Record<string, string>>; readonly says: RegExp }>> = {
  'core-stands-alone': {
    files: { 'src/core/a.ts': "import type { B } from '../costs/b.ts';" },
    says: /src\/core\/a\.ts:1 imports src\/costs\/b\.ts/,
  },
  'pure-folders-import-only-pure': {
    files: { 'src/wire/a.ts': "// why\nimport { readFileSync } from 'node:fs';" },
    says: /src\/wire\/a\.ts:2 imports node:fs/,
  },
  'pure-folders-touch-no-world': {
    files: { 'src/formats/neutral/a.ts': 'export const a = () =>\n  Date.now();' },
    says: /a\.ts:2 uses Date\.now/,
  },
  'the-money-room-permits-calls': {
    files: { 'src/pipeline/diagnosis/a.ts': "import { CallPermit } from '../../upstream/call-permit.ts';" },
    says: /diagnosis\/a\.ts:1 imports src\/upstream\/call-permit\.ts/,
  },
  'formats-meet-in-neutral': {
    files: { 'src/formats/one/a.ts': "export { b } from '../two/b.ts';" },
    says: /one\/a\.ts:1 imports src\/formats\/two\/b\.ts/,
  },
  'providers-know-little': {
    files: { 'src/providers/one/index.ts': "import { send } from '../../upstream/upstream.ts';" },
    says: /imports src\/upstream\/upstream\.ts/,
  },
  'providers-never-import-each-other': {
    files: { 'src/providers/one/index.ts': "import { two } from '../two/index.ts';" },
    says: /imports src\/providers\/two\/index\.ts/,
  },
  'knowledge-never-imports-each-other': {
    files: { 'src/costs/a.ts': "const load = () => import('../tenancy/b.ts');" },
    says: /costs\/a\.ts:1 imports src\/tenancy\/b\.ts/,
  },
  'features-never-import-each-other': {
    files: { 'src/features/one/a.ts': "import type { Two } from '../two/index.ts';" },
    says: /one\/a\.ts:1 imports src\/features\/two\/index\.ts/,
  },
  'only-the-frame-knows-features': {
    files: { 'src/pipeline/a.ts': "import { two } from '../features/two/index.ts';" },
    says: /pipeline\/a\.ts:1 imports src\/features\/two\/index\.ts/,
  },
  'features-look-inwards': {
    files: { 'src/routing/a.ts': "import '../server/b.ts';" },
    says: /imports src\/server\/b\.ts/,
  },
  'lanes-know-no-pipeline': {
    files: { 'src/lanes/a.ts': "import type { Exchange } from '../exchange/exchange.ts';\nimport '../pipeline/b.ts';" },
    says: /a\.ts:1 imports src\/exchange\/exchange\.ts[\s\S]*a\.ts:2 imports src\/pipeline\/b\.ts/,
  },
  'no-mutual-folders': {
    files: {
      'src/routing/a.ts': "import type { B } from '../costs/b.ts';",
      'src/costs/b.ts': "import type { C } from '../core/c.ts';",
      'src/costs/d.ts': "import type { E } from '../routing/e.ts';",
    },
    says: /costs\/d\.ts:1 imports src\/routing\/e\.ts, and src\/routing imports src\/costs/,
  },
  'functions-fit-on-a-screen': {
    files: { 'src/core/a.ts': `export const a = 1;\nexport function b(): void {\n${'  a;\n'.repeat(80)}}\n` },
    says: /core\/a\.ts:2 begins a function of 82 lines/,
  },
  'no-late-variables': {
    files: {
      'src/core/a.ts':
        'export async function a(load: () => Promise<number>) {\n  const tell = () => total;\n  const total = await load();\n  return tell;\n}',
    },
    says: /core\/a\.ts:2 reads total, which is declared in line 3/,
  },
  'exports-are-used': {
    files: {
      'src/core/a.ts': 'export const a = 1;\nexport type B = string;\nexport const c = 2;\nexport const d = c;',
      'src/core/b.ts': "import { type B } from './a.ts';\nexport * from './c.ts';",
      'src/core/c.ts': 'export const kept = 1;',
      'src/core/a.test.ts': "import { a, c } from './a.ts';",
    },
    says: /a\.ts:1 exports a, which only tests use\n {2}src\/core\/a\.ts:4 exports d, which no file imports\n$/,
  },
  'client-names-meet-no-prototype': {
    files: {
      'src/lanes/a.ts':
        'export const read = (rules: Rules, name: string) => rules.values?.[name];\nexport function set(body: JsonObject, key: string) {\n  body[key] = 1;\n}\nexport const own = (body: JsonObject) => Object.keys(body).map((name) => body[name]);',
    },
    says: /lanes\/a\.ts:1 looks up name in the plain object rules\.values[\s\S]*a\.ts:3 sets key in the plain object body\n$/,
  },
  'tables-have-no-prototype': {
    files: {
      'src/core/a.ts':
        "const UNITS: Readonly<Record<string, number>> = {\n  s: 1,\n};\nexport const b = (text: string) => UNITS[text];\nexport const c = UNITS['s'];",
    },
    says: /core\/a\.ts:4 looks up text in the plain object UNITS\n$/,
  },
  'wire-names-live-in-formats': {
    files: { 'src/routing/a.ts': "export const limits = ['max_tokens'];\nexport const b = 'model';" },
    says: /routing\/a\.ts:1 names 'max_tokens'\n$/,
  },
  'admin-knows-no-http': {
    files: {
      'src/admin/a.ts': "import type { FastifyReply } from 'fastify';\nimport { Client } from '../server/b.ts';",
    },
    says: /a\.ts:1 imports fastify[\s\S]*a\.ts:2 imports src\/server\/b\.ts/,
  },
  'nothing-imports-the-composition-root': {
    files: {
      'src/server/a.ts': "import type { Gateway } from '../gateway/gateway.ts';\nimport '../gateway/open-stores.ts';",
    },
    says: /imports src\/gateway\//,
  },
  'only-the-gateway-knows-stores': {
    files: { 'src/tenancy/a.ts': "import { MemoryStore } from '../stores/memory/store.ts';" },
    says: /imports src\/stores\/memory\/store\.ts/,
  },
  'sql-is-never-pasted': {
    files: { 'src/stores/sql/a.ts': 'export const a = (id: string) =>\n  sql.raw(id);' },
    says: /sql\/a\.ts:2 gives sql\.raw something else than a literal/,
  },
  'libraries-have-one-home': {
    files: { 'src/pipeline/a.ts': "import { Agent } from 'undici';\nimport fastify from 'fastify';" },
    says: /a\.ts:1 imports undici[\s\S]*a\.ts:2 imports fastify/,
  },
  'provider-names-stay-home': {
    files: {
      'src/providers/acme/index.ts': "export const acme = { name: 'acme' };",
      'src/pipeline/a.ts': "export const isAcme = (name: string) => name === 'acme';",
    },
    says: /pipeline\/a\.ts:1 names the provider 'acme'/,
  },
  'no-cycles': {
    files: { 'src/core/a.ts': "import { b } from './b.ts';", 'src/core/b.ts': "import type { A } from './a.ts';" },
    says: /a\.ts → src\/core\/b\.ts → src\/core\/a\.ts/,
  },
  'names-in-kebab-case': { files: { 'src/core/MoneyBag.ts': '' }, says: /MoneyBag\.ts:1 is not named in kebab-case/ },
  'files-are-one-thought': { files: { 'src/core/long.ts': '\n'.repeat(500) }, says: /long\.ts:400 has 501 lines/ },
};

function folderWith(context: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-architecture-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

for (const rule of RULES) {
  test(`${rule.name} fires, and says why`, (context) => {
    const bad = BAD[rule.name];
    assert.ok(bad, 'every rule has a bad example');
    const broken = checkArchitecture(folderWith(context, bad.files), []);
    const found = broken.find((candidate) => candidate.rule === rule.name);
    assert.ok(found, `${rule.name} found nothing in ${JSON.stringify(bad.files)}`);
    const report = renderBrokenRules([found]);
    assert.match(report, bad.says);
    assert.ok(report.includes(rule.why));
  });
}

test('the files that join everything may open stores and know one another, and no other file may know them', (context) => {
  const folder = folderWith(context, {
    'src/gateway/gateway.ts': "import { openStores } from './open-stores.ts';",
    'src/gateway/open-stores.ts': "import { Database } from '../stores/sqlite/database.ts';",
    'src/stores/sqlite/database.ts': 'export class Database {}',
    'src/admin/a.ts': "import { openStores } from '../gateway/open-stores.ts';",
  });
  const broken = checkArchitecture(folder, []).flatMap(({ rule, breaks }) => breaks.map(({ path }) => [rule, path]));
  assert.deepEqual(broken, [['nothing-imports-the-composition-root', 'src/admin/a.ts']]);
});

test('a function may return a long object of short methods, but each method is measured', (context) => {
  const method = (name: string, lines: number): string => `    ${name}() {\n${'      a;\n'.repeat(lines)}    },\n`;
  const folder = folderWith(context, {
    'src/core/a.ts': `function a() {\n  return {\n${method('b', 50)}${method('c', 50)}  };\n}\n`,
    'src/core/b.ts': `function a() {\n  return {\n${method('b', 90)}  };\n}\n`,
  });
  const broken = checkArchitecture(folder, []).flatMap(({ breaks }) => breaks.map(({ path, line }) => [path, line]));
  assert.deepEqual(broken, [['src/core/b.ts', 3]]);
});

test('a variable that is read below its declaration, or another one of the same name, is not late', (context) => {
  const folder = folderWith(context, {
    'src/core/a.ts': [
      'function a(list: number[]) {',
      '  const doubled = list.map((one) => one * 2).filter((one) => { const two = one; return two > 1; });',
      '  const other = { one: doubled };',
      '  const read = () => other.one;',
      '  const one = other.one;',
      '  const two = { one };',
      '  return { two, read };',
      '}',
    ].join('\n'),
  });
  assert.deepEqual(checkArchitecture(folder, []), []);
});

test('an exception quiets one rule in one file, and must be needed', (context) => {
  const folder = folderWith(context, { 'src/core/a.ts': 'Date.now()', 'src/core/b.ts': 'Date.now()' });
  const exception = { rule: 'pure-folders-touch-no-world', path: 'src/core/a.ts', why: 'a seam' };
  const [broken] = checkArchitecture(folder, [exception]);
  assert.deepEqual(
    broken?.breaks.map(({ path }) => path),
    ['src/core/b.ts'],
  );
  const idle = { ...exception, path: 'src/core/c.ts' };
  assert.ok(checkArchitecture(folder, [idle]).some(({ rule }) => rule === 'no-unused-exceptions'));
});

test('imports are distinguished from comments, texts, templates and regular expressions', () => {
  const source = readSource(
    'src/x/a.ts',
    [
      "// import { a } from './comment.ts';",
      'const text = "import { a } from \'./text.ts\'";',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a program.
      'const template = `from ${inner(`${"x"} import`)} ./template.ts`;',
      'const pattern = /[\'"/]from "x/g; const half = 4 / 2 / 1;',
      "import { type A, type B } from '../y/types.ts';",
      "import value, { type C } from '@scope/name/deep';",
      "export * from './all.ts';",
      "const list = Buffer.from('bytes');",
    ].join('\n'),
  );
  assert.deepEqual(
    source.imports.map(({ target, isTypeOnly, line }) => [target, isTypeOnly, line]),
    [
      ['src/y/types.ts', true, 5],
      ['@scope/name', false, 6],
      ['src/x/all.ts', false, 7],
    ],
  );
  assert.ok(source.literals.some(({ value }) => value === 'bytes'));
});
