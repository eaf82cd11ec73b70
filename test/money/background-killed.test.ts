/** A response that is streamed in the background, whose gateway is killed: it has failed afterwards, for all, and is booked once. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import OpenAI from 'openai';
import { startSimulator } from '../../simulator/start.ts';
import { temporaryFolder } from '../cli/sluice-process.ts';
import { MASTER_KEY } from '../support/gateway.ts';
import { billedFor, Instance, until, writeSite } from './instances.ts';
import { priced } from './tenants.ts';

test('a stream in the background whose gateway is killed has failed after the start, and is booked once', {
  timeout: 120_000,
}, async (t: TestContext) => {
  const simulator = await startSimulator();
  t.after(() => simulator.close());
  const site = { ending: t, folder: temporaryFolder(t), simulatorUrl: simulator.url };
  writeSite(site, { model_list: [priced('m', 200, { model: 'openai/sim-tokens-400+latency-20-20' })] });
  const first = await new Instance(site, 'one').started();
  const clientOf = ({ url }: Instance) => new OpenAI({ apiKey: MASTER_KEY, baseURL: `${url}/v1`, maxRetries: 0 });
  const seen: OpenAI.Responses.ResponseStreamEvent[] = [];
  const asked = { model: 'm', input: 'Tell me of rivers.', max_output_tokens: 600, background: true };
  await assert.rejects(async () => {
    for await (const event of await clientOf(first).responses.create({ ...asked, stream: true })) {
      seen.push(event);
      if (seen.length === 60) first.process.kill('SIGKILL');
    }
  });
  const [created] = seen;
  assert.equal(created?.type, 'response.created');
  const { id } = created.response;
  await first.process.ended;

  const second = await new Instance(site, 'one').started();
  const client = clientOf(second);
  // Until the instance has not been heard of for half a minute, it may be one of several and still be working.
  const events: OpenAI.Responses.ResponseStreamEvent[] = [];
  for await (const event of await client.responses.retrieve(id, { stream: true })) events.push(event);
  assert.deepEqual(
    events.map(({ sequence_number }) => sequence_number),
    events.map((_, index) => index),
  );
  const last = events.at(-1);
  assert.equal(last?.type, 'response.failed');
  assert.match(last.response.error?.message ?? '', /stopped while this response was made/);
  assert.ok(events.length > 5, 'what was stored before is there');
  assert.deepEqual(events.slice(0, -1), seen.slice(0, events.length - 1));
  assert.equal((await client.responses.retrieve(id)).status, 'failed');
  // A reader that saw more than what was stored gets an end, too.
  const rest: OpenAI.Responses.ResponseStreamEvent[] = [];
  for await (const event of await client.responses.retrieve(id, { stream: true, starting_after: 500 })) {
    rest.push(event);
  }
  assert.deepEqual(
    rest.map(({ type, sequence_number }) => [type, sequence_number]),
    [['response.failed', 501]],
  );

  await until(async () => (await second.rowsSince(0)).length === 1, 'the orphan is booked', 60_000);
  const [row] = await second.rowsSince(0);
  const [request] = simulator.requests;
  assert.ok(row !== undefined && request !== undefined);
  await until(() => request.billed !== undefined, 'the provider knows its bill');
  assert.ok(row.cost >= billedFor(request), `${row.cost} booked, ${billedFor(request)} billed`);
  assert.equal(simulator.requests.length, 1);
});
