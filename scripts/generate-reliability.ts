/** Writes the tables of docs/guides/reliability.md: from the tests' own table, the tests that assert its rows, and the defaults. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deadlineOf } from '../src/config/group-routing.ts';
import { loadConfig } from '../src/config/load.ts';
import { LONGEST_SILENCE_MS } from '../src/snapshot/deployment.ts';
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

const { config } = loadConfig({ files: [], env: {}, knownProviders: [] });
if (config === undefined) throw new Error('an empty configuration does not load');
const { routing } = config;

const seconds = (ms: number): string => `${ms / 1000} s`;

const limits = [
  '| setting | bounds | default |',
  '|---|---|---|',
  `| \`connect_timeout\` | a connection, TLS included | ${seconds(routing.connectTimeoutMs)} |`,
  '| `ttft_timeout` | a stream until its first content | `stream_timeout`, else `timeout` |',
  `| \`stream_idle_timeout\` | the silence between two chunks | \`stream_timeout\`, else ${seconds(LONGEST_SILENCE_MS)} |`,
  `| \`response_headers_timeout\` | the headers of a stream, if there is somewhere else to go | 30 s; none for models that reason |`,
  `| \`late_first_token\` | a stream without content, before a fallback is asked as well | ${seconds(routing.lateFirstTokenMs)}; never for models that reason |`,
  `| \`retry_after_wait_max\` | what a provider may ask for before a fallback is asked instead | ${seconds(routing.retryAfterWaitMaxMs)} |`,
  `| \`timeout\` | an attempt; of a stream, until its first content | ${seconds(routing.timeoutMs)} |`,
  `| \`request_deadline\` | a request over all its attempts | \`timeout\`, but at least ${seconds(deadlineOf(routing))} |`,
  `| \`num_retries\` | further attempts in a group | ${routing.numRetries} |`,
  `| \`max_attempts\` | attempts over retries, fallbacks and hedges together | ${routing.maxAttempts} |`,
  `| \`cooldown_time\` | the first rest of a deployment | ${seconds(routing.cooldownMs)} |`,
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
