/** Responses that are made in the background: the client has its answer at once, and asks again for the response. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import OpenAI from 'openai';
import { openaiJudges } from '../../golden/openai-chat/openai-schema.ts';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from '../../support/gateway.ts';

async function start(t: TestContext, options: TestGatewayOptions = {}) {
  const gateway = await startTestGateway(options);
  t.after(() => gateway.close());
  return { gateway, client: clientOf(gateway) };
}

function clientOf({ url, masterKey }: TestGateway, apiKey = masterKey): OpenAI {
  return new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 0 });
}

const ask = (client: OpenAI, model: string, input: string) =>
  client.responses.create({ model, input, background: true });

/** The response once it is over. */
async function over(client: OpenAI, id: string): Promise<OpenAI.Responses.Response> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const response = await client.responses.retrieve(id);
    if (response.status !== 'queued' && response.status !== 'in_progress') return response;
    assert.ok(performance.now() < deadline, 'the response is never over');
    await wait(30);
  }
}

const slow = ({ simulator }: TestGateway, seconds: number) => simulator.script({ fault: `headers-after-${seconds}` });

test('a response is made in the background over any provider, billed, and goes on', async (t) => {
  const { gateway, client } = await start(t);
  const judges = openaiJudges(['Response']);
  for (const model of ['gpt-5', 'claude-sonnet', 'gemini-2.5-pro']) {
    slow(gateway, 1);
    const queued = await ask(client, model, 'say: bittern');
    assert.deepEqual([queued.status, queued.background, queued.output.length], ['queued', true, 0]);
    assert.equal((await client.responses.retrieve(queued.id)).status, 'in_progress');
    const done = await over(client, queued.id);
    assert.deepEqual([done.status, done.background, done.id], ['completed', true, queued.id]);
    assert.match(JSON.stringify(done.output), /bittern/);
    assert.ok((done.usage?.output_tokens ?? 0) > 0);
    const shown = await (await gateway.get(`/v1/responses/${queued.id}`)).text();
    assert.equal(judges?.Response(JSON.parse(shown.replaceAll('"user":null,', ''))), undefined, shown);
    assert.ok(!JSON.stringify(gateway.simulator.requests.at(-1)?.body).includes('"background"'));
    const line = await gateway.requestLine(queued.id.slice('resp_'.length));
    assert.ok(JSON.stringify(line).includes('"output_tokens"'), JSON.stringify(line));
    gateway.simulator.reset();
    const next = await client.responses.create({ model, input: 'say: crake', previous_response_id: queued.id });
    assert.match(next.output_text, /crake/);
    assert.match(JSON.stringify(gateway.simulator.requests.at(-1)?.body), /bittern/);
  }
});

test('a response in the background survives its client, and is cancelled by its id', async (t) => {
  const { gateway, client } = await start(t);
  slow(gateway, 2);
  const cut = new AbortController();
  const survivor = await client.responses.create(
    { model: 'gpt-4o', input: 'say: dunlin', background: true },
    { signal: cut.signal },
  );
  cut.abort();
  const doomed = await ask(client, 'gpt-4o', 'say: dodo');
  await assert.rejects(
    client.responses.create({ model: 'gpt-4o', input: 'hi', previous_response_id: doomed.id }),
    /is in_progress, so it cannot be continued/,
  );
  assert.equal((await client.responses.cancel(doomed.id)).status, 'cancelled');
  assert.equal((await client.responses.cancel(doomed.id)).status, 'cancelled');
  assert.equal((await over(client, survivor.id)).status, 'completed');
  assert.equal((await client.responses.retrieve(doomed.id)).status, 'cancelled');
  assert.equal((await client.responses.cancel(survivor.id)).status, 'completed');
  gateway.simulator.reset();
  const plain = await client.responses.create({ model: 'gpt-4o', input: 'say: hello' });
  await assert.rejects(client.responses.cancel(plain.id), /was not created with 'background': true/);
});

test('a response in the background that fails says why', async (t) => {
  const { gateway, client } = await start(t);
  gateway.simulator.script({ fault: '500' });
  const done = await over(client, (await ask(client, 'gpt-4o', 'say: auk')).id);
  assert.equal(done.status, 'failed');
  assert.equal(done.error?.code, 'server_error');
  assert.ok((done.error?.message.length ?? 0) > 10);
});

test('a key has a bounded number of responses in the background', async (t) => {
  const { gateway } = await start(t);
  slow(gateway, 5);
  const keyOf = async (): Promise<OpenAI> => {
    const made = (await (await gateway.post('/key/generate', {})).json()) as { readonly key: string };
    return clientOf(gateway, made.key);
  };
  const [busy, other] = [await keyOf(), await keyOf()];
  for (let count = 0; count < 16; count += 1) await ask(busy, 'gpt-4o', 'say: gannet');
  await assert.rejects(ask(busy, 'gpt-4o', 'one more'), (error: unknown) => {
    assert.ok(error instanceof OpenAI.RateLimitError);
    assert.match(error.message, /max_background_responses/);
    return true;
  });
  assert.equal((await ask(other, 'gpt-4o', 'say: gannet')).status, 'queued');
});

test('a response whose gateway stops has failed afterwards', async (t) => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'sluice-background-'));
  t.after(() => rmSync(dataFolder, { recursive: true, force: true }));
  const first = await startTestGateway({ dataFolder });
  slow(first, 20);
  const { id } = await ask(clientOf(first), 'gpt-4o', 'say: rail');
  await first.close();
  const { client } = await start(t, { dataFolder });
  const shown = await client.responses.retrieve(id);
  assert.equal(shown.status, 'failed');
  assert.match(shown.error?.message ?? '', /stopped while this response was made/);
});

test('a response whose gateway was killed has failed, and one that is deleted is not made any further', async (t) => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'sluice-background-'));
  t.after(() => rmSync(dataFolder, { recursive: true, force: true }));
  const { gateway, client } = await start(t, { dataFolder });
  slow(gateway, 20);
  const { id } = await ask(client, 'gpt-4o', 'say: ruff');
  const database = new DatabaseSync(join(dataFolder, 'sluice.db'));
  // As if its instance had not been heard of for long.
  database.prepare('update responses set running_until = 1 where id = ?').run(id);
  database.close();
  const shown = await client.responses.retrieve(id);
  assert.equal(shown.status, 'failed');
  assert.match(shown.error?.message ?? '', /stopped while this response was made/);
  await client.responses.delete(id);
  const line = await gateway.requestLine(id.slice('resp_'.length));
  assert.equal(line.status, 499, JSON.stringify(line));
  await assert.rejects(client.responses.retrieve(id), /not found/);
});
