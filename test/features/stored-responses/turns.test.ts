/** The official `openai` package continues stored responses over every provider format. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it, test } from 'node:test';
import OpenAI from 'openai';
import { type JsonValue, objectOf, objectsOf } from '../../../src/core/json.ts';
import { openaiJudges } from '../../golden/openai-chat/openai-schema.ts';
import { CHAT_GROUPS } from '../../support/default-config.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { CITY_SCHEMA, TWO_CITIES_QUESTION } from '../../support/samples.ts';
import { bytesOf, clientOf, configWith, folder, lastSent, make, refusal, start } from './support.ts';

describe('two turns by previous_response_id', { timeout: 120_000 }, () => {
  let gateway: TestGateway;
  let client: OpenAI;
  before(async () => {
    gateway = await startTestGateway();
    client = clientOf(gateway);
  });
  after(() => gateway.close());

  for (const model of [...CHAT_GROUPS, 'gpt-5', 'claude-opus', 'gemini-3-pro']) {
    for (const stream of [false, true]) {
      it(`over ${model}, ${stream ? 'streamed' : 'whole'}`, async () => {
        const ask = async (body: OpenAI.Responses.ResponseCreateParamsNonStreaming) =>
          stream ? client.responses.stream({ ...body, stream: true }).finalResponse() : client.responses.create(body);
        const weather = {
          type: 'function' as const,
          name: 'get_weather',
          description: 'The weather in a city',
          parameters: CITY_SCHEMA,
          strict: true,
        };
        const reasoning = { effort: 'low' as const, summary: 'auto' as const };
        const first = await ask({
          model,
          input: TWO_CITIES_QUESTION,
          instructions: 'Sing.',
          tools: [weather],
          reasoning,
        });
        const calls = first.output.filter((item) => item.type === 'function_call');
        assert.equal(calls.length, 2);
        const second = await ask({
          model,
          previous_response_id: first.id,
          tools: [weather],
          reasoning,
          input: calls.map((call, index) => ({
            type: 'function_call_output' as const,
            call_id: 'call_id' in call ? (call.call_id ?? '') : '',
            output: `degrees: ${20 + index}`,
          })),
        });
        assert.match(second.output_text, /degrees: 20.*degrees: 21/s);
        const sent = lastSent(gateway);
        assert.ok(sent.includes(JSON.stringify(TWO_CITIES_QUESTION).slice(1, -1)), 'the first turn is sent again');
        assert.ok(!sent.includes('Sing.'), 'instructions are not carried over');
        assert.ok(!sent.includes('previous_response_id'));
        assert.ok(!sent.includes('"store":true'), 'the provider keeps nothing');
      });
    }
  }

  it('goes on with another provider, and from there with the first one', async () => {
    const first = await client.responses.create({
      model: 'gpt-5',
      input: 'say: pelican',
      reasoning: { effort: 'low' },
    });
    const second = await client.responses.create({
      model: 'claude-opus',
      input: 'say: heron',
      previous_response_id: first.id,
    });
    const third = await client.responses.create({
      model: 'gpt-5',
      input: 'say: stork',
      previous_response_id: second.id,
    });
    assert.match(third.output_text, /stork/);
    const sent = lastSent(gateway);
    for (const word of ['pelican', 'heron', 'stork']) assert.ok(sent.includes(word), word);
  });

  it('counts the input of earlier turns as well', async () => {
    const first = await client.responses.create({ model: 'gpt-4o', input: `say: ${'tern '.repeat(200)}` });
    const alone = await client.responses.inputTokens.count({ model: 'gpt-4o', input: 'say: gull' });
    const both = await client.responses.inputTokens.count({
      model: 'gpt-4o',
      input: 'say: gull',
      previous_response_id: first.id,
    });
    assert.ok(both.input_tokens > alone.input_tokens + 150, `${both.input_tokens} and ${alone.input_tokens}`);
  });

  it('shows a response, its input in pages, and deletes it', async () => {
    const first = await client.responses.create({ model: 'gpt-4o', input: 'say: swan' });
    const second = await client.responses.create({
      model: 'claude-sonnet',
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'say: goose' }] }],
      previous_response_id: first.id,
      metadata: { bird: 'yes' },
    });
    const shown = await client.responses.retrieve(second.id);
    assert.deepEqual(shown.output, second.output);
    assert.deepEqual(
      [shown.previous_response_id, 'store' in shown && shown.store, shown.status],
      [first.id, true, 'completed'],
    );
    const judges = openaiJudges(['ResponseItemList', 'Response']);
    const ids: (string | undefined)[] = [];
    for await (const item of client.responses.inputItems.list(second.id, { limit: 2, order: 'asc' })) ids.push(item.id);
    assert.equal(ids.length, 3);
    assert.equal(new Set(ids).size, 3);
    const answer = await gateway.get(`/v1/responses/${second.id}/input_items?limit=2`);
    const page = (await answer.json()) as {
      readonly data: readonly { readonly content: readonly { text: string }[] }[];
    };
    assert.equal(judges?.ResponseItemList(page as unknown as JsonValue), undefined, JSON.stringify(page));
    assert.equal(page.data[0]?.content[0]?.text, 'say: goose');
    assert.equal((await gateway.get(`/v1/responses/${second.id}/input_items?limit=0`)).status, 400);

    await client.responses.delete(second.id);
    await assert.rejects(client.responses.retrieve(second.id), refusal(404, 'not_found', /not found/));
    await assert.rejects(
      client.responses.create({ model: 'gpt-4o', input: 'hi', previous_response_id: second.id }),
      refusal(404, 'previous_response_not_found', /Previous response with id 'resp_.*' not found/),
    );
    assert.equal((await client.responses.retrieve(first.id)).id, first.id);
  });

  it('refuses what it does not keep, in words', async () => {
    const body = { model: 'gpt-4o', input: 'hi' };
    const bodies: readonly (readonly [object, RegExp])[] = [
      [{ prompt: { id: 'pmpt_1' } }, /Prompts that are kept/],
      [{ store: 'no' }, /`store` must be true or false/],
      [{ previous_response_id: 5 }, /must be a string/],
      [{ background: true, store: false }, /needs `store`/],
    ];
    for (const [more, words] of bodies) {
      const answer = await gateway.post('/v1/responses', { ...body, ...more });
      assert.equal(answer.status, 400, JSON.stringify(more));
      assert.match(await answer.text(), words);
    }
  });
});

const ask = (client: OpenAI, input: string, more: object = {}) =>
  client.responses.create({ model: 'gpt-4o', input, ...more });

test('a response is seen by its own team, user or key only', async (t) => {
  const gateway = await start(t);
  const team = (await make(gateway, '/team/new', {})).team_id;
  const user = (await make(gateway, '/user/new', { auto_create_key: false })).user_id;
  const keyOf = async (body: object): Promise<OpenAI> =>
    clientOf(gateway, (await make(gateway, '/key/generate', body)).key);
  const [mate, other, own, ofUser, again, lone] = [
    await keyOf({ team_id: team }),
    await keyOf({ team_id: (await make(gateway, '/team/new', {})).team_id }),
    await keyOf({ team_id: team }),
    await keyOf({ user_id: user }),
    await keyOf({ user_id: user }),
    await keyOf({}),
  ];
  const ofTeam = await ask(own, 'say: team');
  assert.equal((await mate.responses.retrieve(ofTeam.id)).id, ofTeam.id);
  const ofOwner = await ask(ofUser, 'say: user');
  assert.equal((await again.responses.retrieve(ofOwner.id)).id, ofOwner.id);
  const ofKey = await ask(lone, 'say: key');
  assert.equal((await lone.responses.retrieve(ofKey.id)).id, ofKey.id);
  const strangers: readonly (readonly [OpenAI, string])[] = [
    ...[other, ofUser, lone, clientOf(gateway)].map((client) => [client, ofTeam.id] as const),
    ...[other, mate, lone, clientOf(gateway)].map((client) => [client, ofOwner.id] as const),
    ...[other, mate, ofUser, clientOf(gateway)].map((client) => [client, ofKey.id] as const),
  ];
  for (const [stranger, id] of strangers) {
    const unseen = refusal(404, 'not_found', /not found/);
    await assert.rejects(stranger.responses.retrieve(id), unseen);
    await assert.rejects(stranger.responses.delete(id), unseen);
    await assert.rejects(stranger.responses.cancel(id), unseen);
    await assert.rejects(Promise.resolve(stranger.responses.inputItems.list(id)), unseen);
    await assert.rejects(
      ask(stranger, 'hi', { previous_response_id: id }),
      refusal(404, 'previous_response_not_found', /not found/),
    );
  }
});

test('what was stored goes with its key, its team and its user', async (t) => {
  const dataFolder = folder(t);
  const gateway = await start(t, { dataFolder });
  const team = (await make(gateway, '/team/new', {})).team_id;
  const user = (await make(gateway, '/user/new', { auto_create_key: false })).user_id;
  const member = await make(gateway, '/key/generate', { team_id: team });
  const mate = await make(gateway, '/key/generate', { team_id: team });
  const ofUser = await make(gateway, '/key/generate', { user_id: user });
  const mates = clientOf(gateway, mate.key);
  const first = await ask(clientOf(gateway, member.key), 'say: member');
  const second = await ask(mates, 'say: mate');
  assert.equal((await mates.responses.retrieve(first.id)).id, first.id);
  await make(gateway, '/key/delete', { keys: [member.key] });
  await assert.rejects(mates.responses.retrieve(first.id), refusal(404, 'not_found', /not found/));
  assert.equal((await mates.responses.retrieve(second.id)).id, second.id);
  await ask(clientOf(gateway, ofUser.key), 'say: pterodactyl');
  await make(gateway, '/team/delete', { team_ids: [team] });
  await make(gateway, '/user/delete', { user_ids: [user] });
  assert.equal(await countStored(dataFolder), 0);
});

/** How many responses the file of a running gateway holds. */
async function countStored(folder: string): Promise<number> {
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(join(folder, 'sluice.db'), { readOnly: true });
  try {
    return Number(database.prepare('select count(*) as count from responses').get()?.count);
  } finally {
    database.close();
  }
}

