/** The built package in a process of its own, a provider for it, and the load that measures of its memory put on it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SluiceProcess } from '../test/cli/sluice-process.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..');
const KEY = 'sk-memory-master-key-51c07e';
const PROBE = join(import.meta.dirname, 'heap-probe.ts');
const PROBED_WITHIN_MS = 60_000;
/** So many keys and end users take part in mixed load. */
const KEYS = 120;
const END_USERS = 2_000;
const WORDS = 'word '.repeat(200);

interface Ending {
  after(end: () => unknown): void;
}

/** What is alive in a process after garbage was collected, in bytes. */
interface Alive {
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
}

const ANSWER = JSON.stringify({
  ...{ id: 'answer', object: 'chat.completion', created: 1, model: 'm' },
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
});

const chunk = (delta: object, finish: string | null): string =>
  `data: ${JSON.stringify({
    ...{ id: 'answer', object: 'chat.completion.chunk', created: 1, model: 'm' },
    choices: [{ index: 0, delta, finish_reason: finish }],
  })}\n\n`;

/** A provider, and the gateway in front of it. */
export class MeasuredGateway {
  readonly #process: SluiceProcess;
  readonly #probes: string;
  /** Streams that stay open until they are ended. */
  readonly held: Set<ServerResponse>;
  #url = '';
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });

  private constructor(process: SluiceProcess, probes: string, held: Set<ServerResponse>) {
    this.#process = process;
    this.held = held;
    this.#probes = probes;
  }

  /** Builds the package into a folder, and starts it there. */
  static async start(ending: Ending, folder: string): Promise<MeasuredGateway> {
    const compiler = join(ROOT, 'node_modules', '.bin', 'tsc');
    await run(compiler, ['--project', 'tsconfig.build.json', '--outDir', join(folder, 'dist')], { cwd: ROOT });
    for (const part of ['bin', 'package.json']) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const held = new Set<ServerResponse>();
    const provider = createServer((question, answer) => void provide(question, answer, held));
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    ending.after(() => {
      provider.closeAllConnections();
      provider.close();
    });
    const base = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
    const config = join(folder, 'config.yaml');
    writeFileSync(config, JSON.stringify(configOf(base)));
    const probes = join(folder, 'probes.jsonl');
    writeFileSync(probes, '');
    const child = new SluiceProcess(ending, {
      cwd: folder,
      command: join(folder, 'bin', 'sluice.cjs'),
      args: ['--config', config, '--port', '0'],
      env: { SLUICE_DATA_DIR: join(folder, 'data'), SLUICE_HEAP_PROBE: probes, NODE_OPTIONS: `--import=${PROBE}` },
    });
    const gateway = new MeasuredGateway(child, probes, held);
    gateway.#url = await child.url();
    ending.after(() => gateway.#agent.destroy());
    return gateway;
  }

  /** Resident memory now, in MB. */
  async residentMb(): Promise<number> {
    const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(this.#process.child.pid)]);
    return Number(stdout) / 1_024;
  }

  /** What is alive after a collection. */
  async alive(): Promise<Alive> {
    const before = readFileSync(this.#probes, 'utf8').length;
    this.#process.child.kill('SIGUSR2');
    for (const untilMs = Date.now() + PROBED_WITHIN_MS; Date.now() < untilMs; await wait(20)) {
      const told = readFileSync(this.#probes, 'utf8').slice(before);
      if (told.endsWith('\n')) return JSON.parse(told) as Alive;
    }
    throw new Error('the gateway said nothing of its heap');
  }

  /** Sends so many small requests, some at a time. */
  async small(count: number, atOnce = 32): Promise<void> {
    const body = JSON.stringify({ model: 'openai', messages: [{ role: 'user', content: 'hello' }] });
    await this.#many(count, atOnce, async () => assert.equal(await this.#ask('/v1/chat/completions', body), 200));
  }

  /** Sends so many requests of all kinds: whole and streamed, relayed and translated, large, wrong, failing, and left by clients. */
  async mixed(count: number, atOnce = 32): Promise<void> {
    let next = 0;
    await this.#many(count, atOnce, () => this.#oneOfMix(next++));
  }

  /** Opens a stream that stays open; resolves to `begun`, or to what the client got instead. */
  hold(agent: Agent, promptBytes: number): Promise<string> {
    const messages = [{ role: 'user', content: `hold ${'word '.repeat(promptBytes / 5)}` }];
    const body = JSON.stringify({ model: 'openai', stream: true, messages });
    return new Promise((resolve, reject) => {
      const asked = this.#request('/v1/chat/completions', agent, KEY, (answer) =>
        answer.once('data', (piece: Buffer) => resolve(answer.statusCode === 200 ? 'begun' : piece.toString())),
      );
      asked.on('error', reject).end(body);
    });
  }

  async #many(count: number, atOnce: number, one: () => Promise<void>): Promise<void> {
    let left = count;
    const work = async (): Promise<void> => {
      while (left-- > 0) await one();
    };
    await Promise.all(Array.from({ length: atOnce }, work));
  }

  async #oneOfMix(index: number): Promise<void> {
    const key = index % 3 === 0 ? KEY : `sk-memory-${index % KEYS}-key-of-one-tenant`;
    const messages = [{ role: 'user', content: index % 500 === 0 ? WORDS.repeat(400) : `${index} ${WORDS}` }];
    const asked = { messages, max_tokens: 50, stream: index % 2 === 0, user: `user-${index % END_USERS}` };
    const kind = index % 10;
    if (kind === 0) {
      await this.#ask('/v1/messages', JSON.stringify({ model: 'openai', max_tokens: 9, messages }), key);
    } else if (kind === 1) {
      await this.#ask('/v1/chat/completions', JSON.stringify({ ...asked, model: 'anthropic' }), key);
    } else if (kind === 2) await this.#ask('/v1/chat/completions', JSON.stringify({ ...asked, model: 'absent' }), key);
    else if (kind === 3) await this.#ask('/v1/chat/completions', JSON.stringify({ ...asked, model: 'failing' }), key);
    else if (kind === 4) await this.#ask('/v1/chat/completions', '{"model":"openai","messages":', key);
    else if (kind === 5) await this.#leave(JSON.stringify({ ...asked, model: 'openai', stream: true }), key);
    else if (kind === 6) await this.#ask('/v1/responses', JSON.stringify({ model: 'openai', input: WORDS }), key);
    else await this.#ask('/v1/chat/completions', JSON.stringify({ ...asked, model: 'openai' }), key);
  }

  #request(path: string, agent: Agent, key: string, take: (answer: IncomingMessage) => void) {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    return request(`${this.#url}${path}`, { agent, method: 'POST', headers }, take);
  }

  #ask(path: string, body: string, key = KEY): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const asked = this.#request(path, this.#agent, key, (answer) =>
        answer.resume().on('end', () => resolve(answer.statusCode)),
      );
      asked.on('error', reject).end(body);
    });
  }

  /** A client that hangs up after the first byte. */
  #leave(body: string, key: string): Promise<void> {
    return new Promise((resolve) => {
      const asked = this.#request('/v1/chat/completions', this.#agent, key, (answer) => {
        answer.on('error', () => undefined).once('data', () => asked.destroy());
      });
      asked.on('error', () => undefined).on('close', () => resolve());
      asked.end(body);
    });
  }
}

