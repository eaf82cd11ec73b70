/** Writes the tables of docs/guides/reliability.md: from the tests' own table, the tests that assert its rows, and the defaults. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULTS } from '../src/config/defaults.ts';
import { FAULTS, type Row, SCENARIOS } from '../test/reliability/table.ts';
import { writeGenerated } from './generated-page.ts';

const PAGE = 'docs/guides/reliability.md';
const root = join(import.meta.dirname, '..');

const tests = globSync('test/reliability/*.test.ts', { cwd: root })
  .sort()
  .map((path) => ({ path: path.replaceAll('\\', '/'), text: readFileSync(join(root, path), 'utf8') }));

function line({ id, upstream, client }: Row): string {
  const asserting = tests.filter(({ text }) => text.includes(`'${id}'`));
  if (asserting.length === 0) throw new Error(`no test asserts ${id}`);
  const links = asserting.map(({ path }) => `[${path.replace(/^.*\/|\.test\.ts$/g, '')}](../../${path})`);
  return `| ${id} | ${upstream} | ${client} | ${links.join(', ')} |`;
}

const table = (rows: readonly Row[]): string =>
  ['| | the upstream | the client gets | asserted by |', '|---|---|---|---|', ...rows.map(line)].join('\n');

const seconds = (ms: number): string => `${ms / 1000} s`;

const limits = [
  '| setting | bounds | default |',
  '|---|---|---|',
  `| \`connect_timeout\` | a connection, TLS included | ${seconds(DEFAULTS.connectTimeoutMs)} |`,
  '| `ttft_timeout` | a stream until its first content | `stream_timeout`, else `timeout` |',
  `| \`stream_idle_timeout\` | the silence between two chunks | ${seconds(DEFAULTS.idleTimeoutMs)} |`,
  `| \`timeout\` | an attempt; of a stream, until its first content | ${seconds(DEFAULTS.timeoutMs)} |`,
  `| \`request_deadline\` | a request over all its attempts | \`timeout\`, but at least ${seconds(DEFAULTS.timeoutMs)} |`,
  `| \`num_retries\` | further attempts in a group | ${DEFAULTS.numRetries} |`,
  `| \`max_attempts\` | attempts over retries, fallbacks and hedges together | ${DEFAULTS.maxAttempts} |`,
  `| \`cooldown_time\` | the first rest of a deployment | ${seconds(DEFAULTS.cooldownMs)} |`,
].join('\n');

const parts: Readonly<Record<string, string>> = { scenarios: table(SCENARIOS), faults: table(FAULTS), limits };
const page = readFileSync(join(root, PAGE), 'utf8');
writeGenerated(
  PAGE,
  page.replace(
    /(<!-- begin: (\w+) -->\n)[\s\S]*?(<!-- end: \2 -->)/g,
    (_, begin: string, name: string, end: string) => `${begin}${parts[name] ?? ''}\n${end}`,
  ),
);
