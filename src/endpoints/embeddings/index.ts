import type { Endpoint } from '../../exchange/endpoint.ts';
import { embedding } from '../../operations/embedding.ts';

/** Embeddings in OpenAI's format. */
export const embeddings: Endpoint = { name: '/embeddings', operation: embedding, format: 'openai-embeddings' };
