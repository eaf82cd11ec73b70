/** A client that reads slowly slows its provider down; the gateway in the middle holds next to nothing. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { SluiceProcess, temporaryFolder } from '../cli/sluice-process.ts';
import { request } from '../security/raw.ts';

const MASTER_KEY = 'sk-the-master-key-of-this-test';
const MEGABYTE = 1_048_576;
const STREAM_BYTES = 200 * MEGABYTE;
const GROWTH = 60 * MEGABYTE;

interface Flood {
  readonly url: string;
  /** Bytes that the provider's socket has taken. */
  readonly sent: () => number;
}

/** A provider that streams 200 MB as fast as it is read. */
async function flood(context: TestContext): Promise<Flood> {
  let sent = 0;
  const chunk = { id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm' };
  const event = (delta: object, reason: string | null): string =>
    `data: ${JSON.stringify({ ...chunk, choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`;
  const piece = Buffer.from(event({ content: 'x'.repeat(1_000) }, null).repeat(48));
  const server = createServer((incoming, response) => {
    incoming.resume();
    incoming.on('end', async () => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      while (sent < STREAM_BYTES && !response.destroyed) {
        sent += piece.length;
        if (!response.write(piece)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
      }
      const usage = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 };
      response.end(`${event({}, 'stop')}data: ${JSON.stringify({ ...chunk, choices: [], usage })}\n\ndata: [DONE]\n\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sent: () => sent };
}

const residentBytes = (pid: number | undefined): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

for (const [lane, path] of [
  ['relayed', '/v1/chat/completions'],
  ['translated', '/v1/messages'],
] as const) {
  test(`200 MB to a client that stops and then reads slowly: ${lane}`, {
    timeout: 60_000,
    skip: process.platform === 'linux' ? false : 'needs Linux',
  }, async (context) => {
    const provider = await flood(context);
    const cwd = temporaryFolder(context);
    const config = join(cwd, 'config.yaml');
    const params = { model: 'openai/big', api_base: provider.url, api_key: 'os.environ/PROVIDER_KEY' };
    writeFileSync(
      config,
      JSON.stringify({
        model_list: [{ model_name: 'big', litellm_params: params }],
        general_settings: { master_key: 'os.environ/MASTER', max_response_size_mb: 400 },
      }),
    );
    const sluice = new SluiceProcess(context, {
      cwd,
      args: ['--config', config, '--host', '127.0.0.1', '--port', '0'],
      env: { MASTER: MASTER_KEY, PROVIDER_KEY: 'x' },
    });
    const { port } = new URL(await sluice.url());
    const socket = connect({ port: Number(port), host: '127.0.0.1' });
    context.after(() => socket.destroy());
    await once(socket, 'connect');
    const before = residentBytes(sluice.child.pid);
    const body = { model: 'big', max_tokens: 9, stream: true, messages: [{ role: 'user', content: 'hi' }] };
    socket.pause();
    socket.write(request(`POST ${path}`, { authorization: `Bearer ${MASTER_KEY}` }, JSON.stringify(body)));

    await wait(2_000);
    const held = provider.sent();
    assert.ok(held < 24 * MEGABYTE, `${held} bytes taken from the provider for a client that reads nothing`);
    await wait(500);
    assert.equal(provider.sent(), held, 'nothing flows while the client reads nothing');
    let peak = residentBytes(sluice.child.pid);
    assert.ok(peak - before < GROWTH, `grew by ${Math.round((peak - before) / MEGABYTE)} MB while paused`);
    let received = 0;
    let tail = '';
    socket.on('data', (chunk) => {
      received += chunk.length;
      tail = (tail + chunk.toString('latin1')).slice(-256);
    });
    socket.resume();
    while (!/\[DONE\]|message_stop/.test(tail)) {
      await wait(50);
      // At full speed some of what has left already still waits for the garbage collector.
      peak = Math.max(peak, residentBytes(sluice.child.pid));
      assert.ok(!socket.closed, `closed after ${received} bytes`);
    }
    assert.ok(received > STREAM_BYTES / 2);
    assert.ok(peak - before < GROWTH * 2, `grew by ${Math.round((peak - before) / MEGABYTE)} MB over the stream`);
    await sluice.until(
      'its log line',
      ({ stdout }) => /"outcome":"success".*"output_tokens":7/.test(stdout) || undefined,
    );
  });
}
