/** Conversations are compacted: by OpenAI where it is asked, as a summary over every other provider. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type OpenAI from 'openai';
import { type JsonValue, objectOf, objectsOf } from '../../../src/core/json.ts';
import { openaiJudges } from '../../golden/openai-chat/openai-schema.ts';
import { CHAT_GROUPS } from '../../support/default-config.ts';
import { startScripted, whole } from '../../support/scripted-upstream.ts';
import { clientOf, configWith, lastSent, make, refusal, start } from './support.ts';

const judges = openaiJudges(['CompactResource', 'ResponseStreamEvent', 'Response']);
const MARK = 'sluice-summary:';

type Item = OpenAI.Responses.ResponseInputItem;
const TALK: Item[] = [
  { role: 'developer', content: 'You know birds.' },
  { role: 'user', content: 'Which bird is this?' },
  { type: 'function_call', call_id: 'call_1', name: 'look', arguments: '{"at":"tree"}' },
  { type: 'function_call_output', call_id: 'call_1', output: 'A hoatzin.' },
  { role: 'assistant', content: 'A hoatzin, of course.' },
];

/** OpenAI itself says `null` for what is absent, which its document does not allow for these members. */
function valid(name: keyof NonNullable<typeof judges>, told: unknown): void {
  const value = JSON.parse(JSON.stringify(told).replaceAll(/"(?:user|usage)":null,/g, '')) as JsonValue;
  assert.equal(judges?.[name](value), undefined, JSON.stringify(value));
}

test('a conversation is compacted over every provider, billed, and goes on over any other', async (t) => {
  const gateway = await start(t);
  const client = clientOf(gateway);
  for (const model of [...CHAT_GROUPS, 'gpt-5', 'claude-opus', 'gemini-3-pro']) {
    const answer = await gateway.post('/v1/responses/compact', { model, input: TALK, instructions: 'Be exact.' });
    const text = await answer.text();
    assert.equal(answer.status, 200, text);
    const compacted = JSON.parse(text) as OpenAI.Responses.CompactedResponse;
    valid('CompactResource', compacted);
    const sent = lastSent(gateway);
    for (const words of ['You know birds.', 'Be exact.', 'Called the tool look', 'A hoatzin.', 'Summarize']) {
      assert.ok(sent.includes(words), `${model}: ${words}`);
    }
    assert.ok(!/function_call|tool_use|functionCall|tool_calls/.test(sent), 'tools are words by now');
    const [message, item] = compacted.output;
    assert.deepEqual([message?.type, item?.type, compacted.output.length], ['message', 'compaction', 2]);
    const content = objectOf(item as unknown as JsonValue)?.encrypted_content;
    assert.ok(String(content).startsWith(MARK) && String(content).length > MARK.length + 5);
    assert.ok((compacted.usage?.output_tokens ?? 0) > 0);
    const line = await gateway.requestLine(answer.headers.get('x-litellm-call-id') ?? '');
    assert.ok(JSON.stringify(line).includes(`"output_tokens":${compacted.usage?.output_tokens}`), JSON.stringify(line));
    for (const next of ['gpt-4o', 'claude-sonnet', 'gemini-2.5-pro', 'gpt-5']) {
      const input = [...(compacted.output as unknown as Item[]), { role: 'user' as const, content: 'say: next' }];
      await client.responses.create({ model: next, input });
      const told = lastSent(gateway);
      assert.ok(
        told.includes('This is a summary') && told.includes('say: next') && !told.includes(MARK),
        `${model} to ${next}`,
      );
    }
  }
});

test('the last item of a request asks for it, streamed and whole, as Codex does', async (t) => {
  const gateway = await start(t);
  const tools = [{ type: 'function', name: 'look', parameters: { type: 'object', properties: {} }, strict: false }];
  for (const model of ['gpt-5', 'claude-sonnet', 'gemini-2.5-pro', 'deepseek-chat']) {
    const body = { model, input: [...TALK, { type: 'compaction_trigger' }], tools, tool_choice: 'auto', store: false };
    const answered = (await (await gateway.post('/v1/responses', body)).json()) as OpenAI.Responses.Response;
    valid('Response', answered);
    assert.deepEqual(
      answered.output.map(({ type }) => type),
      ['compaction'],
      model,
    );
    const streamed = await (await gateway.post('/v1/responses', { ...body, stream: true })).text();
    const events = [...streamed.matchAll(/^data: (.*)$/gm)].map(
      ([, data = '']) => JSON.parse(data) as { type: string; item?: { type: string } },
    );
    for (const event of events) valid('ResponseStreamEvent', event);
    const done = events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item?.type);
    assert.deepEqual(done, ['compaction'], model);
    assert.equal(events.at(-1)?.type, 'response.completed');
  }
  const early = [{ type: 'compaction_trigger' }, { role: 'user', content: 'hi' }];
  const refused = await gateway.post('/v1/responses', { model: 'claude-sonnet', input: early });
  assert.equal(refused.status, 400);
  assert.match(await refused.text(), /must be the last item/);
});

