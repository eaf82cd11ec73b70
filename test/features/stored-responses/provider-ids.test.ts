/** What only one account of a provider knows: compactions that it encrypted, prompts and responses that it keeps. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type OpenAI from 'openai';
import { type JsonObject, objectOf } from '../../../src/core/json.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { clientOf, folder, lastSent, make, refusal, start } from './support.ts';

type Item = OpenAI.Responses.ResponseInputItem;

const TRIGGER = { type: 'compaction_trigger' } as unknown as Item;
const COMPACTION = { type: 'compaction', id: 'cmp_1', encrypted_content: 'gAAAAABsecret' };

/** Deployments of these groups, each an account of its own with its own address. */
const config = (groups: readonly (readonly [group: string, id: string, model?: string])[], settings: object = {}) =>
  JSON.stringify({
    model_list: groups.map(([model_name, id, model = 'openai/gpt-5']) => ({
      model_name,
      litellm_params: { model, api_base: `os.environ/SIMULATOR_URL`, api_key: 'os.environ/PROVIDER_KEY' },
      model_info: { id },
    })),
    router_settings: { num_retries: 2 },
    general_settings: { master_key: 'os.environ/TEST_MASTER_KEY', ...settings },
  });

const MESSAGE = {
  ...{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed' },
  content: [{ type: 'output_text', text: 'found', annotations: [] }],
};

const answerWith = (id: string, item: JsonObject): JsonObject => ({
  ...{ id, object: 'response', created_at: 1, status: 'completed', model: 'gpt-5', output: [item] },
  usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 },
});

test('a compaction that one account encrypted goes back to it alone, whatever the group prefers', async (t) => {
  const groups = Array.from({ length: 6 }, (_, index) => ['all', `account-${index}`] as const);
  const gateway = await start(t, {
    config: config([...groups, ['other', 'elsewhere'], ['claude', 'c', 'anthropic/claude-sonnet-4-5']]),
  });
  const client = clientOf(gateway);
  const first = await client.responses.create({ model: 'all', input: 'say: avocet' });
  gateway.simulator.script({ reply: { status: 200, json: answerWith('resp_compacted', COMPACTION) } });
  const input = [TRIGGER];
  const compacted = await client.responses
    .create({ model: 'all', previous_response_id: first.id, input })
    .withResponse();
  gateway.simulator.reset();
  const maker = compacted.response.headers.get('x-litellm-model-id');
  assert.match(maker ?? '', /^account-\d$/);
  const previous_response_id = compacted.data.id;
  // The simulator could not decrypt it either.
  gateway.simulator.script({ reply: { status: 200, json: answerWith('resp_next', MESSAGE) } });
  for (let count = 0; count < 12; count += 1) {
    const next = await client.responses
      .create({ model: 'all', previous_response_id, input: `say: next ${count}` })
      .withResponse();
    assert.equal(next.response.headers.get('x-litellm-model-id'), maker);
    assert.match(lastSent(gateway), /gAAAAABsecret/);
  }
  gateway.simulator.reset();
  for (const model of ['other', 'claude']) {
    await assert.rejects(client.responses.create({ model, previous_response_id, input: 'say: no' }), (error: unknown) =>
      refusal(400, '400', model === 'other' ? /only that account can read it/ : /can be read by OpenAI alone/)(error),
    );
  }
  assert.equal(gateway.simulator.requests.length, 0, 'no other account was asked');
  const { id: conversation } = await client.conversations.create();
  gateway.simulator.script({ reply: { status: 200, json: answerWith('resp_again', COMPACTION) }, times: 1 });
  const inConversation = await client.responses.create({ model: 'all', conversation, input }).withResponse();
  gateway.simulator.script({ reply: { status: 200, json: answerWith('resp_last', MESSAGE) } });
  const again = await client.responses.create({ model: 'all', conversation, input: 'say: x' }).withResponse();
  const idOf = ({ response }: { response: Response }) => response.headers.get('x-litellm-model-id');
  assert.equal(idOf(again), idOf(inConversation));
});

