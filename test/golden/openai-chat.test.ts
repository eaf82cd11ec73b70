/**
 * Golden cases of the format `openai-chat`, one JSON file each. `kind` says what a case fixes:
 * - `read-request`: a client's body → the neutral request; `isRoundTrip` adds that it is written back equal for its model.
 * - `write-request`: a neutral request → a provider's body, and what was left out.
 * - `read-stream`: a provider's chunks (or raw data) → neutral events.
 * - `write-stream`: neutral events → a client's chunks, which OpenAI's own SDK folds to `message`.
 * - `read-response`: a provider's whole answer → neutral; `isRoundTrip` adds that it is written back equal.
 * - `write-response`: a neutral answer → a client's body.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import type { AnswerFacts, Dropped, ModelTraits } from '../../src/formats/format.ts';
import type { ConversationRequest, ConversationResponse, StreamEvent } from '../../src/formats/neutral/conversation.ts';
import { openaiChat } from '../../src/formats/openai-chat/index.ts';
import { openaiJudges } from './openai-chat/openai-schema.ts';

type GoldenCase = { readonly title: string; readonly source?: string } & (
  | {
      readonly kind: 'read-request';
      readonly body: JsonObject;
      readonly request: ConversationRequest;
      readonly isRoundTrip?: boolean;
    }
  | {
      readonly kind: 'write-request';
      readonly request: ConversationRequest;
      readonly model: string;
      readonly traits?: ModelTraits;
      readonly body: JsonObject;
      readonly dropped: readonly Dropped[];
    }
  | {
      readonly kind: 'read-stream';
      readonly chunks: readonly (JsonObject | string)[];
      readonly neutral: readonly StreamEvent[];
    }
  | {
      readonly kind: 'write-stream';
      readonly neutral: readonly StreamEvent[];
      readonly chunks: readonly JsonObject[];
      readonly message: JsonObject;
    }
  | {
      readonly kind: 'read-response';
      readonly body: JsonObject;
      readonly response: ConversationResponse;
      readonly isRoundTrip?: boolean;
    }
  | { readonly kind: 'write-response'; readonly response: ConversationResponse; readonly body: JsonObject }
);

const FOLDER = join(import.meta.dirname, 'openai-chat');
const FACTS: AnswerFacts = { id: 'chatcmpl-gateway', model: 'group', createdSeconds: 1, streamUsage: true };
const judges = openaiJudges(['CreateChatCompletionResponse', 'CreateChatCompletionStreamResponse']);
if (judges === undefined)
  test("OpenAI's own schema", { skip: '../shared/reference/openai-openapi.json is absent' }, () => {});

/** As JSON: what is undefined is absent. */
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

async function foldWithSdk(chunks: readonly JsonValue[]): Promise<unknown> {
  const lines = chunks.map((chunk) => `${JSON.stringify(chunk)}\n`).join('');
  const stream = ChatCompletionStream.fromReadableStream(new Blob([lines]).stream());
  return asJson(
    (await stream.finalChatCompletion()).choices.map(({ message, finish_reason }) => ({ ...message, finish_reason })),
  );
}

async function check(golden: GoldenCase): Promise<void> {
  switch (golden.kind) {
    case 'read-request': {
      const read = openaiChat.readRequest(golden.body);
      assert.deepEqual(asJson(read), { request: golden.request, dropped: [] });
      if (golden.isRoundTrip === true) {
        const written = openaiChat.writeRequest(read.request, { model: read.request.model, traits: {} });
        assert.deepEqual(written, { body: golden.body, dropped: [] });
      }
      return;
    }
    case 'write-request': {
      const written = openaiChat.writeRequest(golden.request, { model: golden.model, traits: golden.traits ?? {} });
      assert.deepEqual(asJson(written), { body: golden.body, dropped: golden.dropped });
      return;
    }
    case 'read-stream': {
      const reader = openaiChat.openStreamReader();
      const neutral: StreamEvent[] = [];
      const emit = (event: StreamEvent): void => void neutral.push(event);
      for (const chunk of golden.chunks) {
        reader.read(typeof chunk === 'string' ? chunk : JSON.stringify(chunk), undefined, emit);
      }
      reader.close(emit);
      assert.deepEqual(asJson(neutral), golden.neutral);
      return;
    }
    case 'write-stream': {
      const writer = openaiChat.openStreamWriter(FACTS);
      const text = golden.neutral.map((event) => writer.write(event)).join('') + writer.end();
      const frames = text.split('\n\n').filter((frame) => frame !== '');
      assert.equal(frames.pop(), 'data: [DONE]');
      const chunks = frames.map((frame) => JSON.parse(frame.slice('data: '.length)) as JsonObject);
      assert.deepEqual(chunks, golden.chunks);
      for (const chunk of chunks) assert.equal(judges?.CreateChatCompletionStreamResponse(chunk), undefined);
      assert.deepEqual(await foldWithSdk(chunks), golden.message);
      return;
    }
    case 'read-response':
      assert.deepEqual(asJson(openaiChat.readResponse(golden.body)), golden.response);
      if (golden.isRoundTrip === true) {
        const facts = { ...FACTS, model: golden.response.model };
        assert.deepEqual(asJson(openaiChat.writeResponse(golden.response, facts)), golden.body);
      }
      return;
    case 'write-response':
      assert.deepEqual(asJson(openaiChat.writeResponse(golden.response, FACTS)), golden.body);
      assert.equal(judges?.CreateChatCompletionResponse(golden.body), undefined);
      return;
  }
}

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.json'))) {
  const golden = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as GoldenCase;
  test(`${golden.title} (${file})`, () => check(golden));
}
