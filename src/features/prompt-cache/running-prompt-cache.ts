import type { GatewayConfig } from '../../config/gateway-config.ts';
import type { Clock } from '../../core/clock.ts';
import { formatUsd } from '../../core/money.ts';
import { rateAt } from '../../costs/tiered-rate.ts';
import type { CacheForecasts, PromptForecast } from '../../exchange/cache-forecasts.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { noteMarks } from '../../exchange/savings.ts';
import type { StateSlot, WrittenCall } from '../../exchange/slots.ts';
import { formatParts } from '../../formats/index.ts';
import type { Usage } from '../../formats/neutral/conversation.ts';
import { type MarkStyle, unmarked, withExplicitCaching, writeMarks } from '../../formats/prompt-blocks.ts';
import type { PromptCacheFacts } from '../../models/model-abilities.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import { type PromptCacheUse, promptCacheOf } from '../../snapshot/prompt-cache-use.ts';
import type { AttemptFacts } from '../../telemetry/settled.ts';
import { cacheOwnerOf } from '../../tenancy/cache-owner.ts';
import { readEnvelope } from '../../wire/envelope.ts';
import type { Hooks, RunningFeature, World } from '../feature.ts';
import { foretell } from './foretell.ts';
import { KeptApart } from './kept-apart.ts';
import type { Knowledge, MarkPlan } from './plan-marks.ts';
import {
  type Described,
  isExplicit,
  markedBlocks,
  NO_FACTS,
  type PlannedCall,
  planOf,
  shownOf,
} from './planned-call.ts';
import { type Prefix, prefixesOf } from './prefixes.ts';
import { cutOf, type Prospects, ProspectsOfPrompts } from './prospects.ts';
import { RecentMap } from './recent-map.ts';
import { ReuseHistory } from './reuse-history.ts';
import { cacheIdOf, UpstreamCaches } from './upstream-cache.ts';
import { VolatileHeads } from './volatile-heads.ts';
import { cachePricesOf, type Life } from './worth.ts';

interface State {
  readonly calls: Map<string, PlannedCall>;
  /** What is expected of the prompt, by the cache that it was sent to: another attempt is no further prompt. */
  readonly prospects: Map<string, Prospects>;
}

const MINUTE_MS = 60_000;
const WARN_EVERY_MS = 3_600_000;
const MOST_WARNED = 4_096;
const MOST_SENT = 50_000;
const LEAST_LOST_TOKENS = 256;
const MILLION = 1_000_000;
/** From so many turns on conversations are of one kind. */
const MOST_TURNS_APART = 6;

/** Sets marks in requests, and learns from their answers. */
export class RunningPromptCache implements RunningFeature {
  readonly #clock: Clock;
  readonly #secret: string;
  readonly #apart: KeptApart;
  readonly #state: StateSlot<State>;
  readonly #caches: UpstreamCaches;
  readonly #heads = new VolatileHeads();
  readonly #log: World['log'];
  readonly #warned = new RecentMap<number>(MOST_WARNED);
  readonly #histories = new Map<number, ReuseHistory>();
  readonly #prospects = new ProspectsOfPrompts();
  /** Which beginnings an owner has sent: what others have at the same provider is not foretold. */
  readonly #sent = new RecentMap<true>(MOST_SENT);
  readonly #counts = { marked: 0, unmarked: 0, read: 0, written: 0, volatile: 0, lost: 0 };
  #wasUsed = false;

  constructor({ clock, log, random, seal, stateSlot }: Pick<World, 'clock' | 'log' | 'random' | 'seal' | 'stateSlot'>) {
    this.#log = log;
    this.#apart = new KeptApart(() => seal.derive('prompt cache scopes'));
    this.#clock = clock;
    this.#secret = `${random()} ${random()} ${random()} ${random()}`;
    this.#state = stateSlot(() => ({ calls: new Map(), prospects: new Map() }));
    this.#caches = new UpstreamCaches(clock);
  }