test('store: false keeps nothing, and what is kept can be encrypted', async (t) => {
  for (const isEncrypted of [false, true]) {
    const dataFolder = folder(t);
    const gateway = await start(t, { dataFolder, config: configWith({ responses_store_encrypted: isEncrypted }) });
    const client = clientOf(gateway);
    const unkept = await ask(client, 'say: xenops', { store: false });
    const kept = await ask(client, 'say: jacamar', { store: true });
    const absent = await ask(client, 'say: motmot');
    await assert.rejects(client.responses.retrieve(unkept.id), refusal(404, 'not_found', /not found/));
    assert.match((await client.responses.retrieve(kept.id)).output_text, /jacamar/);
    assert.match((await client.responses.retrieve(absent.id)).output_text, /motmot/);
    const bytes = bytesOf(dataFolder);
    assert.ok(!bytes.includes('xenops'));
    assert.equal(bytes.includes('jacamar'), !isEncrypted);
    assert.ok(bytes.includes(kept.id));
  }
});

test('responses outlive a restart, and not their retention', async (t) => {
  const dataFolder = folder(t);
  const config = configWith({ responses_store_retention: '3s' });
  const first = await startTestGateway({ dataFolder });
  const long = await ask(clientOf(first), 'say: condor');
  await first.close();
  const second = await start(t, { dataFolder, config });
  const client = clientOf(second);
  const next = await ask(client, 'say: again', { previous_response_id: long.id });
  assert.match(next.output_text, /again/);
  assert.match(lastSent(second), /condor/);
  await new Promise((resolve) => setTimeout(resolve, 3_100));
  await assert.rejects(client.responses.retrieve(next.id), refusal(404, 'not_found', /not found/));
  assert.equal((await client.responses.retrieve(long.id)).id, long.id);
});

