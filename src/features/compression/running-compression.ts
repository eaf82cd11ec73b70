import type { CacheConfig, GatewayConfig } from '../../config/gateway-config.ts';
import type { Compress } from '../../config/settings/compress.ts';
import type { CompressedOriginals } from '../../exchange/compression.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { noteRemoved } from '../../exchange/savings.ts';
import { type PromptTurn, readTurns } from '../../formats/prompt-texts.ts';
import type { AnswerStore } from '../../stores/contracts/answers.ts';
import { cacheOwnerOf } from '../../tenancy/cache-owner.ts';
import type { Hooks, RunningFeature, World } from '../feature.ts';
import type { Compressed, NewTexts } from './compress-prompt.ts';
import { CompressionThread } from './compression-thread.ts';
import { type Decision, isChanged, type KeptBefore, KeptTurns, LEAST_TURN_BYTES, originalOf } from './kept-turns.ts';
import { windowOf, wishOf } from './wish-of.ts';

/** Shorter requests are left alone: there is little to gain, and much of it may matter. */
const LEAST_BYTES = 4_000;
/** Longer ones are left alone, too. */
const MOST_BYTES = 8_388_608;
/** What a prompt is shortened to that has to fit: a count of tokens is an estimate. */
const FITTING_SHARE = 0.92;
const LEAST_RATIO = 0.02;
const MEMORY_BYTES = 67_108_864;
const DAY_MS = 86_400_000;
const MOST_HANDLES = 16;

/** Compression in a gateway. */
export class RunningCompression implements RunningFeature {
  readonly #world: World;
  readonly #thread: CompressionThread;
  /** Kept while compression is off, so that it is found again when it is on. */
  #store: AnswerStore | undefined;
  #kept: KeptTurns | undefined;
  readonly #counts = { requests: 0, removed: 0, reused: 0, backedOff: 0, fitted: 0, failures: 0 };

  readonly compressedOriginals: CompressedOriginals = {
    read: async (scope, handle) => this.#kept?.read(scope, handle),
  };
  readonly readings = {
    sluice_compression_requests_total: () => this.#counts.requests,
    sluice_compression_removed_tokens_total: () => this.#counts.removed,
    sluice_compression_reused_turns_total: () => this.#counts.reused,
    sluice_compression_backed_off_total: () => this.#counts.backedOff,
    sluice_compression_fitted_total: () => this.#counts.fitted,
    sluice_compression_store_failures_total: () => this.#counts.failures,
  };

  constructor(world: World) {
    this.#world = world;
    this.#thread = new CompressionThread(world.onFault);
  }

  /** On as soon as the configuration names it anywhere. */
  hooks(_: unknown, config: GatewayConfig): Hooks | undefined {
    const { compress } = config.compression;
    if (compress === undefined && config.deployments.every((deployment) => deployment.compress === undefined))
      return undefined;
    this.#store ??= this.#world.openAnswers(storeConfig(config));
    this.#kept ??= new KeptTurns(this.#store, this.#world.seal, () => {
      this.#counts.failures += 1;
    });
    const kept = this.#kept;
    return { prepare: (exchange) => this.#prepare(exchange, kept, compress ?? 'off') };
  }

  async close(): Promise<void> {
    this.#store?.close();
    await this.#thread.close();
  }

  #prepare(exchange: Exchange, kept: KeptTurns, otherwise: Compress): undefined | Promise<Buffer | undefined> {
    const { body, endpoint, identity, ownIdentity } = exchange;
    // What the gateway asks for itself is its own business.
    if (identity === undefined || ownIdentity !== undefined || endpoint.operation.isFree) return undefined;
    const wish = wishOf(exchange, otherwise);
    if (wish === 'off' || body.length < LEAST_BYTES || body.length > MOST_BYTES) return undefined;
    const turns = readTurns(body, exchange.envelope, endpoint.format);
    if (turns.length === 0) return undefined;
    return this.#compress(exchange, kept, wish, turns);
  }

  async #compress(
    exchange: Exchange,
    kept: KeptTurns,
    wish: Compress,
    turns: readonly PromptTurn[],
  ): Promise<Buffer | undefined> {
    const { body, endpoint } = exchange;
    const scope = exchange.identity === undefined ? '' : cacheOwnerOf(exchange.identity);
    const handles = kept.handlesOf(scope, body, turns);
    const before = await kept.find(scope, handles);
    const ratio = await this.#ratioOf(exchange, wish, before);
    if (ratio === undefined && before.decisions.size === 0) return undefined;
    const isFitting = wish === 'fit' && ratio !== undefined && ratio < 1;
    const frozen = frozenTurns(body, turns, before, isFitting);
    const compressed = await this.#thread.compress(body, endpoint.format, {
      ratio: ratio ?? 1,
      of: wish === 'fit' ? 'body' : 'texts',
      frozen,
    });
    if (compressed === undefined) return undefined;
    if (isFitting) this.#counts.fitted += 1;
    this.#counts.reused += frozen.size;
    if (compressed.backedOff !== undefined) this.#counts.backedOff += 1;
    const removed = await this.#note(exchange, { kept, scope, turns, handles, before, frozen, compressed, wish });
    if (compressed.body === body) return undefined;
    this.#counts.requests += 1;
    this.#counts.removed += removed;
    noteRemoved(exchange, removed, exchange.degraded?.compresses === true ? 'degradation' : 'compression');
    return compressed.body;
  }

  /** The part that is to be kept; undefined: the prompt is not touched unless it was before. */
  async #ratioOf(exchange: Exchange, wish: Compress, { decisions }: KeptBefore): Promise<number | undefined> {
    if (wish === 'lossless') return 1;
    const asked = typeof wish === 'number' ? wish : undefined;
    const window = windowOf(exchange);
    // Each token has at least one byte, and few have more than eight.
    if (window === undefined || exchange.outline.promptBytes <= window) return asked;
    const tokens = await this.#world.countTokens(exchange.outline.promptText());
    const fitting = Math.max(LEAST_RATIO, (window * FITTING_SHARE) / tokens);
    if (wish === 'fit') {
      let removed = 0;
      for (const { removedTokens } of decisions.values()) removed += removedTokens;
      if (tokens - removed <= window) return removed > 0 ? 1 : undefined;
      return fitting;
    }
    return asked === undefined ? undefined : Math.min(asked, fitting);
  }

  /** Counts what was taken out, keeps what was decided, and tells it to headers and the log. */
  async #note(exchange: Exchange, made: Made): Promise<number> {
    const { kept, scope, turns, handles, before, frozen, compressed, wish } = made;
    const { body } = exchange;
    let removed = 0;
    const changed: string[] = [];
    const decided: Parameters<KeptTurns['keep']>[2][number][] = [];
    for (const [turn, handle] of handles) {
      // A turn that went is `null` there.
      const found = compressed.turns.get(turn);
      const texts = found === undefined ? NO_CHANGE : found;
      let decision: Decision | undefined = frozen.has(turn) ? before.decisions.get(turn) : undefined;
      if (decision === undefined) {
        const original = originalOf(body, turns[turn] as PromptTurn);
        decision = { texts, removedTokens: await this.#removedFrom(original, texts) };
        decided.push({ handle, decision, original });
      }
      removed += decision.removedTokens;
      if (isChanged(decision.texts)) changed.push(handle);
    }
    if (before.life !== undefined) kept.keep(scope, before.life, decided);
    exchange.compression = {
      asked: String(wish),
      removedTokens: removed,
      handles: changed.slice(-MOST_HANDLES),
      backedOff: compressed.backedOff,
    };
    return removed;
  }

  async #removedFrom(original: readonly string[], texts: NewTexts): Promise<number> {
    if (!isChanged(texts)) return 0;
    const changed = original.filter((_, place) => texts === null || typeof texts[place] === 'string');
    const left = texts === null ? '' : texts.filter((text) => typeof text === 'string').join('\n');
    const [before, after] = await Promise.all([
      this.#world.countTokens(changed.join('\n')),
      this.#world.countTokens(left),
    ]);
    return Math.max(0, before - after);
  }
}

