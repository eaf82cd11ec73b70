import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { createLogger, type LogConfig, type LogOptions } from './log.ts';
import { LogWriter } from './log-writer.ts';
import { redact } from './redact.ts';
import type { SettledExchange } from './settled.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-log-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const settled = (facts: Partial<SettledExchange> = {}): SettledExchange => ({
  callId: 'call-1',
  route: '/v1/chat/completions',
  path: '/v1/chat/completions',
  caller: { keyHash: 'abcdef0123456789', keyAlias: 'shop', userId: 'ada@example.com', teamId: 'retail' },
  requestedModel: 'gpt-4o',
  group: 'gpt-4o',
  askedGroup: 'gpt-4o',
  endUser: 'customer-7',
  lane: 'translate',
  laneReason: 'other-format',
  stream: true,
  attempts: [
    {
      deploymentId: 'first',
      provider: 'openai',
      model: 'gpt-4o-2026',
      apiBase: 'https://api.example.com',
      status: 200,
      startedMs: 0,
      durationMs: 400,
      firstByteMs: 60,
    },
  ],
  status: 200,
  outcome: 'success',
  error: undefined,
  usage: { inputTokens: 100, outputTokens: 20, cachedInputTokens: 64 },
  cost: 1_500_250_000n,
  unpriced: false,
  dropped: 2,
  startedAtMs: 0,
  durationMs: 410.12345,
  firstByteMs: 61,
  overheadMs: 6.0004,
  ...facts,
});

let files = 0;
/** Runs a log into a file and returns what stands there afterwards. */
async function written(
  config: Partial<LogConfig>,
  use: (log: ReturnType<typeof createLogger>) => void,
  options: Partial<LogOptions> & { readonly isTTY?: boolean } = {},
): Promise<string> {
  const path = join(folder, `log-${files++}`);
  const fd = openSync(path, 'w');
  const clock = { nowMs: () => Date.UTC(2026, 6, 1, 12, 0, 0, 7), monotonicMs: () => 0 };
  const log = createLogger(
    { logLevel: 'info', logFormat: 'auto', hidePersonalData: false, ...config },
    { clock, ...options, stdout: { fd, isTTY: options.isTTY === true } },
  );
  use(log);
  await log.close();
  closeSync(fd);
  return readFileSync(path, 'utf8');
}

