/** Readers of what is on the disk: configuration, journal, rows of the ledger. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../../src/config/load.ts';
import { FEATURE_SETTINGS } from '../../../src/features/index.ts';
import { providers } from '../../../src/providers/index.ts';
import { rowOfJson, textOfRow } from '../../../src/stores/contracts/ledger-text.ts';
import {
  closedText,
  deliveredText,
  droppedText,
  holdText,
  lineOf,
  openRecordOf,
  openText,
  readClosed,
  readCosts,
  readEvent,
  readLine,
} from '../../../src/stores/journal/record.ts';
import { readSegment } from '../../../src/stores/journal/segment.ts';
import { ledgerRow } from '../../support/ledger-rows.ts';
import type { FuzzTarget } from '../target.ts';

const CONFIGURATIONS = [
  `model_list:
  - model_name: fast
    litellm_params: {model: openai/gpt-4o, api_key: os.environ/OPENAI_API_KEY, rpm: 10}
    model_info: {id: one, input_cost_per_token: 0.000001}
  - &second
    model_name: "claude*"
    litellm_params: {model: anthropic/*, api_key: \${KEY:-none}}
router_settings:
  routing_strategy: least-busy
  num_retries: 2
  fallbacks: [{fast: ["claude-x"]}]
  model_group_alias: {quick: fast}
litellm_settings: {drop_params: true, request_timeout: 30, cache: true, cache_params: {ttl: 60}}
general_settings: {master_key: sk-abcdefghijkl, database_url: "postgresql://u:p@127.0.0.1/db"}
`,
  `include: [other.yaml]
environment_variables: {A: b}
litellm_settings: {max_budget: 10, budget_duration: 30d}
budget_settings: {when_away: {key: closed}}
user_api_key_list:
  - {api_key: sk-key-of-a-user, max_budget: 1, models: [fast], budget_duration: 1h}
`,
];

const configTarget: FuzzTarget = {
  name: 'configuration',
  seeds: CONFIGURATIONS,
  words: [
    'os.environ/',
    `${'$'}{A}`,
    '${',
    '<<: *second\n',
    '&x ',
    '*x',
    '- ',
    ': ',
    '!!binary ',
    '|\n',
    '30d',
    '~',
    '? ',
    '1e3',
  ],
  run(input) {
    const { config, findings } = loadConfig({
      files: ['/fuzz/config.yaml'],
      env: { KEY: 'x', OPENAI_API_KEY: 'sk-secret' },
      knownProviders: providers,
      features: FEATURE_SETTINGS,
      readFile(path) {
        if (path.endsWith('config.yaml')) return input;
        throw Object.assign(new Error('absent'), { code: 'ENOENT' });
      },
    });
    assert.ok(
      config !== undefined || findings.some(({ severity }) => severity === 'error'),
      'refused without a finding',
    );
    for (const { message } of findings) assert.ok(!message.includes('sk-secret'), message);
  },
};

const RECORDS = [
  openText({ callId: 'a', hold: 12n, row: ledgerRow('a', { tags: ['x'], cost: 5n }) }),
  holdText('a', 99n),
  droppedText('a'),
  deliveredText(3),
];

const journalTarget: FuzzTarget = {
  name: 'journal-segment',
  seeds: [RECORDS.map(lineOf).join(''), `${RECORDS.map(lineOf).join('\n')}torn`],
  words: ['\n', '\0\0\0\0', 'ffffffff '],
  run(input) {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-fuzz-'));
    try {
      const path = join(folder, '00000001.log');
      writeFileSync(path, input);
      let before = 0;
      for (const { record, endsAt } of readSegment(path)) {
        assert.ok(endsAt > before && endsAt <= input.length, 'the places of records do not ascend within the file');
        const line = input.subarray(before, endsAt).toString();
        before = endsAt;
        // The checksum takes only what was written.
        if (record !== undefined)
          assert.ok(
            RECORDS.some((text) => line.trimStart() === lineOf(text)),
            line,
          );
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

/** Any text under a right checksum: no reader throws, and what one takes for an ending all take for one. */
const journalLineTarget: FuzzTarget = {
  name: 'journal-line',
  seeds: [...RECORDS, closedText({ callId: 'a', rows: [ledgerRow('a', { cost: 5n })] }, 1)],
  words: [
    '"number":',
    '"rows":[',
    '"rows":{}',
    '"row":null',
    '"cost":"x"',
    '{"closed":',
    '{"open":',
    '"settlement":{}',
    'null',
    '-',
  ],
  run(input) {
    const text = input.toString().replaceAll('\n', ' ');
    const line = Buffer.from(lineOf(text)).subarray(0, -1);
    readEvent(line);
    openRecordOf(text);
    const record = readLine(line);
    const [ending, costs] = [readClosed(line), readCosts(line)];
    if (!text.startsWith('{"closed":')) return;
    const isEnding = record?.kind === 'closed';
    assert.equal(typeof ending === 'object', isEnding);
    if (isEnding) assert.ok(costs !== undefined);
    for (let end = 0; end < line.length; end += 7) readClosed(line.subarray(0, end));
  },
};

const ledgerTarget: FuzzTarget = {
  name: 'ledger-text',
  seeds: [
    textOfRow(
      ledgerRow('a', { tags: ['x', 'y'], cost: 10n ** 30n, requestedCost: 0n, hold: 7n, metadata: { a: [1] } }),
    ),
  ],
  words: ['\\u0000', '"tags":["', '__proto__'],
  run(input) {
    const name = input.toString();
    // Names are the client's; numbers are the gateway's.
    const row = ledgerRow(name, { requestedModel: name, tags: [name], metadata: { [name]: name }, cost: 5n });
    const read = rowOfJson(JSON.parse(textOfRow(row)));
    assert.deepEqual(JSON.parse(textOfRow(read)), JSON.parse(textOfRow(row)));
    assert.deepEqual(read.tags, [name]);
    assert.equal(read.cost, 5n);
  },
};

/** The targets of what is stored. */
export const STORED_TARGETS: readonly FuzzTarget[] = [configTarget, journalTarget, journalLineTarget, ledgerTarget];
