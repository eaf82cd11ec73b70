/** Readers of each wire format: requests, answers, streams, errors and outlines. */
import assert from 'node:assert/strict';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json.ts';
import { textsOfBroken } from '../../../src/formats/broken-answer.ts';
import { type AnswerFacts, type ConversationFormat, FormatError } from '../../../src/formats/format.ts';
import { conversationOf, formatParts } from '../../../src/formats/index.ts';
import type { StreamEvent } from '../../../src/formats/neutral/conversation.ts';
import { outlineByParsing } from '../../../src/formats/test/outline-by-parsing.ts';
import { readEnvelope } from '../../../src/wire/envelope.ts';
import { SseSplitter } from '../../../src/wire/sse.ts';
import { type FuzzTarget, parsedJson, unlessRefused } from '../target.ts';
import { ALL_FORMATS, CONVERSATIONS, type ConversationId, goldenInputs } from './golden-inputs.ts';
import { chunksOf, JSON_WORDS, SSE_WORDS } from './wire.ts';

const FACTS: AnswerFacts = { id: 'id-1', model: 'm', createdSeconds: 1, streamUsage: true };
const WORDS = [
  'text',
  'tool',
  'tool_use',
  'tool_result',
  'image_url',
  'thinking',
  'function',
  'user',
  'assistant',
  'system',
  'role',
];

const conversation = (id: ConversationId): ConversationFormat => conversationOf(formatParts(id));

/** The body as the gateway hands it to a reader: an object that the envelope takes. */
function bodyOf(input: Buffer): JsonObject | undefined {
  if (!readEnvelope(input).ok) return undefined;
  const value = parsedJson(input.toString());
  return isJsonObject(value) ? value : undefined;
}

/** Writes what was read in every format: a target may refuse what it cannot say, and what it wrote must be JSON. */
function requestTarget(id: ConversationId): FuzzTarget {
  return {
    name: `${id}-request`,
    seeds: goldenInputs(id).requests,
    words: [...WORDS, ...JSON_WORDS],
    run(input) {
      const body = bodyOf(input);
      if (body === undefined) return;
      const read = unlessRefused(() => conversation(id).readRequest(body), FormatError);
      if (read === undefined) return;
      for (const to of CONVERSATIONS) {
        const options = { model: 'm', traits: { maxOutputTokens: 4_096 } };
        const written = unlessRefused(() => conversation(to).writeRequest(read.request, options), FormatError);
        if (written !== undefined) JSON.parse(JSON.stringify(written.body));
      }
    },
  };
}

function answerTarget(id: ConversationId): FuzzTarget {
  return {
    name: `${id}-answer`,
    seeds: goldenInputs(id).answers,
    words: [...WORDS, ...JSON_WORDS],
    run(input) {
      for (const text of textsOfBroken(input.toString())) assert.equal(typeof text, 'string');
      const body = parsedJson(input.toString());
      if (body === undefined) return;
      const parts = formatParts(id);
      parts.readUsage(body as JsonValue);
      parts.readError(body as JsonValue);
      if (!isJsonObject(body)) return;
      const read = unlessRefused(() => conversation(id).readResponse(body), FormatError);
      if (read === undefined) return;
      for (const to of CONVERSATIONS) {
        const written = unlessRefused(() => conversation(to).writeResponse(read, FACTS), FormatError);
        if (written !== undefined) JSON.parse(JSON.stringify(written));
      }
    },
  };
}

/** The events of a stream, until its reader refuses the data. */
function readEvents(id: ConversationId, input: Buffer): readonly StreamEvent[] {
  const reader = conversation(id).openStreamReader();
  const events: StreamEvent[] = [];
  const emit = (event: StreamEvent): void => void events.push(event);
  const splitter = new SseSplitter((data, name) => {
    if (data !== '[DONE]' || id === 'openai-chat') reader.read(data, name, emit);
  });
  const isRead = unlessRefused(() => {
    for (const chunk of chunksOf(input)) splitter.push(chunk);
    splitter.end();
    return true;
  }, FormatError);
  if (isRead === true) unlessRefused(() => reader.close(emit), FormatError);
  return events;
}

