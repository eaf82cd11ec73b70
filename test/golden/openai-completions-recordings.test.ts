/** The recorded text completions and embeddings, against what the files themselves say. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import type { AnswerFacts } from '../../src/formats/format.ts';
import type { StreamEvent } from '../../src/formats/neutral/conversation.ts';
import { openaiCompletions } from '../../src/formats/openai-completions/index.ts';
import { readEmbeddingResponse } from '../../src/formats/openai-embeddings/read-embeddings.ts';
import { writeEmbeddingResponse } from '../../src/formats/openai-embeddings/write-embeddings.ts';
import { openaiJudges } from './openai-chat/openai-schema.ts';
import { readStream, writeStream } from './streams.ts';

const FOLDER = join(import.meta.dirname, '../../../shared/recordings');
const FACTS: AnswerFacts = { id: 'cmpl-gateway', model: 'group', createdSeconds: 1, streamUsage: true };
const skip = existsSync(FOLDER) ? false : '../shared/recordings is absent';
const judges = openaiJudges(['CreateCompletionResponse', 'CreateEmbeddingResponse']);

const contents = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');

interface Chunk extends JsonObject {
  choices: ({ text: string; finish_reason: string | null } & JsonObject)[];
  usage: JsonObject | null;
}

test('the recorded text completion is read as it stands and written as OpenAI has it', { skip }, () => {
  const body = JSON.parse(contents('openai/completion/openai-completion-text.json')) as Chunk;
  const response = openaiCompletions.readResponse(body);
  assert.deepEqual(response.choices[0]?.parts, [{ type: 'text', text: body.choices[0]?.text }]);
  assert.equal(response.usage?.outputTokens, body.usage?.completion_tokens);
  const written = openaiCompletions.writeResponse(response, { ...FACTS, model: String(body.model) });
  assert.deepEqual({ ...written, usage: undefined }, { ...body, usage: undefined });
  assert.equal(judges?.CreateCompletionResponse(written), undefined);
});

test('the recorded stream of a text completion is read as it stands and survives being written', { skip }, () => {
  const lines = contents('openai/completion/openai-completion-text.chunks.txt').trim().split('\n');
  const chunks = lines.map((line) => JSON.parse(line) as Chunk);
  const textOf = (events: readonly StreamEvent[]): string =>
    events.map((event) => (event.type === 'text' ? event.text : '')).join('');
  const events = readStream(openaiCompletions, [...lines, '[DONE]']);
  const text = chunks.flatMap(({ choices }) => choices.map((choice) => choice.text)).join('');
  assert.equal(textOf(events), text);
  const usage = events.find((event) => event.type === 'usage')?.usage;
  assert.equal(usage?.outputTokens, chunks.at(-1)?.usage?.completion_tokens);
  assert.ok(!readStream(openaiCompletions, lines.slice(0, 9)).some(({ type }) => type === 'end'));

  const again = readStream(openaiCompletions, writeStream(openaiCompletions, FACTS, events));
  assert.equal(textOf(again), text);
  assert.deepEqual(
    again.find((event) => event.type === 'finish'),
    events.find((event) => event.type === 'finish'),
  );
});

for (const file of ['openai/embedding/openai-embedding.json', 'voyage/voyage-embedding.json']) {
  test(`the recorded embeddings ${file} are read as they stand and written as OpenAI has them`, { skip }, () => {
    const body = JSON.parse(contents(file)) as JsonObject & { data: { embedding: number[] }[]; usage: JsonObject };
    const response = readEmbeddingResponse(body);
    assert.deepEqual(
      response.vectors,
      body.data.map(({ embedding }) => embedding),
    );
    assert.equal(response.usage?.inputTokens, body.usage.prompt_tokens ?? body.usage.total_tokens);
    const written = writeEmbeddingResponse(response, { model: 'group' });
    assert.equal(judges?.CreateEmbeddingResponse(written), undefined);
  });
}