test('what is stored begins with its last compaction', async (t) => {
  const gateway = await start(t);
  const client = clientOf(gateway);
  const trigger = { type: 'compaction_trigger' } as unknown as Item;
  const first = await client.responses.create({ model: 'claude-sonnet', input: 'say: pelican' });
  const { output } = await client.responses.compact({ model: 'claude-sonnet', previous_response_id: first.id });
  assert.ok(JSON.stringify(output).includes('pelican'));
  const second = await client.responses.create({
    ...{ model: 'claude-sonnet', previous_response_id: first.id, input: [trigger] },
  });
  await client.responses.create({ model: 'gpt-4o', previous_response_id: second.id, input: 'say: heron' });
  const sent = objectsOf(objectOf(gateway.simulator.requests.at(-1)?.body)?.input);
  assert.equal(sent.length, 2, JSON.stringify(sent));
  const { id: conversation } = await client.conversations.create({ items: [{ role: 'user', content: 'x' }] });
  await client.responses.create({ model: 'claude-sonnet', conversation, input: 'say: stork' });
  await client.responses.create({ model: 'claude-sonnet', conversation, input: [trigger] });
  await client.responses.create({ model: 'gpt-4o', conversation, input: 'say: ibis' });
  assert.equal(objectsOf(objectOf(gateway.simulator.requests.at(-1)?.body)?.input).length, 2);
});

function azureConfig(path: string): string {
  const { general_settings } = JSON.parse(configWith({})) as { general_settings: object };
  const params = { api_key: 'os.environ/PROVIDER_KEY' };
  return JSON.stringify({
    model_list: [
      { model_name: 'azure', litellm_params: { model: 'azure/gpt-5', api_base: `SIM${path}`, ...params } },
      {
        model_name: 'claude',
        litellm_params: { model: 'anthropic/claude-sonnet-4-5', api_base: 'os.environ/SIMULATOR_URL', ...params },
      },
    ],
    general_settings,
  });
}

test('Azure compacts itself where its API has it, and only OpenAI reads what OpenAI encrypted', async (t) => {
  const { startSimulator } = await import('../../../simulator/start.ts');
  const simulator = await startSimulator();
  t.after(() => simulator.close());
  for (const [path, isRelayed] of [
    ['/openai/v1', true],
    ['', false],
  ] as const) {
    const config = azureConfig(path).replace('SIM', simulator.url);
    const gateway = await start(t, { config, sharedSimulator: simulator });
    const client = clientOf(gateway);
    const first = await client.responses.create({ model: 'azure', input: 'say: pelican' });
    const compacted = await client.responses.compact({ model: 'azure', previous_response_id: first.id });
    valid('CompactResource', compacted);
    const seen = simulator.requests.at(-1);
    assert.equal(seen?.operation, isRelayed ? 'openai-compact' : 'openai-responses');
    assert.ok((compacted.usage?.output_tokens ?? 0) > 0);
    const input = [...(compacted.output as unknown as Item[]), { role: 'user' as const, content: 'say: heron' }];
    assert.match((await client.responses.create({ model: 'azure', input })).output_text, /heron/);
    const byClaude = client.responses.create({ model: 'claude', input });
    if (!isRelayed) assert.match((await byClaude).output_text, /heron/);
    else await assert.rejects(byClaude, refusal(400, '400', /encrypted, and can be read by OpenAI alone/));
    // OpenAI takes no limit here: what a budget limits is a summary.
    const limited = await make(gateway, '/key/generate', { max_budget: 0.05 });
    const cheap = await clientOf(gateway, limited.key).responses.compact({ model: 'azure', input: 'Hello' });
    valid('CompactResource', cheap);
    assert.equal(simulator.requests.at(-1)?.operation, 'openai-responses');
  }
});

test('a model that writes no words has compacted nothing', async (t) => {
  const silent = { id: 'm', type: 'message', role: 'assistant', model: 'x', stop_reason: 'end_turn' };
  const usage = { input_tokens: 5, output_tokens: 5 };
  const scripted = await startScripted({ claude: 'anthropic/claude-sonnet-4-5' });
  t.after(() => scripted.close());
  scripted.script(whole({ ...silent, usage, content: [{ type: 'text', text: ' ' }] }));
  const answer = await scripted.gateway.post('/v1/responses/compact', { model: 'claude', input: 'Hello' });
  assert.equal(answer.status, 502, await answer.text());
});
