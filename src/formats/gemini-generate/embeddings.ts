/** Gemini's `batchEmbedContents`: the body for a list of texts, and the vectors out of its answer. */
import { isJsonObject, type JsonObject, type JsonValue, objectsOf } from '../../core/json.ts';
import { FormatError } from '../format.ts';
import type { Usage } from '../neutral/conversation.ts';
import { countOf } from './fields.ts';
import { readUsage } from './usage.ts';

/** What a batch of embeddings may say besides its texts. */
export interface EmbeddingOptions {
  /** The provider's own name for the model, with or without `models/`. */
  readonly model: string;
  readonly dimensions?: number;
  /** `RETRIEVAL_QUERY`, `SEMANTIC_SIMILARITY`, … */
  readonly taskType?: string;
  readonly title?: string;
}

/** The vectors of an answer, in the order of the inputs. */
export interface Embeddings {
  readonly vectors: readonly (readonly number[])[];
  /** Absent if the answer tells no count: the Gemini API does for some models only. */
  readonly usage?: Usage;
}

/** The body that embeds each text on its own. Every request of a batch has to name the model again. */
export function writeEmbeddingRequest(inputs: readonly string[], options: EmbeddingOptions): JsonObject {
  const model = /^(?:models|tunedModels)\//.test(options.model) ? options.model : `models/${options.model}`;
  return {
    requests: inputs.map((text) => ({
      model,
      content: { parts: [{ text }] },
      ...(options.taskType === undefined ? {} : { taskType: options.taskType }),
      ...(options.title === undefined ? {} : { title: options.title }),
      ...(options.dimensions === undefined ? {} : { outputDimensionality: options.dimensions }),
    })),
  };
}

/** Reads `{embeddings: [{values}]}`, and the single `{embedding: {values}}` of `embedContent`. */
export function readEmbeddingResponse(body: JsonValue): Embeddings {
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