async function provide(question: IncomingMessage, answer: ServerResponse, held: Set<ServerResponse>): Promise<void> {
  let text = '';
  for await (const piece of question.setEncoding('utf8')) if (text.length < 4_096) text += piece;
  answer.on('error', () => undefined);
  if (question.url?.startsWith('/failing') === true) {
    answer.writeHead(500, { 'content-type': 'application/json' }).end('{"error":{"message":"no","type":"no"}}');
  } else if (question.url?.includes('messages') === true) provideMessage(answer, text.includes('"stream":true'));
  else if (text.includes('"stream":true')) provideStream(answer, text.includes('"hold ') ? held : undefined);
  else answer.setHeader('content-type', 'application/json').end(ANSWER);
}

function provideStream(answer: ServerResponse, held: Set<ServerResponse> | undefined): void {
  answer.setHeader('content-type', 'text/event-stream').write(chunk({ role: 'assistant', content: 'hi' }, null));
  if (held !== undefined) {
    held.add(answer);
    return;
  }
  for (let index = 0; index < 10; index += 1) answer.write(chunk({ content: ' word' }, null));
  answer.end(`${chunk({}, 'stop')}data: [DONE]\n\n`);
}

function provideMessage(answer: ServerResponse, isStream: boolean): void {
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', stop_sequence: null };
  const usage = { input_tokens: 10, output_tokens: 2 };
  if (!isStream) {
    const content = [{ type: 'text', text: 'hi' }];
    const whole = JSON.stringify({ ...message, content, stop_reason: 'end_turn', usage });
    answer.setHeader('content-type', 'application/json').end(whole);
    return;
  }
  const event = (type: string, members: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;
  answer
    .setHeader('content-type', 'text/event-stream')
    .end(
      event('message_start', { message: { ...message, content: [], stop_reason: null, usage } }) +
        event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }) +
        event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'hi' } }) +
        event('content_block_stop', { index: 0 }) +
        event('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage }) +
        event('message_stop', {}),
    );
}

function configOf(base: string): object {
  const model = (name: string, provider: string, path: string) => ({
    model_name: name,
    litellm_params: { model: provider, api_base: `${base}${path}`, api_key: 'provider' },
    model_info: { mode: 'chat' },
  });
  return {
    model_list: [
      model('openai', 'openai/gpt-4o', '/v1'),
      model('anthropic', 'anthropic/claude-sonnet-4-5', ''),
      model('failing', 'openai/gpt-4o-mini', '/failing/v1'),
    ],
    // Streams stay open for as long as a busy machine takes to begin them all.
    router_settings: { timeout: 600, stream_idle_timeout: 600 },
    user_api_key_list: Array.from({ length: KEYS }, (_, index) => ({
      api_key: `sk-memory-${index}-key-of-one-tenant`,
      max_budget: 1_000,
      rpm_limit: 1_000_000,
    })),
    general_settings: { master_key: KEY },
  };
}