  readonly forecasts: CacheForecasts = { prompt: (...asked) => this.#foretell(...asked) };
  readonly readings = {
    sluice_prompt_cache_marked_requests_total: () => this.#counts.marked,
    sluice_prompt_cache_unmarked_requests_total: () => this.#counts.unmarked,
    sluice_prompt_cache_read_tokens_total: () => this.#counts.read,
    sluice_prompt_cache_written_tokens_total: () => this.#counts.written,
    sluice_prompt_cache_volatile_heads_total: () => this.#counts.volatile,
    sluice_prompt_cache_volatile_lost_tokens_total: () => this.#counts.lost,
  };

  /** On as soon as one deployment asks for something; those that the API added are among them. */
  hooks(_settings: unknown, { deployments, promptCache }: GatewayConfig): Hooks | undefined {
    if (!deployments.some((deployment) => promptCacheOf(deployment, promptCache) !== undefined)) return undefined;
    return {
      rewrite: (exchange, call) => {
        const { promptCache } = call.deployment;
        return promptCache === undefined ? undefined : this.#rewrite(exchange, call, promptCache);
      },
      showCache: (exchange, { id, promptCache: use }) => {
        if (use?.isPartitioned !== true) return undefined;
        return shownOf(exchange.of(this.#state).calls.get(id));
      },
      settled: (exchange) => {
        if (this.#wasUsed) this.#settled(exchange);
      },
    };
  }

  #rewrite(exchange: Exchange, call: WrittenCall, use: PromptCacheUse): Buffer | undefined {
    const { deployment, body } = call;
    const read = this.#read(exchange, call, use);
    if (read === undefined) return undefined;
    this.#wasUsed = true;
    const { asked, described, pool } = read;
    const { facts, prompt } = described;
    if (described.prefixes.length === 0) return asked === body ? undefined : asked;
    if (use.mode !== 'off') this.#lookForVolatile(exchange, deployment, asked, described);
    const known = this.#know(exchange, deployment, described, pool);
    const plan = planOf(exchange, use, described, known);
    this.#note(exchange, deployment, described, known, plan, use);
    const style: MarkStyle = facts?.how === 'breakpoints' ? 'breakpoint' : 'control';
    const set = plan.set.flatMap(({ block, isOneHour }) => {
      const place = prompt.blocks[block]?.place;
      return place === undefined ? [] : [{ place, isOneHour }];
    });
    const marked = writeMarks(asked, style, set, plan.remove);
    const ready = isExplicit(plan, use, facts) ? withExplicitCaching(marked) : marked;
    return ready === body ? undefined : ready;
  }

  /** The request as its provider would read it; undefined if it has no prompt. */
  #read(exchange: Exchange, call: WrittenCall, use: PromptCacheUse) {
    const { deployment, format, body } = call;
    const { readPrompt } = formatParts(format);
    if (readPrompt === undefined || exchange.endpoint.operation.isFree) return undefined;
    const facts = deployment.abilities.promptCache;
    const scope = use.isPartitioned ? ownerOf(exchange) : '';
    const asked = use.isPartitioned ? this.#apart.write(call, use, facts, scope) : body;
    const envelope = readEnvelope(asked);
    if (!envelope.ok) return undefined;
    const prompt = readPrompt(asked, envelope);
    const prefixes = prefixesOf(asked, prompt, this.#secret);
    // What others sent changes nothing for a caller that is kept apart, not even where its marks stand.
    const described: Described = { cache: cacheIdOf(deployment, scope), facts, prompt, prefixes };
    return { asked, described, pool: `${deployment.group}\n${scope}` };
  }

  /** The same without sending: nothing is learned, and unless all is seen, of what is kept counts only what the caller itself has sent there. */
  #foretell(exchange: Exchange, call: WrittenCall, seesAll: boolean): PromptForecast | undefined {
    const { deployment } = call;
    const use = deployment.promptCache ?? NO_USE;
    const read = this.#read(exchange, call, use);
    if (read === undefined || read.described.prefixes.length === 0) return undefined;
    const { pool } = read;
    const described = seesAll ? read.described : this.#asOwn(read.described, ownerOf(exchange));
    const { cache, facts, prompt, prefixes } = described;
    const known = this.#know(exchange, deployment, described, pool, true);
    const plan = planOf(exchange, use, described, known);
    return foretell({
      ...{ prompt, prefixes, facts, plan, mode: use.mode, tokensAt: known.tokensAt },
      marked: markedBlocks(prompt, plan),
      writesUnmarked: facts?.how === 'breakpoints' && !isExplicit(plan, use, facts),
      isWatched: deployment.promptCache !== undefined,
      keptAt: (block) => {
        const prefix = prefixes[block];
        return prefix === undefined ? undefined : this.#caches.evidenceOf(cache, prefix, facts ?? NO_FACTS);
      },
      card: deployment.priced.ratesAt(exchange.startedAtMs),
    });
  }

  /** A prompt as if only this owner had ever sent any of it: beginnings that it has not sent get names that nothing has. */
  #asOwn(described: Described, owner: string): Described {
    const { cache, prefixes } = described;
    const last = prefixes.findLastIndex(({ hash }) => this.#sent.get(`${owner}\n${cache}${hash}`) === true);
    const own = prefixes.map((prefix, block) => (block <= last ? prefix : { ...prefix, hash: `${prefix.hash}?` }));
    return { ...described, prefixes: own };
  }

  /** Looks whether the instructions differ early from others that are the same otherwise, and says so once an hour. */
  #lookForVolatile(
    exchange: Exchange,
    deployment: Deployment,
    body: Buffer,
    { cache, facts, prompt, prefixes }: Described,
  ): void {
    const head = prefixes[prompt.staticBlocks - 1];
    if (head === undefined || facts === undefined || exchange.volatileHead !== undefined) return;
    if (this.#caches.tokensIn(cache, head.bytes) < facts.leastTokens) return;
    const pieces = prompt.blocks.slice(0, prompt.staticBlocks).flatMap((block) => [...unmarked(body, block)]);
    const at = this.#heads.look(cache, head.hash, pieces);
    const lostTokens = at === undefined ? 0 : Math.round(this.#caches.tokensIn(cache, head.bytes - at));
    if (lostTokens < LEAST_LOST_TOKENS) return;
    const card = deployment.priced.ratesAt(exchange.startedAtMs);
    const { read } = cachePricesOf(card, facts);
    const perMillion = BigInt(Math.round((1 - read) * MILLION));
    const lostCost =
      card === undefined ? undefined : (BigInt(lostTokens) * rateAt(card.input, 0) * perMillion) / BigInt(MILLION);
    exchange.volatileHead = { lostTokens, lostCost };
    this.#counts.volatile += 1;
    this.#counts.lost += lostTokens;
    const nowMs = this.#clock.monotonicMs();
    if ((this.#warned.get(deployment.id) ?? Number.NEGATIVE_INFINITY) > nowMs - WARN_EVERY_MS) return;
    this.#warned.set(deployment.id, nowMs);
    this.#log.app.warn(
      {
        deployment: deployment.id,
        lost_tokens: lostTokens,
        ...(lostCost !== undefined && { lost_usd: formatUsd(lostCost) }),
      },
      'The instructions of requests differ early and are the same otherwise (a time, an id, a name?): what stands behind the difference is never read from the prompt cache. Put what changes at their end, or into the first message.',
    );
  }

  /** What is known before this request is sent; then its beginnings count as sent. With `isOnlyAsked` it is not sent. */
  #know(
    exchange: Exchange,
    deployment: Deployment,
    { cache, facts, prompt, prefixes }: Described,
    pool: string,
    isOnlyAsked = false,
  ): Knowledge {
    const history = this.#historyOf(facts);
    const head = prefixes[prompt.staticBlocks - 1];
    const whole = prefixes[prefixes.length - 1];
    const turns = prompt.blocks.filter(({ role }) => role === 'assistant').length;
    const depth = Math.min(turns, MOST_TURNS_APART);
    const ofHead = head === undefined ? [] : [`${cache}h${head.hash}`, `${cache}h`];
    const ofWhole = [`${cache}t${depth}${head?.hash ?? ''}`, `${cache}t${depth}`];
    // Another attempt of the same request is no further request.
    const isFirst = !isOnlyAsked && this.#isFirstCall(exchange, cache);
    if (isFirst) for (const { hash } of prefixes) history.cameAgain(cache + hash);
    const ofEnd = this.#ofEnd(exchange, deployment, { cache, facts, prompt, prefixes }, pool, isOnlyAsked);
    const known: Knowledge = {
      prefixes,
      tokensAt: (block) => this.#caches.tokensIn(cache, prefixes[block]?.bytes ?? 0),
      keptFor: (block) => this.#keptFor(cache, prefixes[block]),
      ofStatic: history.chances(ofHead),
      ofWhole: ofEnd?.chances ?? history.chances(ofWhole),
      ...(ofEnd !== undefined && { cut: ofEnd.cut }),
      prices: cachePricesOf(deployment.priced.ratesAt(exchange.startedAtMs), facts ?? NO_FACTS),
    };
    if (isFirst) {
      if (whole !== undefined) history.sent(cache + whole.hash, ofWhole);
      if (head !== undefined && head !== whole) history.sent(cache + head.hash, ofHead);
    }
    return known;
  }

  /** What is expected of the conversation, where marks roll through it. */
  #ofEnd(
    exchange: Exchange,
    deployment: Deployment,
    { cache, facts, prefixes }: Described,
    pool: string,
    isOnlyAsked: boolean,
  ) {
    if (deployment.promptCache?.mode !== 'auto' || facts === undefined || facts.how === 'automatic') return undefined;
    const chain = {
      keys: prefixes.map(({ hash }) => cache + hash),
      tokens: prefixes.map(({ bytes }) => this.#caches.tokensIn(cache, bytes)),
    };
    const { prospects } = exchange.of(this.#state);
    let found = isOnlyAsked ? undefined : prospects.get(cache);
    if (found === undefined) {
      const nowMs = this.#clock.monotonicMs();
      found = this.#prospects.observe(pool, chain, facts.lifeMinutes * MINUTE_MS, nowMs, isOnlyAsked);
      if (!isOnlyAsked) prospects.set(cache, found);
    }
    const keptBlocks = 1 + prefixes.findLastIndex((prefix) => this.#keptFor(cache, prefix) !== undefined);
    const prices = cachePricesOf(deployment.priced.ratesAt(exchange.startedAtMs), facts);
    return cutOf(found, { chain, keptBlocks, leastTokens: facts.leastTokens, prices });
  }

  #keptFor(cache: string, prefix: Prefix | undefined): Life {
    return prefix === undefined ? undefined : this.#caches.keptFor(cache, prefix);
  }

  #isFirstCall(exchange: Exchange, cache: string): boolean {
    for (const call of exchange.of(this.#state).calls.values()) if (call.cache === cache) return false;
    return true;
  }

  #note(
    exchange: Exchange,
    deployment: Deployment,
    call: Described,
    known: Knowledge,
    plan: MarkPlan,
    { isPartitioned }: PromptCacheUse,
  ): void {
    const marked = markedBlocks(call.prompt, plan);
    const expected = call.prefixes.findLastIndex((_, block) => known.keptFor(block) !== undefined);
    const own = call.prefixes.map((prefix) => this.#caches.tokensOf(call.cache, prefix));
    exchange.of(this.#state).calls.set(deployment.id, {
      ...call,
      marked,
      owner: ownerOf(exchange),
      expected: expected === -1 ? undefined : expected,
      ownTokens: isPartitioned ? Math.max(0, ...own) : undefined,
    });
    // Where a client set marks of its own, or the provider caches by itself, it is unknown what would have been read without ours.
    const hasOwn = call.prompt.wholeMark !== undefined || call.prompt.blocks.some(({ marks }) => marks.length > 0);
    if (plan.set.length > 0 && call.facts?.how === 'marks' && !hasOwn) noteMarks(exchange, deployment.id);
    if (plan.set.length > 0) this.#counts.marked += 1;
    else if (plan.reason === 'rare') this.#counts.unmarked += 1;
  }

  #settled(exchange: Exchange): void {
    const { calls } = exchange.of(this.#state);
    if (calls.size === 0) return;
    for (const attempt of exchange.attempts) {
      const call = calls.get(attempt.deploymentId);
      const { usage, mockedBy } = attempt;
      if (call === undefined || usage === undefined || mockedBy !== undefined || usage.isEstimated === true) continue;
      this.#learn(call, attempt, usage);
    }
  }

  #learn(call: PlannedCall, { startedMs, billedUsage }: AttemptFacts, usage: Usage): void {
    const { cache, facts, prefixes, expected } = call;
    const { cachedInputTokens: read = 0, cacheWriteTokens: written = 0 } = usage;
    this.#counts.read += billedUsage?.cachedInputTokens ?? read;
    this.#counts.written += billedUsage?.cacheWriteTokens ?? written;
    const whole = prefixes[prefixes.length - 1];
    if (whole !== undefined) this.#caches.learn(cache, whole.bytes, usage);
    if (facts === undefined) return;
    if (read === 0 && expected !== undefined) {
      for (const prefix of prefixes) this.#caches.drop(cache, prefix);
    }
    if (facts.how === 'automatic') this.#learnAutomatic(call, facts, startedMs, usage);
    else if (read + written > 0) this.#learnMarks(call, facts, startedMs, read + written);
  }

  /** What stands at marks is kept; how long the prompt is up to the last of them, the provider says. */
  #learnMarks(
    { cache, owner, prefixes, marked }: PlannedCall,
    facts: PromptCacheFacts,
    atMs: number,
    tokensAtLast: number,
  ): void {
    const last = Math.max(-1, ...marked.keys());
    const bytesAtLast = prefixes[last]?.bytes ?? 0;
    prefixes.forEach((prefix, block) => {
      const isOneHour = marked.get(block);
      if (this.#caches.tokensIn(cache, prefix.bytes) < facts.leastTokens) return;
      const life = this.#caches.keptFor(cache, prefix);
      if (life !== undefined) this.#caches.refresh(cache, prefix, facts, atMs);
      if (life !== undefined || isOneHour !== undefined || block === prefixes.length - 1)
        this.#sent.set(`${owner}\n${cache}${prefix.hash}`, true);
      if (isOneHour === undefined) return;
      const tokens = block === last ? tokensAtLast : (tokensAtLast * SURE_SHARE * prefix.bytes) / bytesAtLast;
      this.#caches.keep(cache, prefix, life ?? (isOneHour ? 'hour' : 'short'), facts, { atMs, tokens });
    });
  }

  /** A provider that caches by itself keeps everything. */
  #learnAutomatic(
    { cache, owner, prompt, prefixes, ownTokens }: PlannedCall,
    facts: PromptCacheFacts,
    atMs: number,
    { inputTokens }: Usage,
  ): void {
    const bytes = prefixes[prefixes.length - 1]?.bytes ?? 0;
    prefixes.forEach((prefix, block) => {
      const isWhole = block === prefixes.length - 1;
      // Only where callers are kept apart has it to be known exactly what they have there.
      if (ownTokens === undefined && !isWhole && block !== prompt.staticBlocks - 1) return;
      const tokens = isWhole ? inputTokens - TEMPLATE_TOKENS : (inputTokens * SURE_SHARE * prefix.bytes) / bytes;
      if (tokens < facts.leastTokens) return;
      this.#caches.keep(cache, prefix, 'short', facts, { atMs, tokens });
      this.#sent.set(`${owner}\n${cache}${prefix.hash}`, true);
    });
  }

  #historyOf(facts: PromptCacheFacts | undefined): ReuseHistory {
    const shortMs = (facts?.lifeMinutes ?? NO_FACTS.lifeMinutes) * MINUTE_MS;
    let history = this.#histories.get(shortMs);
    if (history === undefined) {
      history = new ReuseHistory(this.#clock, shortMs);
      this.#histories.set(shortMs, history);
    }
    return history;
  }
}

/** How many tokens a part of a prompt has at the least, against its share of the bytes. */
const SURE_SHARE = 0.8;
/** What a chat template puts behind a prompt. */
const TEMPLATE_TOKENS = 16;

const ownerOf = ({ identity }: Exchange): string => (identity === undefined ? '' : cacheOwnerOf(identity));

/** Of a deployment that says nothing about the prompt cache. */
const NO_USE: PromptCacheUse = { mode: 'off', points: [], isPartitioned: false, isSalted: false };
