/** A stream in Gemini's format whose gateway or provider is killed: no client takes the part for the whole, and it is booked once. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { GoogleGenAI } from '@google/genai';
import { startSimulator } from '../../simulator/start.ts';
import { temporaryFolder } from '../cli/sluice-process.ts';
import { deployment, inWorld } from '../reliability/world.ts';
import { MASTER_KEY } from '../support/gateway.ts';
import { billedFor, Instance, until, writeSite } from './instances.ts';
import { priced } from './tenants.ts';

const SIMULATOR = join(import.meta.dirname, '../../simulator/main.ts');
/** A relayed stream of events and a translated array; 200 tokens take four seconds. */
const STREAMS = [
  ['gemini/sim-tokens-200+latency-20-20', '?alt=sse'],
  ['openai/sim-tokens-200+latency-20-20', ''],
] as const;

/** Reads until so many texts came; gives everything that came until the end or the break, and whether it broke. */
async function readWith(
  answer: Response,
  atTexts: number,
  then: () => void,
): Promise<{ read: string; broke: boolean }> {
  assert.equal(answer.status, 200);
  let read = '';
  let isDone = false;
  try {
    for await (const chunk of (answer.body ?? assert.fail('no body')).pipeThrough(new TextDecoderStream())) {
      read += chunk;
      if (isDone || read.split('"text"').length <= atTexts) continue;
      isDone = true;
      then();
    }
  } catch {
    return { read, broke: true };
  }
  return { read, broke: false };
}

for (const [model, query] of STREAMS) {
  test(`a gateway killed in a stream of ${model}, ${query === '' ? 'an array' : 'events'}, books it once after the start`, {
    timeout: 120_000,
  }, async (t: TestContext) => {
    const simulator = await startSimulator();
    t.after(() => simulator.close());
    const site = { ending: t, folder: temporaryFolder(t), simulatorUrl: simulator.url };
    writeSite(site, { model_list: [priced('m', 200, { model })] });
    const first = await new Instance(site, 'one').started();
    const ask = ({ url }: Instance): Promise<Response> =>
      fetch(`${url}/v1beta/models/m:streamGenerateContent${query}`, {
        method: 'POST',
        headers: { 'x-goog-api-key': MASTER_KEY, 'content-type': 'application/json' },
        body: JSON.stringify({
          contents: [{ role: 'user', parts: [{ text: 'Tell me of rivers.' }] }],
          generationConfig: { maxOutputTokens: 400 },
        }),
      });
    const { read, broke } = await readWith(await ask(first), 5, () => first.process.kill('SIGKILL'));
    assert.ok(broke, 'the client sees the connection break');
    assert.doesNotMatch(read, /finishReason/);
    if (query === '') assert.throws(() => JSON.parse(read), SyntaxError);
    await first.process.ended;

    const second = await new Instance(site, 'one').started();
    await until(async () => (await second.rowsSince(0)).length === 1, 'the orphan is booked', 60_000);
    const [row] = await second.rowsSince(0);
    const [request] = simulator.requests;
    assert.ok(row !== undefined && request !== undefined);
    await until(() => request.billed !== undefined, 'the provider knows its bill');
    assert.ok(row.cost >= billedFor(request), `${row.cost} booked, ${billedFor(request)} billed`);
    const whole = await (await ask(second)).text();
    assert.equal(whole.match(/"finishReason"/g)?.length, 1);
    await until(async () => (await second.rowsSince(0)).length === 2, 'each is booked once');
  });
}

/** A simulator in a process of its own, so that it can be killed as a machine is lost. */
async function killable(t: TestContext): Promise<{ url: string; kill(): void }> {
  const child = spawn(process.execPath, [SIMULATOR, '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  let said = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    said += chunk;
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
    if (url !== undefined) return { url, kill: () => void child.kill('SIGKILL') };
  }
  throw new Error(`the simulator did not start: ${said}`);
}

for (const first of ['gemini/gemini-2.5-pro+latency-20-20', 'anthropic/claude-sonnet-4-5+latency-20-20']) {
  test(`a provider killed in a stream of ${first} is followed by the next`, { timeout: 60_000 }, async (t) => {
    const west = await killable(t);
    const { model_name, litellm_params, model_info } = deployment('chat', 'west', first);
    const base = String(Object(litellm_params).api_base).replace(/^\$\{\w+\}/, west.url);
    const lost = { model_name, litellm_params: { ...Object(litellm_params), api_base: base }, model_info };
    const setup = {
      deployments: [lost, deployment('backup', 'east', 'openai/gpt-4o')],
      fallbacks: [{ chat: ['backup'] }],
    };
    await inWorld(setup, async ({ gateway, way }) => {
      const words = Array.from({ length: 60 }, (_, index) => `w${index}`).join(' ');
      const client = new GoogleGenAI({ apiKey: gateway.masterKey, httpOptions: { baseUrl: gateway.url } });
      let text = '';
      let finishes = 0;
      for await (const event of await client.models.generateContentStream({
        model: 'chat',
        contents: `Say: ${words}`,
      })) {
        text += event.text ?? '';
        if (event.candidates?.[0]?.finishReason !== undefined) finishes += 1;
        if (/w9 /.test(text)) west.kill();
      }
      assert.equal(text, words);
      assert.equal(finishes, 1);
      assert.deepEqual(way(), ['east']);
    });
  });
}
