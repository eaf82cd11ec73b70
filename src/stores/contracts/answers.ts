/**
 * Answers that are kept to be given again. Keys and scopes are opaque texts, what is kept is opaque bytes: the store knows neither
 * requests nor tenants. What was kept may be gone at any time.
 */

/** Begins the life of a scope that its store did not know: the instance that keeps something first gives it. */
export const NEW_LIFE = '+';

/** What a life is called by those who find what was kept in it. */
export const nameOfLife = (life: string): string => (life.startsWith(NEW_LIFE) ? life.slice(NEW_LIFE.length) : life);

/** What was found for a key. */
export interface FoundAnswer {
  readonly value: Buffer | undefined;
  /**
   * Which life of the scope was looked at. What is kept later names it, so that an answer that was under way while its scope was erased
   * is not kept afterwards.
   */
  readonly life: string;
}

/** What is kept under a key. */
export interface KeptAnswer {
  readonly key: string;
  readonly value: Buffer;
  readonly ttlMs: number;
  readonly life: string;
}

/** How a store of answers is. */
export interface AnswerStoreStatus {
  readonly place: 'memory' | 'redis';
  readonly isUp: boolean;
  /** Why it is not up, or why it keeps nothing more. */
  readonly reason?: string;
}

/** The store of answers. A method rejects if the store is unavailable, after its own time limit at the latest. */
export interface AnswerStore {
  /** What there is for each of the keys of a scope, in their order. */
  find(scope: string, keys: readonly string[]): readonly FoundAnswer[] | Promise<readonly FoundAnswer[]>;
  /** Keeps answers of one scope; those of an earlier life of it are not kept. */
  keep(scope: string, answers: readonly KeptAnswer[]): void | Promise<void>;
  /** Deletes answers by their keys; returns how many there were. */
  delete(scope: string, keys: readonly string[]): number | Promise<number>;
  /** Erases everything of a scope: nothing that was kept before is ever found again. */
  erase(scope: string): void | Promise<void>;
  /** Resolves if the store can be written and read now; rejects with what is wrong. */
  ping(): void | Promise<void>;
  status(): AnswerStoreStatus;
  /** What a Redis says of itself, as `INFO` does; undefined for a store that is not a Redis. */
  info(): string | undefined | Promise<string | undefined>;
  close(): void;
}
