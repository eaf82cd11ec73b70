/**
 * Golden cases of the format `gemini-generate`, one JSON file each. `kind` says what a case fixes:
 * - `read-request`: a client's body → the neutral request; `isRoundTrip` adds that it is written back equal for its model.
 * - `write-request`: a neutral request → the body for a model, and what was left out.
 * - `read-response`, `write-response`: a whole answer, one way each.
 * - `read-stream`: the events of a stream → neutral events.
 * - `write-stream`: neutral events → a client's events, put together from what `write` and `end` return.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import type { AnswerFacts, Dropped, ModelTraits } from '../../src/formats/format.ts';
import { geminiGenerate } from '../../src/formats/gemini-generate/index.ts';
import type { ConversationRequest, ConversationResponse, StreamEvent } from '../../src/formats/neutral/conversation.ts';
import { SseSplitter } from '../../src/wire/sse.ts';

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
  | { readonly kind: 'read-response'; readonly body: JsonObject; readonly response: ConversationResponse }
  | { readonly kind: 'write-response'; readonly response: ConversationResponse; readonly body: JsonObject }
  | { readonly kind: 'read-stream'; readonly events: readonly JsonObject[]; readonly neutral: readonly StreamEvent[] }
  | { readonly kind: 'write-stream'; readonly neutral: readonly StreamEvent[]; readonly events: readonly JsonObject[] }
);

const FOLDER = join(import.meta.dirname, 'gemini-generate');
const FACTS: AnswerFacts = { id: 'resp_gateway', model: 'fast', createdSeconds: 1_700_000_000, streamUsage: true };

/** As JSON: what is undefined is absent. */
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function check(golden: GoldenCase): void {
  switch (golden.kind) {
    case 'read-request': {
      const read = geminiGenerate.readRequest(golden.body);
      assert.deepEqual(asJson(read), { request: golden.request, dropped: [] });
      if (golden.isRoundTrip === true) {
        const written = geminiGenerate.writeRequest(read.request, { model: read.request.model, traits: {} });
        const { model: _, ...body } = golden.body;
        assert.deepEqual(asJson(written), { body, dropped: [] });
      }
      return;
    }
    case 'write-request': {
      const { model, traits = {} } = golden;
      const written = geminiGenerate.writeRequest(golden.request, { model, traits });
      assert.deepEqual(asJson(written), { body: golden.body, dropped: golden.dropped });
      return;
    }
    case 'read-response':
      assert.deepEqual(asJson(geminiGenerate.readResponse(golden.body)), golden.response);
      return;
    case 'write-response':
      assert.deepEqual(asJson(geminiGenerate.writeResponse(golden.response, FACTS)), golden.body);
      return;
    case 'read-stream': {
      const reader = geminiGenerate.openStreamReader();
      const neutral: StreamEvent[] = [];
      const emit = (event: StreamEvent): void => void neutral.push(event);
      for (const event of golden.events) reader.read(JSON.stringify(event), undefined, emit);
      reader.close(emit);
      assert.deepEqual(asJson(neutral), golden.neutral);
      return;
    }
    case 'write-stream': {
      const writer = geminiGenerate.openStreamWriter(FACTS);
      const events: unknown[] = [];
      const splitter = new SseSplitter((data) => events.push(JSON.parse(data)));
      for (const event of golden.neutral) splitter.push(Buffer.from(writer.write(event)));
      splitter.push(Buffer.from(writer.end()));
      assert.deepEqual(events, golden.events);
    }
  }
}

for (const file of readdirSync(FOLDER).sort()) {
  const golden = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as GoldenCase;
  test(`gemini-generate, ${file}: ${golden.title}`, () => check(golden));
}
