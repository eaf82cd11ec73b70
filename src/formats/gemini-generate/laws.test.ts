/** What holds of the format for any input: it never fails but with a `FormatError`, and a stream says what the whole answer says. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { type AnswerFacts, FormatError } from '../format.ts';
import type { Part, StreamEvent, ToolCallPart } from '../neutral/conversation.ts';
import { geminiGenerate } from './index.ts';

const FACTS: AnswerFacts = { id: 'r', model: 'm', createdSeconds: 0, streamUsage: true };

const word = fc.constantFrom(
  'contents',
  'parts',
  'role',
  'text',
  'thought',
  'thoughtSignature',
  'functionCall',
  'functionResponse',
  'name',
  'args',
  'id',
  'response',
  'inlineData',
  'fileData',
  'mimeType',
  'data',
  'fileUri',
  'systemInstruction',
  'tools',
  'functionDeclarations',
  'parameters',
  'toolConfig',
  'functionCallingConfig',
  'mode',
  'generationConfig',
  'stopSequences',
  'thinkingConfig',
  'candidates',
  'content',
  'finishReason',
  'index',
  'groundingMetadata',
  'groundingChunks',
  'groundingSupports',
  'groundingChunkIndices',
  'segment',
  'web',
  'usageMetadata',
  'promptTokenCount',
  'promptTokensDetails',
  'promptFeedback',
  'blockReason',
  'logprobsResult',
  'chosenCandidates',
  'topCandidates',
  'token',
  'logProbability',
  'partialArgs',
  'jsonPath',
  'stringValue',
  'willContinue',
  'error',
  'code',
  'message',
  'status',
  'details',
  'retryDelay',
  'createTime',
  'responseId',
  '__proto__',
  'constructor',
);
const { anything } = fc.letrec<{ anything: JsonValue }>((tie) => ({
  anything: fc.oneof(
    { depthSize: 'medium' },
    fc.constantFrom<JsonValue[]>(
      'user',
      'model',
      'STOP',
      'a',
      '',
      '$.a',
      '$.b[0]',
      'image/png',
      'AAAA',
      '5s',
      '2026-01-01T00:00:00Z',
      0,
      1,
      -1,
      1e300,
      true,
      null,
    ),
    fc.array(tie('anything'), { maxLength: 4 }),
    fc.dictionary(word, tie('anything'), { maxKeys: 6 }),
  ),
}));

function mayRefuse(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
}

describe('any JSON', () => {
  it('is read, or refused with a FormatError, and what was read can be written', () => {
    fc.assert(
      fc.property(anything, (value) => {
        geminiGenerate.readError(value);
        geminiGenerate.readUsage(value);
        if (!isJsonObject(value)) return;
        mayRefuse(() => {
          const { request } = geminiGenerate.readRequest(value);
          for (const model of ['gemini-1.5-pro', 'gemini-2.5-pro', 'gemini-3-pro'])
            geminiGenerate.writeRequest(request, { model, traits: {} });
        });
        mayRefuse(() => geminiGenerate.writeResponse(geminiGenerate.readResponse(value), FACTS));
      }),
      { numRuns: 3000 },
    );
  });

  it('is read as a stream, or refused with a FormatError, and what was read can be written', () => {
    const candidate = fc.dictionary(word, anything, { maxKeys: 4 });
    const part = fc.oneof(candidate, fc.record({ functionCall: candidate }), fc.record({ text: anything }));
    const event = fc.oneof(
      anything,
      fc.record({
        candidates: fc.array(fc.record({ content: fc.record({ parts: fc.array(part, { maxLength: 3 }) }) })),
      }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 4 }), (events) => {
        const reader = geminiGenerate.openStreamReader();
        const writer = geminiGenerate.openStreamWriter(FACTS);
        const emit = (neutral: StreamEvent): void => void writer.write(neutral);
        mayRefuse(() => {
          for (const one of events) reader.read(JSON.stringify(one), undefined, emit);
        });
        reader.close(emit);
        writer.end();
      }),
      { numRuns: 2000 },
    );
    assert.throws(() => geminiGenerate.openStreamReader().read('{"cut', undefined, () => {}), FormatError);
  });
});

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });
const signature = fc.option(fc.constant('QUFB'), { nil: undefined });
const signed = (part: JsonObject, value: string | undefined): JsonObject =>
  value === undefined ? part : { ...part, thoughtSignature: value };
const answerPart: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.tuple(text, signature).map(([value, mark]) => signed({ text: value }, mark)),
  fc.tuple(text, signature).map(([value, mark]) => signed({ text: value, thought: true }, mark)),
  fc.tuple(text, signature, fc.boolean(), fc.boolean()).map(([value, mark, hasId, hasArgs]) =>
    signed(
      {
        functionCall: {
          name: 'f',
          ...(hasId ? { id: `id_${value.length}` } : {}),
          ...(hasArgs ? { args: { [value]: [1] } } : {}),
        },
      },
      mark,
    ),
  ),
  fc.constant<JsonObject>({ inlineData: { mimeType: 'image/png', data: 'iVBOR' } }),
  fc.constant<JsonObject>({ executableCode: { language: 'PYTHON', code: '1' } }),
  fc.constant<JsonObject>({ text: '', thoughtSignature: 'RU5E' }),
);

/** Neighbouring parts of a kind as one, as a stream cannot tell them apart; a signature ends its part. */
function joined(parts: readonly Part[]): Part[] {
  const result: Part[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (part.type === 'text' && last?.type === 'text' && last.signature === undefined)
      result[result.length - 1] = { ...part, text: last.text + part.text };
    else if (part.type === 'reasoning' && last?.type === 'reasoning' && last.signature === undefined)
      result[result.length - 1] = { ...part, text: last.text + part.text };
    else result.push(part);
  }
  return result;
}

