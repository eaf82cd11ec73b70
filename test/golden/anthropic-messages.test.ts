/**
 * Golden cases of the format `anthropic-messages`, one JSON file each. `kind` says what a case fixes:
 * - `read-request`: a client's body → the neutral request; `isRoundTrip` adds that it is written back equal for `model`.
 * - `write-request`: a neutral request → Claude's body, and what was left out.
 * - `read-stream`: Claude's events → neutral events.
 * - `write-stream`: neutral events → a client's events, which Anthropic's own SDK folds to `message`.
 * - `response`: Claude's whole answer ↔ neutral.
 * - `write-response`: a neutral answer → a client's message.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MessageStream } from '@anthropic-ai/sdk/lib/MessageStream';
import type { JsonObject } from '../../src/core/json.ts';
import { anthropicMessages } from '../../src/formats/anthropic-messages/index.ts';
import type { AnswerFacts, Dropped, ModelTraits } from '../../src/formats/format.ts';
import type { ConversationRequest, ConversationResponse, StreamEvent } from '../../src/formats/neutral/conversation.ts';

type GoldenCase = { readonly title: string } & (
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
  | { readonly kind: 'read-stream'; readonly events: readonly JsonObject[]; readonly neutral: readonly StreamEvent[] }
  | {
      readonly kind: 'write-stream';
      readonly neutral: readonly StreamEvent[];
      readonly events: readonly JsonObject[];
      readonly message: JsonObject;
    }
  | { readonly kind: 'response'; readonly body: JsonObject; readonly response: ConversationResponse }
  | { readonly kind: 'write-response'; readonly response: ConversationResponse; readonly body: JsonObject }
);

const FOLDER = join(import.meta.dirname, 'anthropic-messages');
const FACTS: AnswerFacts = { id: 'msg_gateway', model: 'claude-test', createdSeconds: 0, streamUsage: true };

/** As JSON: what is undefined is absent. */
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

async function foldWithSdk(lines: readonly string[]): Promise<unknown> {
  const bytes = new TextEncoder().encode(`${lines.join('\n')}\n`);
  const stream = new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  return asJson(await MessageStream.fromReadableStream(stream).finalMessage());
}

async function check(golden: GoldenCase): Promise<void> {
  switch (golden.kind) {
    case 'read-request': {
      const read = anthropicMessages.readRequest(golden.body);
      assert.deepEqual(asJson(read), { request: golden.request, dropped: [] });
      if (golden.isRoundTrip === true) {
        const written = anthropicMessages.writeRequest(read.request, { model: read.request.model, traits: {} });
        assert.deepEqual(written, { body: golden.body, dropped: [] });
      }
      return;
    }
    case 'write-request': {
      const written = anthropicMessages.writeRequest(golden.request, {
        model: golden.model,
        traits: golden.traits ?? {},
      });
      assert.deepEqual(asJson(written), { body: golden.body, dropped: golden.dropped });
      return;
    }
    case 'read-stream': {
      const reader = anthropicMessages.openStreamReader();
      const neutral: StreamEvent[] = [];
      const emit = (event: StreamEvent): void => void neutral.push(event);
      for (const event of golden.events) reader.read(JSON.stringify(event), undefined, emit);
      reader.close(emit);
      assert.deepEqual(asJson(neutral), golden.neutral);
      return;
    }
    case 'write-stream': {
      const writer = anthropicMessages.openStreamWriter(FACTS);
      const text = golden.neutral.map((event) => writer.write(event)).join('') + writer.end();
      const lines = text.split('\n\n').flatMap((frame) => frame.split('\ndata: ')[1] ?? []);
      assert.deepEqual(
        lines.map((line) => JSON.parse(line)),
        golden.events,
      );
      assert.deepEqual(await foldWithSdk(lines), golden.message);
      return;
    }
    case 'response':
      assert.deepEqual(asJson(anthropicMessages.readResponse(golden.body)), golden.response);
      assert.deepEqual(
        asJson(anthropicMessages.writeResponse(golden.response, { ...FACTS, model: golden.response.model })),
        golden.body,
      );
      return;
    case 'write-response':
      assert.deepEqual(asJson(anthropicMessages.writeResponse(golden.response, FACTS)), golden.body);
      return;
  }
}

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.json'))) {
  const golden = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as GoldenCase;
  test(`${golden.title} (${file})`, () => check(golden));
}
