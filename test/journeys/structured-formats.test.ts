/** Structured output for clients of the Responses API and of Gemini's format, over every provider, whole and streamed. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { GoogleGenAI } from '@google/genai';
import { Ajv2020 } from 'ajv/dist/2020.js';
import OpenAI from 'openai';
import { CHAT_GROUPS } from '../support/default-config.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const ADDRESS = {
  type: 'object',
  properties: { street: { type: 'string' }, floor: { type: ['integer', 'null'] } },
  required: ['street', 'floor'],
  additionalProperties: false,
};
const PERSON = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    mood: { type: 'string', enum: ['calm', 'cross'] },
    home: { $ref: '#/$defs/address' },
    places: { type: 'array', items: { $ref: '#/$defs/address' } },
    nickname: { anyOf: [{ type: 'string' }, { type: 'null' }] },
  },
  required: ['name', 'mood', 'home', 'places', 'nickname'],
  additionalProperties: false,
  $defs: { address: ADDRESS },
};
/** The same in Google's own words. */
const GOOGLES_ADDRESS = {
  type: 'OBJECT',
  properties: { street: { type: 'STRING' }, floor: { type: 'INTEGER', nullable: true } },
  required: ['street', 'floor'],
};
const GOOGLES_PERSON = {
  type: 'OBJECT',
  properties: {
    name: { type: 'STRING' },
    mood: { type: 'STRING', format: 'enum', enum: ['calm', 'cross'] },
    home: GOOGLES_ADDRESS,
    places: { type: 'ARRAY', items: GOOGLES_ADDRESS },
    nickname: { type: 'STRING', nullable: true },
  },
  required: ['name', 'mood', 'home', 'places', 'nickname'],
  propertyOrdering: ['name', 'mood', 'home', 'places', 'nickname'],
};

const ajv = new Ajv2020();
const fits = ajv.compile(PERSON);

function assertPerson(text: string): void {
  const value: unknown = JSON.parse(text);
  assert.ok(fits(value), `${ajv.errorsText(fits.errors)}: ${text}`);
}

const MODELS = [...CHAT_GROUPS, 'gpt-5', 'claude-opus', 'gemini-3-pro'];

describe('structured output', { timeout: 120_000 }, () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startTestGateway();
  });
  after(() => gateway.close());

  for (const model of MODELS) {
    for (const strict of [true, false]) {
      it(`of the Responses API over ${model}, strict: ${strict}`, async () => {
        const client = new OpenAI({ apiKey: gateway.masterKey, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
        const text = { format: { type: 'json_schema' as const, name: 'person', schema: PERSON, strict } };
        const body = { model, input: 'Describe a person.', text };
        const whole = await client.responses.create(body);
        assertPerson(whole.output_text);
        const { format } = whole.text ?? {};
        assert.ok(format?.type === 'json_schema');
        assert.deepEqual([format.name, format.strict, format.schema], ['person', strict, PERSON]);
        let streamed = '';
        for await (const event of await client.responses.create({ ...body, stream: true })) {
          if (event.type === 'response.output_text.delta') streamed += event.delta;
        }
        assertPerson(streamed);
      });
    }

    it(`of Gemini’s format over ${model}, in both of its languages for schemas`, async () => {
      const client = new GoogleGenAI({ apiKey: gateway.masterKey, httpOptions: { baseUrl: gateway.url } });
      for (const schema of [{ responseSchema: GOOGLES_PERSON as object }, { responseJsonSchema: PERSON }]) {
        const asked = {
          model,
          contents: 'Describe a person.',
          config: { responseMimeType: 'application/json', ...schema },
        };
        assertPerson((await client.models.generateContent(asked)).text ?? '');
        let streamed = '';
        for await (const event of await client.models.generateContentStream(asked)) streamed += event.text ?? '';
        assertPerson(streamed);
      }
    });
  }
});
