/**
 * Where the directions of questions are kept: embeddings of length one. Scopes, names, keys and lives are opaque texts; what was kept
 * may be gone at any time.
 */

/** A question that is remembered. */
export interface Remembered {
  /** The key under which its answer is kept. */
  readonly key: string;
  readonly question: string;
  /** The life of the scope in which its answer was kept; in another one it is not found. */
  readonly life: string;
}

/** One that is like what is asked. */
export interface Alike extends Remembered {
  /** The cosine of both directions. */
  readonly similarity: number;
}

/** Which questions may be compared: those of one scope that differ in nothing but the question. */
export interface Partition {
  /** What the store of answers calls the scope. */
  readonly scope: string;
  /** Says nothing of what it is made of. */
  readonly name: string;
  /** How many numbers its directions have. */
  readonly size: number;
}

/** A search among the questions of a partition. */
export interface Search extends Partition {
  readonly life: string;
  readonly direction: Float32Array;
  /** Less similar ones are not found. */
  readonly least: number;
  readonly most: number;
}

/** A store of directions. Each method rejects, after its own time limit at the latest, if the store is unavailable. */
export interface VectorStore {
  /** The most similar questions of a partition, best first. */
  search(search: Search): readonly Alike[] | Promise<readonly Alike[]>;
  keep(partition: Partition, direction: Float32Array, remembered: Remembered, ttlMs: number): void | Promise<void>;
  /** Forgets a question whose answer is gone. */
  forget(partition: Partition, key: string): void | Promise<void>;
  /** Forgets all questions of a scope; those that come later are found again. */
  erase(scope: string): void | Promise<void>;
  status(): VectorStoreStatus;
  close(): void;
}

/** How a store of directions is. */
export interface VectorStoreStatus {
  readonly place: 'memory' | 'redis' | 'qdrant';
  readonly isUp: boolean;
  /** Why it is not up, keeps nothing more, or is not where it was configured. */
  readonly reason?: string;
  /** Undefined: it is not known. */
  readonly entries?: number;
}
