import type { GatewayConfig } from '../../config/gateway-config.ts';
import type { Clock } from '../../core/clock.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { StateSlot, WrittenCall } from '../../exchange/slots.ts';
import { formatParts } from '../../formats/index.ts';
import type { Usage } from '../../formats/neutral/conversation.ts';
import { type MarkStyle, type Prompt, withExplicitCaching, writeMarks } from '../../formats/prompt-blocks.ts';
import type { PromptCacheFacts } from '../../models/model-abilities.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import { type PromptCacheUse, promptCacheOf } from '../../snapshot/prompt-cache-use.ts';
import type { AttemptFacts } from '../../telemetry/settled.ts';
import { readEnvelope } from '../../wire/envelope.ts';
import type { Hooks, RunningFeature, World } from '../feature.ts';
import { type Knowledge, type MarkPlan, planMarks } from './plan-marks.ts';
import { type Prefix, prefixesOf } from './prefixes.ts';
import { ReuseHistory } from './reuse-history.ts';
import { cacheIdOf, UpstreamCaches } from './upstream-cache.ts';
import { cachePricesOf, type Life } from './worth.ts';

/** A call whose marks were planned. */
interface PlannedCall {
  readonly cache: string;
  readonly facts: PromptCacheFacts | undefined;
  readonly prompt: Prompt;
  readonly prefixes: readonly Prefix[];
  /** The blocks that have a mark, and whether it is for an hour. */
  readonly marked: ReadonlyMap<number, boolean>;
  /** The last block of which the provider is thought to keep the prompt. */
  readonly expected: number | undefined;
}

interface State {
  readonly calls: Map<string, PlannedCall>;
}

const MINUTE_MS = 60_000;
/** From so many turns on conversations are of one kind. */
const MOST_TURNS_APART = 6;

/** Sets marks in requests, and learns from their answers. */
export class RunningPromptCache implements RunningFeature {
  readonly #clock: Clock;
  readonly #secret: string;
  readonly #state: StateSlot<State>;
  readonly #caches: UpstreamCaches;
  readonly #histories = new Map<number, ReuseHistory>();
  readonly #counts = { marked: 0, unmarked: 0, read: 0, written: 0 };
  #wasUsed = false;

  constructor({ clock, random, stateSlot }: Pick<World, 'clock' | 'random' | 'stateSlot'>) {
    this.#clock = clock;
    this.#secret = `${random()} ${random()} ${random()} ${random()}`;
    this.#state = stateSlot(() => ({ calls: new Map() }));
    this.#caches = new UpstreamCaches(clock);
  }

  readonly readings = {
    sluice_prompt_cache_marked_requests_total: () => this.#counts.marked,
    sluice_prompt_cache_unmarked_requests_total: () => this.#counts.unmarked,
    sluice_prompt_cache_read_tokens_total: () => this.#counts.read,
    sluice_prompt_cache_written_tokens_total: () => this.#counts.written,
  };

