/** Requests that Claude would refuse for their tools, repaired where the operator wants it (`modify_params`). */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const BASE = '$' + '{SIMULATOR_URL}';

function start(litellm: JsonObject): Promise<TestGateway> {
  const model = (name: string, provider: string, path: string) => ({
    model_name: name,
    litellm_params: { model: `${provider}/${name}`, api_base: BASE + path, api_key: 'os.environ/PROVIDER_KEY' },
  });
  const config = {
    model_list: [model('gpt-4o', 'openai', '/v1'), model('claude-sonnet-4-5', 'anthropic', '')],
    litellm_settings: litellm,
    general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
    router_settings: { num_retries: 0 },
  };
  return startTestGateway({ config: JSON.stringify(config) });
}

const TOOLS = [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }];
const call = (...ids: string[]): JsonObject => ({
  role: 'assistant',
  content: null,
  tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'look', arguments: '{}' } })),
});
const result = (id: string, content: string): JsonObject => ({ role: 'tool', tool_call_id: id, content });
const user = (content: string): JsonObject => ({ role: 'user', content });

interface Block extends JsonObject {
  readonly type: string;
}

describe('modify_params', { timeout: 60_000 }, () => {
  let gateway: TestGateway;
  let plain: TestGateway;
  before(async () => {
    [gateway, plain] = await Promise.all([start({ modify_params: true }), start({})]);
  });
  after(() => Promise.all([gateway.close(), plain.close()]));

  async function sent(messages: JsonObject[], more: JsonObject = { tools: TOOLS }, to: TestGateway = gateway) {
    const response = await to.post('/v1/chat/completions', { model: 'claude-sonnet-4-5', messages, ...more });
    const text = await response.text();
    assert.equal(response.status, 200, text);
    const body = JSON.parse(String(to.simulator.requests.at(-1)?.rawBody)) as JsonObject;
    const turns = (body.messages as { role: string; content: string | Block[] }[]).map(({ role, content }) => ({
      role,
      blocks: typeof content === 'string' ? [{ type: 'text', text: content } as Block] : content,
    }));
    return { body, turns, dropped: response.headers.get('x-sluice-dropped') ?? '' };
  }

  const resultsIn = (blocks: readonly Block[] | undefined) =>
    (blocks ?? []).filter(({ type }) => type === 'tool_result').map(({ tool_use_id: id }) => id);

  it('tells the model of calls whose results are missing, in the place where Claude wants them', async () => {
    const { turns, dropped } = await sent([user('a'), call('c1', 'c2'), result('c1', 'one'), user('b')]);
    assert.deepEqual(resultsIn(turns[2]?.blocks).toSorted(), ['c1', 'c2']);
    const told = turns[2]?.blocks.find(({ tool_use_id: id }) => id === 'c2');
    assert.equal(told?.is_error, true);
    assert.match(dropped, /turns/);
    const { turns: last } = await sent([user('a'), call('c1')]);
    assert.deepEqual(resultsIn(last.at(-1)?.blocks), ['c1'], 'at the end of the conversation too');
  });

  it('leaves out results that answer no call, and keeps the last of two', async () => {
    const { turns, dropped } = await sent([
      user('a'),
      result('stray', 'unasked'),
      call('c1'),
      result('c1', 'first'),
      result('c1', 'second'),
      user('b'),
      { role: 'assistant', content: 'Well.' },
      result('c1', 'late'),
      user('c'),
    ]);
    assert.deepEqual(
      turns.flatMap(({ blocks }) => resultsIn(blocks)),
      ['c1'],
    );
    assert.match(JSON.stringify(turns), /second/);
    assert.doesNotMatch(JSON.stringify(turns), /stray|unasked|first|late/);
    assert.match(dropped, /messages\[\d\]/);
  });

  it('lists the tools of a conversation that holds their calls and was sent without them', async () => {
    const { body, dropped } = await sent([user('a'), call('c1'), result('c1', 'one'), user('b')], {});
    assert.deepEqual(
      (body.tools as JsonObject[]).map(({ name }) => name),
      ['look'],
    );
    assert.match(dropped, /tools/);
  });

  it('repairs what comes in Anthropic’s own format, and passes on what needs no repair as it is', async () => {
    const ask = async (messages: JsonObject[]) => {
      const body = {
        model: 'claude-sonnet-4-5',
        max_tokens: 50,
        messages,
        tools: [{ name: 'look', input_schema: { type: 'object' } }],
      };
      const response = await gateway.post('/v1/messages', body);
      assert.equal(response.status, 200, await response.text());
      return { body, sent: JSON.parse(String(gateway.simulator.requests.at(-1)?.rawBody)) as JsonObject };
    };
    const use = { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }] };
    const repaired = await ask([user('a'), use, user('b')]);
    assert.match(JSON.stringify(repaired.sent.messages), /"tool_use_id":"toolu_1"/);
    const whole = await ask([user('a')]);
    assert.deepEqual(whole.sent, whole.body);
  });

  it('changes nothing of what is whole, and nothing at all without the setting', async () => {
    const whole = [user('a'), call('c1', 'c2'), result('c2', 'two'), result('c1', 'one'), user('b')];
    const [repaired, usual] = [await sent(whole), await sent(whole, { tools: TOOLS }, plain)];
    assert.deepEqual(repaired.body, usual.body);
    assert.equal(repaired.dropped, '');
    const response = await plain.post('/v1/chat/completions', {
      model: 'claude-sonnet-4-5',
      messages: [user('a'), call('c1'), user('b')],
      tools: TOOLS,
    });
    await response.text();
    const body = String(plain.simulator.requests.at(-1)?.rawBody);
    assert.doesNotMatch(body, /tool_result/);
  });

  it('repairs without the setting what Claude never takes', async () => {
    const { turns } = await sent([{ role: 'system', content: 'Only this.' }], {}, plain);
    assert.deepEqual(
      turns.map(({ role }) => role),
      ['user'],
    );
    const { body, dropped } = await sent([user('a')], { max_tokens: 10_000_000 }, plain);
    assert.ok(Number(body.max_tokens) <= 64_000);
    assert.match(dropped, /max_tokens/);
    const { turns: begun } = await sent([{ role: 'assistant', content: 'Hi.' }, user('a'), user('')], {}, plain);
    assert.deepEqual(
      begun.map(({ role }) => role),
      ['user', 'assistant', 'user'],
    );
  });
});
