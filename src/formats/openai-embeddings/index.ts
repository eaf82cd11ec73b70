/** OpenAI's embeddings: requests, answers, usage and errors. Usage and errors have the chat format's shapes. */
export { readError, writeError } from '../openai-chat/errors.ts';
export { readUsage } from '../openai-chat/usage.ts';
export type { EmbeddingInput, EmbeddingRequest, EmbeddingResponse } from './embedding.ts';
export { readEmbeddingRequest, readEmbeddingResponse } from './read-embeddings.ts';
export { readBase64Vector, writeBase64Vector } from './vectors.ts';
export { writeEmbeddingRequest, writeEmbeddingResponse } from './write-embeddings.ts';
