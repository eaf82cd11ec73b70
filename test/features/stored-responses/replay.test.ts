/** Stored responses are streamed again: `GET /v1/responses/{id}?stream=true`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonValue } from '../../../src/core/json.ts';
import { openaiJudges } from '../../golden/openai-chat/openai-schema.ts';
import { CITY_SCHEMA, TWO_CITIES_QUESTION } from '../../support/samples.ts';
import { clientOf, make, refusal, start } from './support.ts';

test('a response that is over is streamed again, from any event on, over every provider', async (t) => {
  const gateway = await start(t);
  const client = clientOf(gateway);
  const judges = openaiJudges(['ResponseStreamEvent']);
  const tools = [{ type: 'function' as const, name: 'get_weather', parameters: CITY_SCHEMA, strict: true }];
  for (const model of ['gpt-4o', 'gpt-5', 'claude-opus', 'gemini-3-pro']) {
    for (const more of [{ input: 'say: crane' }, { input: TWO_CITIES_QUESTION, tools }]) {
      const made = await client.responses.create({ model, ...more });
      const stored = await client.responses.retrieve(made.id);
      const events: { sequence_number: number; type: string }[] = [];
      for await (const event of await client.responses.retrieve(made.id, { stream: true })) {
        const plain = JSON.stringify(event).replaceAll(/"(?:user|usage)":null,/g, '');
        assert.equal(judges?.ResponseStreamEvent(JSON.parse(plain) as JsonValue), undefined, plain);
        events.push(event);
      }
      assert.deepEqual(
        events.map(({ sequence_number }) => sequence_number),
        events.map((_, index) => index),
      );
      const last = events.at(-1) as unknown as { type: string; response: object };
      assert.equal(last.type, 'response.completed');
      const { output_text: _text, ...whole } = stored;
      assert.deepEqual({ ...last.response }, { ...whole });
      const rest: object[] = [];
      const asked = { stream: true as const, starting_after: 2 };
      for await (const event of await client.responses.retrieve(made.id, asked)) rest.push(event);
      assert.deepEqual(rest, events.slice(3));
      const final = await client.responses.stream({ response_id: made.id }).finalResponse();
      assert.deepEqual(final.output_text, made.output_text, model);
    }
  }
});

test('what is not over, what is of another scope and what is no number is refused', async (t) => {
  const gateway = await start(t);
  const client = clientOf(gateway);
  gateway.simulator.script({ fault: 'headers-after-5' });
  const running = await client.responses.create({ model: 'gpt-4o', input: 'say: hi', background: true });
  const early = client.responses.retrieve(running.id, { stream: true });
  await assert.rejects(early, refusal(400, '400', /is in_progress and was not created with 'stream': true/));
  assert.equal((await gateway.get(`/v1/responses/${running.id}?stream=true&starting_after=x`)).status, 400);
  const other = clientOf(gateway, (await make(gateway, '/key/generate', {})).key);
  const foreign = other.responses.retrieve(running.id, { stream: true });
  await assert.rejects(foreign, refusal(404, 'not_found', /not found/));
});
