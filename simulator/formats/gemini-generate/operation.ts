import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json.ts';
import { countTokens } from '../../answering/tokens.ts';
import { unitVector } from '../../answering/unit-vector.ts';
import { invalid } from '../errors.ts';
import { type Call, inputUsage, type Operation, type Reading } from '../operation.ts';
import { readGenerate } from './read.ts';
import { GenerateWriter } from './write.ts';

const MODEL = '(?:models|endpoints)/([^/:]+)';

/** `POST …/models/{model}:generateContent`. */
export const geminiGenerate: Operation = {
  name: 'gemini-generate',
  family: 'gemini',
  method: 'POST',
  path: new RegExp(`/${MODEL}:generateContent$`),
  read: (call) => readGeneration(call, false),
};

/** `POST …/models/{model}:streamGenerateContent`: server-sent events with `alt=sse`, a growing JSON array without. */
export const geminiStream: Operation = {
  name: 'gemini-stream',
  family: 'gemini',
  method: 'POST',
  path: new RegExp(`/${MODEL}:streamGenerateContent$`),
  read: (call) => readGeneration(call, true),
};

function readGeneration(call: Call, isStream: boolean): Reading {
  const { ask, thinking, config } = readGenerate(call);
  const writer = new GenerateWriter(call, thinking, config);
  const isArray = isStream && call.query.get('alt') !== 'sse';
  return {
    kind: 'generate',
    ask,
    isStream,
    whole: (answer) => writer.whole(answer),
    events: (answer) => writer.events(answer),
    ...(isArray ? { framing: { style: 'json-array', lineEnd: '\r\n' } } : {}),
  };
}

/** `POST …/models/{model}:countTokens`. */
export const geminiCount: Operation = {
  name: 'gemini-count',
  family: 'gemini',
  method: 'POST',
  path: new RegExp(`/${MODEL}:countTokens$`),
  read(call) {
    const inner = call.body.generateContentRequest;
    const { ask } = readGenerate({ ...call, body: isJsonObject(inner) ? inner : call.body });
    const tokens = ask.promptTokens;
    return {
      kind: 'plain',
      json: { totalTokens: tokens, promptTokensDetails: [{ modality: 'TEXT', tokenCount: tokens }] },
      usage: inputUsage(0),
    };
  },
};

/** `POST …/models/{model}:embedContent` and `:batchEmbedContents`. */
export const geminiEmbed: Operation = {
  name: 'gemini-embed',
  family: 'gemini',
  method: 'POST',
  path: new RegExp(`/${MODEL}:(?:embedContent|batchEmbedContents)$`),
  read(call) {
    const isBatch = call.path.endsWith(':batchEmbedContents');
    if (!isBatch) {
      const { embedding, tokens } = embed(call.body, 'content', call.model);
      return { kind: 'plain', json: { embedding }, usage: inputUsage(tokens) };
    }
    if (!Array.isArray(call.body.requests))
      throw invalid('* BatchEmbedContentsRequest.requests: requests is not specified\n');
    const all = call.body.requests.map((request, index) => embed(request, `requests[${index}].content`, call.model));
    return {
      kind: 'plain',
      json: { embeddings: all.map((one) => one.embedding) },
      usage: inputUsage(all.reduce((sum, one) => sum + one.tokens, 0)),
    };
  },
};

function embed(value: JsonValue, at: string, model: string): { embedding: JsonObject; tokens: number } {
  const content = isJsonObject(value) ? value.content : undefined;
  const parts = isJsonObject(content) && Array.isArray(content.parts) ? content.parts : undefined;
  if (!isJsonObject(value) || parts === undefined)
    throw invalid(`* EmbedContentRequest.${at}: content is not specified\n`);
  const text = parts.map((part) => (isJsonObject(part) && typeof part.text === 'string' ? part.text : '')).join('');
  const size = value.outputDimensionality ?? value.output_dimensionality;
  return {
    embedding: { values: unitVector(`${model} ${text}`, typeof size === 'number' ? size : 768) },
    tokens: countTokens(text),
  };
}