test('with the store off, what needs it is refused by the name of the setting', async (t) => {
  const gateway = await start(t, { config: configWith({ responses_store: false }) });
  const client = clientOf(gateway);
  const answer = await ask(client, 'say: hello');
  const setting = /general_settings\.responses_store/;
  for (const more of [{ previous_response_id: answer.id }, { background: true }]) {
    await assert.rejects(ask(client, 'hi', more), refusal(400, '400', setting));
  }
  await assert.rejects(client.responses.retrieve(answer.id), refusal(404, 'not_found', setting));
});

test('a next turn goes on where its deployment fails', async (t) => {
  const gateway = await start(t, {
    config: JSON.stringify({
      ...JSON.parse(configWith({})),
      router_settings: { num_retries: 0, disable_cooldowns: true, fallbacks: [{ 'gpt-4o': ['claude'] }] },
    }),
  });
  const client = clientOf(gateway);
  const first = await ask(client, 'say: albatross');
  const broken = gateway.simulator.script({ match: { model: 'gpt-4o' }, fault: '500' });
  const next = await ask(client, 'say: fulmar', { previous_response_id: first.id });
  assert.equal(broken.applied(), 1);
  assert.match(lastSent(gateway), /albatross/);
  assert.match(next.output_text, /fulmar/);
});

