/** What the built package holds in memory: idle, with many open streams, and after many small requests, with the sizes of the heap that ship. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SluiceProcess, temporaryFolder } from './cli/sluice-process.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..');
const KEY = 'sk-memory-test-master-key-51c07e';
const REQUESTS = 10_000;
const CONNECTIONS = 16;
const STREAMS = 2_000;
/** A prompt of an agent, so that the bytes of bodies count too. */
const PROMPT_BYTES = 8_192;
const MOST_IDLE_MB = 120;
const MOST_STREAMING_MB = 350;
const MOST_AFTER_MB = 240;
/** The garbage of the start is collected after two seconds, and V8 gives its pages back after eight more. */
const IDLE_WITHIN_MS = 30_000;

const ANSWER = JSON.stringify({
  ...{ id: 'answer', object: 'chat.completion', model: 'm' },
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
});

const EVENT = `data: ${JSON.stringify({
  ...{ id: 'answer', object: 'chat.completion.chunk', model: 'm' },
  choices: [{ index: 0, delta: { role: 'assistant', content: 'hi' }, finish_reason: null }],
})}\n\n`;

test('the built package is small when idle, and stays small under many small requests and open streams', {
  timeout: 900_000,
}, async (context) => {
  const folder = temporaryFolder(context);
  const compiler = join(ROOT, 'node_modules', '.bin', 'tsc');
  await run(compiler, ['--project', 'tsconfig.build.json', '--outDir', join(folder, 'dist')], { cwd: ROOT });
  for (const part of ['bin', 'package.json']) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));

  const streams = new Set<ServerResponse>();
  const provider = createServer((question, answer) => {
    let text = '';
    question.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    question.on('end', () => {
      if (!text.includes('"stream":true')) {
        answer.setHeader('content-type', 'application/json').end(ANSWER);
        return;
      }
      answer.setHeader('content-type', 'text/event-stream').write(EVENT);
      streams.add(answer);
    });
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    provider.closeAllConnections();
    provider.close();
  });
  const base = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`;
  const model = { model_name: 'm', litellm_params: { model: 'openai/gpt-4o', api_base: base, api_key: 'provider' } };
  const config = join(folder, 'config.yaml');
  // Streams stay open for as long as a busy machine takes to begin them all.
  const router_settings = { timeout: 600, stream_idle_timeout: 600 };
  writeFileSync(
    config,
    JSON.stringify({ model_list: [model], router_settings, general_settings: { master_key: KEY } }),
  );
  const gateway = new SluiceProcess(context, {
    cwd: folder,
    command: join(folder, 'bin', 'sluice.cjs'),
    args: ['--config', config, '--port', '0'],
    env: { SLUICE_DATA_DIR: join(folder, 'data') },
  });
  const url = await gateway.url();
  const residentMb = async (): Promise<number> => {
    const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(gateway.child.pid)]);
    return Number(stdout) / 1_024;
  };
  let idleMb = await residentMb();
  for (const untilMs = Date.now() + IDLE_WITHIN_MS; idleMb > MOST_IDLE_MB && Date.now() < untilMs; ) {
    await wait(1_000);
    idleMb = await residentMb();
  }

  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  context.after(() => agent.destroy());
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hello' }] });
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
  const ask = (): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const asked = request(`${url}/v1/chat/completions`, { agent, method: 'POST', headers }, (answer) =>
        answer.resume().on('end', () => resolve(answer.statusCode)),
      );
      asked.on('error', reject).end(body);
    });
  let left = REQUESTS;
  const one = async (): Promise<void> => {
    while (left-- > 0) assert.equal(await ask(), 200);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, one));
  const afterMb = await residentMb();
  context.diagnostic(`${idleMb.toFixed(0)} MB idle, ${afterMb.toFixed(0)} MB after ${REQUESTS} requests`);
  const streamer = new Agent({ maxSockets: STREAMS });
  context.after(() => streamer.destroy());
  const streamBody = JSON.stringify({
    ...{ model: 'm', stream: true },
    messages: [{ role: 'user', content: 'word '.repeat(PROMPT_BYTES / 5) }],
  });
  const beginning = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const asked = request(`${url}/v1/chat/completions`, { agent: streamer, method: 'POST', headers }, (answer) =>
        answer.once('data', (piece: Buffer) => resolve(answer.statusCode === 200 ? 'begun' : piece.toString())),
      );
      asked.on('error', reject).end(streamBody);
    });
  const begun = async (): Promise<string> => {
    for (;;) {
      const outcome = await beginning();
      // On a machine that is busy with other things; its memory must suffice.
      if (!outcome.includes('seconds behind')) return outcome;
      await wait(1_000);
    }
  };
  for (let open = 0; open < STREAMS; open += 50) {
    const outcomes = await Promise.all(Array.from({ length: 50 }, begun));
    assert.deepEqual([...new Set(outcomes)], ['begun'], `after ${open} streams`);
  }
  const streamingMb = await residentMb();
  assert.equal(streams.size, STREAMS);
  for (const answer of streams) answer.end('data: [DONE]\n\n');
  context.diagnostic(`${streamingMb.toFixed(0)} MB with ${STREAMS} open streams`);
  assert.ok(idleMb <= MOST_IDLE_MB, `${idleMb} MB idle`);
  assert.ok(streamingMb <= MOST_STREAMING_MB, `${streamingMb} MB with ${STREAMS} open streams`);
  assert.ok(afterMb < MOST_AFTER_MB, `${afterMb} MB after ${REQUESTS} requests`);
});

test('the sizes of the heap can be set, and hold in the process that serves', async (context) => {
  const folder = temporaryFolder(context);
  const env = { SLUICE_YOUNG_HEAP_MB: '4', SLUICE_OLD_HEAP_MB: '300', SLUICE_DATA_DIR: join(folder, 'data') };
  const gateway = new SluiceProcess(context, { cwd: folder, args: ['demo', '--port', '0'], env });
  await gateway.url();
  const { stdout } = await run('ps', ['-ww', '-o', 'args=', '-p', String(gateway.child.pid)]);
  for (const flag of ['--max-semi-space-size=4', '--max-old-space-size=300', '--heap-growing-percent=40']) {
    assert.ok(stdout.includes(flag), stdout);
  }
  gateway.kill('SIGTERM');
  assert.equal((await gateway.ended).code, 0);
});
