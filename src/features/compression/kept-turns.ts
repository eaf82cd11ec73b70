/**
 * What was decided about turns, kept by everything that stands before them: a turn is compressed once, so that the next request of its
 * conversation begins with the same bytes and finds the provider's prompt cache warm. Beside it stands the original.
 */
import { createHash, createHmac } from 'node:crypto';
import type { CompressedOriginals } from '../../exchange/compression.ts';
import type { PromptTurn } from '../../formats/prompt-texts.ts';
import type { AnswerStore, KeptAnswer } from '../../stores/contracts/answers.ts';
import { parseSpan } from '../../wire/json-walk.ts';
import type { World } from '../feature.ts';
import type { NewTexts } from './compress-prompt.ts';

/** What is known of one turn. */
export interface Decision {
  readonly texts: NewTexts;
  /** How many tokens fewer it has, about. */
  readonly removedTokens: number;
}

/** Of turns with fewer bytes nothing is kept, unless they are the user's: these may go as a whole. */
export const LEAST_TURN_BYTES = 200;
/** Of more turns than this the last ones are looked up. */
const MOST_LOOKED_UP = 512;
const MOST_ORIGINAL_BYTES = 2_097_152;
const HANDLE_CHARACTERS = 40;
const TTL_MS = 86_400_000;

/** What was found for the turns of a request. */
export interface KeptBefore {
  readonly decisions: ReadonlyMap<number, Decision>;
  /** Names what is kept from now on; undefined: the store does not answer, and nothing is kept. */
  readonly life: string | undefined;
}

/** Decisions and originals in a store, sealed and apart by scope. */
export class KeptTurns implements CompressedOriginals {
  readonly #store: AnswerStore;
  readonly #seal: World['seal'];
  readonly #secret: Buffer;
  readonly #onFailure: () => void;

  constructor(store: AnswerStore, seal: World['seal'], onFailure: () => void) {
    this.#store = store;
    this.#seal = seal;
    this.#secret = seal.derive('compressed turns');
    this.#onFailure = onFailure;
  }

  /** For each turn that may be changed the name of it and all before it. Without the secret none can be made. */
  handlesOf(scope: string, body: Buffer, turns: readonly PromptTurn[]): ReadonlyMap<number, string> {
    const chain = createHash('sha256').update(`${scope}\n`);
    const handles = new Map<number, string>();
    turns.forEach(({ author, start, end, texts }, turn) => {
      chain.update(body.subarray(start, end)).update('\n');
      const isLong = author === 'user' || end - start >= LEAST_TURN_BYTES;
      if (texts.length > 0 && isLong && turns.length - turn <= MOST_LOOKED_UP) {
        handles.set(turn, this.#nameOf(chain.copy().digest()));
      }
    });
    return handles;
  }

  #nameOf(digest: Buffer): string {
    return createHmac('sha256', this.#secret).update(digest).digest('hex').slice(0, HANDLE_CHARACTERS);
  }

  async find(scope: string, handles: ReadonlyMap<number, string>): Promise<KeptBefore> {
    const turns = [...handles];
    const decisions = new Map<number, Decision>();
    try {
      const found = await this.#store.find(
        scope,
        turns.map(([, handle]) => `turn:${handle}`),
      );
      turns.forEach(([turn, handle], index) => {
        const value = found[index]?.value;
        const decision = value === undefined ? undefined : this.#opened<Decision>(scope, `turn:${handle}`, value);
        if (decision !== undefined) decisions.set(turn, { ...decision, texts: fromJson(decision.texts) });
      });
      return { decisions, life: found[0]?.life };
    } catch {
      this.#onFailure();
      return { decisions, life: undefined };
    }
  }

  /** Keeps what was decided now, and the originals of turns that changed. In the background: no request waits for it. */
  keep(
    scope: string,
    life: string,
    decided: readonly { readonly handle: string; readonly decision: Decision; readonly original: readonly string[] }[],
  ): void {
    const entries = decided.flatMap(({ handle, decision, original }): KeptAnswer[] => {
      const kept = [this.#entry(scope, `turn:${handle}`, decision, life)];
      if (isChanged(decision.texts)) {
        const entry = this.#entry(scope, `original:${handle}`, original, life);
        if (entry.value.length <= MOST_ORIGINAL_BYTES) kept.push(entry);
      }
      return kept;
    });
    if (entries.length > 0) void this.#keepAll(scope, entries);
  }

  async #keepAll(scope: string, entries: readonly KeptAnswer[]): Promise<void> {
    try {
      // One after the other: together they could take longer than a store may.
      for (const entry of entries) await this.#store.keep(scope, [entry]);
    } catch {
      this.#onFailure();
    }
  }

  async read(scope: string, handle: string): Promise<readonly string[] | undefined> {
    const key = `original:${handle}`;
    const [found] = await this.#store.find(scope, [key]);
    return found?.value === undefined ? undefined : this.#opened<readonly string[]>(scope, key, found.value);
  }

  #entry(scope: string, key: string, value: unknown, life: string): KeptAnswer {
    const sealed = this.#seal.seal(JSON.stringify(value), placeOf(scope, key));
    return { key, value: Buffer.from(sealed), ttlMs: TTL_MS, life };
  }

  /** Undefined if it was sealed under another secret: then it is as if it were not there. */
  #opened<Value>(scope: string, key: string, value: Buffer): Value | undefined {
    try {
      return JSON.parse(this.#seal.unseal(value.toString('utf8'), placeOf(scope, key))) as Value;
    } catch {
      return undefined;
    }
  }
}

/** JSON has no `undefined`. */
const fromJson = (texts: NewTexts): NewTexts =>
  texts === null ? null : texts.map((text: string | undefined | null) => text ?? undefined);

const placeOf = (scope: string, key: string): string => `compression ${scope} ${key}`;

/** Whether a decision changes anything. */
export const isChanged = (texts: NewTexts): boolean => texts === null || texts.some((text) => text !== undefined);

/** The texts of a turn as they were sent. */
export const originalOf = (body: Buffer, { texts }: PromptTurn): readonly string[] =>
  texts.map((span) => String(parseSpan(body, span)));