test('content that a client sends itself finds the account that can read it', async (t) => {
  const gateway = await start(t, {
    config: config([
      ['all', 'west'],
      ['all', 'east'],
    ]),
  });
  const error = { message: 'The encrypted content gAAA could not be verified.', type: 'invalid_request_error' };
  gateway.simulator.script({
    reply: { status: 400, json: { error: { ...error, param: null, code: 'invalid_encrypted_content' } } },
    times: 1,
  });
  gateway.simulator.script({ reply: { status: 200, json: answerWith('resp_found', MESSAGE) } });
  const answer = await clientOf(gateway).responses.create({
    ...{ model: 'all', store: false },
    input: [COMPACTION as unknown as Item, { role: 'user', content: 'say: found' }],
  });
  assert.match(answer.output_text, /found/);
});

const PROMPT = { id: 'pmpt_1', version: '2', variables: { city: 'Oslo' } };

test('what a provider keeps is named only where the operator lets it, and reaches the provider as it was sent', async (t) => {
  const dataFolder = folder(t);
  const groups = [
    ['gpt', 'g'],
    ['claude', 'c', 'anthropic/claude-sonnet-4-5'],
  ] as const;
  const closed = await startTestGateway({ config: config(groups), dataFolder });
  const strict = clientOf(closed);
  const bare = { model: 'gpt', input: 'say: hi', previous_response_id: 'resp_at_the_provider' };
  await assert.rejects(strict.responses.create(bare), refusal(404, 'previous_response_not_found', /not found/));
  await assert.rejects(
    strict.responses.create({ model: 'gpt', input: 'hi', conversation: 'conv_at_the_provider' }),
    refusal(404, 'not_found', /not found/),
  );
  await assert.rejects(
    strict.responses.create({ model: 'gpt', input: 'hi', prompt: PROMPT }),
    refusal(400, '400', /responses_provider_ids/),
  );
  const own = await strict.responses.create({ model: 'gpt', input: 'say: own' });
  assert.ok(!closed.simulator.requests.some(({ body }) => JSON.stringify(body).includes('at_the_provider')));
  await closed.close();

  for (const responses_store of [true, false]) {
    const gateway = await startTestGateway({
      config: config(groups, { responses_provider_ids: true, responses_store }),
      dataFolder,
    });
    const client = clientOf(gateway);
    const sent = () => objectOf(gateway.simulator.requests.at(-1)?.body) ?? {};
    gateway.simulator.script({
      match: { model: 'gpt-5' },
      reply: {
        status: 200,
        json: answerWith('resp_there', MESSAGE),
      },
    });
    await client.responses.create(bare);
    assert.equal(sent().previous_response_id, 'resp_at_the_provider');
    assert.notEqual(sent().store, false, 'the provider keeps what follows');
    await assert.rejects(client.responses.retrieve('resp_there'), refusal(404, 'not_found', /./));
    await client.responses.create({ model: 'gpt', input: 'hi', conversation: 'conv_at_the_provider' });
    assert.equal(sent().conversation, 'conv_at_the_provider');
    await client.responses.create({ model: 'gpt', input: 'hi', prompt: PROMPT });
    assert.deepEqual(sent().prompt, PROMPT);
    if (responses_store) {
      await client.responses.create({ model: 'gpt', input: 'hi', previous_response_id: own.id });
      assert.equal(sent().previous_response_id, undefined, 'what is kept here is not named to the provider');
      assert.match(lastSent(gateway), /say: own/);
    }
    for (const more of [{ previous_response_id: 'resp_x' }, { conversation: 'conv_x' }, { prompt: PROMPT }]) {
      await assert.rejects(
        client.responses.create({ model: 'claude', input: 'hi', ...more }),
        refusal(400, '400', /kept by the Responses API of OpenAI or Azure/),
      );
    }
    const asked = gateway.simulator.requests.length;
    const { key } = await make(gateway, '/key/generate', { max_budget: 1 });
    for (const more of [{ previous_response_id: 'resp_x' }, { prompt: PROMPT }]) {
      await assert.rejects(
        clientOf(gateway, key).responses.create({ model: 'gpt', input: 'hi', ...more }),
        refusal(400, '400', /counts against a budget: its cost is not known beforehand/),
      );
    }
    assert.equal(gateway.simulator.requests.length, asked, 'nothing that cannot be bounded was sent');
    await gateway.close();
  }
});
