/** Gemini's `batchEmbedContents` and `embedContent`, which is the same for one text (https://ai.google.dev/api/embeddings, 2026-11-28). */
import { defined } from '../../core/defined.ts';
import { isJsonObject, type JsonObject, type JsonValue, objectsOf, stringOf } from '../../core/json.ts';
import type { JsonReader } from '../../core/json-reader.ts';
import { type EmbeddingFormat, FormatError } from '../format.ts';
import type { Usage } from '../neutral/conversation.ts';
import type { EmbeddingInput, EmbeddingRequest, EmbeddingResponse } from '../neutral/embedding.ts';
import { countOf, readerOf } from './fields.ts';
import { readUsage } from './usage.ts';

/** Embeddings in Gemini's format. Providers are always asked for a batch. */
export const embedding: EmbeddingFormat = {
  id: 'gemini-generate',
  takesTokens: false,
  readRequest: readEmbeddingRequest,
  writeRequest: writeEmbeddingRequest,
  readAnswer: readEmbeddingResponse,
  writeAnswer({ vectors, usage }, { isSingle }) {
    const embeddings = vectors.map((values): JsonObject => ({ values: [...values] }));
    const metadata = usage && { usageMetadata: { promptTokenCount: usage.inputTokens } };
    return isSingle ? { embedding: embeddings[0] ?? { values: [] }, ...metadata } : { embeddings, ...metadata };
  },
};

/** Reads a batch, whose requests share the settings of the first, or a single text. */
function readEmbeddingRequest(value: JsonObject): EmbeddingRequest {
  const body = readerOf(value, '');
  const requests = body.objects('requests');
  const [settings = body] = requests ?? [];
  const taskType = settings.string('taskType');
  const title = settings.string('title');
  return {
    model: stringOf(value.model) ?? '',
    inputs: requests === undefined ? [readText(body)] : requests.map(readText),
    isSingle: requests === undefined,
    ...defined({ dimensions: settings.integer('outputDimensionality', 1) }),
    extensions: defined({ taskType, title }),
  };
}

function readText(request: JsonReader): EmbeddingInput {
  const parts = request.requiredObject('content').requiredObjects('parts');
  return { kind: 'text', text: parts.map((part) => part.requiredString('text')).join('') };
}

/** The body that embeds each text on its own. Every request of a batch has to name the model again. */
function writeEmbeddingRequest({ inputs, dimensions, extensions }: EmbeddingRequest, name: string): JsonObject {
  const model = /^(?:models|tunedModels)\//.test(name) ? name : `models/${name}`;
  return {
    requests: inputs.map((input) => ({
      model,
      content: { parts: [{ text: input.kind === 'text' ? input.text : '' }] },
      ...extensions,
      ...defined({ outputDimensionality: dimensions }),
    })),
  };
}

/** Reads `{embeddings: [{values}]}`, and the single `{embedding: {values}}` of `embedContent`. */
function readEmbeddingResponse(body: JsonValue): Pick<EmbeddingResponse, 'vectors' | 'usage'> {
  const list = isJsonObject(body)
    ? (body.embeddings ?? (body.embedding === undefined ? undefined : [body.embedding]))
    : undefined;
  if (!Array.isArray(list)) throw new FormatError('embeddings', 'embeddings: expected an array.');
  const vectors = list.map((embedding, index) => {
    const values = isJsonObject(embedding) ? embedding.values : undefined;
    if (!Array.isArray(values) || !values.every((value) => typeof value === 'number')) {
      throw new FormatError(
        `embeddings[${index}].values`,
        `embeddings[${index}].values: expected an array of numbers.`,
      );
    }
    return values;
  });
  const usage = readUsage(body) ?? usageOfStatistics(objectsOf(list));
  return { vectors, ...(usage === undefined ? {} : { usage }) };
}

function usageOfStatistics(embeddings: readonly JsonObject[]): Usage | undefined {
  let inputTokens: number | undefined;
  for (const { statistics } of embeddings) {
    const count = isJsonObject(statistics) ? countOf(statistics.tokenCount) : undefined;
    if (count !== undefined) inputTokens = (inputTokens ?? 0) + count;
  }
  return inputTokens === undefined ? undefined : { inputTokens, outputTokens: 0 };
}
