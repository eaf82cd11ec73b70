/** Two gateways over one Postgres: each continues, shows and cancels what the other one stored. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { DEFAULT_CONFIG } from '../../support/default-config.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { startTestPostgres } from '../../support/postgres.ts';

test('turns of one conversation may go to any instance', { timeout: 60_000 }, async (t) => {
  const postgres = await startTestPostgres();
  t.after(() => postgres.close());
  const env = { DATABASE_URL: await postgres.makeDatabase() };
  const clients: OpenAI[] = [];
  for (let count = 0; count < 2; count += 1) {
    const gateway = await startTestGateway({ config: DEFAULT_CONFIG, env, unsharedLimits: true });
    t.after(() => gateway.close());
    gateway.simulator.script({ match: { model: 'gpt-5' }, fault: 'headers-after-20' });
    clients.push(new OpenAI({ apiKey: gateway.masterKey, baseURL: `${gateway.url}/v1`, maxRetries: 0 }));
  }
  const [one, two] = clients;
  assert.ok(one !== undefined && two !== undefined);
  let last: string | undefined;
  for (const [turn, client] of [one, two, one, two].entries()) {
    const more = last === undefined ? {} : { previous_response_id: last };
    const answer = await client.responses.create({ model: 'gpt-4o', input: `say: turn ${turn}`, ...more });
    assert.match(answer.output_text, new RegExp(`turn ${turn}`));
    last = answer.id;
  }
  assert.equal((await one.responses.inputItems.list(last ?? '')).data.length, 7);

  // The end of a turn says that its conversation has it, whichever instance is asked next.
  const { id: conversation } = await one.conversations.create();
  for (let turn = 0; turn < 10; turn += 1) {
    const client: OpenAI = turn % 2 === 0 ? one : two;
    const model = turn % 3 === 0 ? 'claude-sonnet' : 'gpt-4o';
    const body = { model, input: `say: turn ${turn}`, conversation, stream: true as const };
    for await (const event of await client.responses.create(body)) {
      if (event.type === 'response.completed') break;
    }
    const other: OpenAI = turn % 2 === 0 ? two : one;
    const items: { data: unknown[] } = await other.conversations.items.list(conversation, { limit: 100 });
    assert.equal(items.data.length, 2 * (turn + 1), `turn ${turn}`);
  }

  const running = await one.responses.create({ model: 'gpt-5', input: 'say: never', background: true });
  assert.equal((await two.responses.cancel(running.id)).status, 'cancelled');
  assert.equal((await one.responses.retrieve(running.id)).status, 'cancelled');
  await two.responses.delete(last ?? '');
  await assert.rejects(one.responses.retrieve(last ?? ''), /not found/);
});

test('a stream in the background is followed and cancelled on another instance', { timeout: 60_000 }, async (t) => {
  const postgres = await startTestPostgres();
  t.after(() => postgres.close());
  const env = { DATABASE_URL: await postgres.makeDatabase() };
  const clients: OpenAI[] = [];
  const simulator = { latency: { firstTokenMs: 50, perTokenMs: 15, jitter: 0 } };
  for (let count = 0; count < 2; count += 1) {
    const gateway = await startTestGateway({ config: DEFAULT_CONFIG, env, unsharedLimits: true, simulator });
    t.after(() => gateway.close());
    clients.push(new OpenAI({ apiKey: gateway.masterKey, baseURL: `${gateway.url}/v1`, maxRetries: 0 }));
  }
  const [one, two] = clients;
  assert.ok(one !== undefined && two !== undefined);
  const asked = { background: true, stream: true } as const;
  const all = async (stream: AsyncIterable<OpenAI.Responses.ResponseStreamEvent>) => {
    const events: OpenAI.Responses.ResponseStreamEvent[] = [];
    for await (const event of stream) events.push(event);
    return events;
  };
  const input = `say: ${Array.from({ length: 120 }, (_, index) => `word${index}`).join(' ')}`;
  for (const model of ['gpt-4o', 'claude-sonnet']) {
    const stream = await one.responses.create({ model, input, ...asked });
    let id = '';
    const here: OpenAI.Responses.ResponseStreamEvent[] = [];
    const there: Promise<OpenAI.Responses.ResponseStreamEvent[]>[] = [];
    for await (const event of stream) {
      here.push(event);
      if (event.type !== 'response.created') continue;
      id = event.response.id;
      for (const starting_after of [-1, 2]) {
        there.push(two.responses.retrieve(id, { stream: true, starting_after }).then(all));
      }
    }
    const [whole, rest] = await Promise.all(there);
    assert.deepEqual(whole, here);
    assert.deepEqual(rest, here.slice(3));
    assert.equal(here.at(-1)?.type, 'response.completed');
    assert.deepEqual(await all(await two.responses.retrieve(id, { stream: true })), here);
  }

  const stream = await one.responses.create({ model: 'gpt-4o', input: `${input} ${input}`, ...asked });
  const ends: Promise<OpenAI.Responses.ResponseStreamEvent[]>[] = [];
  const here: OpenAI.Responses.ResponseStreamEvent[] = [];
  for await (const event of stream) {
    here.push(event);
    if (event.type === 'response.created') {
      ends.push(two.responses.retrieve(event.response.id, { stream: true }).then(all));
    }
    if (here.length === 20) {
      const [created] = here;
      assert.equal(created?.type, 'response.created');
      assert.equal((await two.responses.cancel(created.response.id)).status, 'cancelled');
    }
  }
  for (const events of [here, ...(await Promise.all(ends))]) {
    const last = events.at(-1);
    assert.equal(last?.type, 'response.incomplete');
    assert.equal(last.response.status, 'cancelled');
  }
});
