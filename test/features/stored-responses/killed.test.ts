/** A gateway is killed: a turn whose end its client has read is in its conversation, one that was cut is not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { startSimulator } from '../../../simulator/start.ts';
import { temporaryFolder } from '../../cli/sluice-process.ts';
import { Instance, writeSite } from '../../money/instances.ts';
import { priced } from '../../money/tenants.ts';
import { MASTER_KEY } from '../../support/gateway.ts';

test('a killed gateway keeps every turn that ended, and nothing of one that did not', {
  timeout: 120_000,
}, async (t) => {
  const simulator = await startSimulator();
  t.after(() => simulator.close());
  const site = { ending: t, folder: temporaryFolder(t), simulatorUrl: simulator.url };
  writeSite(site, { model_list: [priced('m', 200, { model: 'openai/sim-tokens-60+latency-20-20' })] });
  const clientAt = ({ url }: Instance) => new OpenAI({ apiKey: MASTER_KEY, baseURL: `${url}/v1`, maxRetries: 0 });
  const first = await new Instance(site, 'one').started();
  const client = clientAt(first);
  const { id } = await client.conversations.create();
  const ask = (input: string) => client.responses.create({ model: 'm', conversation: id, input, stream: true });
  for await (const event of await ask('Of rivers.')) {
    if (event.type === 'response.completed') first.process.kill('SIGKILL');
    if (event.type === 'response.completed') break;
  }
  await first.process.ended;
  const second = await new Instance(site, 'one').started();
  const again = clientAt(second);
  const items = async (at: OpenAI) => (await at.conversations.items.list(id)).data.length;
  assert.equal(await items(again), 2, 'the end of the answer said that the conversation has it');
  const cut = again.responses.create({ model: 'm', conversation: id, input: 'Of lakes.', stream: true });
  await assert.rejects(async () => {
    for await (const event of await cut) {
      if (event.type === 'response.output_text.delta') second.process.kill('SIGKILL');
    }
    throw new Error('the stream ended');
  });
  await second.process.ended;
  const third = await new Instance(site, 'one').started();
  assert.equal(await items(clientAt(third)), 2);
});
