/** Opens the store of directions. */
import type { SemanticCacheConfig } from '../../../config/gateway-config.ts';
import type { World } from '../../feature.ts';
import { MemoryVectors } from './memory-vectors.ts';
import type { VectorStore } from './vector-store.ts';

const MEBIBYTE = 1_048_576;

/** The store where the configuration says that embeddings are kept. */
export function openVectors({ maxEntries, memoryMib, place }: SemanticCacheConfig, { clock, log }: World): VectorStore {
  if (place.kind !== 'memory')
    log.app.warn({}, 'The semantic cache keeps embeddings in the memory of each instance, wherever its answers are');
  return new MemoryVectors(clock, maxEntries, memoryMib * MEBIBYTE);
}
