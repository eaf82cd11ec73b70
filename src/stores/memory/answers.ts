import { randomUUID } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { AnswerStore, AnswerStoreStatus, FoundAnswer, KeptAnswer } from '../contracts/answers.ts';

/** What an entry costs beside its bytes: its key, its place in two maps, the object. */
const OVERHEAD_BYTES = 512;
/** How many scopes are known at most; those that have no answers go first. */
const MOST_SCOPES = 10_000;

interface Entry {
  readonly value: Buffer;
  readonly expiresAtMs: number;
  readonly scope: Scope;
}

/** The keys that one scope has; when it is erased, another object takes its place. */
interface Scope {
  readonly name: string;
  readonly life: string;
  readonly keys: Set<string>;
}

/** Answers in the memory of this process, bounded in bytes: those that were not asked for the longest go first. */
export class MemoryAnswers implements AnswerStore {
  readonly #clock: Clock;
  readonly #mostBytes: number;
  /** The one that was used last stands last. */
  readonly #entries = new Map<string, Entry>();
  readonly #scopes = new Map<string, Scope>();
  #bytes = 0;
  /** Another process has other answers. */
  readonly #own = randomUUID();
  #lives = 0;
  /** The life of scopes that are not known. */
  #unknown = this.#newLife();

  constructor(clock: Clock, mostBytes: number) {
    this.#clock = clock;
    this.#mostBytes = mostBytes;
  }

  /** What is kept now, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  find(scope: string, keys: readonly string[]): readonly FoundAnswer[] {
    const life = this.#scopes.get(scope)?.life ?? this.#unknown;
    return keys.map((key) => ({ value: this.#value(scope, key), life }));
  }

  keep(scope: string, answers: readonly KeptAnswer[]): void {
    for (const answer of answers) this.#keep(scope, answer);
  }

  delete(scope: string, keys: readonly string[]): number {
    return keys.filter((key) => this.#entries.get(key)?.scope.name === scope && this.#drop(key)).length;
  }

  erase(scope: string): void {
    const known = this.#scopes.get(scope);
    for (const key of known?.keys ?? []) this.#drop(key);
    this.#remember({ name: scope, life: this.#newLife(), keys: new Set() });
  }

  ping(): void {}

  status(): AnswerStoreStatus {
    return { place: 'memory', isUp: true };
  }

  info(): undefined {}

  close(): void {
    this.#entries.clear();
    this.#scopes.clear();
    this.#bytes = 0;
  }

  #newLife(): string {
    this.#lives += 1;
    return `${this.#own}-${this.#lives}`;
  }

  #value(scope: string, key: string): Buffer | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.scope.name !== scope) return undefined;
    if (entry.expiresAtMs <= this.#clock.nowMs()) {
      this.#drop(key);
      return undefined;
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  #keep(name: string, { key, value, ttlMs, life }: KeptAnswer): void {
    const size = value.length + OVERHEAD_BYTES;
    if (size > this.#mostBytes) return;
    let scope = this.#scopes.get(name);
    if ((scope?.life ?? this.#unknown) !== life) return;
    if (scope === undefined) {
      // The same life, so that what is kept in several parts is kept.
      scope = { name, life, keys: new Set() };
      this.#remember(scope);
    }
    this.#drop(key);
    for (const [oldest] of this.#entries) {
      if (this.#bytes + size <= this.#mostBytes) break;
      this.#drop(oldest);
    }
    scope.keys.add(key);
    this.#entries.set(key, { value, expiresAtMs: this.#clock.nowMs() + ttlMs, scope });
    this.#bytes += size;
  }

  /** Forgetting a scope ends the lives of all that are unknown: what is under way for one that was erased is not kept. */
  #remember(scope: Scope): void {
    this.#scopes.delete(scope.name);
    this.#scopes.set(scope.name, scope);
    if (this.#scopes.size <= MOST_SCOPES) return;
    const unused = this.#unusedScope();
    for (const key of unused?.keys ?? []) this.#drop(key);
    this.#scopes.delete(unused?.name ?? '');
    this.#unknown = this.#newLife();
  }

  #unusedScope(): Scope | undefined {
    for (const scope of this.#scopes.values()) if (scope.keys.size === 0) return scope;
    const [oldest] = this.#scopes.values();
    return oldest;
  }

  #drop(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#entries.delete(key);
    this.#bytes -= entry.value.length + OVERHEAD_BYTES;
    entry.scope.keys.delete(key);
    return true;
  }
}
