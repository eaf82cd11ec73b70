/** Claude's recorded searches of the web, replayed to clients of the other formats: every search, and every source at its passage. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { itemsOf, type JsonObject, type JsonValue, objectsOf } from '../../src/core/json.ts';
import { openaiJudges } from '../golden/openai-chat/openai-schema.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const FOLDER = join(import.meta.dirname, '../../../shared/recordings/anthropic');
const WHOLE = join(FOLDER, 'anthropic-web-search-tool.1.json');
const STREAM = join(FOLDER, 'anthropic-web-search-tool.1.chunks.txt');
const skip = existsSync(WHOLE) ? false : '../shared/recordings/anthropic is absent';
const judges = openaiJudges(['Response', 'ResponseStreamEvent']);

let gateway: TestGateway;
before(async () => {
  gateway = await startTestGateway({ models: { claude: 'anthropic/claude-sonnet-4-5' } });
});
beforeEach(() => gateway.simulator.reset());
after(() => gateway.close());

/** The blocks of the recorded message. */
function recorded(isStream: boolean): JsonObject[] {
  if (!isStream) return [...objectsOf((JSON.parse(readFileSync(WHOLE, 'utf8')) as JsonObject).content)];
  const blocks: JsonObject[] = [];
  for (const line of readFileSync(STREAM, 'utf8').split('\n')) {
    if (line.trim() === '') continue;
    const event = JSON.parse(line) as { type: string; index: number; content_block?: JsonObject; delta?: JsonObject };
    const block = blocks[event.index];
    if (event.content_block !== undefined) blocks[event.index] = { ...event.content_block };
    if (event.delta === undefined || block === undefined) continue;
    const { text, citation, partial_json: json } = event.delta;
    if (typeof text === 'string') block.text = String(block.text) + text;
    if (citation !== undefined) block.citations = [...itemsOf(block.citations), citation];
    if (typeof json === 'string') block.json = String(block.json ?? '') + json;
  }
  for (const block of blocks) if (typeof block.json === 'string') block.input = JSON.parse(block.json) as JsonValue;
  return blocks;
}

interface Expected {
  readonly text: string;
  readonly queries: readonly string[];
  /** Each address with the passage that names it. */
  readonly cited: readonly (readonly [url: string, passage: string])[];
}

function expectedOf(blocks: readonly JsonObject[]): Expected {
  const texts = blocks.filter(({ type }) => type === 'text');
  return {
    text: texts.map(({ text }) => String(text)).join(''),
    queries: blocks.flatMap(({ type, input }) =>
      type === 'server_tool_use' ? [String((input as JsonObject).query)] : [],
    ),
    cited: texts.flatMap(({ text, citations }) =>
      objectsOf(citations).map(({ url }) => [String(url), String(text)] as const),
    ),
  };
}

async function ask(path: string, body: JsonObject, isStream: boolean): Promise<JsonObject[]> {
  const chunks = readFileSync(STREAM, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  gateway.simulator.script({
    replay: isStream
      ? { format: 'anthropic', chunks, cutEvery: 311 }
      : { format: 'anthropic', json: JSON.parse(readFileSync(WHOLE, 'utf8')) as JsonObject },
  });
  const answer = await gateway.post(path, body);
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  if (!isStream) return [JSON.parse(text) as JsonObject];
  const data = text.split('\n').filter((line) => line.startsWith('data: {'));
  return data.map((line) => JSON.parse(line.slice(6)) as JsonObject);
}

describe("Claude's recorded searches", { skip, timeout: 60_000 }, () => {
  for (const isStream of [false, true]) {
    const how = isStream ? 'streamed' : 'whole';

    it(`reach a client of the Responses API, ${how}`, async () => {
      const expected = expectedOf(recorded(isStream));
      const tools = [{ type: 'web_search' }];
      const told = await ask(
        '/v1/responses',
        { model: 'claude', input: 'News?', store: false, stream: isStream, tools },
        isStream,
      );
      if (isStream) for (const event of told) assert.equal(judges?.ResponseStreamEvent(event), undefined);
      const response = (isStream ? told.at(-1)?.response : told[0]) as JsonObject;
      assert.equal(judges?.Response(response), undefined);
      const output = objectsOf(response.output);
      const calls = output.filter(({ type }) => type === 'web_search_call');
      assert.deepEqual(
        calls.map(({ action }) => (action as JsonObject).query),
        expected.queries,
      );
      const parts = output.flatMap(({ content }) => objectsOf(content));
      assert.equal(parts.map(({ text }) => String(text)).join(''), expected.text);
      const cited = parts.flatMap(({ text, annotations }) =>
        objectsOf(annotations).map((annotation) => [
          annotation.url,
          String(text).slice(Number(annotation.start_index), Number(annotation.end_index)),
        ]),
      );
      assert.deepEqual(cited, expected.cited);
    });

    it(`reach a client of chat completions, ${how}`, async () => {
      const expected = expectedOf(recorded(isStream));
      const messages = [{ role: 'user', content: 'News?' }];
      const body = { model: 'claude', messages, stream: isStream, web_search_options: {} };
      const told = await ask('/v1/chat/completions', body, isStream);
      const deltas = told.flatMap(({ choices }) =>
        objectsOf(choices).map((choice) => ((isStream ? choice.delta : choice.message) ?? {}) as JsonObject),
      );
      const text = deltas.map(({ content }) => (typeof content === 'string' ? content : '')).join('');
      assert.equal(text, expected.text);
      const cited = deltas.flatMap(({ annotations }) =>
        objectsOf(annotations).map(({ url_citation: told }) => {
          const { url, start_index: start, end_index: end } = told as JsonObject;
          return [url, text.slice(Number(start), Number(end))];
        }),
      );
      assert.deepEqual(cited, expected.cited);
    });

    it(`reach a client of Gemini's, ${how}`, async () => {
      const expected = expectedOf(recorded(isStream));
      const action = isStream ? 'streamGenerateContent?alt=sse' : 'generateContent';
      const contents = [{ role: 'user', parts: [{ text: 'News?' }] }];
      const told = await ask(`/v1beta/models/claude:${action}`, { contents, tools: [{ googleSearch: {} }] }, isStream);
      const grounding = objectsOf(told.at(-1)?.candidates)[0]?.groundingMetadata as JsonObject;
      assert.deepEqual(grounding.webSearchQueries, expected.queries);
      const chunks = objectsOf(grounding.groundingChunks).map(({ web }) => (web as JsonObject).uri);
      const cited = objectsOf(grounding.groundingSupports).flatMap(({ segment, groundingChunkIndices: indices }) =>
        itemsOf(indices).map((index) => [chunks[Number(index)], (segment as JsonObject).text]),
      );
      assert.deepEqual(cited, expected.cited);
    });
  }
});