describe('the log', () => {
  test('writes one JSON line for a request, with everything one asks about it', async () => {
    const text = await written({}, (log) => log.requests.take(settled()));
    assert.ok(text.endsWith('\n'));
    assert.deepEqual(JSON.parse(text), {
      level: 'info',
      time: '2026-07-01T12:00:00.007Z',
      msg: 'request',
      call_id: 'call-1',
      route: '/v1/chat/completions',
      status: 200,
      outcome: 'success',
      key_alias: 'shop',
      key_hash: 'abcdef01',
      team: 'retail',
      user: 'ada@example.com',
      end_user: 'customer-7',
      group: 'gpt-4o',
      deployment: 'first',
      provider: 'openai',
      lane: 'translate',
      lane_reason: 'other-format',
      stream: true,
      attempts: 1,
      input_tokens: 100,
      output_tokens: 20,
      cached_tokens: 64,
      cost_usd: '0.00150025',
      duration_ms: 410.123,
      first_byte_ms: 61,
      overhead_ms: 6,
      dropped: 2,
    });
  });

  test('writes failures as warnings, and lines below the level not at all', async () => {
    const failed = settled({
      outcome: 'failure',
      status: 502,
      error: 'upstream_stream_cut',
      usage: undefined,
      cost: undefined,
    });
    const text = await written({ logLevel: 'warn' }, (log) => {
      log.requests.take(settled());
      log.requests.take(failed);
    });
    const line = JSON.parse(text);
    assert.equal(line.level, 'warn');
    assert.equal(line.error, 'upstream_stream_cut');
    const silent = await written({ logLevel: 'silent' }, (log) => {
      log.requests.take(failed);
      log.app.fatal('nothing');
    });
    assert.equal(silent, '');
  });

  test('leaves out who it was for when personal data is hidden', async () => {
    const text = await written({ hidePersonalData: true }, (log) => log.requests.take(settled()));
    assert.ok(!text.includes('ada@') && !text.includes('customer-7'));
  });

  test('takes over a reloaded configuration', async () => {
    const text = await written({ logLevel: 'error' }, (log) => {
      log.requests.take(settled({ callId: 'before' }));
      log.configure({ logLevel: 'info', logFormat: 'json', hidePersonalData: false });
      log.requests.take(settled({ callId: 'after' }));
    });
    assert.equal(JSON.parse(text).call_id, 'after');
  });

  test('stays one valid line whatever names hold', async () => {
    const odd = 'a"b\\c\n\u0000\u2028ü\ud800';
    const text = await written({}, (log) =>
      log.requests.take(settled({ callId: odd, group: odd, laneReason: odd, caller: { keyHash: odd, keyAlias: odd } })),
    );
    assert.equal(text.split('\n').length, 2);
    assert.equal(JSON.parse(text).group, odd.toWellFormed() === odd ? odd : JSON.parse(JSON.stringify(odd)));
  });

  test('writes every cost exactly', async () => {
    for (const [cost, expected] of [
      [0n, '0'],
      [1n, '0.000000000001'],
      [2_000_000_000_000n, '2'],
      [1_234_500_000_000_000n, '1234.5'],
      [98_765_432_123_456_789_012n, '98765432.123456789012'],
    ] as const) {
      const text = await written({}, (log) => log.requests.take(settled({ cost })));
      assert.equal(JSON.parse(text).cost_usd, expected);
    }
  });

  test('writes for people on a terminal, and JSON there when told to', async () => {
    const use = (log: ReturnType<typeof createLogger>) => {
      log.requests.take(settled({ group: 'gpt\u001b[31m-4o' }));
      log.app.info({ file: 'config.yaml' }, 'Configuration reloaded');
    };
    const text = await written({}, use, { isTTY: true });
    assert.match(text, /^12:00:00\.007 info {2}200 \/v1\/chat\/completions gpt\\u001b\[31m-4o → openai/);
    assert.match(text, /\n12:00:00\.007 info {2}Configuration reloaded file=config\.yaml\n$/);
    const json = await written({ logFormat: 'json' }, use, { isTTY: true });
    assert.equal(JSON.parse(json.split('\n')[1] ?? '').msg, 'Configuration reloaded');
    assert.equal(JSON.parse(json.split('\n')[1] ?? '').level, 'info');
  });

  test('keeps secrets out of application lines, however they got into them, and the lines stay JSON', async () => {
    const canaries = [
      'sk-canary-1234567890abcdef',
      'sk-ant-api03-CANARYcanary_123',
      'gsk_CANARYcanary1234567890abcd',
      'AIzaCANARYcanary1234567890abcdefghijklm',
      'AKIACANARY1234567890',
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJDQU5BUlkifQ.CANARY',
    ];
    const text = await written({}, (log) => {
      for (const canary of canaries) {
        log.app.warn(`provider said: bad key ${canary}!`);
        log.app.error({ error: new Error(`refused ${canary}`) }, 'call failed');
      }
      log.app.info({ headers: { Authorization: 'Bearer CANARY-token', 'x-api-key': 'CANARY-plain' } }, 'headers');
      log.app.info({ body: JSON.stringify({ api_key: 'CANARY-nested' }) }, 'nested');
      log.app.info({ password: 'CANARY-pass', api_key: null, secret: 7, authorization: ['x'] }, 'named');
      log.app.info('GET https://user:CANARY@host/path?key=CANARY-query&x=1 with x-api-key: CANARY-header');
      log.app.info({ keyHash: 'abc', tokens: 12 }, 'harmless');
    });
    assert.ok(!/canary/i.test(text), text);
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(lines.at(-1).tokens, 12);
    assert.equal(lines.at(-1).keyHash, 'abc');
  });

  test('a key at the start of a line inside a JSON string is hidden, whatever escape stands before it', () => {
    const key = 'abcdefgh12345678';
    for (const before of ['\n', '\r\n', '\t', '\b', '\f', '\u0001', '\u001b']) {
      for (const text of [`sk-${key}`, `gsk_${key}`, `xoxb-${key}`, `Bearer ${key}`, `AKIA${key.toUpperCase()}`]) {
        const line = redact(JSON.stringify({ msg: `it said${before}${text}` }));
        assert.ok(!line.toLowerCase().includes(key), line);
      }
    }
  });

  test('redaction takes time in proportion to the text, also for hostile text', () => {
    for (const part of ['sk-', 'api_key=', 'eyJ', 'eyJ-aaaaaaa-', '://a:', 'Bearer ', 'key"', '?key=']) {
      const text = part.repeat(20_000);
      const start = performance.now();
      redact(text);
      assert.ok(performance.now() - start < 1000, part);
    }
  });

  test('a reader that stops reading costs lines, which are counted, and not memory', async () => {
    const pipe = join(folder, 'pipe');
    assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
    // Opened for reading and writing, so that opening does not wait; there is no reader.
    const fd = openSync(pipe, 'r+');
    const log = createLogger(
      { logLevel: 'info', logFormat: 'json', hidePersonalData: false },
      { stdout: { fd }, maxBytes: 100_000 },
    );
    for (let index = 0; index < 2000; index++) {
      log.requests.take(settled());
      if (index % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(log.dropped() > 1000, `${log.dropped()} dropped`);
    // Somebody reads after all: the rest comes out whole, in lines.
    const reader = spawnReader(pipe);
    await log.close();
    closeSync(fd);
    const lines = (await reader).trimEnd().split('\n');
    assert.equal(lines.length, 2000 - log.dropped());
    for (const line of lines) JSON.parse(line);
  });

  test('a closed pipe ends the log and not the program', async () => {
    const writer = new LogWriter({ fd: 9999, delayMs: 0 });
    writer.write('lost\n');
    await writer.flush();
    writer.write('lost too\n');
    assert.equal(writer.dropped, 2);
  });

  test('pieces for a shared pipe stay whole lines below what the system keeps together', async () => {
    const path = join(folder, 'shared');
    const fd = openSync(path, 'w');
    const writer = new LogWriter({ fd, isShared: true });
    const lines = Array.from({ length: 100 }, (_, index) => `${index} ${'x'.repeat(150)}\n`);
    for (const line of lines) writer.write(line);
    await writer.flush();
    closeSync(fd);
    assert.equal(readFileSync(path, 'utf8'), lines.join(''));
  });

  test('what was logged last is written when the program crashes', () => {
    const script = `
      import { createLogger } from ${JSON.stringify(new URL('./log.ts', import.meta.url).href)};
      const log = createLogger({ logLevel: 'info', logFormat: 'json', hidePersonalData: false }, { stdout: process.stdout });
      log.app.info('last words');
      setTimeout(() => { throw new Error('crash'); }, 5);
    `;
    const result = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    assert.notEqual(result.status, 0);
    assert.match(result.stdout, /"msg":"last words"/);
  });
});

/** Reads a named pipe in another process until all writers are gone. */
async function spawnReader(path: string): Promise<string> {
  const { execFile } = await import('node:child_process');
  return new Promise((resolve, reject) => {
    execFile('cat', [path], { encoding: 'utf8', timeout: 20_000 }, (error, stdout) =>
      error === null ? resolve(stdout) : reject(error),
    );
  });
}
