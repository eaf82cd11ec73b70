/** OpenAI's embeddings: requests, answers, usage and errors. Usage and errors have the chat format's shapes. */
import type { EmbeddingFormat } from '../format.ts';
import { inAskedEncoding } from './asked-encoding.ts';
import { embeddingItems } from './items.ts';
import { readEmbeddingRequest, readEmbeddingResponse } from './read-embeddings.ts';
import { writeEmbeddingRequest, writeEmbeddingResponse } from './write-embeddings.ts';

export { readError, writeError } from '../openai-chat/errors.ts';
export { readUsage } from '../openai-chat/usage.ts';

/** Embeddings in OpenAI's format. */
export const embedding: EmbeddingFormat = {
  id: 'openai-embeddings',
  takesTokens: true,
  items: embeddingItems,
  readRequest: readEmbeddingRequest,
  writeRequest: writeEmbeddingRequest,
  readAnswer: readEmbeddingResponse,
  writeAnswer: (answer, { model, encoding }) =>
    writeEmbeddingResponse({ ...answer, model }, { model, ...(encoding !== undefined && { encoding }) }),
  asAsked: { member: 'encoding_format', convert: inAskedEncoding },
};
