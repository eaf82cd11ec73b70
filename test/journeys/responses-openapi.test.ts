/** Every response and every event of a stream, from every provider format, is valid by OpenAI's own OpenAPI document. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { itemsOf, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { openaiJudges } from '../golden/openai-chat/openai-schema.ts';
import { ALL_CHAT_GROUPS } from '../support/default-config.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { CITY_SCHEMA, PNG_URL, TWO_CITIES_QUESTION } from '../support/samples.ts';

const NAMES = ['Response', 'ResponseStreamEvent', 'ErrorResponse'] as const;
const judges = openaiJudges(NAMES);
const skip = judges === undefined ? '../shared/reference/openai-openapi.json is absent' : false;

let gateway: TestGateway;
before(async () => {
  gateway = await startTestGateway();
});
after(() => gateway.close());

/** OpenAI itself says `null` for what is absent, which its document does not allow for these members. */
function valid(name: (typeof NAMES)[number], told: JsonValue): void {
  const value = JSON.parse(JSON.stringify(told).replaceAll(/"(?:user|usage)":null,/g, '')) as JsonValue;
  assert.equal(judges?.[name](value), undefined, JSON.stringify(value));
}

const TOOL = { type: 'function', name: 'get_weather', parameters: CITY_SCHEMA, strict: false };
const QUESTIONS: Readonly<Record<string, JsonObject>> = {
  words: { input: 'Tell me about tides.' },
  instructions: { instructions: 'Be brief.', input: [{ role: 'user', content: 'Tell me about tides.' }] },
  'an answer cut by its limit': { input: 'Tell me about tides.', max_output_tokens: 16 },
  'calls of a tool': { input: TWO_CITIES_QUESTION, tools: [TOOL] },
  'a forced tool': { input: 'Hello', tools: [TOOL], tool_choice: 'required' },
  'a custom tool': { input: 'Hello', tools: [{ type: 'custom', name: 'patch' }], tool_choice: 'required' },
  'a tool in a namespace': {
    input: 'Hello',
    tools: [{ type: 'namespace', name: 'files', description: 'Files.', tools: [TOOL] }],
    tool_choice: 'required',
  },
  reasoning: { input: 'How many feathers has a swan?', reasoning: { effort: 'low', summary: 'auto' } },
  'a schema': {
    input: 'Where is Paris? Answer in JSON.',
    text: { format: { type: 'json_schema', name: 'city', schema: CITY_SCHEMA, strict: true } },
  },
  'a search of the web': {
    input: 'Search for the latest news on tides.',
    tools: [{ type: 'web_search', filters: null, user_location: { type: 'approximate', country: 'DE' } }],
    include: ['web_search_call.action.sources'],
  },
  'a picture': {
    input: [
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'Look.' },
          { type: 'input_image', image_url: PNG_URL, detail: 'auto' },
        ],
      },
    ],
  },
};

/** Groups that can be held to a search beside functions. */
const SEARCHERS: ReadonlySet<string> = new Set(['gpt-4o', 'claude-sonnet']);
const FORCED_SEARCH: JsonObject = {
  input: 'Tides.',
  tools: [TOOL, { type: 'web_search_preview', search_context_size: 'low' }],
  tool_choice: { type: 'web_search_preview' },
};

interface StreamedEvent {
  readonly name: string;
  readonly data: JsonObject;
}

function eventsOf(text: string): StreamedEvent[] {
  assert.ok(text.endsWith('\n\n'), text.slice(-100));
  return text
    .split('\n\n')
    .filter((frame) => frame !== '')
    .map((frame) => {
      const [first = '', second = ''] = frame.split('\n');
      assert.ok(first.startsWith('event: ') && second.startsWith('data: '), frame);
      return { name: first.slice(7), data: JSON.parse(second.slice(6)) as JsonObject };
    });
}

describe('responses are valid by OpenAI’s schema', { skip }, () => {
  for (const group of ALL_CHAT_GROUPS) {
    const questions = SEARCHERS.has(group) ? { ...QUESTIONS, 'a forced search': FORCED_SEARCH } : QUESTIONS;
    for (const [what, question] of Object.entries(questions)) {
      it(`${group}: ${what}, whole and streamed`, async () => {
        const whole = await gateway.post('/v1/responses', { model: group, store: false, ...question });
        const body = (await whole.json()) as JsonObject;
        assert.equal(whole.status, 200, JSON.stringify(body));
        valid('Response', body);
        assert.equal(body.model, group);
        const streamed = await gateway.post('/v1/responses', { model: group, store: false, stream: true, ...question });
        assert.equal(streamed.status, 200);
        const events = eventsOf(await streamed.text());
        for (const [index, { name, data }] of events.entries()) {
          assert.equal(data.type, name);
          assert.equal(data.sequence_number, index);
          valid('ResponseStreamEvent', data);
        }
        assert.deepEqual(
          events.slice(0, 2).map(({ name }) => name),
          ['response.created', 'response.in_progress'],
        );
        const last = events.at(-1)?.data.response as JsonObject;
        const kinds = (output: JsonValue | undefined) => itemsOf(output).map((item) => (item as JsonObject).type);
        assert.deepEqual(kinds(last.output), kinds(body.output));
        assert.equal(last.status, body.status);
      });
    }
  }

  it('errors are in OpenAI’s envelope', async () => {
    const refused = await gateway.post('/v1/responses', { model: 'gpt-4o', input: 7 });
    assert.equal(refused.status, 400);
    valid('ErrorResponse', (await refused.json()) as JsonValue);
  });
});