/** What became of a request. */
interface Made {
  readonly kept: KeptTurns;
  readonly scope: string;
  readonly turns: readonly PromptTurn[];
  readonly handles: ReadonlyMap<number, string>;
  readonly before: KeptBefore;
  readonly frozen: ReadonlyMap<number, NewTexts>;
  readonly compressed: Compressed;
  readonly wish: Compress;
}

const NO_CHANGE: NewTexts = [];

/** The turns that stay as they were sent before. What has to fit cannot wait for a cache: of it only what is shorter already stays. */
function frozenTurns(
  body: Buffer,
  turns: readonly PromptTurn[],
  { decisions }: KeptBefore,
  isFitting: boolean,
): ReadonlyMap<number, NewTexts> {
  const frozen = new Map<number, NewTexts>();
  if (!isFitting) for (const turn of sentUntouched(body, turns, decisions)) frozen.set(turn, NO_CHANGE);
  for (const [turn, { texts }] of decisions) {
    if (isFitting && !isChanged(texts)) continue;
    // What went before another turn of the user's has to be there before an answer.
    if (texts === null && turns[turn]?.isOptional !== true) continue;
    frozen.set(turn, texts);
  }
  return frozen;
}

/** Turns of which nothing is kept, though they were sent before: short ones, and those of a request that was too short to be looked at. */
function sentUntouched(
  body: Buffer,
  turns: readonly PromptTurn[],
  decisions: ReadonlyMap<number, Decision>,
): readonly number[] {
  const answered = turns.findLastIndex(({ author }) => author === 'assistant');
  const sent = Math.max(answered, ...decisions.keys());
  const untouched: number[] = [];
  let group = 0;
  turns.forEach(({ author, start, end }, turn) => {
    if (turn < sent && author !== 'user' && end - start < LEAST_TURN_BYTES) untouched.push(turn);
    if (author !== 'assistant') return;
    // The request that this turn answered ended before it.
    const before = body.length - ((turns.at(-1)?.end ?? start) - start);
    if (before < LEAST_BYTES) for (; group < turn; group += 1) untouched.push(group);
    group = turn;
  });
  return untouched;
}

/** Turns are kept where the instances share what they share, else in the memory of this process. */
function storeConfig({ redis }: GatewayConfig): CacheConfig {
  return {
    ...(redis !== undefined && { redis }),
    ...{ namespace: 'sluice:compression', ttlMs: DAY_MS, longestTtlMs: DAY_MS },
    ...{ largestBytes: MOST_BYTES, memoryBytes: MEMORY_BYTES },
    ...{ isOnByDefault: true, keepsToolCalls: false, joinsRequests: false, isEncrypted: true },
    operations: new Set(),
  };
}