  /** On as soon as one deployment asks for something; those that the API added are among them. */
  hooks(_settings: unknown, { deployments, promptCache }: GatewayConfig): Hooks | undefined {
    if (!deployments.some((deployment) => promptCacheOf(deployment, promptCache) !== undefined)) return undefined;
    return {
      rewrite: (exchange, call) => {
        const { promptCache } = call.deployment;
        return promptCache === undefined ? undefined : this.#rewrite(exchange, call, promptCache);
      },
      settled: (exchange) => {
        if (this.#wasUsed) this.#settled(exchange);
      },
    };
  }

  #rewrite(exchange: Exchange, call: WrittenCall, use: PromptCacheUse): Buffer | undefined {
    const { deployment, format, body } = call;
    const { readPrompt } = formatParts(format);
    if (readPrompt === undefined || exchange.endpoint.operation.isFree) return undefined;
    const envelope = readEnvelope(body);
    if (!envelope.ok) return undefined;
    this.#wasUsed = true;
    const prompt = readPrompt(body, envelope);
    const prefixes = prefixesOf(body, prompt, this.#secret);
    if (prefixes.length === 0) return undefined;
    const facts = deployment.abilities.promptCache;
    const cache = cacheIdOf(deployment, '');
    const known = this.#know(exchange, deployment, { cache, facts, prompt, prefixes });
    const plan = planMarks(prompt, use, facts, known, exchange.endpoint.format === 'anthropic-messages');
    this.#note(exchange, deployment, { cache, facts, prompt, prefixes }, known, plan);
    const style: MarkStyle = facts?.how === 'breakpoints' ? 'breakpoint' : 'control';
    const set = plan.set.flatMap(({ block, isOneHour }) => {
      const place = prompt.blocks[block]?.place;
      return place === undefined ? [] : [{ place, isOneHour }];
    });
    const marked = writeMarks(body, style, set, plan.remove);
    const ready = isExplicit(plan, use, facts) ? withExplicitCaching(marked) : marked;
    return ready === body ? undefined : ready;
  }

  /** What is known before this request is sent; then its beginnings count as sent. */
  #know(
    exchange: Exchange,
    deployment: Deployment,
    { cache, facts, prompt, prefixes }: Omit<PlannedCall, 'marked' | 'expected'>,
  ): Knowledge {
    const history = this.#historyOf(facts);
    const head = prefixes[prompt.staticBlocks - 1];
    const whole = prefixes[prefixes.length - 1];
    const turns = prompt.blocks.filter(({ role }) => role === 'assistant').length;
    const depth = Math.min(turns, MOST_TURNS_APART);
    const ofHead = head === undefined ? [] : [`${cache}h${head.hash}`, `${cache}h`];
    const ofWhole = [`${cache}t${depth}${head?.hash ?? ''}`, `${cache}t${depth}`];
    // Another attempt of the same request is no further request.
    const isFirst = this.#isFirstCall(exchange, cache);
    if (isFirst) for (const { hash } of prefixes) history.cameAgain(cache + hash);
    const known: Knowledge = {
      prefixes,
      tokensAt: (block) => this.#caches.tokensIn(cache, prefixes[block]?.bytes ?? 0),
      keptFor: (block) => this.#keptFor(cache, prefixes[block]),
      ofStatic: history.chances(ofHead),
      ofWhole: history.chances(ofWhole),
      prices: cachePricesOf(deployment.priced.ratesAt(exchange.startedAtMs), facts ?? NO_FACTS),
    };
    if (isFirst) {
      if (whole !== undefined) history.sent(cache + whole.hash, ofWhole);
      if (head !== undefined && head !== whole) history.sent(cache + head.hash, ofHead);
    }
    return known;
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
    call: Omit<PlannedCall, 'marked' | 'expected'>,
    known: Knowledge,
    plan: MarkPlan,
  ): void {
    const marked = new Map<number, boolean>();
    call.prompt.blocks.forEach(({ marks }, block) => {
      for (const mark of marks) if (!plan.remove.includes(mark)) marked.set(block, mark.isOneHour);
    });
    if (call.prompt.wholeMark !== undefined && !plan.remove.includes(call.prompt.wholeMark))
      marked.set(call.prefixes.length - 1, call.prompt.wholeMark.isOneHour);
    for (const { block, isOneHour } of plan.set) marked.set(block, isOneHour);
    const expected = call.prefixes.findLastIndex((_, block) => known.keptFor(block) !== undefined);
    exchange
      .of(this.#state)
      .calls.set(deployment.id, { ...call, marked, expected: expected === -1 ? undefined : expected });
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

  #learn({ cache, facts, prefixes, marked, expected }: PlannedCall, { startedMs }: AttemptFacts, usage: Usage): void {
    const { cachedInputTokens: read = 0, cacheWriteTokens: written = 0 } = usage;
    this.#counts.read += read;
    this.#counts.written += written;
    const whole = prefixes[prefixes.length - 1];
    if (whole !== undefined) this.#caches.learn(cache, whole.bytes, usage);
    if (facts === undefined) return;
    if (read === 0 && expected !== undefined) {
      for (const prefix of prefixes) this.#caches.drop(cache, prefix);
    }
    if (read === 0 && written === 0) return;
    prefixes.forEach((prefix, block) => {
      const isOneHour = marked.get(block);
      if (this.#caches.tokensIn(cache, prefix.bytes) < facts.leastTokens) return;
      const life = this.#caches.keptFor(cache, prefix);
      if (life !== undefined) this.#caches.refresh(cache, prefix, facts, startedMs);
      else if (isOneHour !== undefined)
        this.#caches.keep(cache, prefix, isOneHour ? 'hour' : 'short', facts, startedMs);
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

const NO_FACTS: PromptCacheFacts = { how: 'automatic', leastTokens: 0, write: 1, read: 1, lifeMinutes: 5 };

/** Whether the request asks OpenAI to write at breakpoints alone: it would otherwise write, and bill, the whole prompt. */
function isExplicit({ reason, set }: MarkPlan, { mode }: PromptCacheUse, facts: PromptCacheFacts | undefined): boolean {
  if (facts?.how !== 'breakpoints') return false;
  return mode === 'system' || (mode === 'auto' && (set.length > 0 || reason === 'rare'));
}