/** What a stream writer sends is events again, whose data is JSON or the end mark. */
function streamTarget(id: ConversationId): FuzzTarget {
  return {
    name: `${id}-stream`,
    seeds: goldenInputs(id).streams,
    words: [...WORDS, ...SSE_WORDS],
    run(input) {
      const events = readEvents(id, input);
      for (const to of CONVERSATIONS) {
        const writer = conversation(to).openStreamWriter(FACTS);
        const check = new SseSplitter((data) => {
          if (data !== '[DONE]') assert.ok(isJsonObject(parsedJson(data)), `not a JSON object: ${data}`);
        });
        const isWritten = unlessRefused(() => {
          for (const event of events) check.push(Buffer.from(writer.write(event)));
          check.push(Buffer.from(writer.end()));
          return true;
        }, FormatError);
        if (isWritten === true) assert.equal(check.end(), false, 'the written stream ends within an event');
      }
    },
  };
}

const outlineTarget: FuzzTarget = {
  name: 'outline',
  seeds: CONVERSATIONS.flatMap((id) => goldenInputs(id).requests),
  words: [...WORDS, ...JSON_WORDS],
  run(input) {
    const envelope = readEnvelope(input);
    if (!envelope.ok) return;
    const body = JSON.parse(input.toString()) as JsonObject;
    for (const id of ALL_FORMATS) {
      const outline = formatParts(id).outline(input, envelope);
      const { model, stream, streamUsage, limit, choices, hasTools, asksForJsonSchema, webSearches, user } = outline;
      const { serviceTier, endUser, session, cacheMarks, asksForReasoning } = outline;
      const expected = outlineByParsing(id, body);
      assert.deepEqual(
        { model, stream, streamUsage, limit, choices, hasTools, asksForJsonSchema, webSearches, user, serviceTier },
        {
          ...{
            model: expected.model,
            stream: expected.stream,
            streamUsage: expected.streamUsage,
            limit: expected.limit,
          },
          ...{ choices: expected.choices, hasTools: expected.hasTools, asksForJsonSchema: expected.asksForJsonSchema },
          ...{ webSearches: expected.webSearches, user: expected.user, serviceTier: expected.serviceTier },
        },
        id,
      );
      assert.deepEqual(
        { endUser, session, cacheMarks, asksForReasoning },
        {
          ...{ endUser: expected.endUser, session: expected.session },
          ...{ cacheMarks: expected.cacheMarks, asksForReasoning: expected.asksForReasoning },
        },
        id,
      );
      outline.promptText();
      assert.ok(outline.inlineBytes <= outline.promptBytes, 'more bytes of media than of the prompt');
      outline.promptInOrder();
      for (const medium of outline.media) assert.ok(medium.decodedBytes >= 0);
      for (const edit of outline.limitEdits(10)) assert.equal(typeof edit.name, 'string');
    }
  },
};

/** What the client has of a stream that broke off is found, and the rest can be written. */
const positionTarget: FuzzTarget = {
  name: 'openai-responses-position',
  seeds: goldenInputs('openai-responses').streams,
  words: [...WORDS, ...SSE_WORDS],
  run(input) {
    const datas: string[] = [];
    const splitter = new SseSplitter((data) => void datas.push(data));
    splitter.push(input);
    splitter.end();
    const format = conversation('openai-responses');
    const position = format.readPosition?.(datas);
    const writer = format.openStreamWriter(FACTS);
    if (position !== undefined) writer.resume?.(position);
    const rest = writer.write({ type: 'text', choice: 0, text: 'on' }) + writer.end();
    const check = new SseSplitter((data) => assert.ok(isJsonObject(parsedJson(data)), `not a JSON object: ${data}`));
    check.push(Buffer.from(rest));
    assert.equal(check.end(), false, 'the written stream ends within an event');
  },
};

/** The targets of `src/formats`. */
export const FORMAT_TARGETS: readonly FuzzTarget[] = [
  outlineTarget,
  ...CONVERSATIONS.map(requestTarget),
  ...CONVERSATIONS.map(answerTarget),
  ...CONVERSATIONS.map(streamTarget),
  positionTarget,
];