function foldParts(events: readonly StreamEvent[]): Part[] {
  const parts: Part[] = [];
  for (const event of events) {
    const last = parts.at(-1);
    if (event.type === 'text')
      parts.push({
        type: 'text',
        text: event.text,
        ...(event.signature === undefined ? {} : { signature: event.signature }),
      });
    else if (event.type === 'reasoning') parts.push({ type: 'reasoning', text: event.text });
    else if (event.type === 'reasoning-signature' && last?.type === 'reasoning')
      parts[parts.length - 1] = { ...last, signature: event.signature };
    else if (event.type === 'tool-call') {
      const { id, name, signature: mark } = event;
      parts.push({ type: 'tool-call', id, name, arguments: '', ...(mark === undefined ? {} : { signature: mark }) });
    } else if (event.type === 'tool-arguments') {
      const index = parts.findLastIndex((part) => part.type === 'tool-call');
      const call = parts[index] as ToolCallPart;
      parts[index] = { ...call, arguments: call.arguments + event.text };
    } else if (event.type === 'media') parts.push(event.part);
    else if (event.type === 'server-call') parts.push(event.part);
    else if (event.type === 'opaque') parts.push({ type: 'opaque', format: event.format, value: event.value });
  }
  return joined(parts);
}

function readStream(events: readonly JsonObject[]): StreamEvent[] {
  const reader = geminiGenerate.openStreamReader();
  const neutral: StreamEvent[] = [];
  const emit = (event: StreamEvent): void => void neutral.push(event);
  for (const event of events) reader.read(JSON.stringify(event), undefined, emit);
  reader.close(emit);
  return neutral;
}

describe('a stream', () => {
  const answer = fc.tuple(fc.array(answerPart, { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 3 }));
  const usageMetadata = { promptTokenCount: 3, candidatesTokenCount: 4, totalTokenCount: 7 };
  const whole = (parts: JsonObject[]): JsonObject => ({
    candidates: [{ content: { parts, role: 'model' }, finishReason: 'STOP', index: 0 }],
    usageMetadata,
    responseId: 'R',
    modelVersion: 'm',
  });
  const chunked = (parts: JsonObject[], size: number): JsonObject[] => {
    const events: JsonObject[] = [];
    for (let at = 0; at < parts.length; at += size) {
      const candidate = { content: { parts: parts.slice(at, at + size), role: 'model' }, index: 0 };
      const isLast = at + size >= parts.length;
      events.push({
        candidates: [isLast ? { ...candidate, finishReason: 'STOP' } : candidate],
        usageMetadata,
        responseId: 'R',
        modelVersion: 'm',
      });
    }
    return events;
  };

  it('says what the whole answer says, however its parts are spread over events', () => {
    fc.assert(
      fc.property(answer, ([parts, size]) => {
        const response = geminiGenerate.readResponse(whole(parts));
        const events = readStream(chunked(parts, size));
        assert.deepEqual(foldParts(events), joined(response.choices[0]?.parts ?? []));
        const finish = events.find((event) => event.type === 'finish');
        assert.deepEqual(finish?.finish, response.choices[0]?.finish);
        assert.deepEqual(events.find((event) => event.type === 'usage')?.usage, response.usage);
        assert.equal(events.at(-1)?.type, 'end');
      }),
      { numRuns: 500 },
    );
  });

  it('cut before any event says the beginning of it, and never that it is whole', () => {
    fc.assert(
      fc.property(answer, ([parts, size]) => {
        const events = chunked(parts, size);
        const said = readStream(events).filter(({ type }) => type !== 'finish' && type !== 'usage' && type !== 'end');
        for (let length = 0; length < events.length; length += 1) {
          const cut = readStream(events.slice(0, length));
          assert.ok(cut.every(({ type }) => type !== 'end' && type !== 'finish'));
          const content = cut.filter(({ type }) => type !== 'usage');
          assert.deepEqual(content, said.slice(0, content.length));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('written for a client and read again says the same', () => {
    fc.assert(
      fc.property(answer, ([parts, size]) => {
        const events = readStream(chunked(parts, size));
        const writer = geminiGenerate.openStreamWriter(FACTS);
        const written = events.map((event) => writer.write(event)).join('') + writer.end();
        const frames = written
          .split('\n\n')
          .filter((frame) => frame !== '')
          .map((frame) => JSON.parse(frame.slice('data: '.length)) as JsonObject);
        const again = readStream(frames);
        assert.deepEqual(withoutEmptyThoughts(foldParts(again)), withoutEmptyThoughts(foldParts(events)));
        assert.deepEqual(
          again.find((event) => event.type === 'finish'),
          events.find((event) => event.type === 'finish'),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('of a whole answer is written and read back equal', () => {
    fc.assert(
      fc.property(answer, ([parts]) => {
        const response = geminiGenerate.readResponse(whole(parts));
        const again = geminiGenerate.readResponse(geminiGenerate.writeResponse(response, { ...FACTS, model: 'm' }));
        assert.deepEqual(again, { ...response, createdSeconds: 0 });
      }),
      { numRuns: 300 },
    );
  });
});

const withoutEmptyThoughts = (parts: readonly Part[]): Part[] =>
  parts.filter((part) => part.type !== 'reasoning' || part.text !== '' || part.signature !== undefined);
