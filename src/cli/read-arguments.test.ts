import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readArguments, UsageError } from './read-arguments.ts';

const refuses = (argv: string[], message: RegExp): void =>
  assert.throws(
    () => readArguments(argv, {}),
    (error) => error instanceof UsageError && message.test(error.message),
  );

test('no argument means serve', () => {
  const read = readArguments([], {});
  assert.equal(read.command, 'serve');
  assert.deepEqual(read.files, []);
  assert.equal(read.workers, 1);
});

test('--config repeats and keeps its order', () => {
  assert.deepEqual(readArguments(['-c', 'a.yaml', '--config=b.yaml', '--config', 'c.yaml'], {}).files, [
    'a.yaml',
    'b.yaml',
    'c.yaml',
  ]);
});

test('flags are read with underscores and with hyphens', () => {
  for (const argv of [
    ['--num_workers', '3', '--request_timeout=1.5', '--drop_params'],
    ['--num-workers', '3', '--request-timeout=1.5', '--drop-params'],
  ]) {
    const read = readArguments(argv, {});
    assert.equal(read.workers, 3);
    assert.equal(read.requestTimeoutMs, 1500);
    assert.equal(read.dropParams, true);
  }
});

test('--unshared-limits is a switch, and a variable switches it as well', () => {
  assert.equal(readArguments([], {}).unsharedLimits, false);
  assert.equal(readArguments(['--unshared-limits'], {}).unsharedLimits, true);
  assert.equal(readArguments(['--unshared_limits'], {}).unsharedLimits, true);
  for (const value of ['1', 'true', 'Yes'])
    assert.ok(readArguments([], { SLUICE_UNSHARED_LIMITS: value }).unsharedLimits);
  for (const value of ['', '0', 'false'])
    assert.ok(!readArguments([], { SLUICE_UNSHARED_LIMITS: value }).unsharedLimits);
});

test('a value keeps its own hyphens', () => {
  assert.deepEqual(readArguments(['--config', 'my-own-file.yaml', '--model=openai/gpt-4o-mini'], {}).files, [
    'my-own-file.yaml',
  ]);
  assert.equal(readArguments(['--model=openai/gpt-4o-mini'], {}).model, 'openai/gpt-4o-mini');
});

test('an environment variable stands in for a flag, and the flag wins', () => {
  const env = { CONFIG_FILE_PATH: 'e.yaml', PORT: '5000', HOST: '127.0.0.1', NUM_WORKERS: '2' };
  const read = readArguments([], env);
  assert.deepEqual([read.files, read.port, read.host, read.workers], [['e.yaml'], 5000, '127.0.0.1', 2]);
  const over = readArguments(['-c', 'f.yaml', '--port', '0'], env);
  assert.deepEqual([over.files, over.port], [['f.yaml'], 0]);
  assert.equal(readArguments([], { PORT: '' }).port, undefined);
});

test('check takes files without a flag', () => {
  const read = readArguments(['check', 'a.yaml', 'b.yaml', '--json'], {});
  assert.deepEqual([read.command, read.files, read.json], ['check', ['a.yaml', 'b.yaml'], true]);
});

test('a mistyped flag or command is refused with the nearest one', () => {
  refuses(['--confg', 'a'], /^Unknown flag --confg\. Did you mean --config\?$/);
  refuses(['--num-wrokers', '2'], /Did you mean --num_workers\?/);
  refuses(['--zzzzzz'], /^Unknown flag --zzzzzz\.$/);
  refuses(['-x'], /^Unknown flag -x\.$/);
  refuses(['chekc'], /Did you mean check\?/);
});

test('a forgotten or impossible value is refused', () => {
  refuses(['--config'], /--config needs a value/);
  refuses(['--config', '--port', '1'], /--config needs a value/);
  refuses(['--port', 'http'], /--port must be a whole number from 0 to 65535, not "http"/);
  refuses(['--port', '70000'], /from 0 to 65535/);
  refuses(['--num_workers', '0'], /from 1 to 256/);
  refuses(['--request_timeout', '-1'], /number of seconds/);
  refuses(['serve', 'config.yaml'], /given with --config/);
});

test('flags of LiteLLM without a meaning are accepted with a note', () => {
  const read = readArguments(['--run_gunicorn', '--telemetry', 'False', '--use-queue', '--config', 'a.yaml'], {});
  assert.deepEqual(read.files, ['a.yaml']);
  assert.equal(read.notes.length, 3);
  for (const note of read.notes) assert.match(note, /^--\w+ has no effect: .+\.$/);
});

test('the certificate to serve comes from flags, else from variables', () => {
  const env = { SSL_CERTFILE_PATH: 'a.pem', SSL_KEYFILE_PATH: 'a.key' };
  const { certificateFile, keyFile } = readArguments(['--ssl-certfile-path', 'b.pem'], env);
  assert.deepEqual([certificateFile, keyFile], ['b.pem', 'a.key']);
});

test('switches take true and false', () => {
  assert.equal(readArguments(['--debug=false'], {}).logLevel, undefined);
  assert.equal(readArguments(['--debug=True'], {}).logLevel, 'debug');
  assert.equal(readArguments(['--debug', '--detailed_debug'], {}).logLevel, 'trace');
  refuses(['--debug=maybe'], /is a switch/);
});

test('--test, --health, --version and --help choose their command', () => {
  for (const command of ['test', 'health', 'version', 'help'] as const) {
    assert.equal(readArguments([`--${command}`], {}).command, command);
  }
  assert.equal(readArguments(['-v'], {}).command, 'version');
});

test('route takes files, a model, a prompt, tags and a call id', () => {
  const args = readArguments(
    ['route', 'a.yaml', 'b.yaml', '--model', 'chat', '--prompt-file', 'p.txt', '--tags', 'a,b', '--stream', '--json'],
    {},
  );
  assert.equal(args.command, 'route');
  assert.deepEqual(args.files, ['a.yaml', 'b.yaml']);
  assert.deepEqual(
    [args.model, args.promptFile, args.tags, args.stream, args.json, args.callId],
    ['chat', 'p.txt', 'a,b', true, true, undefined],
  );
  assert.equal(readArguments(['route', '--call-id', 'x'], {}).callId, 'x');
});
