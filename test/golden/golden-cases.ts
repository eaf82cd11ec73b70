/**
 * Golden cases of the conversational formats, one JSON file each in a folder named after the format. `kind` says what a case fixes:
 * - `read-request`: a client's body → the neutral request; `isRoundTrip` adds that it is written back equal for its model.
 * - `write-request`: a neutral request → a provider's body, and what was left out.
 * - `read-stream`: a provider's events (or raw data) → neutral events.
 * - `write-stream`: neutral events → a client's events, which the vendor's own SDK folds to `message`.
 * - `read-response`: a provider's whole answer → neutral; `isRoundTrip` adds that it is written back equal.
 * - `write-response`: a neutral answer → a client's body.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import type { AnswerFacts, ConversationFormat, Dropped, ModelTraits } from '../../src/formats/format.ts';
import type { ConversationRequest, ConversationResponse, StreamEvent } from '../../src/formats/neutral/conversation.ts';
import { readStream, writeStream } from './streams.ts';

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
      readonly events: readonly (JsonObject | string)[];
      readonly neutral: readonly StreamEvent[];
    }
  | {
      readonly kind: 'write-stream';
      readonly neutral: readonly StreamEvent[];
      readonly events: readonly JsonObject[];
      readonly message?: unknown;
    }
  | {
      readonly kind: 'read-response';
      readonly body: JsonObject;
      readonly response: ConversationResponse;
      readonly isRoundTrip?: boolean;
    }
  | { readonly kind: 'write-response'; readonly response: ConversationResponse; readonly body: JsonObject }
);

/** What the cases of one format need beside it. */
export interface GoldenFormat {
  readonly format: ConversationFormat;
  readonly facts: AnswerFacts;
  /** The data that closes a stream. */
  readonly endMark?: string;
  /** Whether a request names its model in the URL, not in the body. */
  readonly hasModelInUrl?: boolean;
  /** Folds a written stream with the vendor's own SDK. */
  readonly fold?: (events: readonly JsonObject[]) => Promise<unknown>;
  /** Checks what was written against the vendor's own schema. */
  readonly judgeEvent?: (event: JsonObject) => void;
  readonly judgeAnswer?: (body: JsonObject) => void;
}

/** As JSON: what is undefined is absent. */
export const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** Makes a test of every case of a format. */
export function testGoldenCases(golden: GoldenFormat): void {
  const folder = join(import.meta.dirname, golden.format.id);
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const aCase = JSON.parse(readFileSync(join(folder, file), 'utf8')) as GoldenCase;
    test(`${golden.format.id}, ${file}: ${aCase.title}`, () => check(aCase, golden));
  }
}

async function check(aCase: GoldenCase, golden: GoldenFormat): Promise<void> {
  const { format, facts } = golden;
  switch (aCase.kind) {
    case 'read-request': {
      const read = format.readRequest(aCase.body);
      assert.deepEqual(asJson(read), { request: aCase.request, dropped: [] });
      if (aCase.isRoundTrip !== true) return;
      const written = format.writeRequest(read.request, { model: read.request.model, traits: {} });
      const { model, ...others } = aCase.body;
      assert.deepEqual(asJson(written), { body: golden.hasModelInUrl ? others : { model, ...others }, dropped: [] });
      return;
    }
    case 'write-request': {
      const written = format.writeRequest(aCase.request, { model: aCase.model, traits: aCase.traits ?? {} });
      assert.deepEqual(asJson(written), { body: aCase.body, dropped: aCase.dropped });
      return;
    }
    case 'read-stream': {
      const data = aCase.events.map((event) => (typeof event === 'string' ? event : JSON.stringify(event)));
      assert.deepEqual(asJson(readStream(format, data)), aCase.neutral);
      return;
    }
    case 'write-stream':
      await checkWrittenStream(aCase, golden);
      return;
    case 'read-response':
      assert.deepEqual(asJson(format.readResponse(aCase.body)), aCase.response);
      if (aCase.isRoundTrip === true) {
        const written = format.writeResponse(aCase.response, { ...facts, model: aCase.response.model });
        assert.deepEqual(asJson(written), aCase.body);
      }
      return;
    case 'write-response':
      assert.deepEqual(asJson(format.writeResponse(aCase.response, facts)), aCase.body);
      golden.judgeAnswer?.(aCase.body);
  }
}

async function checkWrittenStream(
  aCase: Extract<GoldenCase, { kind: 'write-stream' }>,
  { format, facts, endMark, fold, judgeEvent }: GoldenFormat,
): Promise<void> {
  const data = writeStream(format, facts, aCase.neutral);
  if (endMark !== undefined) assert.equal(data.pop(), endMark);
  const events = data.map((text) => JSON.parse(text) as JsonObject);
  assert.deepEqual(events, aCase.events);
  for (const event of events) judgeEvent?.(event);
  if (fold !== undefined) assert.deepEqual(await fold(events), aCase.message);
}
