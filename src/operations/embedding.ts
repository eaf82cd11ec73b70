import { embeddingOf, embeddingTranslation } from '../lanes/translate/translate-embedding.ts';
import type { Operation } from './operation.ts';

/** Vectors of texts. */
export const embedding: Operation = {
  id: 'embedding',
  mode: 'embedding',
  // Embedding models are seldom configured with their mode, and always named for what they do.
  modelNames: /embed/i,
  isFree: false,
  hasOutput: false,
  mayHedge: true,
  mayContinue: false,
  callType: () => 'aembedding',
  translation: embeddingTranslation,
  probeBody({ model, config }, { format }) {
    const inputs = [{ kind: 'text', text: 'test' } as const];
    const body = embeddingOf(format).writeRequest({ model, inputs, isSingle: true, extensions: {} }, model);
    return { ...body, ...config.healthCheck?.params };
  },
};