test('an expanded prompt counts as the prompt: for limits, and for the money that it costs', async (t) => {
  const gateway = await start(t);
  const made = await make(gateway, '/key/generate', { tpm_limit: 2_000, max_budget: 5 });
  const client = clientOf(gateway, made.key);
  const long = await ask(client, `say: ${'plover '.repeat(400)}`, { max_output_tokens: 450 });
  await assert.rejects(
    ask(client, 'say: more', { previous_response_id: long.id, max_output_tokens: 450 }),
    (error: unknown) => error instanceof OpenAI.RateLimitError,
  );
  const short = await ask(client, 'say: more', { max_output_tokens: 16 });
  assert.ok((short.usage?.input_tokens ?? 0) < 50);
});

test('what was sealed under a lost key is not there any more', async (t) => {
  const dataFolder = folder(t);
  const config = configWith({ responses_store_encrypted: true });
  const first = await startTestGateway({ dataFolder, config, env: { LITELLM_SALT_KEY: 'first-salt' } });
  const { id } = await ask(clientOf(first), 'say: kiwi');
  await first.close();
  const rotated = { LITELLM_SALT_KEY: 'second-salt', LITELLM_SALT_KEY_PREVIOUS: 'first-salt' };
  const second = await startTestGateway({ dataFolder, config, env: rotated });
  assert.match((await clientOf(second).responses.retrieve(id)).output_text, /kiwi/);
  await second.close();
  const third = await start(t, { dataFolder, config, env: { LITELLM_SALT_KEY: 'second-salt' } });
  await assert.rejects(clientOf(third).responses.retrieve(id), refusal(404, 'not_found', /not found/));
});

test('reasoning that one account encrypted is given back to its deployment, and to no other', async (t) => {
  const deployment = (group: string) => ({
    model_name: group,
    litellm_params: {
      model: 'openai/gpt-5',
      api_base: 'os.environ/SIMULATOR_URL',
      api_key: 'os.environ/PROVIDER_KEY',
    },
    model_info: { id: group },
  });
  const gateway = await start(t, {
    config: JSON.stringify({
      model_list: [deployment('west'), deployment('east')],
      general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
    }),
  });
  const client = clientOf(gateway);
  const reasoning = { effort: 'low' as const, summary: 'auto' as const };
  const first = await client.responses.create({ model: 'west', input: TWO_CITIES_QUESTION, reasoning });
  assert.ok(first.output.some((item) => item.type === 'reasoning' && item.encrypted_content));
  const next = async (model: string, id: string): Promise<[boolean, string]> => {
    const answer = await client.responses.create({ model, input: 'say: next', previous_response_id: id, reasoning });
    const sent = objectsOf(objectOf(gateway.simulator.requests.at(-1)?.body)?.input);
    return [sent.some(({ type }) => type === 'reasoning'), answer.id];
  };
  const [inWest] = await next('west', first.id);
  const [inEast, second] = await next('east', first.id);
  assert.deepEqual([inWest, inEast], [true, false]);
  const [backInWest] = await next('west', second);
  assert.equal(backInWest, true, 'what west made is still its own after a turn elsewhere');
});

test('a response that is too large is not kept, and a request with nulls for everything is', async (t) => {
  const gateway = await start(t, { config: configWith({ responses_store_max_mb: 1 }) });
  const client = clientOf(gateway);
  const input = [
    { role: 'user' as const, content: 'x'.repeat(1_100_000) },
    { role: 'user' as const, content: 'say: hi' },
  ];
  const large = await client.responses.create({ model: 'gpt-4o', input });
  await assert.rejects(client.responses.retrieve(large.id), refusal(404, 'not_found', /not found/));
  const lines = (await gateway.logLines()).filter((line) => line.includes('responses_store_max_mb'));
  assert.equal(lines.length, 1);
  const nulls = { store: null, background: null, previous_response_id: null, conversation: null, prompt: null };
  const small = await ask(client, 'say: hi', { ...nulls, include: null, reasoning: null });
  assert.equal((await client.responses.retrieve(small.id)).id, small.id);
  const next = await ask(client, 'say: hi', { previous_response_id: small.id });
  assert.equal(next.status, 'completed');
});
