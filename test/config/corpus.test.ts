/**
 * Files as teams write them for LiteLLM, by its releases (`test/corpus`, in words of our own), and what `check` says of each. After the
 * files' own first line, the lines that begin with `#>` are the findings, in their order; `#> starts` or `#> stops` comes before them.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { FEATURE_SETTINGS } from '../../src/features/index.ts';
import { providers } from '../../src/providers/index.ts';

const folder = join(import.meta.dirname, '../corpus');
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
const texts = new Map(files.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));

/** Every variable that one of the files names, but for one. */
const env = Object.fromEntries(
  [...texts.values()].flatMap((text) =>
    [...text.matchAll(/os\.environ\/(\w+)/g)].flatMap(([, name = '']) =>
      name === 'NOT_SET_ANYWHERE' ? [] : [[name, valueFor(name)] as const],
    ),
  ),
);

function valueFor(name: string): string {
  if (name === 'DATABASE_URL') return 'postgresql://user:password@db.example.com:5432/litellm';
  return name === 'REDIS_PORT' ? '6379' : `value-of-${name.toLowerCase()}-0123456789`;
}

const written = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !line.startsWith('#>'))
    .join('\n');

/** What is found, with places as in the file without the expectations. */
function checked(name: string): { readonly starts: boolean; readonly lines: readonly string[] } {
  const { config, findings } = loadConfig({
    files: [name],
    env,
    knownProviders: providers,
    features: FEATURE_SETTINGS,
    readFile: () => written(texts.get(name) ?? ''),
  });
  const lines = findings.map(({ severity, line, code, message }) => `${severity} ${line} ${code}: ${message}`);
  return { starts: config !== undefined, lines };
}

describe('The corpus of configurations', () => {
  for (const name of files) {
    it(`${name}: check says what it has to`, () => {
      const { starts, lines } = checked(name);
      const expected = (texts.get(name) ?? '').split('\n').filter((line) => line.startsWith('#>'));
      assert.deepEqual(
        [starts ? '#> starts' : '#> stops', ...lines.map((line) => `#> ${line}`)],
        expected,
        `if this is right, write it into test/corpus/${name}`,
      );
    });
  }

  it('has at least eighty files, of which 95 % start; the others hold what would be unsafe, or are broken', () => {
    const stopped = files.filter((name) => !checked(name).starts);
    assert.ok(files.length >= 80, `${files.length}`);
    // Broken on purpose: LiteLLM does not start with them either, or starts without their secret or their master key.
    const broken = [
      ...['misspelt-secret', 'not-in-a-list', 'unclosed-quote', 'without-master-key'],
      ...['alias-loop', 'duplicated-key', 'fallbacks-json', 'tabs', 'wrong-indent'].map((each) => `further-${each}`),
    ].map((each) => `${each}.yaml`);
    const others = stopped.filter((name) => !broken.includes(name));
    // They name the switch with which they start without what would check their requests.
    assert.deepEqual(others, ['further-custom-callback.yaml', 'guardrails-presidio.yaml', 'own-callback.yaml']);
    for (const name of others)
      assert.match(checked(name).lines[0] ?? '', /write "ignore_settings: \[\w+\]" to start nevertheless/);
    const sound = files.length - broken.length;
    assert.ok((sound - others.length) / sound >= 0.95, `${others.length} of ${sound} stop`);
  });
});
