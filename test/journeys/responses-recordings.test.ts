/**
 * Every recorded answer of OpenAI's and Azure's Responses API, replayed through the gateway to a client of that API: byte for byte but
 * for the name of the model, in pieces of odd sizes, and booked for what it used.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import OpenAI from 'openai';
import type { Replay } from '../../simulator/contract.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const FOLDER = join(import.meta.dirname, '../../../shared/recordings');
const SOURCES: readonly (readonly [folder: string, group: string])[] = [
  ['openai/responses', 'gpt-5'],
  ['azure', 'azure-gpt'],
];
/** Two of its lines lack their last brace: such a stream is broken, and the client learns that. */
const BROKEN = 'openai/responses/parallel-tool-call-wrapper.1.chunks.txt';

const recordings = SOURCES.flatMap(([folder, group]) =>
  existsSync(join(FOLDER, folder))
    ? readdirSync(join(FOLDER, folder)).map((file) => ({ name: `${folder}/${file}`, group }))
    : [],
);
const skip = recordings.length === 0 ? '../shared/recordings/openai/responses is absent' : false;

let gateway: TestGateway;
let client: OpenAI;
before(async () => {
  gateway = await startTestGateway();
  client = new OpenAI({ apiKey: gateway.masterKey, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
});
beforeEach(() => gateway.simulator.reset());
after(() => gateway.close());

interface Recorded {
  readonly replay: Replay;
  /** The whole answer, or the one in the last event of the stream. */
  readonly response: JsonObject;
  readonly events: readonly JsonObject[] | undefined;
}

function read(name: string): Recorded {
  const content = readFileSync(join(FOLDER, name), 'utf8');
  if (name.endsWith('.json')) {
    const json = JSON.parse(content) as JsonObject;
    return { replay: { format: 'responses', json }, response: json, events: undefined };
  }
  const chunks = content.split('\n').filter((line) => line.trim() !== '');
  const events = chunks.map((line) => JSON.parse(line) as JsonObject);
  const cutEvery = Math.ceil(content.length / 300) + (name.length % 13) + 2;
  const response = events.at(-1)?.response;
  return {
    replay: { format: 'responses', chunks, cutEvery },
    response: isJsonObject(response) ? response : {},
    events,
  };
}

/** An answer as the client sees it: under the name that it asked for, wherever the response names its model. */
function underName(value: JsonObject, group: string): JsonObject {
  if (isJsonObject(value.response)) return { ...value, response: underName(value.response, group) };
  return value.model === undefined ? value : { ...value, model: group };
}

async function assertBooked(callId: string, response: JsonObject): Promise<void> {
  const line = await gateway.requestLine(callId);
  const usage = response.usage as JsonObject;
  assert.equal(line.input_tokens, usage.input_tokens);
  assert.equal(line.output_tokens, usage.output_tokens);
  assert.equal(line.usage_estimated, undefined);
  assert.equal(line.outcome, 'success');
}

describe('recorded answers of the Responses API', { timeout: 60_000, skip }, () => {
  for (const { name, group } of recordings) {
    if (name === BROKEN) {
      it(`${name} ends with an error`, async () => {
        const chunks = readFileSync(join(FOLDER, name), 'utf8').split('\n');
        gateway.simulator.script({ replay: { format: 'responses', chunks: chunks.filter((line) => line !== '') } });
        await assert.rejects(async () => {
          for await (const _ of await client.responses.create({ model: group, input: 'Hello', stream: true }));
        }, OpenAI.APIError);
      });
      continue;
    }
    it(`${name} reaches the client as it is, and is booked`, async () => {
      const { replay, response, events } = read(name);
      const failed = response.status === 'failed' || isJsonObject(response.error);
      gateway.simulator.script({ replay: failed && events === undefined ? { ...replay, status: 429 } : replay });
      const asked = { model: group, input: 'Hello', store: false };
      if (failed) {
        await assert.rejects(
          async () => {
            if (events === undefined) await client.responses.create(asked);
            else for await (const _ of await client.responses.create({ ...asked, stream: true }));
          },
          (error) => error instanceof OpenAI.APIError && error.code === 'insufficient_quota',
        );
        return;
      }
      if (events === undefined) {
        const { data, response: http } = await client.responses.create(asked).withResponse();
        const { output_text: _, ...got } = data as unknown as JsonObject;
        assert.deepEqual(got, underName(response, group));
        await assertBooked(http.headers.get('x-litellm-call-id') ?? '', response);
        return;
      }
      const { data, response: http } = await client.responses.create({ ...asked, stream: true }).withResponse();
      const got: JsonObject[] = [];
      for await (const event of data) got.push(event as unknown as JsonObject);
      assert.deepEqual(
        got,
        events.map((event) => underName(event, group)),
      );
      await assertBooked(http.headers.get('x-litellm-call-id') ?? '', response);
    });
  }
});
