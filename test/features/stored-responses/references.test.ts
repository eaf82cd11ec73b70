/** Items of the input that only refer to items of earlier responses and conversations, as Vercel's AI SDK sends them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type OpenAI from 'openai';
import { objectOf, objectsOf } from '../../../src/core/json.ts';
import { CITY_SCHEMA, TWO_CITIES_QUESTION } from '../../support/samples.ts';
import { clientOf, configWith, lastSent, make, refusal, start } from './support.ts';

type Item = OpenAI.Responses.ResponseInputItem;
const to = (id: string | undefined): Item => ({ type: 'item_reference', id: id ?? '' });
const unknown = refusal(404, 'not_found', /Item with id '.*' not found\. Items are not persisted when `store` is set/);

test('items of responses are found by their ids, over every provider', async (t) => {
  const gateway = await start(t);
  const client = clientOf(gateway);
  const tools = [{ type: 'function' as const, name: 'get_weather', parameters: CITY_SCHEMA, strict: true }];
  for (const model of ['gpt-4o', 'gpt-5', 'claude-opus', 'gemini-3-pro']) {
    const reasoning = model === 'gpt-4o' ? {} : { reasoning: { effort: 'low' as const, summary: 'auto' as const } };
    const first = await client.responses.create({ model, input: TWO_CITIES_QUESTION, tools, ...reasoning });
    const [question] = (await client.responses.inputItems.list(first.id)).data;
    const calls = first.output.filter((item) => item.type === 'function_call');
    const second = await client.responses.create({
      ...{ model, tools, ...reasoning },
      input: [
        to(question?.id),
        ...first.output.map(({ id }) => to(id ?? undefined)),
        ...calls.map(
          (call, index): Item => ({
            type: 'function_call_output',
            call_id: 'call_id' in call ? (call.call_id ?? '') : '',
            output: `degrees: ${20 + index}`,
          }),
        ),
      ],
    });
    assert.match(second.output_text, /degrees: 20.*degrees: 21/s, model);
    assert.ok(lastSent(gateway).includes(JSON.stringify(TWO_CITIES_QUESTION).slice(1, -1)));
    assert.ok(!lastSent(gateway).includes('item_reference'));
    const items = (await client.responses.inputItems.list(second.id)).data;
    assert.ok(!JSON.stringify(items).includes('item_reference'), 'what is kept is the items themselves');
  }
});

test('items of conversations are found, and what is in the same conversation is not said twice', async (t) => {
  const gateway = await start(t);
  const client = clientOf(gateway);
  const one = await client.conversations.create({ items: [{ role: 'user', content: 'I like the jacamar.' }] });
  const other = await client.conversations.create();
  const [item] = (await client.conversations.items.list(one.id)).data;
  const ask = (conversation: string) =>
    client.responses.create({
      ...{ model: 'claude-sonnet', conversation },
      input: [to(item?.id), { role: 'user', content: 'say: yes' }],
    });
  const count = (text: string) => text.split('I like the jacamar').length - 1;
  const saidIn = async (id: string) =>
    count(
      JSON.stringify(
        (await client.conversations.items.list(id)).data.filter((each) => 'role' in each && each.role === 'user'),
      ),
    );
  await ask(other.id);
  assert.equal(count(lastSent(gateway)), 1);
  assert.equal(await saidIn(other.id), 1);
  await ask(one.id);
  assert.equal(count(lastSent(gateway)), 1);
  assert.equal(await saidIn(one.id), 1);
});

test('what was never stored, what another stored and what is deleted is not found', async (t) => {
  const gateway = await start(t);
  const mine = clientOf(gateway);
  const other = clientOf(gateway, (await make(gateway, '/key/generate', {})).key);
  const ask = (client: OpenAI, input: string | Item[], more: object = {}) =>
    client.responses.create({ model: 'gpt-4o', input, ...more });
  const kept = await ask(mine, 'say: kept');
  const unkept = await ask(mine, 'say: unkept', { store: false });
  const conversation = await mine.conversations.create({ items: [{ role: 'user', content: 'hi' }] });
  const [item] = (await mine.conversations.items.list(conversation.id)).data;
  const [input] = (await mine.responses.inputItems.list(kept.id)).data;
  const words: Item = { role: 'user', content: 'say: hi' };
  // A later response that is kept has the item too.
  const more = { store: false };
  for (const id of [kept.output[0]?.id, item?.id, input?.id]) {
    assert.match((await ask(mine, [to(id ?? ''), words], more)).output_text, /hi/);
    await assert.rejects(ask(other, [to(id ?? ''), words]), unknown);
  }
  const untyped = { id: kept.output[0]?.id } as unknown as Item;
  assert.match((await ask(mine, [untyped, words], more)).output_text, /hi/);
  for (const id of [unkept.output[0]?.id, 'msg_none', 'item_none_0', `item_${kept.id.slice(5)}_7`, 'x'.repeat(9_000)]) {
    await assert.rejects(ask(mine, [to(id ?? ''), words]), unknown);
  }
  await mine.responses.delete(kept.id);
  await assert.rejects(ask(mine, [to(kept.output[0]?.id ?? ''), words]), unknown);
});

test('an encrypted reasoning item that is referred to goes to the deployment that made it alone', async (t) => {
  const deployment = (group: string) => ({
    model_name: group,
    litellm_params: {
      ...{ model: 'openai/gpt-5', api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' },
    },
    model_info: { id: group },
  });
  const settings = JSON.parse(configWith({})) as { general_settings: object };
  const gateway = await start(t, {
    config: JSON.stringify({ ...settings, model_list: [deployment('west'), deployment('east')] }),
  });
  const client = clientOf(gateway);
  const first = await client.responses.create({ model: 'west', input: 'say: hi', reasoning: { effort: 'low' } });
  const input = [...first.output.map(({ id }) => to(id ?? '')), { role: 'user' as const, content: 'say: next' }];
  for (const model of ['west', 'east']) {
    await client.responses.create({ model, input });
    const sent = objectsOf(objectOf(gateway.simulator.requests.at(-1)?.body)?.input);
    assert.equal(
      sent.some(({ type }) => type === 'reasoning'),
      model === 'west',
      model,
    );
  }
});

test('a request that refers to very many responses is refused, and with the store off every reference is', async (t) => {
  const gateway = await start(t);
  const items = Array.from({ length: 65 }, (_, index) => to(`item_none${index}_0`));
  const answer = await gateway.post('/v1/responses', { model: 'gpt-4o', input: items });
  assert.equal(answer.status, 400);
  assert.match(await answer.text(), /refer to 65 responses; at most 64/);
  const off = await start(t, { config: configWith({ responses_store: false }) });
  const refused = await off.post('/v1/responses', { model: 'gpt-4o', input: [to('msg_1')] });
  assert.equal(refused.status, 400);
  assert.match(await refused.text(), /general_settings\.responses_store/);
});
